/* SPDX-License-Identifier: Apache-2.0 */
#include "failover/eni_attach.h"

#include <errno.h>
#include <string.h>

#define TAG_ATTACH 0

/* What exists may not be known everywhere, for a while after it was made. */
#define UNKNOWN_MAX 6

void eni_attach_init(struct eni_attach *flow, const struct eni_attach_goal *goal)
{
	*flow = (struct eni_attach){.goal = *goal, .due = true};
	flow->place = eni_place_make(ENI_PLACE_FREE, "");
	eni_read_init(&flow->read, goal->eni);
}

static void keep_ours(struct eni_attach *flow, const struct ec2_attachment *attachment)
{
	memcpy(flow->ours.id, attachment->id, sizeof(flow->ours.id));
	flow->ours.attached_at = attachment->attached_at;
}

void eni_attach_init_waiting(struct eni_attach *flow, const struct eni_attach_goal *goal,
	const struct ec2_attachment *attachment)
{
	eni_attach_init(flow, goal);
	flow->due = false;
	flow->accepted = true;
	keep_ours(flow, attachment);
	flow->place = eni_place_make(ENI_PLACE_ATTACHING, goal->instance);
}

void eni_attach_done(struct eni_attach *flow)
{
	ec2_eni_done(&flow->eni);
	*flow = (struct eni_attach){0};
}

static int ask(struct eni_attach *flow, struct flow_batch *batch)
{
	struct flow_call call = {.action = EC2_ATTACH_NETWORK_INTERFACE,
		.parameters = {.eni = flow->goal.eni, .instance = flow->goal.instance},
		.tag = TAG_ATTACH};

	if (!eni_slots_pick(flow->goal.slots, &flow->slot)) {
		error_set(&flow->error, OUTCOME_FAILED, ENOSPC,
			"%s has no free device index: detach another ENI there",
			flow->goal.instance);
		flow->verdict = ENI_ATTACH_REFUSED;
		return 0;
	}
	call.parameters.device_index = flow->slot.index;
	call.parameters.network_card = flow->slot.card;
	flow->asked = true;
	flow->due = false;
	return flow_batch_add(batch, &call);
}

static int attach_next(void *state, uint64_t now, uint32_t random, struct flow_batch *ret_batch)
{
	struct eni_attach *flow = state;

	*ret_batch = (struct flow_batch){0};
	if (!flow->begun)
		flow->since = now;
	flow->begun = true;
	if (flow->verdict != ENI_ATTACH_OPEN)
		return 0;
	if (flow->due)
		return ask(flow, ret_batch);
	return eni_read_next(&flow->read, now, random, UINT64_MAX, ret_batch);
}

static bool is_limit(const struct ec2_fault *fault)
{
	return fault->code && strcmp(fault->code, "AttachmentLimitExceeded") == 0;
}

/* The ENI is in use, the instance is not ready, or one of them is not known: looks tell. */
static bool is_worth_waiting(struct eni_attach *flow, enum ec2_advice advice)
{
	if (advice == EC2_NOT_FOUND_MAYBE_NEW)
		return ++flow->unknown < UNKNOWN_MAX;
	return ++flow->tries != flow->goal.tries_max;
}

/* EC2 does not take that slot: the next one, at once. False: there is none. */
static bool try_next_slot(struct eni_attach *flow)
{
	struct eni_slot next;

	flow->due = eni_slots_pick(flow->goal.slots, &next);
	return flow->due;
}

static void take_fault(struct eni_attach *flow, const struct ec2_fault *fault)
{
	enum ec2_advice advice = ec2_fault_advice(EC2_ATTACH_NETWORK_INTERFACE, fault);
	struct error words;

	flow_explain_fault(EC2_ATTACH_NETWORK_INTERFACE, flow->goal.eni, fault, &words);
	switch (advice) {
	case EC2_NOT_YET:
	case EC2_THROTTLED:
	case EC2_TRANSIENT:
	case EC2_NOT_FOUND_MAYBE_NEW:
		flow->held = words;
		if (is_worth_waiting(flow, advice))
			return;
		break;
	case EC2_USE_OTHER_INDEX:
		eni_slots_take(flow->goal.slots, &flow->slot);
		if (try_next_slot(flow))
			return;
		break;
	case EC2_PERMANENT:
		if (!is_limit(fault))
			break;
		eni_slots_fill(flow->goal.slots, flow->slot.card);
		if (try_next_slot(flow))
			return;
		break;
	case EC2_DONE_ALREADY:
	case EC2_REFRESH_CREDENTIALS:
	case EC2_CLOCK_SKEW:
	case EC2_USE_REPLACE:
	case EC2_USE_CREATE:
	case EC2_USE_ENI:
	case EC2_DENIED:
	case EC2_WOULD_BE_ALLOWED:
		break;
	}
	flow->error = words;
	flow->verdict = ENI_ATTACH_REFUSED;
}

static void take_attach(struct eni_attach *flow, const struct flow_response *response)
{
	if (response->err) {
		flow->place = eni_place_make(ENI_PLACE_MAYBE_ATTACHING, flow->goal.instance);
	} else if (response->response.is_fault) {
		take_fault(flow, &response->response.fault);
	} else {
		flow->accepted = true;
		flow->held = (struct error){0};
		memcpy(flow->ours.id, response->response.reply.attachment, sizeof(flow->ours.id));
		/* It was made before the response, and what follows it comes later. */
		flow->ours.attached_at = response->date;
		flow->begun = false;
		flow->place = eni_place_make(ENI_PLACE_ATTACHING, flow->goal.instance);
		eni_read_soon(&flow->read);
	}
}

static bool is_left(const struct eni_attach *flow, const struct ec2_attachment *attachment)
{
	return flow->goal.left && strcmp(attachment->id, flow->goal.left->id) == 0;
}

/* Whether the last read may be older than our request. */
static bool can_be_old(const struct eni_attach *flow)
{
	return flow->read.sent - flow->since < FLOW_STALE_MSEC;
}

static bool is_here(const struct eni_attach *flow, const struct ec2_attachment *attachment)
{
	return strcmp(attachment->instance, flow->goal.instance) == 0;
}

/* By its id; where an answer was lost, ours is what is here and was not there before. */
static bool is_ours(const struct eni_attach *flow, const struct ec2_attachment *attachment)
{
	if (flow->ours.id[0])
		return strcmp(attachment->id, flow->ours.id) == 0;
	if (!is_here(flow, attachment))
		return false;
	if (flow->goal.began_at && attachment->attached_at)
		return attachment->attached_at >= flow->goal.began_at;
	return !can_be_old(flow);
}

static int see_ours(struct eni_attach *flow, const struct ec2_eni *eni)
{
	flow->accepted = true;
	flow->place = eni_place_of(eni);
	keep_ours(flow, &eni->attachment);
	switch (eni->attachment.status) {
	case EC2_ATTACHMENT_ATTACHED:
		flow->verdict = ENI_ATTACH_DONE;
		return ec2_eni_copy(eni, &flow->eni);
	case EC2_ATTACHMENT_DETACHING:
	case EC2_ATTACHMENT_DETACHED:
		error_set(&flow->error, OUTCOME_FAILED, EAGAIN,
			"EC2 has attached %s to %s, and it is detached again: look for who does "
			"that (CloudTrail tells), or try again",
			flow->goal.eni, flow->goal.instance);
		flow->verdict = ENI_ATTACH_FAILED;
		return 0;
	case EC2_ATTACHMENT_UNKNOWN:
	case EC2_ATTACHMENT_ATTACHING:
		break;
	}
	return 0;
}

/*
 * Not ours, which EC2 has accepted. That it is later than the one that was found proves nothing: the first
 * read may have been older than an attachment that has ended since.
 */
static void see_after_ours(struct eni_attach *flow, const struct ec2_eni *eni)
{
	int order = eni_attachment_compare(&eni->attachment, &flow->ours);

	if (order < 0 || (!order && can_be_old(flow))) {
		eni_read_doubt(&flow->read);
		return;
	}
	flow->place = eni_place_of(eni);
	if (!is_here(flow, &eni->attachment))
		flow->verdict = ENI_ATTACH_TAKEN;
	else
		keep_ours(flow, &eni->attachment);
}

/* EC2 has not accepted ours, as far as is known: this one may be why. */
static int see_other(struct eni_attach *flow, const struct ec2_eni *eni)
{
	const struct ec2_attachment *left = flow->goal.left;
	int order = left ? eni_attachment_compare(&eni->attachment, left) : 1;
	int when = eni_attachment_compare_date(&eni->attachment, flow->goal.began_at);
	bool is_known = when > 0 || (when < 0 && order > 0);

	if (order < 0 || (!is_known && can_be_old(flow))) {
		eni_read_doubt(&flow->read);
		return 0;
	}
	flow->place = eni_place_of(eni);
	flow->verdict = when < 0 ? ENI_ATTACH_OUTDATED : ENI_ATTACH_TAKEN;
	return ec2_eni_copy(eni, &flow->eni);
}

static int see(struct eni_attach *flow, const struct ec2_eni *eni)
{
	const struct eni_place place = eni_place_of(eni);
	const struct ec2_attachment *attachment = &eni->attachment;

	if (place.kind == ENI_PLACE_FREE || !attachment->id[0] || is_left(flow, attachment)) {
		flow->place = flow->accepted
				      ? eni_place_make(ENI_PLACE_ATTACH_UNSEEN, flow->goal.instance)
				      : place;
		/* The time to ask, unless EC2 has said yes, and does not show it yet. */
		flow->due = place.kind == ENI_PLACE_FREE && !flow->accepted;
		return 0;
	}
	if (is_ours(flow, attachment))
		return see_ours(flow, eni);
	if (!flow->accepted)
		return see_other(flow, eni);
	see_after_ours(flow, eni);
	return 0;
}

static int take_read(struct eni_attach *flow, const struct flow_response *response)
{
	const struct ec2_eni *eni = NULL;
	int err = eni_read_take(&flow->read, response, &eni, &flow->error);

	if (err == -ENOENT)
		flow->place = eni_place_make(ENI_PLACE_GONE, "");
	if (err)
		flow->verdict = ENI_ATTACH_FAILED;
	return eni ? see(flow, eni) : 0;
}

static int attach_take(void *state, size_t tag, const struct flow_response *response)
{
	if (tag == TAG_ATTACH) {
		take_attach(state, response);
		return 0;
	}
	return take_read(state, response);
}

struct flow eni_attach_flow(struct eni_attach *flow)
{
	return (struct flow){.next = attach_next, .take = attach_take, .state = flow};
}
