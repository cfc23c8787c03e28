/* SPDX-License-Identifier: Apache-2.0 */
#include "failover/source_guard.h"

#include <string.h>

/* The tag of the guard's requests. The inner flow numbers its tags from 0. */
#define TAG_GUARD ((size_t)-5)

/*
 * Milliseconds to wait for the guard's response after all others of the batch. It is rarely this
 * late, but a missed denial costs an outage until an administrator reads the message.
 */
#define GRACE_MSEC 2000

void source_guard_init(struct source_guard *guard, const char *eni, bool is_to_fix)
{
	*guard = (struct source_guard){
		.enis = {eni}, .is_to_fix = is_to_fix, .step = SOURCE_GUARD_READS};
}

void source_guard_done(struct source_guard *guard)
{
	flow_batch_done(&guard->delayed_change);
	*guard = (struct source_guard){0};
}

/* Adds the guard's request for the current step; no request if the guard has finished. */
static int add_guard_call(struct source_guard *guard, struct flow_batch *batch)
{
	struct flow_call call = {.tag = TAG_GUARD, .grace_msec = GRACE_MSEC};

	switch (guard->step) {
	case SOURCE_GUARD_ENDS:
		return 0;
	case SOURCE_GUARD_READS:
		call.action = EC2_DESCRIBE_NETWORK_INTERFACES;
		call.parameters.enis = guard->enis;
		break;
	case SOURCE_GUARD_PROBES:
		call.action = EC2_MODIFY_NETWORK_INTERFACE_ATTRIBUTE;
		call.parameters.dry_run = true;
		call.parameters.eni = guard->enis[0];
		call.parameters.source_dest_check = EC2_FLAG_FALSE;
		break;
	}
	return flow_batch_add(batch, &call);
}

/* Saves the check, and probes the permission if needed. After an error, nothing is probed. */
static void handle_read(struct source_guard *guard, const struct flow_response *response)
{
	const struct ec2_eni_list *found = &response->response.reply.enis;

	guard->step = SOURCE_GUARD_ENDS;
	if (response->err || response->response.is_fault)
		return;
	for (size_t i = 0; i < found->count; i++)
		if (strcmp(found->items[i].id, guard->enis[0]) == 0)
			guard->check = found->items[i].source_dest_check;
	if (guard->check == EC2_FLAG_TRUE && guard->is_to_fix)
		guard->step = SOURCE_GUARD_PROBES;
}

/* Saves a denial. Any other response lets the inner flow go on. */
static void handle_probe(struct source_guard *guard, const struct flow_response *response)
{
	const enum ec2_action action = EC2_MODIFY_NETWORK_INTERFACE_ATTRIBUTE;
	const struct ec2_response *body = &response->response;

	guard->step = SOURCE_GUARD_ENDS;
	if (response->err || !body->is_fault ||
		ec2_fault_advice(action, &body->fault) != EC2_DENIED)
		return;
	flow_explain_fault(action, guard->enis[0], &body->fault, &guard->denied);
	error_prefix(&guard->denied, "source/destination check of %s", guard->enis[0]);
}

/* Sends the delayed change; after a denial an empty batch, which ends the flow. */
static void send_delayed_change(struct source_guard *guard, struct flow_batch *ret_batch)
{
	*ret_batch = TAKE_STRUCT(guard->delayed_change);
	if (guard->denied.outcome != OUTCOME_DONE)
		flow_batch_done(ret_batch);
}

/*
 * Sends the guard's requests together with the reads of the inner flow. The first batch that
 * changes something is delayed until the guard has finished; after a denial, the flow ends.
 */
static int guard_next(void *state, uint64_t now, uint32_t random, struct flow_batch *ret_batch)
{
	struct source_guard *guard = state;
	int err;

	*ret_batch = (struct flow_batch){0};
	if (!guard->delayed_change.count) {
		if (guard->denied.outcome != OUTCOME_DONE)
			return 0;
		err = guard->inner.next(guard->inner.state, now, random, ret_batch);
		if (err || !ret_batch->count)
			return err;
		if (!flow_batch_has_change(ret_batch))
			return add_guard_call(guard, ret_batch);
		guard->delayed_change = TAKE_STRUCT(*ret_batch);
	}
	err = add_guard_call(guard, ret_batch);
	if (!err && !ret_batch->count)
		send_delayed_change(guard, ret_batch);
	return err;
}

static int guard_handle_response(void *state, size_t tag, const struct flow_response *response)
{
	struct source_guard *guard = state;

	if (tag != TAG_GUARD)
		return guard->inner.handle_response(guard->inner.state, tag, response);
	if (guard->step == SOURCE_GUARD_READS)
		handle_read(guard, response);
	else
		handle_probe(guard, response);
	return 0;
}

struct flow source_guard_flow(struct source_guard *guard, const struct flow *inner)
{
	guard->inner = *inner;
	return (struct flow){
		.next = guard_next, .handle_response = guard_handle_response, .state = guard};
}

static int probe_next(void *state, uint64_t now, uint32_t random, struct flow_batch *ret_batch)
{
	(void)now;
	(void)random;
	*ret_batch = (struct flow_batch){0};
	return add_guard_call(state, ret_batch);
}

struct flow source_guard_probe_flow(struct source_guard *guard)
{
	return (struct flow){
		.next = probe_next, .handle_response = guard_handle_response, .state = guard};
}
