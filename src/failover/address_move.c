/* SPDX-License-Identifier: Apache-2.0 */
#include "failover/address_move.h"

#include "base/deadline.h"
#include "failover/eni_place.h"

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
 * The move fails after this many consecutive reads that contradict our change and cannot be older
 * than it. One such read is not enough: a single server of EC2 may show the old holder for longer.
 */
#define CONFLICTS_MAX 3

/* Maximum number of requests while EC2 responds that it is too early (EC2_NOT_YET). */
#define TRIES_MAX 5

void address_move_init(struct address_move *flow, const struct address_move_goal *goal)
{
	*flow = (struct address_move){.goal = goal, .ids = {goal->eni}};
	ip_address_format(&goal->address, flow->address_text);
	flow->addresses[0] = flow->address_text;
	flow->filter = eni_filter_one(NULL, &goal->address, goal->vpc);
	eni_find_init(&flow->find, &flow->filter);
}

void address_move_done(struct address_move *flow)
{
	eni_find_done(&flow->find);
	ec2_eni_done(&flow->own_eni);
	*flow = (struct address_move){0};
}

const char *address_move_format_state(
	const struct address_move *flow, char buffer[ADDRESS_MOVE_STATE_SIZE])
{
	if (!flow->requested)
		snprintf(buffer, ADDRESS_MOVE_STATE_SIZE, "nothing was changed");
	else if (!flow->reads)
		snprintf(buffer, ADDRESS_MOVE_STATE_SIZE, "unknown whether %s has the address",
			flow->goal->eni);
	else if (flow->accepted && flow->verdict == ADDRESS_MOVE_PENDING)
		snprintf(buffer, ADDRESS_MOVE_STATE_SIZE,
			"EC2 accepted the assignment to %s, but shows the address on %s",
			flow->goal->eni, flow->holder[0] ? flow->holder : "no ENI");
	else
		snprintf(buffer, ADDRESS_MOVE_STATE_SIZE, "at the last read, %s had the address",
			flow->holder[0] ? flow->holder : "no ENI");
	return buffer;
}

static void fail(struct address_move *flow, const struct error *reason)
{
	char text[ADDRESS_MOVE_STATE_SIZE];

	flow->verdict = ADDRESS_MOVE_FAILED;
	eni_fail(&flow->error, flow->goal->name, reason,
		flow->requested ? address_move_format_state(flow, text) : NULL);
}

/* Decisions by reads. */

static bool is_primary_address(const struct ec2_eni *eni, const struct ip_address *address)
{
	for (size_t i = 0; i < eni->ipv4s.count; i++)
		if (ip_address_compare(&eni->ipv4s.items[i].address, address) == 0)
			return eni->ipv4s.items[i].is_primary == EC2_FLAG_TRUE;
	return ip_address_compare(&eni->address, address) == 0;
}

static int check_owner(
	const struct address_move *flow, const struct ec2_eni *owner, struct error *error)
{
	const struct address_move_goal *goal = flow->goal;

	if (eni_check_managed(owner, error))
		return -EPERM;
	if (is_primary_address(owner, &goal->address))
		return error_set(error, OUTCOME_FAILED, EPERM,
			"%s is the primary address of %s and moves only with the ENI: run \"myha eni move %s\"",
			flow->address_text, owner->id, owner->id);
	if (strcmp(owner->subnet, flow->own_eni.subnet) != 0)
		return error_set(error, OUTCOME_FAILED, EXDEV,
			"%s has %s and is in %s, but %s is in %s: an address cannot leave its subnet",
			owner->id, flow->address_text, owner->subnet, goal->eni,
			flow->own_eni.subnet);
	return 0;
}

/*
 * Returns the ENI that has the address; NULL: no ENI has it. EC2 may show several ENIs while it
 * moves the address; then the target ENI is preferred.
 */
static const struct ec2_eni *find_owner(const struct address_move *flow)
{
	const struct ec2_eni_list *enis = &flow->find.enis;

	for (size_t i = 0; i < enis->count; i++)
		if (strcmp(enis->items[i].id, flow->goal->eni) == 0)
			return &enis->items[i];
	return enis->count ? &enis->items[0] : NULL;
}

static bool is_own_eni(const struct address_move *flow, const struct ec2_eni *owner)
{
	return owner && strcmp(owner->id, flow->goal->eni) == 0;
}

static void start_assigning(struct address_move *flow)
{
	flow->step = ADDRESS_MOVE_ASSIGNS;
	flow->reads = 0;
	flow->settles = 0;
}

/*
 * Decides by the first read. If that read shows the address on the target ENI, a second read
 * decides again: the first one may be older than a change by another node.
 */
static void decide(struct address_move *flow)
{
	const struct ec2_eni *owner = find_owner(flow);
	struct error error = {0};

	if (flow->find.error.outcome != OUTCOME_DONE) {
		fail(flow, &flow->find.error);
		return;
	}
	if (owner) {
		snprintf(flow->before, sizeof(flow->before), "%s", owner->id);
		snprintf(flow->before_instance, sizeof(flow->before_instance), "%s",
			owner->attachment.instance);
	}
	flow->verdict = is_own_eni(flow, owner) ? ADDRESS_MOVE_IN_PLACE : ADDRESS_MOVE_PENDING;
	flow->settled = flow->reads++ > 0;
	flow->since = flow->read_at;
	if (flow->verdict == ADDRESS_MOVE_IN_PLACE)
		flow->settles = flow->read_at + FLOW_STALE_MSEC;
	else if (flow->own_eni_error.outcome != OUTCOME_DONE)
		fail(flow, &flow->own_eni_error);
	else if (owner && check_owner(flow, owner, &error))
		fail(flow, &error);
	else
		start_assigning(flow);
}

/*
 * The driver has already retried lost requests, and reads show that the ENI does not have the
 * address.
 */
static void fail_not_assigned(struct address_move *flow)
{
	struct error error = flow->lost;

	if (error.outcome == OUTCOME_DONE)
		error_set(&error, OUTCOME_FAILED, EAGAIN,
			"%s was assigned to %s, but is not there: check in CloudTrail which program removes the address",
			flow->address_text, flow->goal->eni);
	fail(flow, &error);
}

static void fail_taken(struct address_move *flow, const struct ec2_eni *owner)
{
	const char *holder = eni_find_holder(owner);

	error_set(&flow->error, OUTCOME_FAILED, EBUSY,
		"%s: another program moved the address to %s (%s) during this move: repeat the move if the address belongs here",
		flow->goal->name, owner->id, holder ? holder : "not attached");
	flow->verdict = ADDRESS_MOVE_FAILED;
	flow->taken = true;
}

/* The last read was sent so late that it cannot show a state from before our change. */
static bool is_conclusive(const struct address_move *flow)
{
	return flow->read_at - flow->changed >= FLOW_STALE_MSEC;
}

/*
 * The last read shows a state that only a change after ours explains. The old holder is not such a
 * state until a read has shown the address on the target ENI.
 */
static bool is_conflicting(const struct address_move *flow, const struct ec2_eni *owner)
{
	if (is_own_eni(flow, owner) || !is_conclusive(flow))
		return false;
	return flow->seen || (owner && strcmp(owner->id, flow->before) != 0);
}

static void fail_conflict(struct address_move *flow, const struct ec2_eni *owner)
{
	if (owner)
		fail_taken(flow, owner);
	else
		fail_not_assigned(flow);
}

static void verify(struct address_move *flow)
{
	const struct ec2_eni *owner = find_owner(flow);

	if (flow->find.error.outcome != OUTCOME_DONE) {
		flow->settled = true;
		if (flow->verdict != ADDRESS_MOVE_DONE)
			fail(flow, &flow->find.error);
		return;
	}
	flow->reads++;
	flow->strange = is_conflicting(flow, owner) ? flow->strange + 1 : 0;
	snprintf(flow->holder, sizeof(flow->holder), "%s", owner ? owner->id : "");
	flow->verdict = is_own_eni(flow, owner) ? ADDRESS_MOVE_DONE : ADDRESS_MOVE_PENDING;
	if (flow->verdict == ADDRESS_MOVE_DONE) {
		flow->seen = true;
		flow->settled = flow->read_at >= flow->settles;
	} else if (flow->strange >= CONFLICTS_MAX) {
		fail_conflict(flow, owner);
	} else if (!flow->accepted && !flow->strange && is_conclusive(flow)) {
		fail_not_assigned(flow);
	}
}

/* The interface to the driver. */

static int add_own_eni_call(const struct address_move *flow, struct flow_batch *batch)
{
	const struct flow_call call = {.action = EC2_DESCRIBE_NETWORK_INTERFACES,
		.parameters = {.enis = flow->ids},
		.tag = TAG_OWN_ENI};

	return flow_batch_add(batch, &call);
}

static int add_assign_call(struct address_move *flow, uint64_t now, struct flow_batch *batch)
{
	const struct flow_call call = {.action = EC2_ASSIGN_PRIVATE_IP_ADDRESSES,
		.parameters = {.eni = flow->goal->eni,
			.private_addresses = flow->addresses,
			.allow_reassignment = true},
		.tag = TAG_ASSIGN};

	flow->requested = true;
	if (!flow->tries)
		flow->took = now - flow->since;
	flow->tries++;
	flow->waited = false;
	return flow_batch_add(batch, &call);
}

static uint64_t settle_msec(const struct address_move *flow)
{
	uint64_t msec = SETTLE_MSEC + 2 * flow->took;

	return msec < SETTLE_MSEC_MAX ? msec : SETTLE_MSEC_MAX;
}

static void set_wait(
	struct address_move *flow, uint64_t now, uint32_t random, struct flow_batch *batch)
{
	flow->waited = true;
	if (flow->step == ADDRESS_MOVE_VERIFIES && !flow->settles) {
		flow->changed = now;
		flow->settles = now + settle_msec(flow);
	}
	if (flow->verdict != ADDRESS_MOVE_PENDING) {
		batch->wait = flow->settles > now ? flow->settles - now : 1;
		return;
	}
	batch->wait = backoff_delay(
		flow->reads + flow->tries, random, READ_AGAIN_BASE, READ_AGAIN_CAP);
}

/* Prepares the next search for the holder, which begins after a wait. */
static void restart_find(struct address_move *flow)
{
	eni_find_done(&flow->find);
	eni_find_init(&flow->find, &flow->filter);
	flow->waited = false;
}

static int find_owner_next(
	struct address_move *flow, uint64_t now, uint32_t random, struct flow_batch *batch)
{
	const struct flow find = eni_find_flow(&flow->find);
	int err = find.next(find.state, now, random, batch);

	if (batch->count)
		flow->read_at = now;
	if (err || batch->count || batch->wait)
		return err;
	if (flow->step == ADDRESS_MOVE_READS)
		decide(flow);
	else
		verify(flow);
	restart_find(flow);
	return 0;
}

static int step_next(
	struct address_move *flow, uint64_t now, uint32_t random, struct flow_batch *batch)
{
	switch (flow->step) {
	case ADDRESS_MOVE_READS:
		if (!flow->reads || flow->waited)
			return find_owner_next(flow, now, random, batch);
		break;
	case ADDRESS_MOVE_ASSIGNS:
		if (!flow->tries || flow->waited)
			return add_assign_call(flow, now, batch);
		break;
	case ADDRESS_MOVE_VERIFIES:
		if (flow->waited)
			return find_owner_next(flow, now, random, batch);
		break;
	}
	set_wait(flow, now, random, batch);
	return 0;
}

/* The verdict may still change until the last read is over. */
static bool is_running(const struct address_move *flow)
{
	return flow->verdict == ADDRESS_MOVE_PENDING ||
	       (flow->verdict != ADDRESS_MOVE_FAILED && !flow->settled);
}

static int move_next(void *state, uint64_t now, uint32_t random, struct flow_batch *ret_batch)
{
	struct address_move *flow = state;
	struct flow_batch batch = {0};
	struct error error;
	int err = 0;

	if (!flow->begun && flow->goal->address.family != AF_INET) {
		error_set(&error, OUTCOME_USAGE, EINVAL,
			"%s is not an IPv4 address: EC2 reassigns only IPv4 addresses: move the ENI with \"myha eni move %s\"",
			flow->address_text, flow->address_text);
		fail(flow, &error);
	}
	while (!err && is_running(flow) && !batch.count && !batch.wait)
		err = step_next(flow, now, random, &batch);
	if (!err && !flow->begun && flow->verdict == ADDRESS_MOVE_PENDING)
		err = add_own_eni_call(flow, &batch);
	flow->begun = true;
	*ret_batch = batch;
	return err;
}

static int handle_own_eni(struct address_move *flow, const struct flow_response *response)
{
	const struct ec2_eni_list *enis = &response->response.reply.enis;

	if (flow_check_response(
		    EC2_DESCRIBE_NETWORK_INTERFACES, "*", response, &flow->own_eni_error))
		return 0;
	if (enis->count)
		return ec2_eni_copy(&enis->items[0], &flow->own_eni);
	error_set(&flow->own_eni_error, OUTCOME_FAILED, ENOENT, "there is no ENI %s",
		flow->goal->eni);
	return 0;
}

static void handle_assign(struct address_move *flow, const struct flow_response *response)
{
	const struct ec2_response *body = &response->response;
	struct error error = {0};

	flow->step = ADDRESS_MOVE_VERIFIES;
	restart_find(flow);
	if (!flow_check_response(
		    EC2_ASSIGN_PRIVATE_IP_ADDRESSES, flow->goal->eni, response, &error)) {
		flow->accepted = true;
		return;
	}
	if (response->err) {
		flow->lost = error;
		return;
	}
	flow->requested = false;
	if (ec2_fault_advice(EC2_ASSIGN_PRIVATE_IP_ADDRESSES, &body->fault) == EC2_NOT_YET &&
		flow->tries < TRIES_MAX)
		flow->step = ADDRESS_MOVE_ASSIGNS;
	else
		fail(flow, &error);
}

static int move_handle_response(void *state, size_t tag, const struct flow_response *response)
{
	struct address_move *flow = state;
	const struct flow find = eni_find_flow(&flow->find);

	if (tag == TAG_OWN_ENI)
		return handle_own_eni(flow, response);
	if (tag == TAG_ASSIGN) {
		handle_assign(flow, response);
		return 0;
	}
	return find.handle_response(find.state, tag, response);
}

struct flow address_move_flow(struct address_move *flow)
{
	return (struct flow){
		.next = move_next, .handle_response = move_handle_response, .state = flow};
}
