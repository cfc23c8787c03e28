/* SPDX-License-Identifier: Apache-2.0 */
#include "failover/eni_attach.h"

#include <errno.h>
#include <string.h>

#define TAG_ATTACH 0

/* Maximum number of "not found" responses: a new ENI or instance is not known everywhere. */
#define NOT_FOUND_MAX 6

void eni_attach_init(struct eni_attach *attach, const struct eni_attach_goal *goal)
{
	*attach = (struct eni_attach){.goal = *goal, .is_request_next = true};
	attach->state = eni_state_make(ENI_STATE_FREE, "");
	eni_read_init(&attach->read, goal->eni);
}

/* Remembers our attachment, to recognize it in reads. */
static void save_own_attachment(struct eni_attach *attach, const struct ec2_attachment *attachment)
{
	memcpy(attach->own_attachment.id, attachment->id, sizeof(attach->own_attachment.id));
	attach->own_attachment.attached_at = attachment->attached_at;
}

void eni_attach_init_waiting(struct eni_attach *attach, const struct eni_attach_goal *goal,
	const struct ec2_attachment *attachment)
{
	eni_attach_init(attach, goal);
	attach->is_request_next = false;
	attach->accepted = true;
	save_own_attachment(attach, attachment);
	attach->state = eni_state_make(ENI_STATE_ATTACHING, goal->instance);
}

void eni_attach_done(struct eni_attach *attach)
{
	ec2_eni_done(&attach->eni);
	*attach = (struct eni_attach){0};
}

/* Fails if no slot is left: EC2 has refused all, or the instance uses all. */
static int send_attach(struct eni_attach *attach, struct flow_batch *batch)
{
	struct flow_call call = {.action = EC2_ATTACH_NETWORK_INTERFACE,
		.parameters = {.eni = attach->goal.eni, .instance = attach->goal.instance},
		.tag = TAG_ATTACH};

	if (!eni_slots_pick(attach->goal.slots, &attach->slot)) {
		error_set(&attach->error, OUTCOME_FAILED, ENOSPC,
			"%s has no free device index: detach another ENI from the instance",
			attach->goal.instance);
		attach->verdict = ENI_ATTACH_REFUSED;
		return 0;
	}
	call.parameters.device_index = attach->slot.index;
	call.parameters.network_card = attach->slot.card;
	attach->requested = true;
	attach->is_request_next = false;
	return flow_batch_add(batch, &call);
}

static int attach_next(void *state, uint64_t now, uint32_t random, struct flow_batch *ret_batch)
{
	struct eni_attach *attach = state;

	*ret_batch = (struct flow_batch){0};
	if (!attach->has_begun)
		attach->since = now;
	attach->has_begun = true;
	if (attach->verdict != ENI_ATTACH_PENDING)
		return 0;
	if (attach->is_request_next)
		return send_attach(attach, ret_batch);
	return eni_read_next(&attach->read, now, random, UINT64_MAX, ret_batch);
}

static bool is_card_full(const struct ec2_fault *fault)
{
	return fault->code && strcmp(fault->code, "AttachmentLimitExceeded") == 0;
}

/* Counts a refusal that may be temporary. Returns false if there were too many: do not retry. */
static bool count_refusal(struct eni_attach *attach, enum ec2_advice advice)
{
	if (advice == EC2_NOT_FOUND_MAYBE_NEW)
		return ++attach->n_not_found < NOT_FOUND_MAX;
	return ++attach->tries != attach->goal.tries_max; /* 0: no limit */
}

/* EC2 refused the slot: requests the next one without a wait. Returns false if none is free. */
static bool request_next_slot(struct eni_attach *attach)
{
	struct eni_slot next;

	attach->is_request_next = eni_slots_pick(attach->goal.slots, &next);
	return attach->is_request_next;
}

static void handle_fault(struct eni_attach *attach, const struct ec2_fault *fault)
{
	enum ec2_advice advice = ec2_fault_advice(EC2_ATTACH_NETWORK_INTERFACE, fault);
	struct error error;

	flow_explain_fault(EC2_ATTACH_NETWORK_INTERFACE, attach->goal.eni, fault, &error);
	switch (advice) {
	case EC2_NOT_YET:
	case EC2_THROTTLED:
	case EC2_TRANSIENT:
	case EC2_NOT_FOUND_MAYBE_NEW:
		attach->delay_reason = error;
		if (count_refusal(attach, advice))
			return;
		break;
	case EC2_USE_OTHER_INDEX:
		eni_slots_mark_used(attach->goal.slots, &attach->slot);
		if (request_next_slot(attach))
			return;
		break;
	case EC2_PERMANENT:
		if (!is_card_full(fault))
			break;
		eni_slots_mark_full(attach->goal.slots, attach->slot.card);
		if (request_next_slot(attach))
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
	attach->error = error;
	attach->verdict = ENI_ATTACH_REFUSED;
}

/* After a lost response, only reads show whether EC2 attached the ENI. */
static void handle_attach(struct eni_attach *attach, const struct flow_response *response)
{
	if (response->err) {
		attach->state = eni_state_make(ENI_STATE_MAYBE_ATTACHING, attach->goal.instance);
	} else if (response->response.is_fault) {
		handle_fault(attach, &response->response.fault);
	} else {
		attach->accepted = true;
		attach->delay_reason = (struct error){0};
		memcpy(attach->own_attachment.id, response->response.reply.attachment,
			sizeof(attach->own_attachment.id));
		/* Our attachment was made before this response; a later one is made after it. */
		attach->own_attachment.attached_at = response->date;
		attach->has_begun = false; /* `since` becomes the time of the next step */
		attach->state = eni_state_make(ENI_STATE_ATTACHING, attach->goal.instance);
		eni_read_reset_delay(&attach->read);
	}
}

static bool is_old_attachment(
	const struct eni_attach *attach, const struct ec2_attachment *attachment)
{
	return attach->goal.old_attachment &&
	       strcmp(attachment->id, attach->goal.old_attachment->id) == 0;
}

/* Whether the last read may be older than the flow, or than EC2's acceptance of our request. */
static bool may_last_read_be_old(const struct eni_attach *attach)
{
	return attach->read.sent_at - attach->since < FLOW_STALE_MSEC;
}

static bool is_to_goal_instance(
	const struct eni_attach *attach, const struct ec2_attachment *attachment)
{
	return strcmp(attachment->instance, attach->goal.instance) == 0;
}

/*
 * If the response was lost, the id of our attachment is not known: then an attachment to our
 * instance is ours if it was made since the flow began, or, without EC2's times, if the read cannot
 * be old.
 */
static bool is_own_attachment(
	const struct eni_attach *attach, const struct ec2_attachment *attachment)
{
	if (attach->own_attachment.id[0])
		return strcmp(attachment->id, attach->own_attachment.id) == 0;
	if (!is_to_goal_instance(attach, attachment))
		return false;
	if (attach->goal.began_at && attachment->attached_at)
		return attachment->attached_at >= attach->goal.began_at;
	return !may_last_read_be_old(attach);
}

static int handle_own_attachment(struct eni_attach *attach, const struct ec2_eni *eni)
{
	attach->accepted = true;
	attach->state = eni_state_of(eni);
	save_own_attachment(attach, &eni->attachment);
	switch (eni->attachment.status) {
	case EC2_ATTACHMENT_ATTACHED:
		attach->verdict = ENI_ATTACH_DONE;
		return ec2_eni_copy(eni, &attach->eni);
	case EC2_ATTACHMENT_DETACHING:
	case EC2_ATTACHMENT_DETACHED:
		error_set(&attach->error, OUTCOME_FAILED, EAGAIN,
			"EC2 attached %s to %s, but another program detached the ENI: find that program in CloudTrail, or retry",
			attach->goal.eni, attach->goal.instance);
		attach->verdict = ENI_ATTACH_FAILED;
		return 0;
	case EC2_ATTACHMENT_UNKNOWN:
	case EC2_ATTACHMENT_ATTACHING:
		break;
	}
	return 0;
}

/*
 * Handles an attachment that is not ours, after EC2 has accepted ours. Only an attachment that is
 * later than ours counts, not one that is later than the first read: it may have ended since. If
 * EC2's times do not show the order, only a read that cannot be old counts.
 */
static void handle_foreign_after_acceptance(struct eni_attach *attach, const struct ec2_eni *eni)
{
	int after_ours = eni_attachment_compare(&eni->attachment, &attach->own_attachment);

	if (after_ours < 0 || (!after_ours && may_last_read_be_old(attach))) {
		eni_read_slow_down(&attach->read);
		return;
	}
	attach->state = eni_state_of(eni);
	if (is_to_goal_instance(attach, &eni->attachment)) /* as wanted: treat it as ours */
		save_own_attachment(attach, &eni->attachment);
	else
		attach->verdict = ENI_ATTACH_TAKEN;
}

/*
 * Handles an attachment that is not ours, while EC2 has not accepted ours. It ends the flow, unless
 * the read may be old: the attachment is from before the known one, or EC2's times do not prove
 * that it is later. One from before the flow's beginning shows that its first read was old.
 */
static int handle_foreign_before_acceptance(struct eni_attach *attach, const struct ec2_eni *eni)
{
	const struct ec2_attachment *old_attachment = attach->goal.old_attachment;
	int after_old = old_attachment ? eni_attachment_compare(&eni->attachment, old_attachment)
				       : 1;
	int after_begin = eni_attachment_compare_date(&eni->attachment, attach->goal.began_at);
	bool is_later = after_begin > 0 || (after_begin < 0 && after_old > 0);

	if (after_old < 0 || (!is_later && may_last_read_be_old(attach))) {
		eni_read_slow_down(&attach->read);
		return 0;
	}
	attach->state = eni_state_of(eni);
	attach->verdict = after_begin < 0 ? ENI_ATTACH_OUTDATED : ENI_ATTACH_TAKEN;
	return ec2_eni_copy(eni, &attach->eni);
}

static int handle_eni(struct eni_attach *attach, const struct ec2_eni *eni)
{
	const struct eni_state state = eni_state_of(eni);
	const struct ec2_attachment *attachment = &eni->attachment;
	bool is_free = state.kind == ENI_STATE_FREE;

	if (is_free || !attachment->id[0] || is_old_attachment(attach, attachment)) {
		/* If EC2 has accepted our request, the read does not show the attachment yet. */
		attach->state = attach->accepted ? eni_state_make(ENI_STATE_ATTACH_UNSEEN,
							   attach->goal.instance)
						 : state;
		attach->is_request_next = is_free && !attach->accepted;
		return 0;
	}
	if (is_own_attachment(attach, attachment))
		return handle_own_attachment(attach, eni);
	if (!attach->accepted)
		return handle_foreign_before_acceptance(attach, eni);
	handle_foreign_after_acceptance(attach, eni);
	return 0;
}

static int handle_read(struct eni_attach *attach, const struct flow_response *response)
{
	const struct ec2_eni *eni = NULL;
	int err = eni_read_handle_response(&attach->read, response, &eni, &attach->error);

	if (err == -ENOENT)
		attach->state = eni_state_make(ENI_STATE_GONE, "");
	if (err)
		attach->verdict = ENI_ATTACH_FAILED;
	return eni ? handle_eni(attach, eni) : 0;
}

static int attach_handle_response(void *state, size_t tag, const struct flow_response *response)
{
	if (tag == TAG_ATTACH) {
		handle_attach(state, response);
		return 0;
	}
	return handle_read(state, response);
}

struct flow eni_attach_flow(struct eni_attach *attach)
{
	return (struct flow){
		.next = attach_next, .handle_response = attach_handle_response, .state = attach};
}
