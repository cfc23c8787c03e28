/* SPDX-License-Identifier: Apache-2.0 */
/* Tests reading the route tables: the requests, and the state or error afterwards. */
#include "failover/overlay_read.h"

#include "base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "overlay_cases.h" /* last, since the names of its macros are short */

#define UNCOVERED(table, target, route)                                                            \
	"other: " table " " target ": route to 192.168.10.16/32 points to " route                  \
	", which is neither an ENI nor an instance: \"route-tables: vpc\" does not cover "         \
	"this table: to move the route, list the tables in route-tables\n"
#define NO_TABLE "InvalidRouteTableID.NotFound"

static const char *const only_a[] = {A, NULL};
static const char *const both[] = {A, B, NULL};
static const char *const alike[] = {"rtb-a", "rtb-ab", NULL};
static const char *const named_twice[] = {A, A, NULL};

/* A line a table: what is known of it. */
static void print_read(const struct overlay_read *read, struct strbuf *ret_text)
{
	char text[OVERLAY_ROUTE_TEXT_SIZE];

	for (size_t i = 0; i < read->n_tables; i++) {
		const struct overlay_table *table = &read->tables[i];
		assert_int_equal(table->verdict, OVERLAY_PENDING);
		strbuf_printf(ret_text, "%s %s%s %zu: ", table->id, table->vpc,
			table->is_main ? " main" : "", table->n_subnets);
		if (table->before.exists)
			strbuf_printf(ret_text, "%s %s\n",
				overlay_route_format(&table->before, text),
				ec2_route_origin_words[table->before.origin]);
		else
			strbuf_add_string(ret_text, "no route\n");
	}
	for (size_t i = 0; i < read->n_uncovered; i++)
		strbuf_printf(ret_text, "other: %s %s: %s\n", read->uncovered[i].id,
			read->uncovered[i].before.target, read->uncovered[i].error.text);
	if (read->error.text[0])
		strbuf_printf(ret_text, "error: %s\n", read->error.text);
	strbuf_printf(ret_text, "outcome %d\n", overlay_read_outcome(read));
}

static const struct {
	const char *name;
	struct ec2_memory cloud;
	const char *const *tables; /* NULL: all of the VPC */
	bool any_vpc;
	const char *calls;
	const char *result;
} cases[] = {
	{.name = "named, with and without the route",
		.cloud = {.tables = {{A, THEIRS, .instance = "i-2", .n_subnets = 2},
				  {B, .is_main = true}}},
		.tables = both,
		.calls = READ_BOTH,
		.result = A " vpc-1 2: eni-2 (i-2, active) CreateRoute\n" B
			    " vpc-1 main 0: no route\noutcome 0\n"},
	{.name = "found by the route",
		.cloud = {.tables = {{A, OURS, EC2_ROUTE_BLACKHOLE}, {B}}},
		.calls = READ_ALL,
		.result = A " vpc-1 0: eni-1 (blackhole) CreateRoute\noutcome 0\n"},
	{.name = "none has it: that is no error, and there are no tables",
		.cloud = {.tables = {{A}, {B}}},
		.calls = READ_ALL,
		.result = "outcome 0\n"},
	{.name = "several pages",
		.cloud = {.tables = {{A, OURS}, {B, OURS}, {"rtb-c", THEIRS}}, .page = 1},
		.calls = READ_ALL READ_PAGE(" NextToken=1") READ_PAGE(" NextToken=2"),
		.result = A " vpc-1 0: eni-1 (active) CreateRoute\n" B
			    " vpc-1 0: eni-1 (active) CreateRoute\n"
			    "rtb-c vpc-1 0: eni-2 (active) CreateRoute\noutcome 0\n"},
	{.name = "the second page fails: the first one alone is not taken for all",
		.cloud = {.tables = {{A, OURS}, {B, OURS}},
			.page = 1,
			.faults = {{EC2_DESCRIBE_ROUTE_TABLES, 2, LATE}}},
		.calls = READ_ALL READ_PAGE(" NextToken=1"),
		.result = A " vpc-1 0: eni-1 (active) CreateRoute\nerror: "
			    "DescribeRouteTables: timed out: no response\noutcome 5\n"},
	{.name = "by ids there are no pages, even if EC2 returns a token",
		.cloud = {.tables = {{A, OURS}}, .endless = true},
		.tables = only_a,
		.calls = READ_A,
		.result = A " vpc-1 0: eni-1 (active) CreateRoute\noutcome 0\n"},
	{.name = "a table that is in the response twice counts once",
		.cloud = {.tables = {{A, OURS}}, .twice = true},
		.tables = only_a,
		.calls = READ_A,
		.result = A " vpc-1 0: eni-1 (active) CreateRoute\noutcome 0\n"},
	{.name = "a table that is named twice counts once",
		.cloud = {.tables = {{A, OURS}}},
		.tables = named_twice,
		.calls = "DescribeRouteTables RouteTableId.1=" A " RouteTableId.2=" A "\n",
		.result = A " vpc-1 0: eni-1 (active) CreateRoute\noutcome 0\n"},
	{.name = "what was not named is not ours, wherever it is",
		.cloud = {.tables = {{A, OURS}, {B, OURS, .vpc = "vpc-2"}}, .deaf = true},
		.tables = only_a,
		.calls = READ_A,
		.result = A " vpc-1 0: eni-1 (active) CreateRoute\noutcome 0\n"},
	{.name = "tables without the route were not requested",
		.cloud = {.tables = {{A}, {B, OURS}}, .deaf = true},
		.calls = READ_ALL,
		.result = B " vpc-1 0: eni-1 (active) CreateRoute\noutcome 0\n"},
	{.name = "a static route is what counts beside a Route Server's",
		.cloud = {.tables = {{A, OURS, .advertised_too = true}}},
		.tables = only_a,
		.calls = READ_A,
		.result = A " vpc-1 0: eni-1 (active) CreateRoute\noutcome 0\n"},
	{.name = "a target that is no ENI",
		.cloud = {.tables = {{A, "tgw-1", .kind = EC2_TARGET_TRANSIT_GATEWAY}}},
		.tables = only_a,
		.calls = READ_A,
		.result = A " vpc-1 0: tgw-1 (active) CreateRoute\noutcome 0\n"},
	{.name = "of all in the VPC, those with other targets are not covered",
		.cloud = {.tables = {{A, "tgw-1", .kind = EC2_TARGET_TRANSIT_GATEWAY},
				  {B, "vpce-1", EC2_ROUTE_BLACKHOLE, .kind = EC2_TARGET_GATEWAY},
				  {"rtb-c", "", EC2_ROUTE_BLACKHOLE,
					  .kind = EC2_TARGET_NAT_GATEWAY},
				  {"rtb-d", "i-2", .kind = EC2_TARGET_INSTANCE}}},
		.calls = READ_ALL,
		.result = "rtb-d vpc-1 0: i-2 (active) CreateRoute\n" UNCOVERED(
			A, "tgw-1", "tgw-1 (active)") UNCOVERED(B, "vpce-1", "vpce-1 (blackhole)")
			UNCOVERED("rtb-c", "", "nothing (blackhole)") "outcome 0\n"},
	{.name = "of all in the VPC, an ENI that is gone is still an ENI",
		.cloud = {.tables = {{A, "eni-gone", EC2_ROUTE_BLACKHOLE}}},
		.calls = READ_ALL,
		.result = A " vpc-1 0: eni-gone (blackhole) CreateRoute\noutcome 0\n"},
	{.name = "a target that is not known",
		.cloud = {.tables = {{A, "", EC2_ROUTE_BLACKHOLE}}},
		.tables = only_a,
		.calls = READ_A,
		.result = A " vpc-1 0: nothing (blackhole) CreateRoute\noutcome 0\n"},
	{.name = "of another VPC",
		.cloud = {.tables = {{A, OURS, .vpc = "vpc-2"}}},
		.tables = only_a,
		.calls = READ_A,
		.result = "error: route table rtb-a belongs to VPC vpc-2, not to this "
			  "host's VPC, vpc-1\noutcome 2\n"},
	{.name = "the response has no VPC",
		.cloud = {.tables = {{A, OURS, .vpc = ""}}},
		.tables = only_a,
		.calls = READ_A,
		.result = "error: route table rtb-a belongs to VPC (unknown), not to "
			  "this host's VPC, vpc-1\noutcome 2\n"},
	{.name = "of another VPC, where that does not matter",
		.cloud = {.tables = {{A, OURS, .vpc = "vpc-2"}}},
		.tables = only_a,
		.any_vpc = true,
		.calls = READ_A,
		.result = A " vpc-2 0: eni-1 (active) CreateRoute\noutcome 0\n"},
	{.name = "inside the VPC",
		.cloud = {.tables = {{A, OURS, .local = "192.168.0.0/16"}}},
		.tables = only_a,
		.calls = READ_A,
		.result = "error: 192.168.10.16 is inside 192.168.0.0/16 of VPC vpc-1: an "
			  "overlay address must be outside the VPC\noutcome 2\n"},
	{.name = "inside the VPC, by the target alone",
		.cloud = {.tables = {{A, OURS, .local = "192.168.0.0/16", .no_origin = true}}},
		.tables = only_a,
		.calls = READ_A,
		.result = "error: 192.168.10.16 is inside 192.168.0.0/16 of VPC vpc-1: an "
			  "overlay address must be outside the VPC\noutcome 2\n"},
	{.name = "a table that does not exist",
		.cloud = {.faults = {{EC2_DESCRIBE_ROUTE_TABLES, 1, NO_TABLE,
				  "The routeTable ID 'rtb-b' does not exist"}}},
		.tables = both,
		.calls = READ_BOTH,
		.result = "error: route table rtb-b does not exist in this account and "
			  "region: DescribeRouteTables: " NO_TABLE
			  ": The routeTable ID 'rtb-b' does not exist\noutcome 1\n"},
	{.name = "several that do not exist",
		.cloud = {.faults = {{EC2_DESCRIBE_ROUTE_TABLES, 1, NO_TABLE,
				  "The routeTable IDs 'rtb-a, rtb-b' do not exist"}}},
		.tables = both,
		.calls = READ_BOTH,
		.result = "error: route table rtb-a does not exist in this account and "
			  "region: DescribeRouteTables: " NO_TABLE
			  ": The routeTable IDs 'rtb-a, rtb-b' do not exist\noutcome 1\n"},
	{.name = "one whose name begins like another's",
		.cloud = {.faults = {{EC2_DESCRIBE_ROUTE_TABLES, 1, NO_TABLE,
				  "The routeTable ID 'rtb-ab' does not exist"}}},
		.tables = alike,
		.calls = "DescribeRouteTables RouteTableId.1=rtb-a RouteTableId.2=rtb-ab\n",
		.result = "error: route table rtb-ab does not exist in this account and "
			  "region: DescribeRouteTables: " NO_TABLE
			  ": The routeTable ID 'rtb-ab' does not exist\noutcome 1\n"},
	{.name = "the only one, and EC2 has no words",
		.cloud = {.faults = {{EC2_DESCRIBE_ROUTE_TABLES, 1, NO_TABLE}}},
		.tables = only_a,
		.calls = READ_A,
		.result = "error: route table rtb-a does not exist in this account and "
			  "region: DescribeRouteTables: " NO_TABLE "\noutcome 1\n"},
	{.name = "one of two, and EC2 has no words",
		.cloud = {.faults = {{EC2_DESCRIBE_ROUTE_TABLES, 1, NO_TABLE}}},
		.tables = both,
		.calls = READ_BOTH,
		.result = "error: route table rtb-a or rtb-b does not exist in this "
			  "account and region: DescribeRouteTables: " NO_TABLE "\noutcome 1\n"},
	{.name = "a table is missing in EC2's response",
		.cloud = {.tables = {{A, OURS}}},
		.tables = both,
		.calls = READ_BOTH,
		.result = A
		" vpc-1 0: eni-1 (active) CreateRoute\nerror: route table "
		"rtb-b is missing in EC2's response: check that the table exists in this account "
		"and region\noutcome 1\n"},
	{.name = "denied",
		.cloud = {.faults = {{EC2_DESCRIBE_ROUTE_TABLES, 1, "UnauthorizedOperation",
				  "You are not authorized."}}},
		.calls = READ_ALL,
		.result = "error: " NOT_PERMITTED("DescribeRouteTables", "*",
			"*") "UnauthorizedOperation: You are not authorized.\noutcome 4\n"},
	{.name = "lost",
		.cloud = {.faults = {{EC2_DESCRIBE_ROUTE_TABLES, 1, LOST}}},
		.tables = only_a,
		.calls = READ_A,
		.result = "error: DescribeRouteTables: the connection broke\n"
			  "outcome 1\n"},
};

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct overlay_routes routes = make_routes(cases[i].tables);
		_cleanup_(ec2_memory_done) struct ec2_memory cloud = cases[i].cloud;
		_cleanup_(overlay_read_done) struct overlay_read read;
		_cleanup_(strbuf_done) struct strbuf result = {0};

		print_message("%s\n", cases[i].name);
		if (cases[i].any_vpc)
			routes.vpc = NULL;
		overlay_read_init(&read, &routes);
		const struct flow flow = overlay_read_flow(&read);
		ec2_memory_run_within(&cloud, &flow, 10);
		print_read(&read, &result);
		assert_string_equal(strbuf_text(&result), cases[i].result);
		assert_string_equal(strbuf_text(&cloud.calls), cases[i].calls);
		assert_true(read.has_ended);
	}
}

/* A list that goes on for ever is given up. */
static void test_endless_list(void **state)
{
	const struct overlay_routes routes = make_routes(NULL);
	_cleanup_(ec2_memory_done) struct ec2_memory cloud = {
		.tables = {{A, OURS}}, .endless = true};
	_cleanup_(overlay_read_done) struct overlay_read read;

	(void)state;
	overlay_read_init(&read, &routes);
	const struct flow flow = overlay_read_flow(&read);
	ec2_memory_run_within(&cloud, &flow, 200);
	assert_string_equal(read.error.text,
		"DescribeRouteTables: the list of route tables does not end after 100 pages: add the "
		"route table ids to the policy (key route-tables)");
	assert_int_equal(overlay_read_outcome(&read), OUTCOME_FAILED);
	assert_int_equal(cloud.n_calls, 100);
}

/* An unfinished read is not successful, even if a page was read. */
static void test_left_halfway(void **state)
{
	const struct overlay_routes routes = make_routes(NULL);
	_cleanup_(ec2_memory_done) struct ec2_memory cloud = {
		.tables = {{A, OURS}, {B, OURS}}, .page = 1};
	_cleanup_(overlay_read_done) struct overlay_read read;

	(void)state;
	overlay_read_init(&read, &routes);
	const struct flow flow = overlay_read_flow(&read);
	assert_int_equal(overlay_read_outcome(&read), OUTCOME_TIMEOUT);
	ec2_memory_run_rounds(&cloud, &flow, 1);
	assert_int_equal(overlay_read_outcome(&read), OUTCOME_TIMEOUT);
	ec2_memory_run_rounds(&cloud, &flow, 1);
	assert_int_equal(overlay_read_outcome(&read), OUTCOME_DONE);
	assert_int_equal(read.n_tables, 2);
}

/* An IPv6 address has a filter of its own. */
static void test_ipv6(void **state)
{
	struct overlay_routes routes = make_routes(NULL);
	_cleanup_(overlay_read_done) struct overlay_read read;
	_cleanup_(flow_batch_done) struct flow_batch batch;

	(void)state;
	assert_int_equal(ip_prefix_parse("fd00:1::10/128", &routes.destination), 0);
	overlay_read_init(&read, &routes);
	const struct flow flow = overlay_read_flow(&read);
	assert_int_equal(flow.next(flow.state, 0, 0, &batch), 0);
	assert_int_equal(batch.count, 1);
	assert_string_equal(
		batch.calls[0].parameters.filters[1].name, "route.destination-ipv6-cidr-block");
	assert_string_equal(batch.calls[0].parameters.filters[1].values[0], "fd00:1::10/128");
}

static void test_points_to(void **state)
{
	static const char *const enis[] = {"eni-3", OURS, NULL};
	static const char *const none[] = {NULL};
	struct overlay_route route = {.exists = true,
		.kind = EC2_TARGET_ENI,
		.target = OURS,
		.state = EC2_ROUTE_BLACKHOLE};

	(void)state;
	assert_true(overlay_route_points_to(&route, enis));
	assert_false(overlay_route_points_to(&route, none));
	route.kind = EC2_TARGET_INSTANCE;
	assert_false(overlay_route_points_to(&route, enis));
	route.kind = EC2_TARGET_ENI;
	strcpy(route.target, "eni-12");
	assert_false(overlay_route_points_to(&route, enis));
	assert_false(overlay_route_points_to(&(struct overlay_route){0}, enis));
}

static void test_words_name(void **state)
{
	static const struct {
		const char *words;
		bool name_it;
	} cases_of_words[] = {
		{"rtb-a", true},
		{"The routeTable IDs 'rtb-b,rtb-a' do not exist", true},
		{"rtb-ab, then rtb-a", true},
		{"rtb-ab", false},
		{"my-rtb-a", false},
		{"rtb-a0", false},
		{"rtb-a-", false},
		{"", false},
		{NULL, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases_of_words); i++)
		assert_int_equal(overlay_message_has_id(cases_of_words[i].words, A),
			cases_of_words[i].name_it);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_endless_list),
		cmocka_unit_test(test_left_halfway),
		cmocka_unit_test(test_ipv6),
		cmocka_unit_test(test_points_to),
		cmocka_unit_test(test_words_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
