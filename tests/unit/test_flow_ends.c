/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests flows against an EC2 with random responses: each flow ends after a limited number of
 * rounds, reports why it failed, and reports only results that the last responses confirm. The
 * seeds are fixed, so that a failure can be repeated.
 */
#include "failover/instance_eni.h"
#include "failover/overlay_delete.h"
#include "failover/overlay_move.h"
#include "failover/source_check.h"

#include "base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "overlay_cases.h" /* last, since the names of its macros are short */

#define SEEDS 3000
#define N_TABLES 3

#define RUN_MSEC 30000
/* 100 pages, 6 tries with 5 waits, and reads with waits of half a second until the deadline. */
#define ROUNDS_MAX 400

static const char *const ids[] = {"rtb-a", "rtb-b", "rtb-c"};
static const char *const named[] = {"rtb-a", "rtb-b", "rtb-c", NULL};
static const char *const enis[] = {OURS, NULL};

static const struct {
	const char *code, *message;
} faults[] = {
	{"InvalidParameterValue", "There is no route defined for '192.168.10.16/32'."},
	{"RouteAlreadyExists", NULL},
	{"InvalidRoute.NotFound", NULL},
	{"InvalidRouteTableID.NotFound", "The routeTable ID 'rtb-b' does not exist"},
	{"InvalidRouteTableID.NotFound", NULL},
	{"InvalidNetworkInterfaceID.NotFound", NULL},
	{"IncorrectState", NULL},
	{"UnauthorizedOperation", NULL},
	{"InternalError", NULL},
	{"RequestLimitExceeded", NULL},
	{"AuthFailure", NULL},
};

static const struct error timed_out = {.outcome = OUTCOME_TIMEOUT, .text = "timed out"};

struct chance {
	uint32_t state;
	unsigned trouble; /* percent of responses that are lost, or a fault */
	/* The last response about each table and the ENI. */
	struct memory_table reported[N_TABLES];
	enum ec2_flag reported_check;
	unsigned changes[N_TABLES]; /* requests */
};

/* How often each verdict came about: chance that leaves one out shows little. */
struct tally {
	unsigned verdicts[OVERLAY_FAILED + 1];
};

static unsigned draw(struct chance *chance, unsigned sides)
{
	/* xorshift32 */
	chance->state ^= chance->state << 13;
	chance->state ^= chance->state >> 17;
	chance->state ^= chance->state << 5;
	return chance->state % sides;
}

static bool is_requested(const struct flow_call *call, const char *id)
{
	const char *const *tables = call->parameters.route_tables;

	for (size_t i = 0; tables && tables[i]; i++)
		if (strcmp(tables[i], id) == 0)
			return true;
	return !tables;
}

static void draw_tables(
	struct chance *chance, const struct flow_call *call, struct flow_response *response)
{
	static const char *const targets[] = {OURS, OURS, THEIRS, NULL};
	static const enum ec2_route_origin origins[] = {EC2_ORIGIN_CREATE_ROUTE,
		EC2_ORIGIN_CREATE_ROUTE, EC2_ORIGIN_CREATE_ROUTE, EC2_ORIGIN_ADVERTISEMENT};

	for (size_t i = 0; i < N_TABLES; i++) {
		struct memory_table table = {
			.id = ids[i],
			.target = targets[draw(chance, ARRAY_SIZE(targets))],
			.state = draw(chance, 4) ? EC2_ROUTE_ACTIVE : EC2_ROUTE_BLACKHOLE,
			.origin = origins[draw(chance, ARRAY_SIZE(origins))],
		};
		if (draw(chance, 10) == 0)
			continue;
		/* The response may have more than was requested. */
		response_add_table(response, &table);
		if (is_requested(call, ids[i]))
			chance->reported[i] = table;
	}
	if (!call->parameters.route_tables && draw(chance, 4))
		response->response.reply.next_token = strdup("more");
}

static void draw_response(
	struct chance *chance, const struct flow_call *call, struct flow_response *response)
{
	const struct memory_eni eni = {.id = OURS,
		.source_dest_check = draw(chance, 3),
		.attachment = "eni-attach-1",
		.instance = "i-1",
		.status = EC2_ATTACHMENT_ATTACHED};
	const struct memory_instance instance = {
		.id = "i-1", .state = draw(chance, EC2_INSTANCE_STOPPED + 1)};
	size_t fault = draw(chance, ARRAY_SIZE(faults));

	if (draw(chance, 100) < chance->trouble) {
		if (draw(chance, 3))
			response_set_fault(response, faults[fault].code, faults[fault].message);
		else
			response_lose(response, call->action, draw(chance, 2));
		return;
	}
	response_set_reply(response, call->action);
	switch ((int)call->action) {
	case EC2_DESCRIBE_ROUTE_TABLES:
		draw_tables(chance, call, response);
		break;
	case EC2_DESCRIBE_NETWORK_INTERFACES:
		if (!draw(chance, 8))
			break;
		response_add_eni(response, &eni);
		chance->reported_check = eni.source_dest_check;
		break;
	case EC2_DESCRIBE_INSTANCES:
		if (draw(chance, 8))
			response_add_instance(response, &instance, &eni, 1);
		break;
	}
}

static void count_change(struct chance *chance, const struct flow_call *call)
{
	for (size_t i = 0; i < N_TABLES; i++)
		if (call->parameters.route_table &&
			strcmp(call->parameters.route_table, ids[i]) == 0)
			chance->changes[i]++;
}

static struct chance make_chance(uint32_t seed)
{
	static const unsigned troubles[] = {0, 10, 30, 60, 95};

	return (struct chance){
		.state = seed * 2654435761u,
		.trouble = troubles[seed % ARRAY_SIZE(troubles)],
	};
}

/* Until the flow has ended; false: the deadline ended it. */
static bool run(struct chance *chance, const struct flow *flow)
{
	uint64_t now = 0;

	for (unsigned round = 0; round < ROUNDS_MAX && now < RUN_MSEC; round++) {
		_cleanup_(flow_batch_done) struct flow_batch batch;

		assert_int_equal(flow->next(flow->state, now, draw(chance, UINT32_MAX), &batch), 0);
		if (!batch.count && !batch.wait)
			return true;
		now += batch.wait;
		/* In any order. */
		for (size_t i = batch.count; i-- > 0;) {
			_cleanup_(flow_response_done) struct flow_response response = {0};
			count_change(chance, &batch.calls[i]);
			draw_response(chance, &batch.calls[i], &response);
			assert_int_equal(
				flow->handle_response(flow->state, batch.calls[i].tag, &response),
				0);
		}
	}
	if (now < RUN_MSEC)
		fail_msg("the flow does not end");
	return false;
}

static void run_change(
	struct chance *chance, struct overlay_change *change, const struct flow *flow)
{
	if (!run(chance, flow))
		overlay_change_expire(change, &timed_out);
}

static size_t index_of(const struct overlay_table *table)
{
	for (size_t i = 0; i < N_TABLES; i++)
		if (strcmp(table->id, ids[i]) == 0)
			return i;
	fail_msg("%s was not requested", table->id);
	return 0;
}

/* Whether a table's verdict is a good one; and that it is true. */
static bool check_table(const struct chance *chance, const struct overlay_table *table)
{
	const struct memory_table *reported = &chance->reported[index_of(table)];
	unsigned changes = chance->changes[index_of(table)];
	bool is_ours = reported->target && strcmp(reported->target, OURS) == 0 &&
		       reported->state == EC2_ROUTE_ACTIVE;

	switch (table->verdict) {
	case OVERLAY_PENDING:
		fail_msg("%s is undecided", table->id);
		break;
	case OVERLAY_IN_PLACE:
		/* Without a change, the first page decides, and later pages may differ. */
		assert_true(is_ours || !changes);
		return true;
	case OVERLAY_MOVED:
		assert_true(is_ours);
		assert_true(changes > 0);
		return true;
	case OVERLAY_ABSENT:
		assert_true(!reported->target || reported->origin == EC2_ORIGIN_ADVERTISEMENT);
		return true;
	case OVERLAY_DELETED:
		assert_true(!reported->target || reported->origin == EC2_ORIGIN_ADVERTISEMENT);
		assert_int_not_equal(changes, 0);
		return true;
	case OVERLAY_NOT_PERMITTED:
	case OVERLAY_FAILED:
		break;
	}
	assert_int_not_equal(table->error.outcome, OUTCOME_DONE);
	assert_string_not_equal(table->error.text, "");
	return false;
}

/* The outcome is success if and only if the last responses confirm all tables. */
static void check_change(
	const struct chance *chance, const struct overlay_change *change, struct tally *tally)
{
	bool is_well = change->read.error.outcome == OUTCOME_DONE;
	unsigned changes = 0;

	for (size_t i = 0; i < N_TABLES; i++)
		changes += chance->changes[i];
	if (!is_well) {
		assert_string_not_equal(change->read.error.text, "");
		assert_int_equal(changes, 0);
	}
	for (size_t i = 0; change->read.error.outcome == OUTCOME_DONE && i < change->read.n_tables;
		i++) {
		tally->verdicts[change->read.tables[i].verdict]++;
		is_well &= check_table(chance, &change->read.tables[i]);
	}
	assert_int_equal(overlay_change_outcome(change) == OUTCOME_DONE, is_well);
	if (!changes)
		assert_false(overlay_change_may_have_changed(change));
}

static void test_move(void **state)
{
	struct tally tally = {0};

	(void)state;
	for (uint32_t seed = 1; seed <= SEEDS; seed++) {
		const struct overlay_move_goal goal = {
			.routes = make_routes(seed & 4 ? named : NULL),
			.eni = OURS,
			.may_create = seed & 1,
			.may_replace = seed & 2,
		};
		struct chance chance = make_chance(seed);
		_cleanup_(overlay_move_done) struct overlay_move move;

		overlay_move_init(&move, &goal);
		const struct flow flow = overlay_move_flow(&move);
		run_change(&chance, &move.change, &flow);
		check_change(&chance, &move.change, &tally);
	}
	assert_true(tally.verdicts[OVERLAY_IN_PLACE] && tally.verdicts[OVERLAY_MOVED]);
	assert_true(tally.verdicts[OVERLAY_NOT_PERMITTED] && tally.verdicts[OVERLAY_FAILED]);
}

static void test_delete(void **state)
{
	struct tally tally = {0};

	(void)state;
	for (uint32_t seed = 1; seed <= SEEDS; seed++) {
		const struct overlay_delete_goal goal = {
			.routes = make_routes(seed & 4 ? named : NULL),
			.enis = enis,
			.force = seed & 1,
		};
		struct chance chance = make_chance(seed);
		_cleanup_(overlay_delete_done) struct overlay_delete deletion;

		overlay_delete_init(&deletion, &goal);
		const struct flow flow = overlay_delete_flow(&deletion);
		run_change(&chance, &deletion.change, &flow);
		check_change(&chance, &deletion.change, &tally);
	}
	assert_true(tally.verdicts[OVERLAY_ABSENT] && tally.verdicts[OVERLAY_DELETED]);
	assert_true(tally.verdicts[OVERLAY_NOT_PERMITTED] && tally.verdicts[OVERLAY_FAILED]);
}

static void test_source_check(void **state)
{
	(void)state;
	for (uint32_t seed = 1; seed <= SEEDS; seed++) {
		const struct source_check_goal goal = {
			.eni = OURS,
			.mode = seed & 1 ? SOURCE_CHECK_FIX : SOURCE_CHECK_REPORT,
		};
		struct chance chance = make_chance(seed);
		struct source_check check;

		source_check_init(&check, &goal);
		const struct flow flow = source_check_flow(&check);
		if (!run(&chance, &flow)) {
			assert_int_equal(source_check_outcome(&check), OUTCOME_TIMEOUT);
			continue;
		}
		const bool is_well = check.verdict == SOURCE_CHECK_OFF ||
				     check.verdict == SOURCE_CHECK_FIXED;
		assert_int_not_equal(check.verdict, SOURCE_CHECK_PENDING);
		assert_int_equal(source_check_outcome(&check) == OUTCOME_DONE, is_well);
		assert_int_equal(check.error.text[0] == '\0', is_well);
		if (is_well)
			assert_int_equal(chance.reported_check, EC2_FLAG_FALSE);
	}
}

static void test_instance(void **state)
{
	(void)state;
	for (uint32_t seed = 1; seed <= SEEDS; seed++) {
		struct chance chance = make_chance(seed);
		struct instance_eni found;

		instance_eni_init(&found, "i-1");
		const struct flow flow = instance_eni_flow(&found);
		run(&chance, &flow);
		assert_int_equal(
			instance_eni_outcome(&found) == OUTCOME_DONE, found.eni[0] != '\0');
		assert_int_equal(found.error.text[0] == '\0', found.eni[0] != '\0');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_move),
		cmocka_unit_test(test_delete),
		cmocka_unit_test(test_source_check),
		cmocka_unit_test(test_instance),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
