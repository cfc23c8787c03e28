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
	attach->state = eni_state_make(ENI_STATE_FREE, "" /* no holder */);
	eni_read_init(&attach->read, goal->eni);
}

/* Saves the attachment that the flow waits for, to recognize it in later reads. */
static void save_expected_attachment(
	struct eni_attach *attach, const struct ec2_attachment *attachment)
{
	memcpy(attach->expected_attachment.id, attachment->id,
		sizeof(attach->expected_attachment.id));
	attach->expected_attachment.attached_at = attachment->attached_at;
}

/* Sends no request: `attachment` exists already, and the flow waits until it is complete. */
void eni_attach_init_waiting(struct eni_attach *attach, const struct eni_attach_goal *goal,
	const struct ec2_attachment *attachment)
{
	eni_attach_init(attach, goal);
	attach->is_request_next = false;
	attach->accepted = true;
	save_expected_attachment(attach, attachment);
	attach->state = eni_state_make(ENI_STATE_ATTACHING, goal->instance);
}

void eni_attach_done(struct eni_attach *attach)
{
	ec2_eni_done(&attach->eni);
	*attach = (struct eni_attach){0};
}

/* Requests the attachment at a free slot. Fails if no slot is left to try. */
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

/* The first call, and the first call after EC2's acceptance, set `changed_at`. */
static int attach_next(void *state, uint64_t now, uint32_t random, struct flow_batch *ret_batch)
{
	struct eni_attach *attach = state;

	*ret_batch = (struct flow_batch){0};
	if (!attach->has_changed_at)
		attach->changed_at = now;
	attach->has_changed_at = true;
	if (attach->verdict != ENI_ATTACH_PENDING)
		return 0;
	if (attach->is_request_next)
		return send_attach(attach, ret_batch);
	return eni_read_next(&attach->read, now, random, UINT64_MAX /* any wait */, ret_batch);
}

static bool is_card_full(const struct ec2_fault *fault)
{
	return fault->code && strcmp(fault->code, "AttachmentLimitExceeded") == 0;
}

/* Counts a refusal that may be temporary. Returns whether another request may be sent. */
static bool may_retry(struct eni_attach *attach, enum ec2_advice advice)
{
	if (advice == EC2_NOT_FOUND_MAYBE_NEW)
		return ++attach->n_not_found < NOT_FOUND_MAX;
	return ++attach->tries != attach->goal.tries_max; /* never equal to 0, which is no limit */
}

/* If a slot is left, send_attach() tries it in the next step. Returns false if none is left. */
static bool select_next_slot(struct eni_attach *attach)
{
	struct eni_slot next;

	attach->is_request_next = eni_slots_pick(attach->goal.slots, &next);
	return attach->is_request_next;
}

/* After the refusal of a slot, another slot is tried; after a temporary refusal, reads follow. */
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
		if (may_retry(attach, advice))
			return;
		break;
	case EC2_USE_OTHER_INDEX:
		eni_slots_mark_used(attach->goal.slots, &attach->slot);
		if (select_next_slot(attach))
			return;
		break;
	case EC2_PERMANENT: /* but another network card may have room */
		if (!is_card_full(fault))
			break;
		eni_slots_mark_full(attach->goal.slots, attach->slot.card);
		if (select_next_slot(attach))
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

/* Handles the response to the request. If it was lost, reads show whether EC2 attached the ENI. */
static void handle_attach(struct eni_attach *attach, const struct flow_response *response)
{
	if (response->err) {
		attach->state = eni_state_make(ENI_STATE_MAYBE_ATTACHING, attach->goal.instance);
	} else if (response->response.is_fault) {
		handle_fault(attach, &response->response.fault);
	} else {
		attach->accepted = true;
		attach->delay_reason = (struct error){0};
		memcpy(attach->expected_attachment.id, response->response.reply.attachment,
			sizeof(attach->expected_attachment.id));
		/* An upper bound: an attachment with a later time was made after ours. */
		attach->expected_attachment.attached_at = response->date;
		attach->has_changed_at = false; /* the next attach_next() sets `changed_at` */
		attach->state = eni_state_make(ENI_STATE_ATTACHING, attach->goal.instance);
		eni_read_reset_delay(&attach->read);
	}
}

/* Whether this is goal.old_attachment, which stale reads may still show. */
static bool is_old_attachment(
	const struct eni_attach *attach, const struct ec2_attachment *attachment)
{
	return attach->goal.old_attachment &&
	       strcmp(attachment->id, attach->goal.old_attachment->id) == 0;
}

/* Whether the latest read may be older than the start of the flow, or than EC2's acceptance. */
static bool may_last_read_be_stale(const struct eni_attach *attach)
{
	return attach->read.sent_at - attach->changed_at < FLOW_STALE_MSEC;
}

static bool is_to_goal_instance(
	const struct eni_attach *attach, const struct ec2_attachment *attachment)
{
	return strcmp(attachment->instance, attach->goal.instance) == 0;
}

/*
 * Whether this is the attachment that our request made. If the response was lost, its id is not
 * known: then an attachment to our instance counts if it was made after the first read, or, if EC2
 * reports no times, if the read cannot be stale.
 */
static bool is_expected_attachment(
	const struct eni_attach *attach, const struct ec2_attachment *attachment)
{
	if (attach->expected_attachment.id[0])
		return strcmp(attachment->id, attach->expected_attachment.id) == 0;
	if (!is_to_goal_instance(attach, attachment))
		return false;
	if (attach->goal.first_read_date && attachment->attached_at)
		return attachment->attached_at >= attach->goal.first_read_date;
	return !may_last_read_be_stale(attach);
}

/* Ends the flow, unless the attachment is still being made: then the flow reads again. */
static int handle_expected_attachment(struct eni_attach *attach, const struct ec2_eni *eni)
{
	attach->accepted = true;
	attach->state = eni_state_of(eni);
	save_expected_attachment(attach, &eni->attachment);
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
 * Handles an attachment that is not ours, after EC2 has accepted ours. If the attachment is earlier
 * than ours, the read is stale and is ignored. If EC2's times do not show the order, the attachment
 * counts only if the read cannot be stale.
 */
static void handle_unexpected_after_acceptance(struct eni_attach *attach, const struct ec2_eni *eni)
{
	int order_to_ours = eni_attachment_compare(&eni->attachment, &attach->expected_attachment);

	if (order_to_ours < 0 || (!order_to_ours && may_last_read_be_stale(attach))) {
		eni_read_slow_down(&attach->read);
		return;
	}
	attach->state = eni_state_of(eni);
	if (is_to_goal_instance(attach, &eni->attachment)) /* as wanted: wait for this one */
		save_expected_attachment(attach, &eni->attachment);
	else
		attach->verdict = ENI_ATTACH_TAKEN;
}

/*
 * Handles an attachment that is not ours, while EC2 has not accepted ours. The read is ignored if
 * the attachment is earlier than goal.old_attachment, or if the read may be stale and EC2's times
 * do not prove that the attachment is later. An attachment from before the caller's first read
 * shows that this first read was stale (OUTDATED). Otherwise another program was faster (TAKEN).
 */
static int handle_unexpected_before_acceptance(struct eni_attach *attach, const struct ec2_eni *eni)
{
	const struct ec2_attachment *old_attachment = attach->goal.old_attachment;
	int order_to_old = old_attachment ? eni_attachment_compare(&eni->attachment, old_attachment)
					  : 1;
	int order_to_first_read = eni_attachment_compare_date(
		&eni->attachment, attach->goal.first_read_date);
	bool is_later = order_to_first_read > 0 || (order_to_first_read < 0 && order_to_old > 0);

	if (order_to_old < 0 || (!is_later && may_last_read_be_stale(attach))) {
		eni_read_slow_down(&attach->read);
		return 0;
	}
	attach->state = eni_state_of(eni);
	attach->verdict = order_to_first_read < 0 ? ENI_ATTACH_OUTDATED : ENI_ATTACH_TAKEN;
	return ec2_eni_copy(eni, &attach->eni);
}

/* Handles a read: the ENI has no new attachment, the one that we requested, or another one. */
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
	if (is_expected_attachment(attach, attachment))
		return handle_expected_attachment(attach, eni);
	if (!attach->accepted)
		return handle_unexpected_before_acceptance(attach, eni);
	handle_unexpected_after_acceptance(attach, eni);
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
