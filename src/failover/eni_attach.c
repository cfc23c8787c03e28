/* SPDX-License-Identifier: Apache-2.0 */
#include "failover/eni_attach.h"

#include <errno.h>
#include <string.h>

#define TAG_ATTACH 0

/*
 * Maximum number of requests while EC2 responds that the ENI or the instance does not exist. Just
 * after its creation a resource is not known everywhere.
 */
#define NOT_FOUND_MAX 6

void eni_attach_init(struct eni_attach *flow, const struct eni_attach_goal *goal)
{
	*flow = (struct eni_attach){.goal = *goal, .is_request_next = true};
	flow->place = eni_place_make(ENI_PLACE_FREE, "");
	eni_read_init(&flow->read, goal->eni);
}

static void save_attachment(struct eni_attach *flow, const struct ec2_attachment *attachment)
{
	memcpy(flow->own_attachment.id, attachment->id, sizeof(flow->own_attachment.id));
	flow->own_attachment.attached_at = attachment->attached_at;
}

void eni_attach_init_waiting(struct eni_attach *flow, const struct eni_attach_goal *goal,
	const struct ec2_attachment *attachment)
{
	eni_attach_init(flow, goal);
	flow->is_request_next = false;
	flow->accepted = true;
	save_attachment(flow, attachment);
	flow->place = eni_place_make(ENI_PLACE_ATTACHING, goal->instance);
}

void eni_attach_done(struct eni_attach *flow)
{
	ec2_eni_done(&flow->eni);
	*flow = (struct eni_attach){0};
}

static int send_attach(struct eni_attach *flow, struct flow_batch *batch)
{
	struct flow_call call = {.action = EC2_ATTACH_NETWORK_INTERFACE,
		.parameters = {.eni = flow->goal.eni, .instance = flow->goal.instance},
		.tag = TAG_ATTACH};

	if (!eni_slots_pick(flow->goal.slots, &flow->slot)) {
		error_set(&flow->error, OUTCOME_FAILED, ENOSPC,
			"%s has no free device index: detach another ENI from the instance",
			flow->goal.instance);
		flow->verdict = ENI_ATTACH_REFUSED;
		return 0;
	}
	call.parameters.device_index = flow->slot.index;
	call.parameters.network_card = flow->slot.card;
	flow->requested = true;
	flow->is_request_next = false;
	return flow_batch_add(batch, &call);
}

static int attach_next(void *state, uint64_t now, uint32_t random, struct flow_batch *ret_batch)
{
	struct eni_attach *flow = state;

	*ret_batch = (struct flow_batch){0};
	if (!flow->begun)
		flow->since = now;
	flow->begun = true;
	if (flow->verdict != ENI_ATTACH_PENDING)
		return 0;
	if (flow->is_request_next)
		return send_attach(flow, ret_batch);
	return eni_read_next(&flow->read, now, random, UINT64_MAX, ret_batch);
}

static bool is_limit(const struct ec2_fault *fault)
{
	return fault->code && strcmp(fault->code, "AttachmentLimitExceeded") == 0;
}

/*
 * Whether to retry while the ENI is in use, the instance is not ready, or EC2 does not know one of
 * them.
 */
static bool is_worth_waiting(struct eni_attach *flow, enum ec2_advice advice)
{
	if (advice == EC2_NOT_FOUND_MAYBE_NEW)
		return ++flow->unknown < NOT_FOUND_MAX;
	return ++flow->tries != flow->goal.tries_max;
}

/* EC2 refused the slot: tries the next one without a wait. False: no slot is free. */
static bool try_next_slot(struct eni_attach *flow)
{
	struct eni_slot next;

	flow->is_request_next = eni_slots_pick(flow->goal.slots, &next);
	return flow->is_request_next;
}

static void handle_fault(struct eni_attach *flow, const struct ec2_fault *fault)
{
	enum ec2_advice advice = ec2_fault_advice(EC2_ATTACH_NETWORK_INTERFACE, fault);
	struct error error;

	flow_explain_fault(EC2_ATTACH_NETWORK_INTERFACE, flow->goal.eni, fault, &error);
	switch (advice) {
	case EC2_NOT_YET:
	case EC2_THROTTLED:
	case EC2_TRANSIENT:
	case EC2_NOT_FOUND_MAYBE_NEW:
		flow->delay_reason = error;
		if (is_worth_waiting(flow, advice))
			return;
		break;
	case EC2_USE_OTHER_INDEX:
		eni_slots_mark_used(flow->goal.slots, &flow->slot);
		if (try_next_slot(flow))
			return;
		break;
	case EC2_PERMANENT:
		if (!is_limit(fault))
			break;
		eni_slots_mark_full(flow->goal.slots, flow->slot.card);
		if (try_next_slot(flow))
			return;
		break;
	case EC2_DONE_ALREADY:
	case EC2_REFRESH_CREDENTIALS:
	case EC2_CLOCK_SKEW:
	case EC2_USE_REPLACE:
	case EC2_USE_CREATE:
	case EC2_DENIED:
	case EC2_WOULD_BE_ALLOWED:
		break;
	}
	flow->error = error;
	flow->verdict = ENI_ATTACH_REFUSED;
}

static void handle_attach(struct eni_attach *flow, const struct flow_response *response)
{
	if (response->err) {
		flow->place = eni_place_make(ENI_PLACE_MAYBE_ATTACHING, flow->goal.instance);
	} else if (response->response.is_fault) {
		handle_fault(flow, &response->response.fault);
	} else {
		flow->accepted = true;
		flow->delay_reason = (struct error){0};
		memcpy(flow->own_attachment.id, response->response.reply.attachment,
			sizeof(flow->own_attachment.id));
		/*
		 * Our attachment was made before this response, and a later one is made after it.
		 */
		flow->own_attachment.attached_at = response->date;
		flow->begun = false;
		flow->place = eni_place_make(ENI_PLACE_ATTACHING, flow->goal.instance);
		eni_read_soon(&flow->read);
	}
}

static bool is_old_attachment(
	const struct eni_attach *flow, const struct ec2_attachment *attachment)
{
	return flow->goal.old_attachment &&
	       strcmp(attachment->id, flow->goal.old_attachment->id) == 0;
}

/*
 * Whether the last read may show a state from before the beginning, or before EC2 accepted our
 * request.
 */
static bool can_be_old(const struct eni_attach *flow)
{
	return flow->read.sent - flow->since < FLOW_STALE_MSEC;
}

static bool is_here(const struct eni_attach *flow, const struct ec2_attachment *attachment)
{
	return strcmp(attachment->instance, flow->goal.instance) == 0;
}

/*
 * Compares the id. If the response was lost, the id is not known: then the attachment is ours if it
 * is to our instance and was made since the flow began. If EC2's times are not known, only a read
 * that cannot be old counts.
 */
static bool is_own_attachment(
	const struct eni_attach *flow, const struct ec2_attachment *attachment)
{
	if (flow->own_attachment.id[0])
		return strcmp(attachment->id, flow->own_attachment.id) == 0;
	if (!is_here(flow, attachment))
		return false;
	if (flow->goal.began_at && attachment->attached_at)
		return attachment->attached_at >= flow->goal.began_at;
	return !can_be_old(flow);
}

static int handle_own_attachment(struct eni_attach *flow, const struct ec2_eni *eni)
{
	flow->accepted = true;
	flow->place = eni_place_of(eni);
	save_attachment(flow, &eni->attachment);
	switch (eni->attachment.status) {
	case EC2_ATTACHMENT_ATTACHED:
		flow->verdict = ENI_ATTACH_DONE;
		return ec2_eni_copy(eni, &flow->eni);
	case EC2_ATTACHMENT_DETACHING:
	case EC2_ATTACHMENT_DETACHED:
		error_set(&flow->error, OUTCOME_FAILED, EAGAIN,
			"EC2 attached %s to %s, but another program detached the ENI: find that program in CloudTrail, or retry",
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
 * Handles an attachment that is not ours, after EC2 has accepted ours. It proves nothing that this
 * one is later than the one found at first: that read may have been older than an attachment that
 * has ended since. Only an attachment later than ours counts; if EC2's times do not show the order,
 * only a read that cannot be old.
 */
static void handle_foreign_attachment(struct eni_attach *flow, const struct ec2_eni *eni)
{
	int order = eni_attachment_compare(&eni->attachment, &flow->own_attachment);

	if (order < 0 || (!order && can_be_old(flow))) {
		eni_read_doubt(&flow->read);
		return;
	}
	flow->place = eni_place_of(eni);
	if (!is_here(flow, &eni->attachment))
		flow->verdict = ENI_ATTACH_TAKEN;
	else
		save_attachment(flow, &eni->attachment);
}

/*
 * Handles another attachment while EC2 is not known to have accepted ours: it may be the reason why
 * EC2 refuses.
 */
static int handle_other_attachment(struct eni_attach *flow, const struct ec2_eni *eni)
{
	const struct ec2_attachment *old_attachment = flow->goal.old_attachment;
	int order = old_attachment ? eni_attachment_compare(&eni->attachment, old_attachment) : 1;
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

static int handle_eni(struct eni_attach *flow, const struct ec2_eni *eni)
{
	const struct eni_place place = eni_place_of(eni);
	const struct ec2_attachment *attachment = &eni->attachment;

	if (place.kind == ENI_PLACE_FREE || !attachment->id[0] ||
		is_old_attachment(flow, attachment)) {
		flow->place = flow->accepted
				      ? eni_place_make(ENI_PLACE_ATTACH_UNSEEN, flow->goal.instance)
				      : place;
		/*
		 * If EC2 has accepted our request, the read only does not show the attachment yet.
		 */
		flow->is_request_next = place.kind == ENI_PLACE_FREE && !flow->accepted;
		return 0;
	}
	if (is_own_attachment(flow, attachment))
		return handle_own_attachment(flow, eni);
	if (!flow->accepted)
		return handle_other_attachment(flow, eni);
	handle_foreign_attachment(flow, eni);
	return 0;
}

static int handle_read(struct eni_attach *flow, const struct flow_response *response)
{
	const struct ec2_eni *eni = NULL;
	int err = eni_read_handle_response(&flow->read, response, &eni, &flow->error);

	if (err == -ENOENT)
		flow->place = eni_place_make(ENI_PLACE_GONE, "");
	if (err)
		flow->verdict = ENI_ATTACH_FAILED;
	return eni ? handle_eni(flow, eni) : 0;
}

static int attach_handle_response(void *state, size_t tag, const struct flow_response *response)
{
	if (tag == TAG_ATTACH) {
		handle_attach(state, response);
		return 0;
	}
	return handle_read(state, response);
}

struct flow eni_attach_flow(struct eni_attach *flow)
{
	return (struct flow){
		.next = attach_next, .handle_response = attach_handle_response, .state = flow};
}
