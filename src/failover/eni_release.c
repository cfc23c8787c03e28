/* SPDX-License-Identifier: Apache-2.0 */
#include "failover/eni_release.h"

#include <errno.h>
#include <string.h>

#define TAG_DETACH 0

void eni_release_init(struct eni_release *release, const struct eni_release_goal *goal)
{
	const struct ec2_eni *eni = goal->eni;

	*release = (struct eni_release){.goal = *goal, .forced = goal->force};
	release->state = eni_state_of(eni);
	/* If the ENI is already being detached, only a detachment by force needs a request. */
	release->is_request_next = goal->force || release->state.kind != ENI_STATE_DETACHING;
	eni_read_init(&release->read, eni->id);
}

void eni_release_done(struct eni_release *release)
{
	ec2_eni_done(&release->seen);
	*release = (struct eni_release){0};
}

/* Returns the milliseconds until a detachment by force; UINT64_MAX: never, or already requested. */
static uint64_t get_time_to_force(const struct eni_release *release, uint64_t now)
{
	uint64_t waited = now - release->begun_at;

	if (!release->goal.force_after || release->forced)
		return UINT64_MAX;
	return waited < release->goal.force_after ? release->goal.force_after - waited : 0;
}

static int send_detach(struct eni_release *release, struct flow_batch *batch)
{
	const struct flow_call call = {.action = EC2_DETACH_NETWORK_INTERFACE,
		.parameters = {.attachment = release->goal.eni->attachment.id,
			.force = release->forced},
		.tag = TAG_DETACH};

	release->requested = true;
	release->is_request_next = false;
	return flow_batch_add(batch, &call);
}

/* Sends the request, again and by force when goal.force_after is over, or the next read. */
static int release_next(void *state, uint64_t now, uint32_t random, struct flow_batch *ret_batch)
{
	struct eni_release *release = state;

	*ret_batch = (struct flow_batch){0};
	if (release->verdict != ENI_RELEASE_PENDING)
		return 0;
	if (!release->has_begun) {
		release->has_begun = true;
		release->begun_at = now;
	}
	if (!get_time_to_force(release, now))
		release->forced = release->is_request_next = true;
	if (release->is_request_next)
		return send_detach(release, ret_batch);
	return eni_read_next(
		&release->read, now, random, get_time_to_force(release, now), ret_batch);
}

static void handle_fault(struct eni_release *release, const struct ec2_fault *fault)
{
	const char *instance = release->goal.eni->attachment.instance;

	switch (ec2_fault_advice(EC2_DETACH_NETWORK_INTERFACE, fault)) {
	case EC2_DONE_ALREADY: /* the attachment no longer exists */
		release->needs_new_request = false;
		release->state = eni_state_make(ENI_STATE_DETACHED, instance);
		return;
	case EC2_NOT_YET:
	case EC2_THROTTLED:
	case EC2_TRANSIENT:
		release->needs_new_request = true;
		flow_explain_fault(EC2_DETACH_NETWORK_INTERFACE, release->goal.eni->id, fault,
			&release->delay_reason);
		return;
	case EC2_PERMANENT:
	case EC2_REFRESH_CREDENTIALS:
	case EC2_CLOCK_SKEW:
	case EC2_NOT_FOUND_MAYBE_NEW:
	case EC2_USE_REPLACE:
	case EC2_USE_CREATE:
	case EC2_USE_OTHER_INDEX:
	case EC2_DENIED:
	case EC2_WOULD_BE_ALLOWED:
		break;
	}
	flow_explain_fault(
		EC2_DETACH_NETWORK_INTERFACE, release->goal.eni->id, fault, &release->error);
	release->verdict = ENI_RELEASE_FAILED;
}

/* If EC2 has not accepted the request, the next read decides whether the request is repeated. */
static void handle_detach(struct eni_release *release, const struct flow_response *response)
{
	const char *instance = release->goal.eni->attachment.instance;

	if (response->err) {
		release->needs_new_request = true;
		release->state = eni_state_make(ENI_STATE_MAYBE_DETACHING, instance);
	} else if (response->response.is_fault) {
		handle_fault(release, &response->response.fault);
	} else {
		release->needs_new_request = false;
		release->accepted = true;
		release->delay_reason = (struct error){0};
		release->state = eni_state_make(ENI_STATE_DETACHING, instance);
		eni_read_reset_delay(&release->read);
	}
}

/* True even if the read has no attachment id: that does not prove another attachment. */
static bool is_attachment_to_release(
	const struct eni_release *release, const struct ec2_attachment *attachment)
{
	return !attachment->id[0] || strcmp(attachment->id, release->goal.eni->attachment.id) == 0;
}

/*
 * Handles a read that still shows the attachment to release. The request is repeated if EC2 has not
 * accepted it. If EC2 is already detaching the ENI, only a detachment by force is repeated.
 */
static void handle_old_attachment(struct eni_release *release, struct eni_state state)
{
	bool is_attached = state.kind == ENI_STATE_ATTACHED;

	if (is_attached || release->forced)
		release->is_request_next = release->needs_new_request;
	else if (state.kind == ENI_STATE_DETACHING)
		release->needs_new_request = false;
	if (is_attached && release->accepted)
		state.kind = ENI_STATE_DETACH_UNSEEN;
	release->state = state;
}

/*
 * Handles an attachment other than the one to release. The read is ignored if the attachment is
 * earlier than the one to release, or if the read may be stale and EC2's times do not prove that
 * the attachment is later. An attachment from before the caller's first read shows that this first
 * read was stale (OUTDATED). Otherwise another program attached the ENI meanwhile (TAKEN).
 */
static int handle_different_attachment(struct eni_release *release, const struct ec2_eni *eni)
{
	int order_to_old = eni_attachment_compare(&eni->attachment, &release->goal.eni->attachment);
	int order_to_first_read = eni_attachment_compare_date(
		&eni->attachment, release->goal.first_read_date);
	bool is_later = order_to_first_read > 0 || (order_to_first_read < 0 && order_to_old > 0);

	if (order_to_old < 0 ||
		(!is_later && release->read.sent_at - release->begun_at < FLOW_STALE_MSEC)) {
		eni_read_slow_down(&release->read);
		return 0;
	}
	release->state = eni_state_of(eni);
	release->verdict = order_to_first_read < 0 ? ENI_RELEASE_OUTDATED : ENI_RELEASE_TAKEN;
	return ec2_eni_copy(eni, &release->seen);
}

/*
 * Handles a read that shows the ENI free. If EC2 has not accepted the detachment, the read may show
 * the state from before the attachment was made: the response to another request decides.
 */
static void handle_free(struct eni_release *release)
{
	if (release->needs_new_request)
		release->is_request_next = true;
	else
		release->verdict = ENI_RELEASE_FREE;
	release->state = eni_state_make(ENI_STATE_FREE, "");
}

static int handle_eni(struct eni_release *release, const struct ec2_eni *eni)
{
	const struct eni_state state = eni_state_of(eni);

	if (state.kind == ENI_STATE_FREE)
		handle_free(release);
	else if (is_attachment_to_release(release, &eni->attachment))
		handle_old_attachment(release, state);
	else
		return handle_different_attachment(release, eni);
	return 0;
}

static int handle_read(struct eni_release *release, const struct flow_response *response)
{
	const struct ec2_eni *eni = NULL;
	int err = eni_read_handle_response(&release->read, response, &eni, &release->error);

	if (err == -ENOENT)
		release->state = eni_state_make(ENI_STATE_GONE, "");
	if (err)
		release->verdict = ENI_RELEASE_FAILED;
	return eni ? handle_eni(release, eni) : 0;
}

static int release_handle_response(void *state, size_t tag, const struct flow_response *response)
{
	if (tag != TAG_DETACH)
		return handle_read(state, response);
	handle_detach(state, response);
	return 0;
}

struct flow eni_release_flow(struct eni_release *release)
{
	return (struct flow){
		.next = release_next, .handle_response = release_handle_response, .state = release};
}
