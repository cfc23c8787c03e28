/* SPDX-License-Identifier: Apache-2.0 */
#include "failover/address_move.h"

#include "base/deadline.h"
#include "failover/eni_state.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define TAG_OWN_ENI 0
#define TAG_ASSIGN 1

/* Back-off between reads, in milliseconds: EC2 may show the old state for a while. */
#define READ_AGAIN_BASE 60
#define READ_AGAIN_CAP 1000
/*
 * A node that read the address before our change took effect may still overwrite it. So the last
 * read waits, after the change, until the request of such a node must have landed. The wait is
 * twice the time from our own read to our first request, plus SETTLE_MSEC, and at most
 * SETTLE_MSEC_MAX.
 */
#define SETTLE_MSEC 200
#define SETTLE_MSEC_MAX 2000

/*
 * Consecutive reads that contradict our change and cannot be older than it, before the move fails.
 * One is not enough: a single server of EC2 may show the old holder for longer.
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
	ec2_eni_done(&move->own_eni);
	*move = (struct address_move){0};
}

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

static bool is_primary_address(const struct ec2_eni *eni, const struct ip_address *address)
{
	for (size_t i = 0; i < eni->ipv4s.count; i++)
		if (ip_address_compare(&eni->ipv4s.items[i].address, address) == 0)
			return eni->ipv4s.items[i].is_primary == EC2_FLAG_TRUE;
	return ip_address_compare(&eni->address, address) == 0;
}

/* Whether EC2 can move the address from this ENI, and other programs may do that. */
static int check_owner(
	const struct address_move *move, const struct ec2_eni *owner, struct error *error)
{
	const struct address_move_goal *goal = move->goal;

	if (eni_check_not_managed(owner, error))
		return -EPERM;
	if (is_primary_address(owner, &goal->address))
		return error_set(error, OUTCOME_FAILED, EPERM,
			"%s is the primary address of %s and moves only with the ENI: run \"myha eni move %s\"",
			move->address_text, owner->id, owner->id);
	if (strcmp(owner->subnet, move->own_eni.subnet) != 0)
		return error_set(error, OUTCOME_FAILED, EXDEV,
			"%s has %s and is in %s, but %s is in %s: an address cannot leave its subnet",
			owner->id, move->address_text, owner->subnet, goal->eni,
			move->own_eni.subnet);
	return 0;
}

/*
 * Returns the ENI that has the address; NULL: no ENI has it. EC2 may show several ENIs while it
 * moves the address; then the target ENI is preferred.
 */
static const struct ec2_eni *find_owner(const struct address_move *move)
{
	const struct ec2_eni_list *enis = &move->find.enis;

	for (size_t i = 0; i < enis->count; i++)
		if (strcmp(enis->items[i].id, move->goal->eni) == 0)
			return &enis->items[i];
	return enis->count ? &enis->items[0] : NULL;
}

static bool is_own_eni(const struct address_move *move, const struct ec2_eni *owner)
{
	return owner && strcmp(owner->id, move->goal->eni) == 0;
}

static void start_assignment(struct address_move *move)
{
	move->step = ADDRESS_MOVE_ASSIGNS;
	move->reads = 0;
	move->last_read_from = 0;
}

/*
 * Decides by a read whether the address has to be assigned. If the first read shows it on the
 * target ENI, a second one decides again: the first may be older than a change by another node.
 */
static void decide_before_assignment(struct address_move *move)
{
	const struct ec2_eni *owner = find_owner(move);
	struct error error = {0};

	if (move->find.error.outcome != OUTCOME_DONE) {
		fail(move, &move->find.error);
		return;
	}
	if (owner) {
		snprintf(move->before, sizeof(move->before), "%s", owner->id);
		snprintf(move->before_instance, sizeof(move->before_instance), "%s",
			owner->attachment.instance);
	}
	move->verdict = is_own_eni(move, owner) ? ADDRESS_MOVE_IN_PLACE : ADDRESS_MOVE_PENDING;
	move->is_last_read_over = move->reads > 0; /* true for the second read */
	move->reads++;
	move->decided_at = move->read_at;
	if (move->verdict == ADDRESS_MOVE_IN_PLACE)
		move->last_read_from = move->read_at + FLOW_STALE_MSEC;
	else if (move->own_eni_error.outcome != OUTCOME_DONE)
		fail(move, &move->own_eni_error);
	else if (owner && check_owner(move, owner, &error))
		fail(move, &error);
	else
		start_assignment(move);
}

/* Reads show that no change was made. The driver has already retried a lost request. */
static void fail_not_assigned(struct address_move *move)
{
	struct error error = move->lost_error;

	if (error.outcome == OUTCOME_DONE)
		error_set(&error, OUTCOME_FAILED, EAGAIN,
			"%s was assigned to %s, but is not there: check in CloudTrail which program removes the address",
			move->address_text, move->goal->eni);
	fail(move, &error);
}

static void fail_taken(struct address_move *move, const struct ec2_eni *owner)
{
	const char *holder = eni_get_holder(owner);

	error_set(&move->error, OUTCOME_FAILED, EBUSY,
		"%s: another program moved the address to %s (%s) during this move: repeat the move if the address belongs here",
		move->goal->name, owner->id, holder ? holder : "not attached");
	move->verdict = ADDRESS_MOVE_FAILED;
	move->taken = true;
}

/* Whether the last read was so late that it cannot show a state from before our change. */
static bool is_conclusive(const struct address_move *move)
{
	return move->read_at - move->changed_at >= FLOW_STALE_MSEC;
}

/*
 * Whether only a change after ours explains the state that the last read shows. The old holder is
 * not such a state until a read has shown the address on the target ENI.
 */
static bool is_conflicting(const struct address_move *move, const struct ec2_eni *owner)
{
	if (is_own_eni(move, owner) || !is_conclusive(move))
		return false;
	return move->was_seen || (owner && strcmp(owner->id, move->before) != 0);
}

/* After our change, another program moved or removed the address. */
static void fail_conflict(struct address_move *move, const struct ec2_eni *owner)
{
	if (owner)
		fail_taken(move, owner);
	else
		fail_not_assigned(move);
}

/*
 * Evaluates a read after the assignment. The verdict follows each read, since another node may
 * still overwrite the change, until the last read is over.
 */
static void verify_by_read(struct address_move *move)
{
	const struct ec2_eni *owner = find_owner(move);

	if (move->find.error.outcome != OUTCOME_DONE) {
		move->is_last_read_over = true;
		if (move->verdict != ADDRESS_MOVE_DONE)
			fail(move, &move->find.error);
		return;
	}
	move->reads++;
	move->n_conflicts = is_conflicting(move, owner) ? move->n_conflicts + 1 : 0;
	snprintf(move->holder, sizeof(move->holder), "%s", owner ? owner->id : "");
	move->verdict = is_own_eni(move, owner) ? ADDRESS_MOVE_DONE : ADDRESS_MOVE_PENDING;
	if (move->verdict == ADDRESS_MOVE_DONE) {
		move->was_seen = true;
		move->is_last_read_over = move->read_at >= move->last_read_from;
	} else if (move->n_conflicts >= CONFLICTS_MAX) {
		fail_conflict(move, owner);
	} else if (!move->accepted && !move->n_conflicts && is_conclusive(move)) {
		/* The response was lost, and the address is still where it was. */
		fail_not_assigned(move);
	}
}

/* The interface to the driver. */

static int add_own_eni_call(const struct address_move *move, struct flow_batch *batch)
{
	const struct flow_call call = {.action = EC2_DESCRIBE_NETWORK_INTERFACES,
		.parameters = {.enis = move->ids},
		.tag = TAG_OWN_ENI};

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
	if (!move->tries)
		move->request_delay = now - move->decided_at;
	move->tries++;
	move->has_waited = false;
	return flow_batch_add(batch, &call);
}

static uint64_t get_settle_delay(const struct address_move *move)
{
	uint64_t msec = SETTLE_MSEC + 2 * move->request_delay;

	return msec < SETTLE_MSEC_MAX ? msec : SETTLE_MSEC_MAX;
}

/*
 * Waits before the next request or read. The first wait after the assignment also sets the time of
 * the last read. At least 1 ms: a wait of 0 ends the flow.
 */
static void set_wait(
	struct address_move *move, uint64_t now, uint32_t random, struct flow_batch *batch)
{
	move->has_waited = true;
	if (move->step == ADDRESS_MOVE_VERIFIES && !move->last_read_from) {
		move->changed_at = now;
		move->last_read_from = now + get_settle_delay(move);
	}
	if (move->verdict != ADDRESS_MOVE_PENDING) {
		batch->wait = move->last_read_from > now ? move->last_read_from - now : 1;
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

	if (batch->count)
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

/* Each request or read but the first follows a wait. */
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
	set_wait(move, now, random, batch);
	return 0;
}

/* The verdict may still change until the last read is over. */
static bool is_running(const struct address_move *move)
{
	return move->verdict == ADDRESS_MOVE_PENDING ||
	       (move->verdict != ADDRESS_MOVE_FAILED && !move->is_last_read_over);
}

/* Reads the target ENI together with the first search for the address. */
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
		err = add_own_eni_call(move, &batch);
	move->has_begun = true;
	*ret_batch = batch;
	return err;
}

/* An error counts only if the address has to be assigned to the ENI. */
static int handle_own_eni(struct address_move *move, const struct flow_response *response)
{
	const struct ec2_eni_list *enis = &response->response.reply.enis;

	if (flow_check_response(
		    EC2_DESCRIBE_NETWORK_INTERFACES, "*", response, &move->own_eni_error))
		return 0;
	if (enis->count)
		return ec2_eni_copy(&enis->items[0], &move->own_eni);
	error_set(&move->own_eni_error, OUTCOME_FAILED, ENOENT, "there is no ENI %s",
		move->goal->eni);
	return 0;
}

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

	if (tag == TAG_OWN_ENI)
		return handle_own_eni(move, response);
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
