/* SPDX-License-Identifier: Apache-2.0 */
/* Tests reading many route tables: their distribution over requests, and the combined result. */
#include "failover/table_read.h"

#include "failover/overlay_move.h"
#include "failover/overlay_read.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "overlay_cases.h" /* last, since the names of its macros are short */

#define TABLES_MAX 200 /* of a VPC, by EC2's quota */

static char ids[TABLES_MAX][EC2_ID_SIZE];

static size_t count_ids(const char *const *list)
{
	size_t count = 0;

	while (list[count])
		count++;
	return count;
}

static void test_requests(void **state)
{
	static const struct {
		size_t tables;
		size_t requests;
		size_t last; /* ids of the last request */
	} cases[] = {
		{0, 0, 0},
		{1, 1, 1},
		{19, 1, 19},
		{20, 1, 20},
		{21, 2, 1},
		{45, 3, 5},
		{200, 10, 20},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct ip_prefix destination = {0};
		_cleanup_(flow_batch_done) struct flow_batch batch = {0};
		_cleanup_(table_read_done) struct table_read read;
		size_t seen = 0;

		assert_int_equal(table_read_init(&read, TABLES_MAX), 0);
		/* Nothing of the previous read remains. */
		for (size_t j = 0; j < TABLES_MAX; j++)
			table_read_add(&read, "rtb-before");
		table_read_clear(&read);
		for (size_t j = 0; j < cases[i].tables; j++)
			table_read_add(&read, ids[j]);
		assert_int_equal(table_read_count_requests(&read), cases[i].requests);
		assert_int_equal(table_read_add_calls(&read, &destination, 7, &batch), 0);
		assert_int_equal(batch.count, cases[i].requests);
		for (size_t j = 0; j < batch.count; j++) {
			const struct flow_call *call = &batch.calls[j];
			const char *const *tables = call->parameters.route_tables;

			assert_int_equal(call->action, EC2_DESCRIBE_ROUTE_TABLES);
			assert_ptr_equal(call->destination, &destination);
			assert_int_equal(call->tag, 7 + j);
			assert_ptr_equal(tables, table_read_get_ids(&read, j));
			assert_int_equal(count_ids(tables),
				j + 1 < batch.count ? TABLES_PER_REQUEST : cases[i].last);
			for (size_t k = 0; tables[k]; k++)
				assert_string_equal(tables[k], ids[seen++]);
		}
		assert_int_equal(seen, cases[i].tables);
	}
}

/* EC2's response to a request of a read: all its tables with their route, but the one that is missing. */
static void respond(const struct flow *flow, const struct flow_call *call, const char *missing,
	const char *target)
{
	_cleanup_(flow_response_done) struct flow_response response = {0};
	const char *const *tables = call->parameters.route_tables;

	response_set_reply(&response, call->action);
	for (size_t i = 0; tables && tables[i]; i++)
		if (!missing || strcmp(tables[i], missing) != 0)
			response_add_table(&response,
				&(const struct memory_table){.id = tables[i], .target = target});
	assert_int_equal(flow->handle_response(flow->state, call->tag, &response), 0);
}

static const char *const *list_ids(const char *list[TABLES_MAX + 1], size_t count)
{
	for (size_t i = 0; i < count; i++)
		list[i] = ids[i];
	list[count] = NULL;
	return list;
}

/*
 * The responses come in any order; the last one completes the read, which then has the missing
 * tables.
 */
static void test_read(void **state)
{
	static const char *const missing[] = {NULL, ids[0], ids[44]};
	const char *list[TABLES_MAX + 1];
	const struct overlay_routes routes = make_routes(list_ids(list, 45));

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(missing); i++) {
		_cleanup_(overlay_read_done) struct overlay_read read;
		_cleanup_(flow_batch_done) struct flow_batch batch = {0};
		char words[128] = "";

		overlay_read_init(&read, &routes);
		const struct flow flow = overlay_read_flow(&read);
		assert_int_equal(flow.next(flow.state, 0, 0, &batch), 0);
		assert_int_equal(batch.count, 3);
		for (size_t j = batch.count; j-- > 0;) {
			assert_false(read.has_ended);
			respond(&flow, &batch.calls[j], missing[i], THEIRS);
		}
		assert_true(read.has_ended);
		assert_int_equal(read.n_tables, missing[i] ? 44 : 45);
		if (missing[i])
			snprintf(words, sizeof(words),
				"route table %s is missing in EC2's response: check that the table "
				"exists in this account and region",
				missing[i]);
		assert_string_equal(read.error.text, words);
	}
}

/*
 * A failed request ends the read, and only its tables are suspected; other responses change
 * nothing.
 */
static void test_read_fails(void **state)
{
	const char *list[TABLES_MAX + 1];
	const struct overlay_routes routes = make_routes(list_ids(list, 22));
	_cleanup_(overlay_read_done) struct overlay_read read;
	_cleanup_(flow_batch_done) struct flow_batch batch = {0}, after = {0};
	_cleanup_(flow_response_done) struct flow_response response = {0};

	(void)state;
	overlay_read_init(&read, &routes);
	const struct flow flow = overlay_read_flow(&read);
	assert_int_equal(flow.next(flow.state, 0, 0, &batch), 0);
	response_set_fault(&response, "InvalidRouteTableID.NotFound", NULL);
	assert_int_equal(flow.handle_response(flow.state, batch.calls[1].tag, &response), 0);
	respond(&flow, &batch.calls[0], NULL, THEIRS);
	assert_string_equal(read.error.text,
		"route table rtb-020 or rtb-021 does not exist in this account and region: "
		"DescribeRouteTables: InvalidRouteTableID.NotFound");
	assert_int_equal(read.n_tables, 0);
	assert_int_equal(flow.next(flow.state, 0, 0, &after), 0);
	assert_int_equal(after.count + after.wait, 0);
}

/* All tables of a VPC at EC2's quota are moved, and read back, by requests of the same size. */
static void test_move(void **state)
{
	const char *list[TABLES_MAX + 1];
	const struct overlay_move_goal goal = {
		.routes = make_routes(list_ids(list, TABLES_MAX)),
		.eni = OURS,
		.may_replace = true,
	};
	static const size_t requests[] = {10, TABLES_MAX, 10};
	struct overlay_move move;

	(void)state;
	overlay_move_init(&move, &goal);
	const struct flow flow = overlay_move_flow(&move);
	for (size_t i = 0; i < ARRAY_SIZE(requests); i++) {
		_cleanup_(flow_batch_done) struct flow_batch batch = {0};

		assert_int_equal(flow.next(flow.state, 0, 0, &batch), 0);
		assert_int_equal(batch.count, requests[i]);
		for (size_t j = 0; j < batch.count; j++)
			respond(&flow, &batch.calls[j], NULL, i ? OURS : THEIRS);
	}
	for (size_t i = 0; i < TABLES_MAX; i++)
		assert_int_equal(move.change.read.tables[i].verdict, OVERLAY_MOVED);
	overlay_move_done(&move);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_requests),
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_read_fails),
		cmocka_unit_test(test_move),
	};

	for (size_t i = 0; i < TABLES_MAX; i++)
		snprintf(ids[i], sizeof(ids[i]), "rtb-%03zu", i);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
