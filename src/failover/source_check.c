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

/* Sends the read or the change of the current step. `must_wait` comes before a repetition. */
static int check_next(void *state, uint64_t now, uint32_t random, struct flow_batch *ret_batch)
{
	struct source_check *check = state;
	struct flow_call call = {.action = EC2_DESCRIBE_NETWORK_INTERFACES};
	bool is_change_next = check->step == SOURCE_CHECK_CHANGES;

	*ret_batch = (struct flow_batch){0};
	if (check->verdict != SOURCE_CHECK_PENDING)
		return 0;
	check->now = now;
	if (check->must_wait) {
		check->must_wait = false;
		ret_batch->wait = is_change_next ? backoff_delay(check->tries, random,
							   TRY_AGAIN_BASE, TRY_AGAIN_CAP)
						 : backoff_delay(check->reads, random,
							   READ_AGAIN_BASE, READ_AGAIN_CAP);
		return 0;
	}
	if (is_change_next) {
		call.action = EC2_MODIFY_NETWORK_INTERFACE_ATTRIBUTE;
		call.parameters.eni = check->goal.eni;
		call.parameters.source_dest_check = EC2_FLAG_FALSE;
	} else {
		call.parameters.enis = check->enis;
	}
	return flow_batch_add(ret_batch, &call);
}

static void fail(struct source_check *check)
{
	check->verdict = SOURCE_CHECK_FAILED;
	error_prefix(&check->error, "source/destination check of %s", check->goal.eni);
}

/* After `text` follows the error of a lost response; if there is none, the remedy ("": none). */
static void fail_with_text(
	struct source_check *check, int err, const char *text, const char *remedy)
{
	if (check->error.outcome != OUTCOME_DONE)
		error_prefix(&check->error, "%s", text);
	else
		error_set(&check->error, OUTCOME_FAILED, err, "%s%s%s", text, *remedy ? ": " : "",
			remedy);
	fail(check);
}

/* Decides by the state before any change: ends the flow, or starts the change. */
static void decide_by_state(struct source_check *check, enum ec2_flag enabled)
{
	switch (enabled) {
	case EC2_FLAG_UNKNOWN:
		fail_with_text(
			check, EBADMSG, "EC2 does not report whether the check is enabled", "");
		return;
	case EC2_FLAG_FALSE:
		check->verdict = SOURCE_CHECK_OFF;
		return;
	case EC2_FLAG_TRUE:
		break;
	}
	if (check->goal.mode == SOURCE_CHECK_FIX) {
		check->step = SOURCE_CHECK_CHANGES;
		return;
	}
	check->verdict = SOURCE_CHECK_ON;
	error_set(&check->error, OUTCOME_DIFFERS, EPERM,
		"source/destination check of %s: enabled, so EC2 drops packets to overlay addresses: disable the check, or let myha disable it (source-dest-check: fix)",
		check->goal.eni);
}

/* `eni` is NULL if the response does not have the ENI. */
static void handle_first_read(struct source_check *check, const struct ec2_eni *eni)
{
	if (eni)
		decide_by_state(check, eni->source_dest_check);
	else
		fail_with_text(check, ENOENT, "the ENI is missing in EC2's response",
			"check that the ENI exists in this account and region");
}

void source_check_init(struct source_check *check, const struct source_check_goal *goal)
{
	*check = (struct source_check){.goal = *goal, .enis = {goal->eni}};
	if (goal->known != EC2_FLAG_UNKNOWN)
		decide_by_state(check, goal->known);
}

/* The latest read cannot be older than the change, and does not show the check as disabled. */
static void fail_unconfirmed(struct source_check *check, const struct ec2_eni *eni)
{
	if (!eni)
		fail_with_text(check, ENOENT,
			"the ENI is missing in EC2's response after the change",
			"check whether the ENI was deleted");
	else if (eni->source_dest_check == EC2_FLAG_UNKNOWN)
		fail_with_text(check, EBADMSG,
			"EC2 does not report whether the check is disabled now", "");
	else
		fail_with_text(check, EAGAIN, "still enabled",
			"check in CloudTrail which program enables the check");
}

/*
 * Reads may be older than the change. If EC2 accepted the change, the flow reads until the
 * deadline. If the response was lost, a read that cannot be stale proves that nothing was changed.
 */
static void handle_verification(struct source_check *check, const struct ec2_eni *eni)
{
	if (eni && eni->source_dest_check == EC2_FLAG_FALSE) {
		check->verdict = SOURCE_CHECK_FIXED;
		check->error = (struct error){0};
		return;
	}
	if (!check->reads++)
		check->verify_since = check->now;
	check->must_wait = true;
	if (!check->accepted && check->now - check->verify_since >= FLOW_STALE_MSEC)
		fail_unconfirmed(check, eni);
}

/* A read failed. If the response to the change was lost, the error of that response is reported. */
static void fail_read(struct source_check *check, const struct error *error)
{
	if (check->error.outcome != OUTCOME_DONE) {
		error_prefix(&check->error, "unknown whether the check was disabled");
	} else {
		check->error = *error;
		if (check->step == SOURCE_CHECK_VERIFIES)
			error_prefix(&check->error,
				"the check was disabled, but could not be read back");
	}
	fail(check);
}

static void handle_read(struct source_check *check, const struct flow_response *response)
{
	const struct ec2_eni *eni = NULL;
	struct error error = {0};

	if (flow_check_response(EC2_DESCRIBE_NETWORK_INTERFACES, "*", response, &error)) {
		fail_read(check, &error);
		return;
	}
	for (size_t i = 0; !eni && i < response->response.reply.enis.count; i++)
		if (strcmp(response->response.reply.enis.items[i].id, check->goal.eni) == 0)
			eni = &response->response.reply.enis.items[i];
	if (check->step == SOURCE_CHECK_READS)
		handle_first_read(check, eni);
	else
		handle_verification(check, eni);
}

/* Reads verify a change that EC2 executed, or may have executed. A refusal is retried, or fails. */
static void handle_change(struct source_check *check, const struct flow_response *response)
{
	const enum ec2_action action = EC2_MODIFY_NETWORK_INTERFACE_ATTRIBUTE;
	/* in case EC2 did not respond; a refusal has its own advice */
	enum ec2_advice advice = response->may_be_done ? EC2_TRANSIENT : EC2_PERMANENT;
	struct error error = {0};

	check->tries++;
	check->step = SOURCE_CHECK_VERIFIES;
	check->accepted = !flow_check_response(action, check->goal.eni, response, &error);
	if (check->accepted)
		return;
	if (!response->err)
		advice = ec2_fault_advice(action, &response->response.fault);
	check->error = error;
	switch (advice) {
	case EC2_TRANSIENT: /* EC2 may have executed the change: the next read decides */
	case EC2_DONE_ALREADY:
		return;
	case EC2_NOT_YET:
	case EC2_NOT_FOUND_MAYBE_NEW:
		check->step = SOURCE_CHECK_CHANGES;
		if (check->tries < TRIES_MAX) {
			check->error = (struct error){0};
			check->must_wait = true;
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
		check->step = SOURCE_CHECK_CHANGES;
		break;
	}
	/* EC2 may have executed an earlier try, even if it refused the last one: a read decides. */
	if (response->may_be_done)
		check->step = SOURCE_CHECK_VERIFIES;
	else
		fail(check);
}

static int check_handle_response(void *state, size_t tag, const struct flow_response *response)
{
	struct source_check *check = state;

	(void)tag;
	if (check->step == SOURCE_CHECK_CHANGES)
		handle_change(check, response);
	else
		handle_read(check, response);
	return 0;
}

struct flow source_check_flow(struct source_check *check)
{
	return (struct flow){
		.next = check_next, .handle_response = check_handle_response, .state = check};
}

const char *source_check_describe_state(const struct source_check *check)
{
	if (check->accepted)
		return "EC2 accepted the change, but still shows the check as enabled";
	if (check->step == SOURCE_CHECK_VERIFIES)
		return "unknown whether the check was disabled";
	return "nothing was changed";
}

enum outcome source_check_outcome(const struct source_check *check)
{
	switch (check->verdict) {
	case SOURCE_CHECK_OFF:
	case SOURCE_CHECK_FIXED:
		return OUTCOME_DONE;
	case SOURCE_CHECK_ON:
	case SOURCE_CHECK_FAILED:
		return check->error.outcome;
	case SOURCE_CHECK_PENDING:
		break;
	}
	return OUTCOME_TIMEOUT;
}
