/* SPDX-License-Identifier: Apache-2.0 */
#include "failover/address_move.h"

#include "base/deadline.h"
#include "failover/eni_place.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define TAG_OURS 0
#define TAG_ASSIGN 1

/* EC2 may show for a while what was before. */
#define READ_AGAIN_BASE 60
#define READ_AGAIN_CAP 1000
/*
 * Whoever looked before our change came through changes it after us, and has it then. So the last look
 * comes when such a one must have been heard: twice as long after the change as our own look and what
 * follows it took before, and a little more.
 */
#define SETTLE_MSEC 200
#define SETTLE_MSEC_MAX 2000

/*
 * So many reads in a row show that another ENI has it, when none of them can be older than our change:
 * one that had it before the change may be shown by a single server for longer.
 */
#define STRANGE_MAX 3

/* While EC2 says that it is too early. */
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
	ec2_eni_done(&flow->ours);
	*flow = (struct address_move){0};
}

const char *address_move_where(
	const struct address_move *flow, char buffer[ADDRESS_MOVE_WHERE_SIZE])
{
	if (!flow->asked)
		snprintf(buffer, ADDRESS_MOVE_WHERE_SIZE, "nothing was changed");
	else if (!flow->reads)
		snprintf(buffer, ADDRESS_MOVE_WHERE_SIZE, "whether %s has it is not known",
			flow->goal->eni);
	else if (flow->accepted && flow->verdict == ADDRESS_MOVE_OPEN)
		snprintf(buffer, ADDRESS_MOVE_WHERE_SIZE,
			"EC2 accepted its assignment to %s, but shows it %s%s", flow->goal->eni,
			flow->holder[0] ? "at " : "nowhere", flow->holder);
	else
		snprintf(buffer, ADDRESS_MOVE_WHERE_SIZE, "%s has it by the last look",
			flow->holder[0] ? flow->holder : "no ENI");
	return buffer;
}

static void fail(struct address_move *flow, const struct error *reason)
{
	char where[ADDRESS_MOVE_WHERE_SIZE];

	flow->verdict = ADDRESS_MOVE_FAILED;
	eni_fail(&flow->error, flow->goal->name, reason,
		flow->asked ? address_move_where(flow, where) : NULL);
}

/* What was found. */

static bool has_primary(const struct ec2_eni *eni, const struct ip_address *address)
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
	if (has_primary(owner, &goal->address))
		return error_set(error, OUTCOME_FAILED, EPERM,
			"%s is the primary address of %s, and moves with it alone: \"myha eni move "
			"%s\"",
			flow->address_text, owner->id, owner->id);
	if (strcmp(owner->subnet, flow->ours.subnet) != 0)
		return error_set(error, OUTCOME_FAILED, EXDEV,
			"%s has %s and is in %s, but %s in %s: an address stays in its subnet",
			owner->id, flow->address_text, owner->subnet, goal->eni, flow->ours.subnet);
	return 0;
}

/*
 * The one that has the address; NULL: none has. More than one is EC2 on its way from one to
 * another.
 */
static const struct ec2_eni *owner_of(const struct address_move *flow)
{
	const struct ec2_eni_list *enis = &flow->find.enis;

	for (size_t i = 0; i < enis->count; i++)
		if (strcmp(enis->items[i].id, flow->goal->eni) == 0)
			return &enis->items[i];
	return enis->count ? &enis->items[0] : NULL;
}

static bool is_ours(const struct address_move *flow, const struct ec2_eni *owner)
{
	return owner && strcmp(owner->id, flow->goal->eni) == 0;
}

static void begin_assigning(struct address_move *flow)
{
	flow->step = ADDRESS_MOVE_ASSIGNS;
	flow->reads = 0;
	flow->settles = 0;
}

/*
 * By the first read, or by the second one where the first showed that the ENI has it: that may have been
 * so before another node took it, and then the second one tells.
 */
static void decide(struct address_move *flow)
{
	const struct ec2_eni *owner = owner_of(flow);
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
	flow->verdict = is_ours(flow, owner) ? ADDRESS_MOVE_IN_PLACE : ADDRESS_MOVE_OPEN;
	flow->settled = flow->reads++ > 0;
	flow->since = flow->read_at;
	if (flow->verdict == ADDRESS_MOVE_IN_PLACE)
		flow->settles = flow->read_at + FLOW_STALE_MSEC;
	else if (flow->ours_error.outcome != OUTCOME_DONE)
		fail(flow, &flow->ours_error);
	else if (owner && check_owner(flow, owner, &error))
		fail(flow, &error);
	else
		begin_assigning(flow);
}

/* The driver tried again what can be; the looks have shown that it did not help. */
static void give_up(struct address_move *flow)
{
	struct error error = flow->lost;

	if (error.outcome == OUTCOME_DONE)
		error_set(&error, OUTCOME_FAILED, EAGAIN,
			"%s was assigned to %s, but is not there: look for who takes it back "
			"(CloudTrail tells)",
			flow->address_text, flow->goal->eni);
	fail(flow, &error);
}

static void fail_taken(struct address_move *flow, const struct ec2_eni *owner)
{
	const char *holder = eni_holder(owner);

	error_set(&flow->error, OUTCOME_FAILED, EBUSY,
		"%s: %s (%s) has taken it meanwhile, and keeps it: move it again if it is wanted "
		"here",
		flow->goal->name, owner->id, holder ? holder : "not attached");
	flow->verdict = ADDRESS_MOVE_FAILED;
	flow->taken = true;
}

/* No read of that time can be older than our change. */
static bool is_trusted(const struct address_move *flow)
{
	return flow->read_at - flow->changed >= FLOW_STALE_MSEC;
}

/* What only a later change explains: who had it before may be shown, until it was seen here. */
static bool is_strange(const struct address_move *flow, const struct ec2_eni *owner)
{
	if (is_ours(flow, owner) || !is_trusted(flow))
		return false;
	return flow->seen || (owner && strcmp(owner->id, flow->before) != 0);
}

static void end_strange(struct address_move *flow, const struct ec2_eni *owner)
{
	if (owner)
		fail_taken(flow, owner);
	else
		give_up(flow);
}

static void verify(struct address_move *flow)
{
	const struct ec2_eni *owner = owner_of(flow);

	if (flow->find.error.outcome != OUTCOME_DONE) {
		flow->settled = true;
		if (flow->verdict != ADDRESS_MOVE_DONE)
			fail(flow, &flow->find.error);
		return;
	}
	flow->reads++;
	flow->strange = is_strange(flow, owner) ? flow->strange + 1 : 0;
	snprintf(flow->holder, sizeof(flow->holder), "%s", owner ? owner->id : "");
	flow->verdict = is_ours(flow, owner) ? ADDRESS_MOVE_DONE : ADDRESS_MOVE_OPEN;
	if (flow->verdict == ADDRESS_MOVE_DONE) {
		flow->seen = true;
		flow->settled = flow->read_at >= flow->settles;
	} else if (flow->strange >= STRANGE_MAX) {
		end_strange(flow, owner);
	} else if (!flow->accepted && !flow->strange && is_trusted(flow)) {
		give_up(flow);
	}
}

/* The driver's side. */

static int ask_for_ours(const struct address_move *flow, struct flow_batch *batch)
{
	const struct flow_call call = {.action = EC2_DESCRIBE_NETWORK_INTERFACES,
		.parameters = {.enis = flow->ids},
		.tag = TAG_OURS};

	return flow_batch_add(batch, &call);
}

static int ask_to_assign(struct address_move *flow, uint64_t now, struct flow_batch *batch)
{
	const struct flow_call call = {.action = EC2_ASSIGN_PRIVATE_IP_ADDRESSES,
		.parameters = {.eni = flow->goal->eni,
			.private_addresses = flow->addresses,
			.allow_reassignment = true},
		.tag = TAG_ASSIGN};

	flow->asked = true;
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

static void wait_first(
	struct address_move *flow, uint64_t now, uint32_t random, struct flow_batch *batch)
{
	flow->waited = true;
	if (flow->step == ADDRESS_MOVE_VERIFIES && !flow->settles) {
		flow->changed = now;
		flow->settles = now + settle_msec(flow);
	}
	if (flow->verdict != ADDRESS_MOVE_OPEN) {
		batch->wait = flow->settles > now ? flow->settles - now : 1;
		return;
	}
	batch->wait = backoff_delay(
		flow->reads + flow->tries, random, READ_AGAIN_BASE, READ_AGAIN_CAP);
}

/* One search after the other, each with its own wait before it. */
static void search_again(struct address_move *flow)
{
	eni_find_done(&flow->find);
	eni_find_init(&flow->find, &flow->filter);
	flow->waited = false;
}

static int read_next(
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
	search_again(flow);
	return 0;
}

static int step_next(
	struct address_move *flow, uint64_t now, uint32_t random, struct flow_batch *batch)
{
	switch (flow->step) {
	case ADDRESS_MOVE_READS:
		if (!flow->reads || flow->waited)
			return read_next(flow, now, random, batch);
		break;
	case ADDRESS_MOVE_ASSIGNS:
		if (!flow->tries || flow->waited)
			return ask_to_assign(flow, now, batch);
		break;
	case ADDRESS_MOVE_VERIFIES:
		if (flow->waited)
			return read_next(flow, now, random, batch);
		break;
	}
	wait_first(flow, now, random, batch);
	return 0;
}

/* Its verdict may change until the last look. */
static bool goes_on(const struct address_move *flow)
{
	return flow->verdict == ADDRESS_MOVE_OPEN ||
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
			"%s is not an IPv4 address, and no other can be reassigned: move its ENI "
			"(\"myha eni move %s\")",
			flow->address_text, flow->address_text);
		fail(flow, &error);
	}
	while (!err && goes_on(flow) && !batch.count && !batch.wait)
		err = step_next(flow, now, random, &batch);
	if (!err && !flow->begun && flow->verdict == ADDRESS_MOVE_OPEN)
		err = ask_for_ours(flow, &batch);
	flow->begun = true;
	*ret_batch = batch;
	return err;
}

static int take_ours(struct address_move *flow, const struct flow_response *response)
{
	const struct ec2_eni_list *enis = &response->response.reply.enis;

	if (flow_check_response(EC2_DESCRIBE_NETWORK_INTERFACES, "*", response, &flow->ours_error))
		return 0;
	if (enis->count)
		return ec2_eni_copy(&enis->items[0], &flow->ours);
	error_set(&flow->ours_error, OUTCOME_FAILED, ENOENT, "there is no ENI %s", flow->goal->eni);
	return 0;
}

static void take_assign(struct address_move *flow, const struct flow_response *response)
{
	const struct ec2_response *said = &response->response;
	struct error error = {0};

	flow->step = ADDRESS_MOVE_VERIFIES;
	search_again(flow);
	if (!flow_check_response(
		    EC2_ASSIGN_PRIVATE_IP_ADDRESSES, flow->goal->eni, response, &error)) {
		flow->accepted = true;
		return;
	}
	if (response->err) {
		flow->lost = error;
		return;
	}
	flow->asked = false;
	if (ec2_fault_advice(EC2_ASSIGN_PRIVATE_IP_ADDRESSES, &said->fault) == EC2_NOT_YET &&
		flow->tries < TRIES_MAX)
		flow->step = ADDRESS_MOVE_ASSIGNS;
	else
		fail(flow, &error);
}

static int move_take(void *state, size_t tag, const struct flow_response *response)
{
	struct address_move *flow = state;
	const struct flow find = eni_find_flow(&flow->find);

	if (tag == TAG_OURS)
		return take_ours(flow, response);
	if (tag == TAG_ASSIGN) {
		take_assign(flow, response);
		return 0;
	}
	return find.take(find.state, tag, response);
}

struct flow address_move_flow(struct address_move *flow)
{
	return (struct flow){.next = move_next, .take = move_take, .state = flow};
}
