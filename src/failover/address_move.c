/* SPDX-License-Identifier: Apache-2.0 */
#include "failover/address_move.h"

#include "base/deadline.h"
#include "failover/eni_state.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define TAG_TARGET_ENI 0
#define TAG_ASSIGN 1

/* Back-off between reads, in milliseconds: reads may show the old holder for a while. */
#define READ_AGAIN_BASE 60
#define READ_AGAIN_CAP 1000
/*
 * Another node that read the address before our assignment took effect may still assign it to its
 * own ENI. So the final read waits until the request of such a node must have arrived at EC2. The
 * wait is twice the time from our read to our first request, plus SETTLE_MSEC, and at most
 * SETTLE_MSEC_MAX.
 */
#define SETTLE_MSEC 200
#define SETTLE_MSEC_MAX 2000

/*
 * The move fails after this many consecutive reads that contradict our assignment and cannot be
 * older than it. One read is not enough: a single server of EC2 may show the old holder for longer.
 */
#define CONFLICTS_MAX 3

/* Maximum number of requests while EC2 responds that it is too early (EC2_NOT_YET). */
#define TRIES_MAX 5

void address_move_init(struct address_move *move, const struct address_move_goal *goal)
{
	*move = (struct address_move){.goal = goal, .ids = {goal->eni}};
	ip_address_format(&goal->address, move->address_text);
	move->addresses[0] = move->address_text;
	move->filter = eni_filter_make(NULL, &goal->address, goal->vpc);
	eni_find_init(&move->find, &move->filter);
}

void address_move_done(struct address_move *move)
{
	eni_find_done(&move->find);
	ec2_eni_done(&move->target_eni);
	*move = (struct address_move){0};
}

/* After the request, `reads` counts only the reads that were sent after it. */
const char *address_move_format_state(
	const struct address_move *move, char buffer[ADDRESS_MOVE_STATE_SIZE])
{
	if (!move->requested)
		snprintf(buffer, ADDRESS_MOVE_STATE_SIZE, "nothing was changed");
	else if (!move->reads)
		snprintf(buffer, ADDRESS_MOVE_STATE_SIZE, "unknown whether %s has the address",
			move->goal->eni);
	else if (move->accepted && move->verdict == ADDRESS_MOVE_PENDING)
		snprintf(buffer, ADDRESS_MOVE_STATE_SIZE,
			"EC2 accepted the assignment to %s, but shows the address on %s",
			move->goal->eni, move->holder[0] ? move->holder : "no ENI");
	else
		snprintf(buffer, ADDRESS_MOVE_STATE_SIZE, "at the last read, %s had the address",
			move->holder[0] ? move->holder : "no ENI");
	return buffer;
}

static void fail(struct address_move *move, const struct error *reason)
{
	char text[ADDRESS_MOVE_STATE_SIZE];

	move->verdict = ADDRESS_MOVE_FAILED;
	eni_set_error(&move->error, move->goal->name, reason,
		move->requested ? address_move_format_state(move, text) : NULL);
}

/* Decisions by reads. */

/* An address that is not in the ENI's list can only be the primary one, eni->address. */
static bool is_primary_address(const struct ec2_eni *eni, const struct ip_address *address)
{
	for (size_t i = 0; i < eni->ipv4s.count; i++)
		if (ip_address_compare(&eni->ipv4s.items[i].address, address) == 0)
			return eni->ipv4s.items[i].is_primary == EC2_FLAG_TRUE;
	return ip_address_compare(&eni->address, address) == 0;
}

/* Returns 0 if EC2 can move the address away from the holder, and this program may do that. */
static int check_may_take_from(
	const struct address_move *move, const struct ec2_eni *holder, struct error *error)
{
	const struct address_move_goal *goal = move->goal;

	if (eni_check_not_managed(holder, error))
		return -EPERM;
	if (is_primary_address(holder, &goal->address))
		return error_set(error, OUTCOME_FAILED, EPERM,
			"%s is the primary address of %s and moves only with the ENI: run \"myha eni move %s\"",
			move->address_text, holder->id, holder->id);
	if (strcmp(holder->subnet, move->target_eni.subnet) != 0)
		return error_set(error, OUTCOME_FAILED, EXDEV,
			"%s has %s and is in %s, but %s is in %s: an address cannot leave its subnet",
			holder->id, move->address_text, holder->subnet, goal->eni,
			move->target_eni.subnet);
	return 0;
}

/*
 * Returns the ENI that has the address, by the latest read; NULL: no ENI. EC2 may show several ENIs
 * while it moves the address; then the target ENI is preferred.
 */
static const struct ec2_eni *find_holder(const struct address_move *move)
{
	const struct ec2_eni_list *enis = &move->find.enis;

	for (size_t i = 0; i < enis->count; i++)
		if (strcmp(enis->items[i].id, move->goal->eni) == 0)
			return &enis->items[i];
	return enis->count ? &enis->items[0] : NULL;
}

static bool is_target_eni(const struct address_move *move, const struct ec2_eni *holder)
{
	return holder && strcmp(holder->id, move->goal->eni) == 0;
}

static void start_assignment(struct address_move *move)
{
	move->step = ADDRESS_MOVE_ASSIGNS;
	move->reads = 0;
	move->final_read_from = 0;
}

/*
 * Decides by a read whether the address has to be assigned. If the first read shows the address on
 * the target ENI, a second read decides again: the first may be older than another node's change.
 */
static void decide_before_assignment(struct address_move *move)
{
	const struct ec2_eni *holder = find_holder(move);
	struct error error = {0};

	if (move->find.error.outcome != OUTCOME_DONE) {
		fail(move, &move->find.error);
		return;
	}
	if (holder) {
		snprintf(move->before, sizeof(move->before), "%s", holder->id);
		snprintf(move->before_instance, sizeof(move->before_instance), "%s",
			holder->attachment.instance);
	}
	move->verdict = is_target_eni(move, holder) ? ADDRESS_MOVE_IN_PLACE : ADDRESS_MOVE_PENDING;
	move->is_verdict_final = move->reads > 0; /* this is the second read */
	move->reads++;
	move->decisive_read_at = move->read_at;
	if (move->verdict == ADDRESS_MOVE_IN_PLACE)
		move->final_read_from = move->read_at + FLOW_STALE_MSEC;
	else if (move->target_eni_error.outcome != OUTCOME_DONE)
		fail(move, &move->target_eni_error);
	else if (holder && check_may_take_from(move, holder, &error))
		fail(move, &error);
	else
		start_assignment(move);
}

/* The address was not assigned (the driver has repeated the request), or was removed again. */
static void fail_not_assigned(struct address_move *move)
{
	struct error error = move->lost_error;

	if (error.outcome == OUTCOME_DONE)
		error_set(&error, OUTCOME_FAILED, EAGAIN,
			"%s was assigned to %s, but is not there: check in CloudTrail which program removes the address",
			move->address_text, move->goal->eni);
	fail(move, &error);
}

static void fail_taken(struct address_move *move, const struct ec2_eni *holder)
{
	const char *instance = eni_get_holder(holder);

	error_set(&move->error, OUTCOME_FAILED, EBUSY,
		"%s: another program moved the address to %s (%s) during this move: repeat the move if the address belongs here",
		move->goal->name, holder->id, instance ? instance : "not attached");
	move->verdict = ADDRESS_MOVE_FAILED;
	move->taken = true;
}

/* Whether the latest read was so late that it cannot show a state from before our assignment. */
static bool is_conclusive(const struct address_move *move)
{
	return move->read_at - move->changed_at >= FLOW_STALE_MSEC;
}

/*
 * Whether only another program's change after our assignment explains what the latest read shows.
 * The old holder proves such a change only if an earlier read showed the address on the target ENI.
 */
static bool shows_later_change(const struct address_move *move, const struct ec2_eni *holder)
{
	if (is_target_eni(move, holder) || !is_conclusive(move))
		return false;
	return move->was_seen_on_target || (holder && strcmp(holder->id, move->before) != 0);
}

/* After our assignment, another program moved the address, or (`holder` is NULL) removed it. */
static void fail_conflict(struct address_move *move, const struct ec2_eni *holder)
{
	if (holder)
		fail_taken(move, holder);
	else
		fail_not_assigned(move);
}

/*
 * Evaluates a read after the assignment. Until the final read, each read sets the verdict anew:
 * another node may still move the address away. A read that fails does not revoke a success.
 */
static void verify_by_read(struct address_move *move)
{
	const struct ec2_eni *holder = find_holder(move);

	if (move->find.error.outcome != OUTCOME_DONE) {
		move->is_verdict_final = true;
		if (move->verdict != ADDRESS_MOVE_DONE)
			fail(move, &move->find.error);
		return;
	}
	move->reads++;
	move->n_conflicts = shows_later_change(move, holder) ? move->n_conflicts + 1 : 0;
	snprintf(move->holder, sizeof(move->holder), "%s", holder ? holder->id : "");
	move->verdict = is_target_eni(move, holder) ? ADDRESS_MOVE_DONE : ADDRESS_MOVE_PENDING;
	if (move->verdict == ADDRESS_MOVE_DONE) {
		move->was_seen_on_target = true;
		move->is_verdict_final = move->read_at >= move->final_read_from;
	} else if (move->n_conflicts >= CONFLICTS_MAX) {
		fail_conflict(move, holder);
	} else if (!move->accepted && !move->n_conflicts && is_conclusive(move)) {
		/* The response was lost, and the address is still on its old holder. */
		fail_not_assigned(move);
	}
}

/* The interface to the driver. */

static int add_target_eni_call(const struct address_move *move, struct flow_batch *batch)
{
	const struct flow_call call = {.action = EC2_DESCRIBE_NETWORK_INTERFACES,
		.parameters = {.enis = move->ids},
		.tag = TAG_TARGET_ENI};

	return flow_batch_add(batch, &call);
}

static int add_assign_call(struct address_move *move, uint64_t now, struct flow_batch *batch)
{
	const struct flow_call call = {.action = EC2_ASSIGN_PRIVATE_IP_ADDRESSES,
		.parameters = {.eni = move->goal->eni,
			.private_addresses = move->addresses,
			.allow_reassignment = true},
		.tag = TAG_ASSIGN};

	move->requested = true;
	if (!move->tries) /* the final read depends on the delay of the first request */
		move->request_delay = now - move->decisive_read_at;
	move->tries++;
	move->has_waited = false;
	return flow_batch_add(batch, &call);
}

/* Returns the milliseconds from the assignment to the final read: see SETTLE_MSEC. */
static uint64_t get_settle_delay(const struct address_move *move)
{
	uint64_t msec = SETTLE_MSEC + 2 * move->request_delay;

	return msec < SETTLE_MSEC_MAX ? msec : SETTLE_MSEC_MAX;
}

/*
 * Waits before the next request or read; until the final read if the target ENI has the address.
 * The first wait after the assignment sets the time of that read. A wait of 0 would end the flow.
 */
static void set_wait_before_next(
	struct address_move *move, uint64_t now, uint32_t random, struct flow_batch *batch)
{
	move->has_waited = true;
	if (move->step == ADDRESS_MOVE_VERIFIES && !move->final_read_from) {
		move->changed_at = now;
		move->final_read_from = now + get_settle_delay(move);
	}
	if (move->verdict != ADDRESS_MOVE_PENDING) {
		batch->wait = move->final_read_from > now ? move->final_read_from - now : 1;
		return;
	}
	batch->wait = backoff_delay(
		move->reads + move->tries, random, READ_AGAIN_BASE, READ_AGAIN_CAP);
}

/* Prepares the next search for the holder, which begins after a wait. */
static void restart_search(struct address_move *move)
{
	eni_find_done(&move->find);
	eni_find_init(&move->find, &move->filter);
	move->has_waited = false;
}

/* Searches for the ENI that has the address, and evaluates the result when the search ends. */
static int search_next(
	struct address_move *move, uint64_t now, uint32_t random, struct flow_batch *batch)
{
	const struct flow find = eni_find_flow(&move->find);
	int err = find.next(find.state, now, random, batch);

	if (batch->count) /* the search sends a read */
		move->read_at = now;
	if (err || batch->count || batch->wait)
		return err;
	if (move->step == ADDRESS_MOVE_READS)
		decide_before_assignment(move);
	else
		verify_by_read(move);
	restart_search(move);
	return 0;
}

/* Sends the request or read of the current step. Only the first of each may have no wait. */
static int step_next(
	struct address_move *move, uint64_t now, uint32_t random, struct flow_batch *batch)
{
	switch (move->step) {
	case ADDRESS_MOVE_READS:
		if (!move->reads || move->has_waited)
			return search_next(move, now, random, batch);
		break;
	case ADDRESS_MOVE_ASSIGNS:
		if (!move->tries || move->has_waited)
			return add_assign_call(move, now, batch);
		break;
	case ADDRESS_MOVE_VERIFIES:
		if (move->has_waited)
			return search_next(move, now, random, batch);
		break;
	}
	set_wait_before_next(move, now, random, batch);
	return 0;
}

/* A failure ends the flow at once; a success may still be revoked until the final read. */
static bool is_running(const struct address_move *move)
{
	return move->verdict == ADDRESS_MOVE_PENDING ||
	       (move->verdict != ADDRESS_MOVE_FAILED && !move->is_verdict_final);
}

/* The first batch reads the target ENI as well as the ENI that has the address. */
static int move_next(void *state, uint64_t now, uint32_t random, struct flow_batch *ret_batch)
{
	struct address_move *move = state;
	struct flow_batch batch = {0};
	struct error error;
	int err = 0;

	if (!move->has_begun && move->goal->address.family != AF_INET) {
		error_set(&error, OUTCOME_USAGE, EINVAL,
			"%s is not an IPv4 address: EC2 reassigns only IPv4 addresses: move the ENI with \"myha eni move %s\"",
			move->address_text, move->address_text);
		fail(move, &error);
	}
	while (!err && is_running(move) && !batch.count && !batch.wait)
		err = step_next(move, now, random, &batch);
	if (!err && !move->has_begun && move->verdict == ADDRESS_MOVE_PENDING)
		err = add_target_eni_call(move, &batch);
	move->has_begun = true;
	*ret_batch = batch;
	return err;
}

/* Saves the target ENI. An error is reported only if the address has to be assigned. */
static int handle_target_eni(struct address_move *move, const struct flow_response *response)
{
	const struct ec2_eni_list *enis = &response->response.reply.enis;

	if (flow_check_response(
		    EC2_DESCRIBE_NETWORK_INTERFACES, "*", response, &move->target_eni_error))
		return 0;
	if (enis->count)
		return ec2_eni_copy(&enis->items[0], &move->target_eni);
	error_set(&move->target_eni_error, OUTCOME_FAILED, ENOENT, "there is no ENI %s",
		move->goal->eni);
	return 0;
}

/* Reads follow, unless EC2 refused: the request is repeated (EC2_NOT_YET), or the move fails. */
static void handle_assign(struct address_move *move, const struct flow_response *response)
{
	const struct ec2_response *body = &response->response;
	struct error error = {0};

	move->step = ADDRESS_MOVE_VERIFIES;
	restart_search(move);
	if (!flow_check_response(
		    EC2_ASSIGN_PRIVATE_IP_ADDRESSES, move->goal->eni, response, &error)) {
		move->accepted = true;
		return;
	}
	if (response->err) {
		move->lost_error = error;
		return;
	}
	move->requested = false; /* EC2 refused: nothing was changed */
	if (ec2_fault_advice(EC2_ASSIGN_PRIVATE_IP_ADDRESSES, &body->fault) == EC2_NOT_YET &&
		move->tries < TRIES_MAX)
		move->step = ADDRESS_MOVE_ASSIGNS;
	else
		fail(move, &error);
}

static int move_handle_response(void *state, size_t tag, const struct flow_response *response)
{
	struct address_move *move = state;
	const struct flow find = eni_find_flow(&move->find);

	if (tag == TAG_TARGET_ENI)
		return handle_target_eni(move, response);
	if (tag == TAG_ASSIGN) {
		handle_assign(move, response);
		return 0;
	}
	return find.handle_response(find.state, tag, response);
}

struct flow address_move_flow(struct address_move *move)
{
	return (struct flow){
		.next = move_next, .handle_response = move_handle_response, .state = move};
}
