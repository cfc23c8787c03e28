/* SPDX-License-Identifier: Apache-2.0 */
#include "failover/eni_release.h"

#include <errno.h>
#include <string.h>

#define TAG_DETACH 0

void eni_release_init(struct eni_release *flow, const struct eni_release_goal *goal)
{
	const struct ec2_eni *eni = goal->eni;

	*flow = (struct eni_release){.goal = *goal, .forced = goal->force};
	flow->place = eni_place_of(eni);
	/* If the ENI is already being detached, the flow only waits, except by force. */
	flow->is_request_next = goal->force || flow->place.kind != ENI_PLACE_DETACHING;
	eni_read_init(&flow->read, eni->id);
}

void eni_release_done(struct eni_release *flow)
{
	ec2_eni_done(&flow->seen);
	*flow = (struct eni_release){0};
}

/* Returns the milliseconds until a detachment by force; UINT64_MAX: never, or already forced. */
static uint64_t get_time_to_force(const struct eni_release *flow, uint64_t now)
{
	uint64_t waited = now - flow->since;

	if (!flow->goal.force_after || flow->forced)
		return UINT64_MAX;
	return waited < flow->goal.force_after ? flow->goal.force_after - waited : 0;
}

static int send_detach(struct eni_release *flow, struct flow_batch *batch)
{
	const struct flow_call call = {.action = EC2_DETACH_NETWORK_INTERFACE,
		.parameters = {.attachment = flow->goal.eni->attachment.id, .force = flow->forced},
		.tag = TAG_DETACH};

	flow->requested = true;
	flow->is_request_next = false;
	return flow_batch_add(batch, &call);
}

static int release_next(void *state, uint64_t now, uint32_t random, struct flow_batch *ret_batch)
{
	struct eni_release *flow = state;

	*ret_batch = (struct flow_batch){0};
	if (flow->verdict != ENI_RELEASE_PENDING)
		return 0;
	if (!flow->begun) {
		flow->begun = true;
		flow->since = now;
	}
	if (!get_time_to_force(flow, now))
		flow->forced = flow->is_request_next = true;
	if (flow->is_request_next)
		return send_detach(flow, ret_batch);
	return eni_read_next(&flow->read, now, random, get_time_to_force(flow, now), ret_batch);
}

static void handle_fault(struct eni_release *flow, const struct ec2_fault *fault)
{
	const char *instance = flow->goal.eni->attachment.instance;

	switch (ec2_fault_advice(EC2_DETACH_NETWORK_INTERFACE, fault)) {
	case EC2_DONE_ALREADY:
		flow->again = false;
		flow->place = eni_place_make(ENI_PLACE_DETACHED, instance);
		return;
	case EC2_NOT_YET:
	case EC2_THROTTLED:
	case EC2_TRANSIENT:
		flow->again = true;
		flow_explain_fault(EC2_DETACH_NETWORK_INTERFACE, flow->goal.eni->id, fault,
			&flow->delay_reason);
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
	flow_explain_fault(EC2_DETACH_NETWORK_INTERFACE, flow->goal.eni->id, fault, &flow->error);
	flow->verdict = ENI_RELEASE_FAILED;
}

static void handle_detach(struct eni_release *flow, const struct flow_response *response)
{
	const char *instance = flow->goal.eni->attachment.instance;

	if (response->err) {
		flow->again = true;
		flow->place = eni_place_make(ENI_PLACE_MAYBE_DETACHING, instance);
	} else if (response->response.is_fault) {
		handle_fault(flow, &response->response.fault);
	} else {
		flow->again = false;
		flow->accepted = true;
		flow->delay_reason = (struct error){0};
		flow->place = eni_place_make(ENI_PLACE_DETACHING, instance);
		eni_read_soon(&flow->read);
	}
}

static bool is_known_attachment(
	const struct eni_release *flow, const struct ec2_attachment *attachment)
{
	return !attachment->id[0] || strcmp(attachment->id, flow->goal.eni->attachment.id) == 0;
}

static void handle_known_attachment(struct eni_release *flow, struct eni_place place)
{
	bool is_attached = place.kind == ENI_PLACE_ATTACHED;

	if (is_attached || flow->forced)
		flow->is_request_next = flow->again;
	else if (place.kind == ENI_PLACE_DETACHING)
		flow->again = false;
	if (is_attached && flow->accepted)
		place.kind = ENI_PLACE_DETACH_UNSEEN;
	flow->place = place;
}

/*
 * Handles an attachment other than the one to detach. If the read is old, that attachment may have
 * ended since. If EC2's times do not prove that it is later, the flow believes only a read that
 * cannot be older than its own beginning.
 */
static int handle_other_attachment(struct eni_release *flow, const struct ec2_eni *eni)
{
	int order = eni_attachment_compare(&eni->attachment, &flow->goal.eni->attachment);
	int when = eni_attachment_compare_date(&eni->attachment, flow->goal.began_at);
	bool is_known = when > 0 || (when < 0 && order > 0);

	if (order < 0 || (!is_known && flow->read.sent - flow->since < FLOW_STALE_MSEC)) {
		eni_read_doubt(&flow->read);
		return 0;
	}
	flow->place = eni_place_of(eni);
	flow->verdict = when < 0 ? ENI_RELEASE_OUTDATED : ENI_RELEASE_TAKEN;
	return ec2_eni_copy(eni, &flow->seen);
}

static void handle_free(struct eni_release *flow)
{
	/*
	 * If the detachment is not confirmed, the read may show a state from before the attachment
	 * was made. EC2's response to another request decides that.
	 */
	if (flow->again)
		flow->is_request_next = true;
	else
		flow->verdict = ENI_RELEASE_FREE;
	flow->place = eni_place_make(ENI_PLACE_FREE, "");
}

static int handle_eni(struct eni_release *flow, const struct ec2_eni *eni)
{
	const struct eni_place place = eni_place_of(eni);

	if (place.kind == ENI_PLACE_FREE)
		handle_free(flow);
	else if (is_known_attachment(flow, &eni->attachment))
		handle_known_attachment(flow, place);
	else
		return handle_other_attachment(flow, eni);
	return 0;
}

static int handle_read(struct eni_release *flow, const struct flow_response *response)
{
	const struct ec2_eni *eni = NULL;
	int err = eni_read_handle_response(&flow->read, response, &eni, &flow->error);

	if (err == -ENOENT)
		flow->place = eni_place_make(ENI_PLACE_GONE, "");
	if (err)
		flow->verdict = ENI_RELEASE_FAILED;
	return eni ? handle_eni(flow, eni) : 0;
}

static int release_handle_response(void *state, size_t tag, const struct flow_response *response)
{
	if (tag != TAG_DETACH)
		return handle_read(state, response);
	handle_detach(state, response);
	return 0;
}

struct flow eni_release_flow(struct eni_release *flow)
{
	return (struct flow){
		.next = release_next, .handle_response = release_handle_response, .state = flow};
}
