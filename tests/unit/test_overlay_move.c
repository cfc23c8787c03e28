/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The flow against a small EC2 in memory: what it asks for, in which order, and what it makes of
 * each answer. The calls are asserted whole, a line each.
 */
#include "failover/overlay_move.h"

#include "base/cleanup.h"
#include "ec2/reply_shapes.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define VPC "vpc-0000000000000001"
#define OURS "eni-0000000000000001"
#define THEIRS "eni-0000000000000002"
#define TABLE_A "rtb-000000000000000a"
#define TABLE_B "rtb-000000000000000b"

#define TABLES_MAX 2

/* One route table as the made-up EC2 has it. */
struct cloud_table {
	const char *id;
	const char *vpc;
	const char *target; /* NULL: there is no route */
	enum ec2_route_state state;
	enum ec2_route_origin origin;
	const char *local; /* CIDR of the VPC */
	/* What it does with the next changes, in turn; NULL: as it should. */
	const char *faults[4];
	int lost; /* this many answers do not arrive, though the change is made */
	int ignored; /* changes that are accepted and never made */
};

struct cloud {
	struct cloud_table tables[TABLES_MAX];
	size_t count;
	const char *look_fault; /* code of every look from `look_fault_from` on; NULL: none */
	unsigned look_fault_from, looks;
	struct strbuf calls; /* what was asked */
	uint64_t waited;
};

static struct ip_prefix prefix_of(const char *text)
{
	struct ip_prefix prefix;

	assert_int_equal(ip_prefix_parse(text, &prefix), 0);
	return prefix;
}

static void set_fault(struct ec2_answer *answer, const char *code)
{
	answer->is_fault = true;
	answer->fault.status = 400;
	answer->fault.code = strdup(code);
	if (strcmp(code, "InvalidParameterValue") == 0)
		answer->fault.message = strdup(
			"There is no route defined for '192.168.10.16/32' in "
			"the route table. Use CreateRoute instead.");
}

static void add_route(struct ec2_route_table *table, const struct ec2_route *route)
{
	assert_int_equal(array_reserve(&table->routes.items, &table->routes.capacity,
				 table->routes.count, sizeof(*route)),
		0);
	table->routes.items[table->routes.count++] = *route;
}

static void describe(struct cloud *cloud, const struct flow_call *call, struct ec2_answer *answer)
{
	struct ec2_route_table_list *list = &answer->reply.route_tables;

	answer->reply.shape = ec2_reply_shape(EC2_DESCRIBE_ROUTE_TABLES);
	strbuf_add_string(&cloud->calls, "look\n");
	cloud->looks++;
	if (cloud->look_fault && cloud->looks >= cloud->look_fault_from) {
		set_fault(answer, cloud->look_fault);
		return;
	}
	if (!call->parameters.route_tables)
		assert_string_equal(call->parameters.filters[0].values[0], VPC);
	for (size_t i = 0; i < cloud->count; i++) {
		const struct cloud_table *from = &cloud->tables[i];
		struct ec2_route_table table = {0};
		struct ec2_route local = {.destination = prefix_of(from->local),
			.target = {EC2_TARGET_GATEWAY, strdup("local")},
			.state = EC2_ROUTE_ACTIVE,
			.origin = EC2_ORIGIN_CREATE_ROUTE_TABLE};
		struct ec2_route overlay = {.destination = prefix_of("192.168.10.16/32"),
			.state = from->state,
			.origin = from->origin};

		snprintf(table.id, sizeof(table.id), "%s", from->id);
		snprintf(table.vpc, sizeof(table.vpc), "%s", from->vpc);
		add_route(&table, &local);
		if (from->target) {
			overlay.target = (struct ec2_target){EC2_TARGET_ENI, strdup(from->target)};
			add_route(&table, &overlay);
		} else if (!call->parameters.route_tables) {
			ec2_route_table_done(&table);
			continue;
		}
		assert_int_equal(
			array_reserve(&list->items, &list->capacity, list->count, sizeof(table)),
			0);
		list->items[list->count++] = table;
	}
}

static struct cloud_table *find_table(struct cloud *cloud, const char *id)
{
	for (size_t i = 0; i < cloud->count; i++)
		if (strcmp(cloud->tables[i].id, id) == 0)
			return &cloud->tables[i];
	fail_msg("no table %s", id);
	return NULL;
}

static void change(struct cloud *cloud, const struct flow_call *call, struct flow_answer *answer)
{
	struct cloud_table *table = find_table(cloud, call->parameters.route_table);
	const char *fault = table->faults[0];

	strbuf_printf(&cloud->calls, "%s %s\n", ec2_action_name(call->action), table->id);
	memmove(&table->faults[0], &table->faults[1], sizeof(table->faults) - sizeof(fault));
	if (fault) {
		set_fault(&answer->answer, fault);
		return;
	}
	if (call->action == EC2_REPLACE_ROUTE && !table->target) {
		set_fault(&answer->answer, "InvalidParameterValue");
		return;
	}
	if (call->action == EC2_CREATE_ROUTE && table->target &&
		strcmp(table->target, call->parameters.eni) != 0) {
		set_fault(&answer->answer, "RouteAlreadyExists");
		return;
	}
	if (table->ignored && table->ignored--)
		return;
	table->target = call->parameters.eni;
	table->state = EC2_ROUTE_ACTIVE;
	if (table->lost && table->lost--)
		answer->err = error_set(&answer->error, OUTCOME_FAILED, ECONNRESET,
			"ReplaceRoute: the connection broke");
}

static void run(struct cloud *cloud, struct overlay_move *flow)
{
	const struct flow driven = overlay_move_flow(flow);

	for (unsigned rounds = 0; rounds < 100; rounds++) {
		struct flow_batch batch;

		assert_int_equal(driven.next(driven.state, 0, UINT32_MAX, &batch), 0);
		if (!batch.count && !batch.wait)
			return;
		cloud->waited += batch.wait;
		for (size_t i = 0; i < batch.count; i++) {
			_cleanup_(flow_answer_done) struct flow_answer answer = {0};
			if (batch.calls[i].action == EC2_DESCRIBE_ROUTE_TABLES)
				describe(cloud, &batch.calls[i], &answer.answer);
			else
				change(cloud, &batch.calls[i], &answer);
			assert_int_equal(driven.take(driven.state, batch.calls[i].tag, &answer), 0);
		}
		flow_batch_done(&batch);
	}
	fail_msg("the flow does not end");
}

#define ROUTE_TO(eni)                                                                              \
	.vpc = VPC, .target = (eni), .state = EC2_ROUTE_ACTIVE, .origin = EC2_ORIGIN_CREATE_ROUTE, \
	.local = "10.0.0.0/16"

static const struct {
	const char *name;
	struct cloud cloud;
	bool named, may_create;
	const char *calls;
	enum outcome outcome;
	const char *verdicts; /* a letter a table: In place, Moved, Failed */
	const char *words; /* of the flow's error, or the first table's that failed */
} cases[] = {
	{.name = "both point elsewhere",
		.cloud = {{{TABLE_A, ROUTE_TO(THEIRS)}, {TABLE_B, ROUTE_TO(THEIRS)}}, 2},
		.named = true,
		.calls = "look\nReplaceRoute " TABLE_A "\nReplaceRoute " TABLE_B "\nlook\n",
		.verdicts = "MM"},
	{.name = "all is in place",
		.cloud = {{{TABLE_A, ROUTE_TO(OURS)}, {TABLE_B, ROUTE_TO(OURS)}}, 2},
		.named = true,
		.calls = "look\n",
		.verdicts = "II"},
	{.name = "one is in place",
		.cloud = {{{TABLE_A, ROUTE_TO(OURS)}, {TABLE_B, ROUTE_TO(THEIRS)}}, 2},
		.named = true,
		.calls = "look\nReplaceRoute " TABLE_B "\nlook\n",
		.verdicts = "IM"},
	{.name = "ours, but a blackhole",
		.cloud = {{{TABLE_A, VPC, OURS, EC2_ROUTE_BLACKHOLE, EC2_ORIGIN_CREATE_ROUTE,
				  "10.0.0.0/16"}},
			1},
		.named = true,
		.calls = "look\nReplaceRoute " TABLE_A "\nlook\n",
		.verdicts = "M"},
	{.name = "no route, and none may be made",
		.cloud = {{{TABLE_A, ROUTE_TO(NULL)}}, 1},
		.named = true,
		.calls = "look\n",
		.outcome = OUTCOME_FAILED,
		.verdicts = "F",
		.words = "it has no route to 192.168.10.16/32: make one with \"myha overlay create "
			 "sapascs\""},
	{.name = "no route, and one is made",
		.cloud = {{{TABLE_A, ROUTE_TO(NULL)}}, 1},
		.named = true,
		.may_create = true,
		.calls = "look\nCreateRoute " TABLE_A "\nlook\n",
		.verdicts = "M"},
	{.name = "somebody makes the route meanwhile",
		.cloud = {{{TABLE_A, ROUTE_TO(NULL), .faults = {"RouteAlreadyExists"}}}, 1},
		.named = true,
		.may_create = true,
		.calls = "look\nCreateRoute " TABLE_A "\nReplaceRoute " TABLE_A
			 "\nCreateRoute " TABLE_A "\nlook\n",
		.verdicts = "M"},
	{.name = "one table is denied",
		.cloud = {{{TABLE_A, ROUTE_TO(THEIRS), .faults = {"UnauthorizedOperation"}},
				  {TABLE_B, ROUTE_TO(THEIRS)}},
			2},
		.named = true,
		.calls = "look\nReplaceRoute " TABLE_A "\nReplaceRoute " TABLE_B "\nlook\n",
		.outcome = OUTCOME_DIFFERS,
		.verdicts = "FM",
		.words = "ReplaceRoute: UnauthorizedOperation"},
	{.name = "all are denied",
		.cloud = {{{TABLE_A, ROUTE_TO(THEIRS), .faults = {"UnauthorizedOperation"}}}, 1},
		.named = true,
		.calls = "look\nReplaceRoute " TABLE_A "\n",
		.outcome = OUTCOME_DENIED,
		.verdicts = "F",
		.words = "ReplaceRoute: UnauthorizedOperation"},
	{.name = "an answer is lost, the look tells that it was done",
		.cloud = {{{TABLE_A, ROUTE_TO(THEIRS), .lost = 1}}, 1},
		.named = true,
		.calls = "look\nReplaceRoute " TABLE_A "\nlook\n",
		.verdicts = "M"},
	{.name = "a Route Server's route",
		.cloud = {{{TABLE_A, VPC, THEIRS, EC2_ROUTE_ACTIVE, EC2_ORIGIN_ADVERTISEMENT,
				  "10.0.0.0/16"}},
			1},
		.named = true,
		.calls = "look\n",
		.outcome = OUTCOME_FAILED,
		.verdicts = "F",
		.words =
			"its route to 192.168.10.16/32 is advertised by a Route Server, and is not "
			"touched"},
	{.name = "inside the VPC",
		.cloud = {{{TABLE_A, VPC, THEIRS, EC2_ROUTE_ACTIVE, EC2_ORIGIN_CREATE_ROUTE,
				  "192.168.0.0/16"}},
			1},
		.named = true,
		.calls = "look\n",
		.outcome = OUTCOME_USAGE,
		.verdicts = "",
		.words = "sapascs: 192.168.10.16 is inside 192.168.0.0/16 of VPC " VPC
			 ": an overlay address must be outside of the VPC"},
	{.name = "a table of another VPC",
		.cloud = {{{TABLE_A, ROUTE_TO(THEIRS)},
				  {TABLE_B, "vpc-0000000000000002", THEIRS, EC2_ROUTE_ACTIVE,
					  EC2_ORIGIN_CREATE_ROUTE, "10.0.0.0/16"}},
			2},
		.named = true,
		.calls = "look\n",
		.outcome = OUTCOME_USAGE,
		.words = "sapascs: route table " TABLE_B " belongs to VPC vpc-0000000000000002 and "
			 "not to this host's, " VPC},
	{.name = "a table that does not exist",
		.cloud = {{{TABLE_A, ROUTE_TO(THEIRS)}}, 1, "InvalidRouteTableID.NotFound", 1},
		.named = true,
		.calls = "look\n",
		.outcome = OUTCOME_FAILED,
		.verdicts = "",
		.words = "sapascs: DescribeRouteTables: InvalidRouteTableID.NotFound"},
	{.name = "the look afterwards fails",
		.cloud = {{{TABLE_A, ROUTE_TO(THEIRS)}}, 1, "InternalError", 2},
		.named = true,
		.calls = "look\nReplaceRoute " TABLE_A "\nlook\n",
		.outcome = OUTCOME_FAILED,
		.verdicts = "F",
		.words = "the route was changed, but could not be read back: DescribeRouteTables: "
			 "InternalError"},
	{.name = "tables are found by the route",
		.cloud = {{{TABLE_A, ROUTE_TO(THEIRS)}, {TABLE_B, ROUTE_TO(NULL)}}, 2},
		.calls = "look\nReplaceRoute " TABLE_A "\nlook\n",
		.verdicts = "M"},
	{.name = "no table has the route",
		.cloud = {{{TABLE_A, ROUTE_TO(NULL)}}, 1},
		.calls = "look\n",
		.outcome = OUTCOME_FAILED,
		.verdicts = "",
		.words = "sapascs: no route table of VPC " VPC
			 " has a route to 192.168.10.16/32: name the tables in the policy "
			 "(route-tables), then make the routes with \"myha overlay create "
			 "sapascs\""},
};

static void check_verdicts(const struct overlay_move *flow, const char *expected)
{
	static const char letters[] = {
		[OVERLAY_OPEN] = 'O',
		[OVERLAY_IN_PLACE] = 'I',
		[OVERLAY_MOVED] = 'M',
		[OVERLAY_FAILED] = 'F',
	};
	char found[TABLES_MAX + 1] = "";

	for (size_t i = 0; i < flow->n_tables; i++)
		found[i] = letters[flow->tables[i].verdict];
	assert_string_equal(found, expected);
}

static const char *words_of(const struct overlay_move *flow)
{
	if (flow->error.text[0])
		return flow->error.text;
	for (size_t i = 0; i < flow->n_tables; i++)
		if (flow->tables[i].verdict == OVERLAY_FAILED)
			return flow->tables[i].error.text;
	return "";
}

static void test_cases(void **state)
{
	static const char *const ids[] = {TABLE_A, TABLE_B, NULL};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct overlay_wish wish = {
			.name = "sapascs",
			.destination = prefix_of("192.168.10.16/32"),
			.tables = cases[i].named ? ids : NULL,
			.vpc = VPC,
			.eni = OURS,
			.may_create = cases[i].may_create,
		};
		struct cloud cloud = cases[i].cloud;
		struct overlay_move flow;

		print_message("%s\n", cases[i].name);
		overlay_move_init(&flow, &wish);
		run(&cloud, &flow);
		assert_string_equal(strbuf_text(&cloud.calls), cases[i].calls);
		assert_string_equal(words_of(&flow), cases[i].words ? cases[i].words : "");
		if (cases[i].verdicts)
			check_verdicts(&flow, cases[i].verdicts);
		assert_int_equal(overlay_move_outcome(&flow), cases[i].outcome);
		assert_int_equal(cloud.waited, 0);
		overlay_move_done(&flow);
		strbuf_done(&cloud.calls);
	}
}

/* EC2 said yes and nothing happens: looked for some time, then said; never taken for success. */
static void test_accepted_but_not_done(void **state)
{
	static const char *const ids[] = {TABLE_A, NULL};
	struct overlay_wish wish = {
		.name = "sapascs",
		.destination = prefix_of("192.168.10.16/32"),
		.tables = ids,
		.vpc = VPC,
		.eni = OURS,
	};
	struct cloud cloud = {{{TABLE_A, ROUTE_TO(THEIRS), .ignored = 1}}, 1};
	struct overlay_move flow;

	(void)state;
	overlay_move_init(&flow, &wish);
	run(&cloud, &flow);
	check_verdicts(&flow, "F");
	assert_string_equal(words_of(&flow), "its route to 192.168.10.16/32 still points to " THEIRS
					     " (active): look for who changes it");
	assert_int_equal(overlay_move_outcome(&flow), OUTCOME_FAILED);
	assert_in_range(cloud.waited, 100, 10000);
	overlay_move_done(&flow);
	strbuf_done(&cloud.calls);
}

/* What was there before is kept for the log: who had the address. */
static void test_before(void **state)
{
	static const char *const ids[] = {TABLE_A, NULL};
	struct overlay_wish wish = {
		.name = "sapascs",
		.destination = prefix_of("192.168.10.16/32"),
		.tables = ids,
		.vpc = VPC,
		.eni = OURS,
	};
	struct cloud cloud = {{{TABLE_A, ROUTE_TO(THEIRS)}}, 1};
	struct overlay_move flow;

	(void)state;
	overlay_move_init(&flow, &wish);
	run(&cloud, &flow);
	assert_true(flow.tables[0].had_route);
	assert_string_equal(flow.tables[0].before.id, THEIRS);
	assert_int_equal(flow.tables[0].before.state, EC2_ROUTE_ACTIVE);
	overlay_move_done(&flow);
	strbuf_done(&cloud.calls);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_accepted_but_not_done),
		cmocka_unit_test(test_before),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
