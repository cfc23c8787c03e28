/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests deleting the routes of an overlay address: the requests, and the result of each response.
 */
#include "failover/overlay_delete.h"

#include "base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "overlay_cases.h" /* last, since the names of its macros are short */

static const struct error timed_out = {.outcome = OUTCOME_TIMEOUT, .text = "timed out"};
static const char *const only_a[] = {A, NULL};
static const char *const both[] = {A, B, NULL};
static const char *const enis[] = {"eni-0", OURS, NULL};

static const struct {
	const char *name;
	struct ec2_memory cloud;
	const char *const *tables; /* NULL: all of the VPC */
	bool force, spares_other_targets;
	const char *calls; /* NULL: not compared, for a route that is read many times */
	const char *result;
} cases[] = {
	{.name = "both are ours",
		.cloud = {.tables = {{A, OURS}, {B, "eni-0"}}},
		.tables = both,
		.calls = READ_BOTH DELETE(A) DELETE(B) READ_BOTH,
		.result = A ": deleted\n" B ": deleted\noutcome 0\n"},
	{.name = "ours, and a blackhole",
		.cloud = {.tables = {{A, OURS, EC2_ROUTE_BLACKHOLE}}},
		.tables = only_a,
		.calls = READ_A DELETE(A) READ_A,
		.result = A ": deleted\noutcome 0\n"},
	{.name = "there is none",
		.cloud = {.tables = {{A}, {B}}},
		.tables = both,
		.calls = READ_BOTH WAIT READ_BOTH,
		.result = A ": absent\n" B ": absent\noutcome 0\n"},
	{.name = "a stale read shows none",
		.cloud = {.tables = {{A, OURS}}, .stale_routes = {{1, 1, A, NULL}}},
		.tables = only_a,
		.calls = READ_A WAIT READ_A DELETE(A) READ_A,
		.result = A ": deleted\noutcome 0\n"},
	{.name = "there is none, and another node makes one",
		.cloud = {.tables = {{A}}, .route_events = {{2, A, THEIRS}}},
		.tables = only_a,
		.calls = READ_A WAIT READ_A,
		.result = A ": left: route to 192.168.10.16/32 points to eni-2 (active), not "
			    "to this host: to delete the route anyway, use --force\n"
			    "outcome 1\n"},
	{.name = "by force, and there is none",
		.cloud = {.tables = {{A}}},
		.tables = only_a,
		.force = true,
		.calls = READ_A DELETE(A) READ_A,
		.result = A ": absent\noutcome 0\n"},
	{.name = "by force, and a stale read shows none",
		.cloud = {.tables = {{A, THEIRS}}, .stale_routes = {{1, 1, A, NULL}}},
		.tables = only_a,
		.force = true,
		.calls = READ_A DELETE(A) READ_A,
		.result = A ": deleted\noutcome 0\n"},
	{.name = "another node's is spared, as is ours in a stale read",
		.cloud = {.tables = {{A, OURS}, {B, THEIRS}}, .stale_routes = {{1, 1, A, THEIRS}}},
		.tables = both,
		.spares_other_targets = true,
		.calls = READ_BOTH WAIT READ_BOTH DELETE(A) READ_A,
		.result = A ": deleted\n" B ": left: route to 192.168.10.16/32 points to "
			    "eni-2 (active), not to this host: to delete the route anyway, use "
			    "--force\noutcome 3\n"},
	{.name = "no table of the VPC has it",
		.cloud = {.tables = {{A}, {B}}},
		.calls = READ_ALL,
		.result = "outcome 0\n"},
	{.name = "tables are found by the route",
		.cloud = {.tables = {{A}, {B, OURS}}},
		.calls = READ_ALL DELETE(B) READ_B,
		.result = B ": deleted\noutcome 0\n"},
	{.name = "another node has it",
		.cloud = {.tables = {{A, THEIRS, .instance = "i-2"}, {B, OURS}}},
		.tables = both,
		.calls = READ_BOTH DELETE(B) READ_B,
		.result = A ": left: route to 192.168.10.16/32 points to eni-2 (i-2, active), "
			    "not to this host: to delete the route anyway, use --force\n" B
			    ": deleted\noutcome 3\n"},
	{.name = "nothing has it any more",
		.cloud = {.tables = {{A, "i-2", EC2_ROUTE_BLACKHOLE, .kind = EC2_TARGET_INSTANCE}}},
		.tables = only_a,
		.calls = READ_A,
		.result = A ": left: route to 192.168.10.16/32 points to i-2 (blackhole), not "
			    "to this host: to delete the route anyway, use --force\n"
			    "outcome 1\n"},
	{.name = "by force, from any holder",
		.cloud = {.tables = {{A, THEIRS},
				  {B, "tgw-1", .kind = EC2_TARGET_TRANSIT_GATEWAY}}},
		.tables = both,
		.force = true,
		.calls = READ_BOTH DELETE(A) DELETE(B) READ_BOTH,
		.result = A ": deleted\n" B ": deleted\noutcome 0\n"},
	{.name = "a Route Server's, even by force",
		.cloud = {.tables = {{A, OURS, .origin = EC2_ORIGIN_ADVERTISEMENT}}},
		.tables = only_a,
		.force = true,
		.calls = READ_A,
		.result = A ": left: route to 192.168.10.16/32 is advertised by a Route "
			    "Server: not changed\noutcome 1\n"},
	{.name = "ours, with a Route Server's below it",
		.cloud = {.tables = {{A, OURS, .advertised_too = true}}},
		.tables = only_a,
		.calls = READ_A DELETE(A) READ_A,
		.result = A ": deleted\noutcome 0\n"},
	{.name = "another program deletes it meanwhile",
		.cloud = {.tables = {{A, OURS}}, .route_events = {{2, A, NULL}}},
		.tables = only_a,
		.calls = READ_A DELETE(A) READ_A,
		.result = A ": deleted\noutcome 0\n"},
	{.name = "the same in other words",
		.cloud = {.tables = {{A, OURS}},
			.route_events = {{2, A, NULL}},
			.faults = {{EC2_DELETE_ROUTE, 1, "InvalidParameterValue",
				"There is no route defined for '192.168.10.16/32'."}}},
		.tables = only_a,
		.calls = READ_A DELETE(A) READ_A,
		.result = A ": deleted\noutcome 0\n"},
	{.name = "EC2 responds that there is none, but there is one: never reported as done",
		.cloud = {.tables = {{A, OURS}},
			.faults = {{EC2_DELETE_ROUTE, 1, "InvalidRoute.NotFound"}}},
		.tables = only_a,
		.result = A ": failed: route to 192.168.10.16/32 still points to eni-1 "
			    "(active), although EC2 accepted the change\noutcome 5\n"},
	{.name = "another program creates it again",
		.cloud = {.tables = {{A, OURS}}, .route_events = {{3, A, THEIRS}}},
		.tables = only_a,
		.result = A ": failed: route to 192.168.10.16/32 points to eni-2 "
			    "(active): check in CloudTrail which program creates "
			    "the route again\noutcome 1\n"},
	{.name = "two reads are stale",
		.cloud = {.tables = {{A, OURS}},
			.route_events = {{7, A, NULL}},
			.faults = {{EC2_DELETE_ROUTE, 1, NOTHING}}},
		.tables = only_a,
		.calls = READ_A DELETE(A) READ_A WAIT READ_A WAIT READ_A WAIT READ_A WAIT READ_A,
		.result = A ": deleted\noutcome 0\n"},
	{.name = "a response is lost, and it was done",
		.cloud = {.tables = {{A, OURS}},
			.faults = {{EC2_DELETE_ROUTE, 1, LOST, .done = true}}},
		.tables = only_a,
		.calls = READ_A DELETE(A) WAIT READ_A,
		.result = A ": deleted\noutcome 0\n"},
	{.name = "a response is lost, and it was not done",
		.cloud = {.tables = {{A, OURS}}, .faults = {{EC2_DELETE_ROUTE, 1, LOST}}},
		.tables = only_a,
		.result = A ": failed: route to 192.168.10.16/32 still points to eni-1 "
			    "(active): DeleteRoute: the connection broke\noutcome 1\n"},
	{.name = "a response is lost, and so is the read's",
		.cloud = {.tables = {{A, OURS}},
			.faults = {{EC2_DELETE_ROUTE, 1, LATE},
				{EC2_DESCRIBE_ROUTE_TABLES, 2, LATE}}},
		.tables = only_a,
		.calls = READ_A DELETE(A) WAIT READ_A,
		.result = A ": failed: unknown whether the route was changed: DeleteRoute: "
			    "timed out: no response\noutcome 5\n"},
	{.name = "the response to the first read is lost",
		.cloud = {.tables = {{A, OURS}}, .faults = {{EC2_DESCRIBE_ROUTE_TABLES, 1, LATE}}},
		.tables = only_a,
		.calls = READ_A,
		.result = "error: DescribeRouteTables: timed out: no response\n"
			  "outcome 5\n"},
	{.name = "a table vanishes afterwards: never taken for done",
		.cloud = {.tables = {{A, OURS}}, .route_events = {{3, A, NULL, .vanishes = true}}},
		.tables = only_a,
		.result = A ": failed: the table is missing in EC2's response after the change: "
			    "check in EC2 whether the route table was deleted\noutcome 1\n"},
	{.name = "one is denied",
		.cloud = {.tables = {{A, OURS}, {B, OURS}},
			.faults = {{EC2_DELETE_ROUTE, 1, "UnauthorizedOperation",
				"You are not authorized.", .subject = A}}},
		.tables = both,
		.calls = READ_BOTH DELETE(A) DELETE(B) READ_B,
		.result = A ": failed: " NOT_PERMITTED("DeleteRoute", "rtb-a",
			TABLE_ARN "rtb-a") "UnauthorizedOperation: You are not authorized.\n" B
					   ": deleted\noutcome 3\n"},
	{.name = "all are denied",
		.cloud = {.tables = {{A, OURS}},
			.faults = {{EC2_DELETE_ROUTE, 1, "UnauthorizedOperation"}}},
		.tables = only_a,
		.calls = READ_A DELETE(A),
		.result = A ": failed: " NOT_PERMITTED("DeleteRoute", "rtb-a",
			TABLE_ARN "rtb-a") "UnauthorizedOperation\noutcome 4\n"},
	{.name = "a response that is not valid here",
		.cloud = {.tables = {{A, OURS}},
			.faults = {{EC2_DELETE_ROUTE, 1, "RouteAlreadyExists"}}},
		.tables = only_a,
		.calls = READ_A DELETE(A),
		.result = A ": failed: DeleteRoute: RouteAlreadyExists\noutcome 1\n"},
	{.name = "a table of another VPC: nothing is changed",
		.cloud = {.tables = {{A, OURS}, {B, OURS, .vpc = "vpc-2"}}},
		.tables = both,
		.force = true,
		.calls = READ_BOTH,
		.result = "error: route table rtb-b belongs to VPC vpc-2, not to this "
			  "host's VPC, vpc-1\noutcome 2\n"},
	{.name = "a table is missing in EC2's response: nothing is changed",
		.cloud = {.tables = {{A, OURS}}},
		.tables = both,
		.calls = READ_BOTH,
		.result = "error: route table rtb-b is missing in EC2's response: check "
			  "that the table exists in this account and region\noutcome 1\n"},
};

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct overlay_delete_goal goal = {
			.routes = make_routes(cases[i].tables),
			.enis = cases[i].force ? NULL : enis,
			.force = cases[i].force,
			.spares_other_targets = cases[i].spares_other_targets,
		};
		_cleanup_(ec2_memory_done) struct ec2_memory cloud = cases[i].cloud;
		_cleanup_(overlay_delete_done) struct overlay_delete deletion;
		_cleanup_(strbuf_done) struct strbuf result = {0};

		print_message("%s\n", cases[i].name);
		overlay_delete_init(&deletion, &goal);
		const struct flow flow = overlay_delete_flow(&deletion);
		cloud.deadline = DEADLINE;
		cloud.tells_waits = true;
		if (!ec2_memory_run(&cloud, &flow))
			overlay_change_expire(&deletion.change, &timed_out);
		print_tables(
			&deletion.change.read, overlay_change_outcome(&deletion.change), &result);
		assert_string_equal(strbuf_text(&result), cases[i].result);
		if (cases[i].calls)
			assert_string_equal(strbuf_text(&cloud.calls), cases[i].calls);
	}
}

/* Left halfway, at every place, it is no success; also where no table is known yet. */
static void test_left_halfway(void **state)
{
	const struct overlay_delete_goal goal = {.routes = make_routes(NULL), .enis = enis};

	(void)state;
	for (unsigned rounds = 0; rounds < 4; rounds++) {
		_cleanup_(ec2_memory_done) struct ec2_memory cloud = {
			.tables = {{A, OURS}}, .faults = {{EC2_DELETE_ROUTE, 1, NOTHING}}};
		_cleanup_(overlay_delete_done) struct overlay_delete deletion;

		overlay_delete_init(&deletion, &goal);
		const struct flow flow = overlay_delete_flow(&deletion);
		ec2_memory_run_rounds(&cloud, &flow, rounds);
		assert_int_equal(overlay_change_outcome(&deletion.change), OUTCOME_TIMEOUT);
	}
}

static void test_left_without_tables(void **state)
{
	const struct overlay_delete_goal goal = {.routes = make_routes(NULL), .enis = enis};
	_cleanup_(ec2_memory_done) struct ec2_memory cloud = {.tables = {{A}}};
	_cleanup_(overlay_delete_done) struct overlay_delete deletion;

	(void)state;
	overlay_delete_init(&deletion, &goal);
	const struct flow flow = overlay_delete_flow(&deletion);
	ec2_memory_run_rounds(&cloud, &flow, 1);
	assert_int_equal(overlay_change_outcome(&deletion.change), OUTCOME_TIMEOUT);
	ec2_memory_run_within(&cloud, &flow, 1);
	assert_int_equal(overlay_change_outcome(&deletion.change), OUTCOME_DONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_left_halfway),
		cmocka_unit_test(test_left_without_tables),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
