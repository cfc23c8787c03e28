/* SPDX-License-Identifier: Apache-2.0 */
#include "failover/source_check.h"

#include "base/deadline.h"

#include <errno.h>
#include <string.h>

/* Back-off between reads after the change, in milliseconds. */
#define READ_AGAIN_BASE 50
#define READ_AGAIN_CAP 1000

/*
 * Maximum number of requests, and the back-off between them in milliseconds: an ENI that was
 * created or attached just now may not be known everywhere yet.
 */
#define TRY_AGAIN_BASE 100
#define TRY_AGAIN_CAP 1000
#define TRIES_MAX 6

static int check_next(void *state, uint64_t now, uint32_t random, struct flow_batch *ret_batch)
{
	struct source_check *flow = state;
	struct flow_call call = {.action = EC2_DESCRIBE_NETWORK_INTERFACES};

	*ret_batch = (struct flow_batch){0};
	if (flow->verdict != SOURCE_CHECK_PENDING)
		return 0;
	flow->now = now;
	if (flow->put_off) {
		flow->put_off = false;
		ret_batch->wait = flow->step == SOURCE_CHECK_CHANGES
					  ? backoff_delay(flow->tries, random, TRY_AGAIN_BASE,
						    TRY_AGAIN_CAP)
					  : backoff_delay(flow->reads, random, READ_AGAIN_BASE,
						    READ_AGAIN_CAP);
		return 0;
	}
	if (flow->step == SOURCE_CHECK_CHANGES) {
		call.action = EC2_MODIFY_NETWORK_INTERFACE_ATTRIBUTE;
		call.parameters.eni = flow->goal.eni;
		call.parameters.source_dest_check = EC2_FLAG_FALSE;
	} else {
		call.parameters.enis = flow->enis;
	}
	return flow_batch_add(ret_batch, &call);
}

static void fail(struct source_check *flow)
{
	flow->verdict = SOURCE_CHECK_FAILED;
	error_prefix(&flow->error, "source/destination check of %s", flow->goal.eni);
}

/* If a response was lost, its error is the cause, and the remedy is not shown. */
static void fail_with_text(struct source_check *flow, int err, const char *text, const char *remedy)
{
	if (flow->error.outcome != OUTCOME_DONE)
		error_prefix(&flow->error, "%s", text);
	else
		error_set(&flow->error, OUTCOME_FAILED, err, "%s%s%s", text, *remedy ? ": " : "",
			remedy);
	fail(flow);
}

static void handle_state(struct source_check *flow, enum ec2_flag check)
{
	switch (check) {
	case EC2_FLAG_UNKNOWN:
		fail_with_text(
			flow, EBADMSG, "EC2 does not report whether the check is enabled", "");
		return;
	case EC2_FLAG_FALSE:
		flow->verdict = SOURCE_CHECK_OFF;
		return;
	case EC2_FLAG_TRUE:
		break;
	}
	if (flow->goal.mode == SOURCE_CHECK_FIX) {
		flow->step = SOURCE_CHECK_CHANGES;
		return;
	}
	flow->verdict = SOURCE_CHECK_ON;
	error_set(&flow->error, OUTCOME_DIFFERS, EPERM,
		"source/destination check of %s: enabled, so EC2 drops packets to overlay addresses: disable the check (source-dest-check: fix)",
		flow->goal.eni);
}

static void handle_first_read(struct source_check *flow, const struct ec2_eni *eni)
{
	if (eni)
		handle_state(flow, eni->source_dest_check);
	else
		fail_with_text(flow, ENOENT, "the ENI is missing in EC2's response",
			"check that the ENI exists in this account and region");
}

void source_check_init(struct source_check *flow, const struct source_check_goal *goal)
{
	*flow = (struct source_check){.goal = *goal, .enis = {goal->eni}};
	if (goal->known != EC2_FLAG_UNKNOWN)
		handle_state(flow, goal->known);
}

static void fail_not_off(struct source_check *flow, const struct ec2_eni *eni)
{
	if (!eni)
		fail_with_text(flow, ENOENT,
			"the ENI is missing in EC2's response after the change",
			"check whether the ENI was deleted");
	else if (eni->source_dest_check == EC2_FLAG_UNKNOWN)
		fail_with_text(
			flow, EBADMSG, "EC2 does not report whether the check is disabled now", "");
	else
		fail_with_text(flow, EAGAIN, "still enabled",
			"check in CloudTrail which program enables the check");
}

/*
 * A read may be older than the change. If EC2 accepted the change, no read proves that it was not
 * made, and the flow reads until the deadline. If the response was lost, a read that cannot be
 * older proves it.
 */
static void handle_verification(struct source_check *flow, const struct ec2_eni *eni)
{
	if (eni && eni->source_dest_check == EC2_FLAG_FALSE) {
		flow->verdict = SOURCE_CHECK_FIXED;
		flow->error = (struct error){0};
		return;
	}
	if (!flow->reads++)
		flow->changed = flow->now;
	flow->put_off = true;
	if (!flow->accepted && flow->now - flow->changed >= FLOW_STALE_MSEC)
		fail_not_off(flow, eni);
}

static void fail_read(struct source_check *flow, const struct error *error)
{
	/* If the result of the change is not known, the error of the change is more useful. */
	if (flow->error.outcome != OUTCOME_DONE) {
		error_prefix(&flow->error, "unknown whether the check was disabled");
	} else {
		flow->error = *error;
		if (flow->step == SOURCE_CHECK_VERIFIES)
			error_prefix(
				&flow->error, "the check was disabled, but could not be read back");
	}
	fail(flow);
}

static void handle_read(struct source_check *flow, const struct flow_response *response)
{
	const struct ec2_eni *eni = NULL;
	struct error error = {0};

	if (flow_check_response(EC2_DESCRIBE_NETWORK_INTERFACES, "*", response, &error)) {
		fail_read(flow, &error);
		return;
	}
	for (size_t i = 0; !eni && i < response->response.reply.enis.count; i++)
		if (strcmp(response->response.reply.enis.items[i].id, flow->goal.eni) == 0)
			eni = &response->response.reply.enis.items[i];
	if (flow->step == SOURCE_CHECK_READS)
		handle_first_read(flow, eni);
	else
		handle_verification(flow, eni);
}

static void handle_change(struct source_check *flow, const struct flow_response *response)
{
	const enum ec2_action action = EC2_MODIFY_NETWORK_INTERFACE_ATTRIBUTE;
	enum ec2_advice advice = response->may_be_done ? EC2_TRANSIENT : EC2_PERMANENT;
	struct error error = {0};

	flow->tries++;
	flow->step = SOURCE_CHECK_VERIFIES;
	flow->accepted = !flow_check_response(action, flow->goal.eni, response, &error);
	if (flow->accepted)
		return;
	if (!response->err)
		advice = ec2_fault_advice(action, &response->response.fault);
	flow->error = error;
	switch (advice) {
	case EC2_TRANSIENT: /* EC2 may have executed it: the next read decides */
	case EC2_DONE_ALREADY:
		return;
	case EC2_NOT_YET:
	case EC2_NOT_FOUND_MAYBE_NEW:
		flow->step = SOURCE_CHECK_CHANGES;
		if (flow->tries < TRIES_MAX) {
			flow->error = (struct error){0};
			flow->put_off = true;
			return;
		}
		break;
	case EC2_PERMANENT:
	case EC2_THROTTLED:
	case EC2_REFRESH_CREDENTIALS:
	case EC2_CLOCK_SKEW:
	case EC2_USE_REPLACE:
	case EC2_USE_CREATE:
	case EC2_USE_OTHER_INDEX:
	case EC2_DENIED:
	case EC2_WOULD_BE_ALLOWED:
		flow->step = SOURCE_CHECK_CHANGES;
		break;
	}
	/*
	 * EC2 may have executed an earlier try, even if it refused the last one: the next read
	 * decides.
	 */
	if (response->may_be_done)
		flow->step = SOURCE_CHECK_VERIFIES;
	else
		fail(flow);
}

static int check_handle_response(void *state, size_t tag, const struct flow_response *response)
{
	struct source_check *flow = state;

	(void)tag;
	if (flow->step == SOURCE_CHECK_CHANGES)
		handle_change(flow, response);
	else
		handle_read(flow, response);
	return 0;
}

struct flow source_check_flow(struct source_check *flow)
{
	return (struct flow){
		.next = check_next, .handle_response = check_handle_response, .state = flow};
}

const char *source_check_describe_state(const struct source_check *flow)
{
	if (flow->accepted)
		return "EC2 accepted the change, but still shows the check as enabled";
	if (flow->step == SOURCE_CHECK_VERIFIES)
		return "unknown whether the check was disabled";
	return "nothing was changed";
}

enum outcome source_check_outcome(const struct source_check *flow)
{
	switch (flow->verdict) {
	case SOURCE_CHECK_OFF:
	case SOURCE_CHECK_FIXED:
		return OUTCOME_DONE;
	case SOURCE_CHECK_ON:
	case SOURCE_CHECK_FAILED:
		return flow->error.outcome;
	case SOURCE_CHECK_PENDING:
		break;
	}
	return OUTCOME_TIMEOUT;
}
