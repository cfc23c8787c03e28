/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests two nodes that move the same overlay at the same time, and each gets one of two tables:
 * which node repeats its move, when, and how often. Time is virtual.
 */
#include "failover/overlay_contest.h"

#include "base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "overlay_cases.h"

#define OTHER "eni-3" /* of the other node, which moves the overlay as well */
#define MOVE_BOTH READ_BOTH REPLACE(A) REPLACE(B) READ_BOTH
#define OTHER_HAS(table, eni)                                                                      \
	table ": failed: route to 192.168.10.16/32 points to " eni                                 \
	      " (active): check in CloudTrail which program changes the route\n"
#define DONE "outcome 0\n"
#define FAILED "outcome 1\n"
#define DIFFERS "outcome 3\n"

/* Milliseconds. The move has ended before, and the wait for the other node ends later. */
#define AFTER_MOVE (FLOW_STALE_MSEC + 1000)
#define AFTER_WAIT (2 * FLOW_STALE_MSEC + 1500)

static const char *const both[] = {A, B, NULL};

/* Sends the changes of the first move. Then the other node takes one table. */
static struct flow start_contest(struct ec2_memory *cloud, struct overlay_contest *contest,
	bool may_replace, struct memory_table *taken)
{
	const struct overlay_move_goal goal = {
		.routes = make_routes(both),
		.eni = OURS,
		.may_create = !may_replace,
		.may_replace = may_replace,
	};
	struct flow flow = overlay_contest_flow(contest);

	cloud->tells_waits = true;
	overlay_contest_init(contest, &goal);
	ec2_memory_run_rounds(cloud, &flow, 2);
	taken->target = OTHER;
	return flow;
}

/* Runs the contest, which has not ended by then, for so many milliseconds. */
static void run_for(struct ec2_memory *cloud, const struct flow *flow, uint64_t msec)
{
	cloud->deadline = MEMORY_START + msec;
	assert_false(ec2_memory_run(cloud, flow));
	cloud->deadline = 0;
}

static void check_last_calls(const struct ec2_memory *cloud, const char *calls)
{
	size_t length = strlen(calls);

	assert_true(cloud->calls.length >= length);
	assert_string_equal(strbuf_text(&cloud->calls) + cloud->calls.length - length, calls);
}

static void check_result(
	const struct overlay_contest *contest, const char *expected, unsigned repetitions)
{
	_cleanup_(strbuf_done) struct strbuf result = {0};

	print_tables(
		&contest->move.change.read, overlay_change_outcome(&contest->move.change), &result);
	assert_string_equal(strbuf_text(&result), expected);
	assert_int_equal(contest->repetitions, repetitions);
}

static void test_first_table_is_ours(void **state)
{
	_cleanup_(ec2_memory_done) struct ec2_memory cloud = {.tables = {{A, THEIRS}, {B, THEIRS}}};
	_cleanup_(overlay_contest_done) struct overlay_contest contest;

	(void)state;
	const struct flow flow = start_contest(&cloud, &contest, true, &cloud.tables[1]);
	ec2_memory_run_within(&cloud, &flow, 100);
	check_last_calls(&cloud, WAIT READ_B READ_BOTH MOVE_BOTH);
	check_result(&contest, A ": in place\n" B ": moved\n" DONE, 1);
	assert_false(contest.is_overtaken);
	assert_in_range(cloud.waited, FLOW_STALE_MSEC, AFTER_MOVE);
}

/* The targets of both tables when the wait is over. */
static const struct {
	const char *name;
	const char *a, *b;
	const char *calls;
	const char *result;
	bool is_overtaken;
	unsigned repetitions;
} waits[] = {
	{"the other node has got the second table as well", OTHER, OTHER, READ_BOTH,
		OTHER_HAS(A, OTHER) B
		": failed: another node has taken over the overlay meanwhile\n" FAILED,
		true, 0},
	{"the other node has ended", OTHER, OURS, READ_BOTH MOVE_BOTH,
		A ": moved\n" B ": in place\n" DONE, false, 1},
	{"the first table is ours by now", OURS, OURS, READ_BOTH MOVE_BOTH,
		A ": in place\n" B ": in place\n" DONE, false, 1},
	{"no table has a route", NULL, NULL, READ_BOTH, OTHER_HAS(A, OTHER) B ": moved\n" DIFFERS,
		false, 0},
};

static void test_first_table_is_theirs(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(waits); i++) {
		_cleanup_(ec2_memory_done) struct ec2_memory cloud = {
			.tables = {{A, THEIRS}, {B, THEIRS}}};
		_cleanup_(overlay_contest_done) struct overlay_contest contest;

		print_message("%s\n", waits[i].name);
		const struct flow flow = start_contest(&cloud, &contest, true, &cloud.tables[0]);
		run_for(&cloud, &flow, AFTER_MOVE);
		check_last_calls(&cloud, WAIT READ_A READ_BOTH WAIT);
		assert_in_range(cloud.waited, AFTER_WAIT, AFTER_WAIT + 1000);
		strbuf_clear(&cloud.calls);
		cloud.tables[0].target = waits[i].a;
		cloud.tables[1].target = waits[i].b;
		ec2_memory_run_within(&cloud, &flow, 10);
		assert_string_equal(strbuf_text(&cloud.calls), waits[i].calls);
		check_result(&contest, waits[i].result, waits[i].repetitions);
		assert_int_equal(contest.is_overtaken, waits[i].is_overtaken);
		for (size_t j = 0; contest.is_overtaken && j < 2; j++)
			assert_string_equal(contest.move.change.read.tables[j].seen.target, OTHER);
	}
}

/* Each time we have both tables, yet another node takes one of them. */
static void test_repetitions_end(void **state)
{
	static const char *const takers[] = {"eni-4", OTHER, "eni-4"};
	_cleanup_(ec2_memory_done) struct ec2_memory cloud = {.tables = {{A, THEIRS}, {B, THEIRS}}};
	_cleanup_(overlay_contest_done) struct overlay_contest contest;

	(void)state;
	const struct flow flow = start_contest(&cloud, &contest, true, &cloud.tables[1]);
	for (unsigned i = 0; i < ARRAY_SIZE(takers); i++) {
		while (contest.repetitions == i)
			ec2_memory_run_rounds(&cloud, &flow, 1);
		ec2_memory_run_rounds(&cloud, &flow, 1);
		check_last_calls(&cloud, READ_BOTH REPLACE(A) REPLACE(B));
		cloud.tables[1].target = takers[i];
	}
	ec2_memory_run_within(&cloud, &flow, 100);
	check_last_calls(&cloud, WAIT READ_B);
	check_result(&contest, A ": in place\n" OTHER_HAS(B, "eni-4") DIFFERS, 3);
	assert_false(contest.is_overtaken);
}

static void test_read_is_lost(void **state)
{
	_cleanup_(ec2_memory_done) struct ec2_memory cloud = {.tables = {{A, THEIRS}, {B, THEIRS}}};
	_cleanup_(overlay_contest_done) struct overlay_contest contest;

	(void)state;
	const struct flow flow = start_contest(&cloud, &contest, true, &cloud.tables[1]);
	run_for(&cloud, &flow, FLOW_STALE_MSEC);
	ec2_memory_run_rounds(&cloud, &flow, 1);
	cloud.faults[0] = (struct memory_fault){EC2_DESCRIBE_ROUTE_TABLES, 0, LOST};
	ec2_memory_run_within(&cloud, &flow, 10);
	check_last_calls(&cloud, WAIT READ_B READ_BOTH);
	check_result(&contest, A ": moved\n" OTHER_HAS(B, OTHER) DIFFERS, 0);
	assert_false(contest.is_overtaken);
}

static void test_may_not_replace(void **state)
{
	_cleanup_(ec2_memory_done) struct ec2_memory cloud = {.tables = {{A}, {B}}};
	_cleanup_(overlay_contest_done) struct overlay_contest contest;

	(void)state;
	const struct flow flow = start_contest(&cloud, &contest, false, &cloud.tables[1]);
	ec2_memory_run_within(&cloud, &flow, 100);
	check_last_calls(&cloud, WAIT READ_B);
	check_result(&contest, A ": moved\n" OTHER_HAS(B, OTHER) DIFFERS, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_table_is_ours),
		cmocka_unit_test(test_first_table_is_theirs),
		cmocka_unit_test(test_repetitions_end),
		cmocka_unit_test(test_read_is_lost),
		cmocka_unit_test(test_may_not_replace),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
