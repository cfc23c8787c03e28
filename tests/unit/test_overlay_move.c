/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests moving and creating the routes of an overlay address: the requests in their order, and the
 * result of each response. Calls and results are compared completely.
 */
#include "failover/overlay_move.h"

#include "base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "overlay_cases.h" /* last, since the names of its macros are short */

#define RESULT_DONE "outcome 0\n"
#define RESULT_FAILED "outcome 1\n"
#define RESULT_DIFFERS "outcome 3\n"
#define RESULT_DENIED "outcome 4\n"
#define RESULT_TIMEOUT "outcome 5\n"
#define ROUTE_UNSEEN ", although EC2 accepted the change\n" RESULT_TIMEOUT

static const struct error timed_out = {.outcome = OUTCOME_TIMEOUT, .text = "timed out"};
static const char *const only_a[] = {A, NULL};
static const char *const both[] = {A, B, NULL};

/* The changes that move and create may make. */
enum may {
	REPLACES, /* "overlay move" */
	CREATES, /* "overlay create" */
	DOES_BOTH,
};

struct move_case {
	const char *name;
	struct ec2_memory cloud;
	const char *const *tables; /* NULL: all of the VPC */
	enum may may;
	const char *calls; /* NULL: not compared, for a route that is read many times */
	const char *result;
	bool may_have_changed;
};

static const struct move_case cases[] = {
	{.name = "both point elsewhere",
		.cloud = {.tables = {{A, THEIRS}, {B, THEIRS}}},
		.tables = both,
		.calls = READ_BOTH REPLACE(A) REPLACE(B) READ_BOTH,
		.result = A ": moved\n" B ": moved\n" RESULT_DONE,
		.may_have_changed = true},
	{.name = "of all in the VPC, a route to a VPC endpoint and one to a transit gateway are "
		 "left",
		.cloud = {.tables = {{A, "vpce-1", .kind = EC2_TARGET_GATEWAY}, {B, THEIRS},
				  {"rtb-c", "tgw-1", .kind = EC2_TARGET_TRANSIT_GATEWAY}}},
		.calls = READ_ALL REPLACE(B) READ_B,
		.result = B ": moved\n" RESULT_DONE,
		.may_have_changed = true},
	{.name = "of all in the VPC, none points to an ENI",
		.cloud = {.tables = {{A, "vpce-1", .kind = EC2_TARGET_GATEWAY}}},
		.calls = READ_ALL,
		.result = "error: no route table of VPC vpc-1 has a route to 192.168.10.16/32 "
			  "that points to an ENI or an instance, but the route in rtb-a points to "
			  "vpce-1: add the route table ids to the policy "
			  "(key route-tables)\n" RESULT_FAILED},
	{.name = "named: a route to a VPC endpoint is moved",
		.cloud = {.tables = {{A, "vpce-1", .kind = EC2_TARGET_GATEWAY}}},
		.tables = only_a,
		.calls = READ_A REPLACE(A) READ_A,
		.result = A ": moved\n" RESULT_DONE,
		.may_have_changed = true},
	{.name = "all is in place",
		.cloud = {.tables = {{A, OURS}, {B, OURS}}},
		.tables = both,
		.calls = READ_BOTH REPLACE(A) REPLACE(B) READ_BOTH,
		.result = A ": in place\n" B ": in place\n" RESULT_DONE,
		.may_have_changed = true},
	{.name = "to create: all is in place, which CreateRoute confirms",
		.cloud = {.tables = {{A, OURS}}},
		.tables = only_a,
		.may = CREATES,
		.calls = READ_A CREATE(A) READ_A,
		.result = A ": in place\n" RESULT_DONE,
		.may_have_changed = true},
	{.name = "in place in a stale read",
		.cloud = {.tables = {{A, THEIRS}}, .stale_routes = {{1, 1, A, OURS}}},
		.tables = only_a,
		.calls = READ_A REPLACE(A) READ_A,
		.result = A ": in place\n" RESULT_DONE,
		.may_have_changed = true},
	{.name = "in place in stale reads, and nothing can confirm it",
		.cloud = {.tables = {{A, THEIRS}},
			.stale_routes = {{1, 1, A, OURS}},
			.faults = {{EC2_REPLACE_ROUTE, 0, "UnauthorizedOperation"}}},
		.tables = only_a,
		.calls = READ_A REPLACE(A) WAIT READ_A REPLACE(A),
		.result = A ": failed: " NOT_PERMITTED("ReplaceRoute", "rtb-a",
			TABLE_ARN "rtb-a") "UnauthorizedOperation\n" RESULT_DENIED},
	{.name = "in place, and only reads can confirm it",
		.cloud = {.tables = {{A, OURS}},
			.faults = {{EC2_REPLACE_ROUTE, 0, "UnauthorizedOperation"}}},
		.tables = only_a,
		.calls = READ_A REPLACE(A) WAIT READ_A,
		.result = A ": in place\n" RESULT_DONE},
	{.name = "to create: in place in a stale read",
		.cloud = {.tables = {{A, THEIRS, .instance = "i-2"}},
			.stale_routes = {{1, 1, A, OURS}}},
		.tables = only_a,
		.may = CREATES,
		.calls = READ_A CREATE(A) READ_A,
		.result = A ": failed: route to 192.168.10.16/32 points to eni-2 (i-2, "
			    "active): run \"myha overlay create sapascs\" on i-2, or move the "
			    "route with \"myha overlay move sapascs\"\n" RESULT_FAILED},
	{.name = "in place, and gone by now",
		.cloud = {.tables = {{A}}, .stale_routes = {{1, 1, A, OURS}}},
		.tables = only_a,
		.may = DOES_BOTH,
		.calls = READ_A REPLACE(A) CREATE(A) READ_A,
		.result = A ": moved\n" RESULT_DONE,
		.may_have_changed = true},
	{.name = "one is in place",
		.cloud = {.tables = {{A, OURS}, {B, THEIRS}}},
		.tables = both,
		.calls = READ_BOTH REPLACE(A) REPLACE(B) READ_BOTH,
		.result = A ": in place\n" B ": moved\n" RESULT_DONE,
		.may_have_changed = true},
	{.name = "ours, but a blackhole",
		.cloud = {.tables = {{A, OURS, EC2_ROUTE_BLACKHOLE}}},
		.tables = only_a,
		.calls = READ_A REPLACE(A) READ_A,
		.result = A ": moved\n" RESULT_DONE,
		.may_have_changed = true},
	{.name = "to create: ours, but a blackhole",
		.cloud = {.tables = {{A, OURS, EC2_ROUTE_BLACKHOLE}}},
		.tables = only_a,
		.may = CREATES,
		.calls = READ_A REPLACE(A) READ_A,
		.result = A ": moved\n" RESULT_DONE,
		.may_have_changed = true},
	{.name = "no route, and none may be made",
		.cloud = {.tables = {{A}}},
		.tables = only_a,
		.calls = READ_A,
		.result = A ": left: no route to 192.168.10.16/32: create the route with \"myha "
			    "overlay create sapascs\"\n" RESULT_FAILED},
	{.name = "no route, and one is made",
		.cloud = {.tables = {{A}}},
		.tables = only_a,
		.may = CREATES,
		.calls = READ_A CREATE(A) READ_A,
		.result = A ": moved\n" RESULT_DONE,
		.may_have_changed = true},
	{.name = "to create, where there is one to another host",
		.cloud = {.tables = {{A, THEIRS, .instance = "i-2"}, {B}}},
		.tables = both,
		.may = CREATES,
		.calls = READ_BOTH,
		.result = A
		": left: route to 192.168.10.16/32 points to eni-2 (i-2, active): run "
		"\"myha overlay create sapascs\" on i-2, or move the route with \"myha overlay "
		"move sapascs\"\n" B
		": left: no route to 192.168.10.16/32 was created, since the route in another "
		"table points elsewhere\n" RESULT_FAILED},
	{.name = "to create, where one is in place and another points elsewhere",
		.cloud = {.tables = {{A, OURS}, {B, THEIRS, .origin = EC2_ORIGIN_ADVERTISEMENT}}},
		.tables = both,
		.may = CREATES,
		.calls = READ_BOTH,
		.result = A ": in place\n" B
			    ": left: route to 192.168.10.16/32 is advertised by a Route "
			    "Server: not changed\n" RESULT_DIFFERS},
	{.name = "to create, where there is one to nothing",
		.cloud = {.tables = {{A, "i-2", EC2_ROUTE_BLACKHOLE, .instance = "i-2",
				  .kind = EC2_TARGET_INSTANCE}}},
		.tables = only_a,
		.may = CREATES,
		.calls = READ_A,
		.result = A ": left: route to 192.168.10.16/32 points to i-2 (blackhole): "
			    "move the route with \"myha overlay move sapascs\"\n" RESULT_FAILED},
	{.name = "another program creates the route meanwhile, and it may be replaced",
		.cloud = {.tables = {{A}}, .route_events = {{2, A, THEIRS}}},
		.tables = only_a,
		.may = DOES_BOTH,
		.calls = READ_A CREATE(A) REPLACE(A) READ_A,
		.result = A ": moved\n" RESULT_DONE,
		.may_have_changed = true},
	{.name = "another program creates the route meanwhile, and it may not be replaced",
		.cloud = {.tables = {{A}}, .route_events = {{2, A, THEIRS}}},
		.tables = only_a,
		.may = CREATES,
		.calls = READ_A CREATE(A) READ_A,
		.result = A ": failed: route to 192.168.10.16/32 points to eni-2 (active): "
			    "move the route with \"myha overlay move sapascs\"\n" RESULT_FAILED},
	{.name = "the same, and it goes again",
		.cloud = {.tables = {{A}}, .route_events = {{2, A, THEIRS}, {3, A, NULL}}},
		.tables = only_a,
		.may = CREATES,
		.result = A ": failed: route to 192.168.10.16/32 does not exist: check in "
			    "CloudTrail which program deletes the route\n" RESULT_FAILED},
	{.name = "the same, and the route cannot be read again",
		.cloud = {.tables = {{A}},
			.route_events = {{2, A, THEIRS}},
			.faults = {{EC2_DESCRIBE_ROUTE_TABLES, 2, LATE}}},
		.tables = only_a,
		.may = CREATES,
		.calls = READ_A CREATE(A) READ_A,
		.result = A ": failed: the route could not be read again: "
			    "DescribeRouteTables: timed out: no response\n" RESULT_TIMEOUT},
	{.name = "it is gone meanwhile, and may be made",
		.cloud = {.tables = {{A, THEIRS}}, .route_events = {{2, A, NULL}}},
		.tables = only_a,
		.may = DOES_BOTH,
		.calls = READ_A REPLACE(A) CREATE(A) READ_A,
		.result = A ": moved\n" RESULT_DONE,
		.may_have_changed = true},
	{.name = "it is gone meanwhile, and may not be made",
		.cloud = {.tables = {{A, THEIRS}}, .route_events = {{2, A, NULL}}},
		.tables = only_a,
		.calls = READ_A REPLACE(A),
		.result = A ": failed: no route to 192.168.10.16/32: create the route with \"myha "
			    "overlay create sapascs\"\n" RESULT_FAILED},
	{.name = "it is gone by EC2's other word",
		.cloud = {.tables = {{A, THEIRS}},
			.route_events = {{2, A, NULL}},
			.faults = {{EC2_REPLACE_ROUTE, 1, "InvalidRoute.NotFound"}}},
		.tables = only_a,
		.may = DOES_BOTH,
		.calls = READ_A REPLACE(A) CREATE(A) READ_A,
		.result = A ": moved\n" RESULT_DONE,
		.may_have_changed = true},
	{.name = "it comes and goes for ever",
		.cloud = {.tables = {{A, THEIRS}},
			.faults = {{EC2_REPLACE_ROUTE, 0, "InvalidRoute.NotFound"},
				{EC2_CREATE_ROUTE, 0, "RouteAlreadyExists", "It exists."}}},
		.tables = only_a,
		.may = DOES_BOTH,
		.calls = READ_A REPLACE(A) CREATE(A) REPLACE(A) CREATE(A) REPLACE(A) CREATE(A),
		.result = A
		": failed: CreateRoute: RouteAlreadyExists: It exists.\n" RESULT_FAILED},
	{.name = "one table is denied",
		.cloud = {.tables = {{A, THEIRS}, {B, THEIRS}},
			.faults = {{EC2_REPLACE_ROUTE, 0, "UnauthorizedOperation",
				"You are not authorized to perform this operation.",
				.subject = A}}},
		.tables = both,
		.calls = READ_BOTH REPLACE(A) REPLACE(B) READ_B,
		.result = A ": failed: " NOT_PERMITTED("ReplaceRoute", "rtb-a",
			TABLE_ARN "rtb-a") "UnauthorizedOperation\n" B ": moved\n" RESULT_DIFFERS,
		.may_have_changed = true},
	{.name = "all are denied",
		.cloud = {.tables = {{A, THEIRS}, {B, THEIRS}},
			.faults = {{EC2_REPLACE_ROUTE, 0, "UnauthorizedOperation"}}},
		.tables = both,
		.calls = READ_BOTH REPLACE(A) REPLACE(B),
		.result = A ": failed: " NOT_PERMITTED("ReplaceRoute", "rtb-a",
			TABLE_ARN
			"rtb-a") "UnauthorizedOperation\n" B
				 ": failed: " NOT_PERMITTED("ReplaceRoute", "rtb-b",
					 TABLE_ARN
					 "rtb-b") "UnauthorizedOperation\n" RESULT_DENIED},
	{.name = "one fails, another is denied: that is more than denied",
		.cloud = {.tables = {{A}, {B, THEIRS}},
			.faults = {{EC2_REPLACE_ROUTE, 0, "UnauthorizedOperation", .subject = B}}},
		.tables = both,
		.calls = READ_BOTH REPLACE(B),
		.result = A ": left: no route to 192.168.10.16/32: create the route with \"myha "
			    "overlay create sapascs\"\n" B
			    ": failed: " NOT_PERMITTED("ReplaceRoute", "rtb-b",
				    TABLE_ARN "rtb-b") "UnauthorizedOperation\n" RESULT_FAILED},
	{.name = "the read is denied",
		.cloud = {.tables = {{A, THEIRS}},
			.faults = {{EC2_DESCRIBE_ROUTE_TABLES, 1, "UnauthorizedOperation",
				"You are not authorized."}}},
		.tables = only_a,
		.calls = READ_A,
		.result = "error: " NOT_PERMITTED("DescribeRouteTables", "*",
			"*") "UnauthorizedOperation: You are not authorized.\n" RESULT_DENIED},
	{.name = "a response is lost, and the read shows that it was done",
		.cloud = {.tables = {{A, THEIRS}},
			.faults = {{EC2_REPLACE_ROUTE, 1, LOST, .done = true}}},
		.tables = only_a,
		.calls = READ_A REPLACE(A) WAIT READ_A,
		.result = A ": moved\n" RESULT_DONE,
		.may_have_changed = true},
	{.name = "a response is lost, and it was not done",
		.cloud = {.tables = {{A, THEIRS}}, .faults = {{EC2_REPLACE_ROUTE, 1, LOST}}},
		.tables = only_a,
		.result = A ": failed: route to 192.168.10.16/32 still points to eni-2 "
			    "(active): ReplaceRoute: the connection broke\n" RESULT_FAILED,
		.may_have_changed = true},
	{.name = "a response is lost, and so is the read's",
		.cloud = {.tables = {{A, THEIRS}},
			.faults = {{EC2_REPLACE_ROUTE, 1, LATE},
				{EC2_DESCRIBE_ROUTE_TABLES, 2, LATE}}},
		.tables = only_a,
		.calls = READ_A REPLACE(A) WAIT READ_A,
		.result = A ": failed: unknown whether the route was changed: ReplaceRoute: "
			    "timed out: no response\n" RESULT_TIMEOUT,
		.may_have_changed = true},
	{.name = "the response to the first read is lost",
		.cloud = {.tables = {{A, THEIRS}},
			.faults = {{EC2_DESCRIBE_ROUTE_TABLES, 1, LATE}}},
		.tables = only_a,
		.calls = READ_A,
		.result = "error: DescribeRouteTables: timed out: no response\n" RESULT_TIMEOUT},
	{.name = "the read afterwards fails",
		.cloud = {.tables = {{A, THEIRS}, {B, THEIRS}},
			.faults = {{EC2_DESCRIBE_ROUTE_TABLES, 2, "InternalError"}}},
		.tables = both,
		.calls = READ_BOTH REPLACE(A) REPLACE(B) READ_BOTH,
		.result = A ": failed: the route was changed, but could not be read back: "
			    "DescribeRouteTables: InternalError\n" B
			    ": failed: the route was changed, but could not be read back: "
			    "DescribeRouteTables: InternalError\n" RESULT_FAILED,
		.may_have_changed = true},
	{.name = "some reads are stale",
		.cloud = {.tables = {{A, THEIRS}},
			.route_events = {{5, A, OURS}},
			.faults = {{EC2_REPLACE_ROUTE, 1, NOTHING}}},
		.tables = only_a,
		.calls = READ_A REPLACE(A) READ_A WAIT READ_A WAIT READ_A,
		.result = A ": moved\n" RESULT_DONE,
		.may_have_changed = true},
	{.name = "accepted, and not done",
		.cloud = {.tables = {{A, THEIRS, .instance = "i-2"}},
			.faults = {{EC2_REPLACE_ROUTE, 1, NOTHING}}},
		.tables = only_a,
		.result = A ": failed: route to 192.168.10.16/32 still points to eni-2 (i-2, "
			    "active)" ROUTE_UNSEEN,
		.may_have_changed = true},
	{.name = "accepted, and one of two is not to be seen",
		.cloud = {.tables = {{A, THEIRS}, {B, THEIRS}},
			.faults = {{EC2_REPLACE_ROUTE, 1, NOTHING, .subject = A}}},
		.tables = both,
		.result = A ": failed: route to 192.168.10.16/32 still points to eni-2 "
			    "(active), although EC2 accepted the change\n" B
			    ": moved\n" RESULT_TIMEOUT,
		.may_have_changed = true},
	{.name = "accepted, and reads for 20 seconds are stale",
		.cloud = {.tables = {{A, THEIRS}}, .stale_routes = {{2, 30, A, THEIRS}}},
		.tables = only_a,
		.result = A ": moved\n" RESULT_DONE,
		.may_have_changed = true},
	{.name = "accepted, and some reads are older than the first one",
		.cloud = {.tables = {{A, THEIRS}},
			.stale_routes = {{2, 2, A, "eni-3"}, {3, 3, A, NULL}}},
		.tables = only_a,
		.calls = READ_A REPLACE(A) READ_A WAIT READ_A WAIT READ_A,
		.result = A ": moved\n" RESULT_DONE,
		.may_have_changed = true},
	{.name = "accepted, and another node takes it over",
		.cloud = {.tables = {{A, THEIRS}}, .route_events = {{3, A, "eni-3"}}},
		.tables = only_a,
		.result = A ": failed: route to 192.168.10.16/32 points to eni-3 (active): "
			    "check in CloudTrail which program changes the route\n" RESULT_FAILED,
		.may_have_changed = true},
	{.name = "accepted, and removed",
		.cloud = {.tables = {{A, THEIRS}}, .route_events = {{3, A, NULL}}},
		.tables = only_a,
		.result = A ": failed: route to 192.168.10.16/32 does not exist: check in "
			    "CloudTrail which program deletes the route\n" RESULT_FAILED,
		.may_have_changed = true},
	{.name = "throttled to the end: that is a refusal",
		.cloud = {.tables = {{A, THEIRS}}, .faults = {{EC2_REPLACE_ROUTE, 1, PUT_OFF}}},
		.tables = only_a,
		.calls = READ_A REPLACE(A),
		.result = A ": failed: ReplaceRoute: timed out, last error: "
			    "RequestLimitExceeded\n" RESULT_TIMEOUT},
	{.name = "made, and gone",
		.cloud = {.tables = {{A}}, .faults = {{EC2_CREATE_ROUTE, 1, NOTHING}}},
		.tables = only_a,
		.may = CREATES,
		.result = A ": failed: route to 192.168.10.16/32 does not exist" ROUTE_UNSEEN,
		.may_have_changed = true},
	{.name = "a blackhole for good",
		.cloud = {.tables = {{A, OURS, EC2_ROUTE_BLACKHOLE}},
			.faults = {{EC2_REPLACE_ROUTE, 1, NOTHING}}},
		.tables = only_a,
		.result = A ": failed: route to 192.168.10.16/32 points to eni-1 (blackhole), "
			    "which drops the traffic: check that the ENI is attached to a "
			    "running instance\n" RESULT_FAILED,
		.may_have_changed = true},
	{.name = "a table is missing in the responses after the change: never reported as done",
		.cloud = {.tables = {{A, THEIRS}, {B, THEIRS}},
			.route_events = {{4, A, OURS, .vanishes = true}}},
		.tables = both,
		.result = A ": failed: the table is missing in EC2's response after the change: "
			    "check in EC2 whether the route table was deleted\n" B
			    ": moved\n" RESULT_DIFFERS,
		.may_have_changed = true},
	{.name = "a table is deleted after the change: the others are still read back",
		.cloud = {.tables = {{A, THEIRS}, {B, THEIRS}},
			.faults = {{EC2_DESCRIBE_ROUTE_TABLES, 2, "InvalidRouteTableID.NotFound",
				"The routeTable ID 'rtb-a' does not exist"}}},
		.tables = both,
		.calls = READ_BOTH REPLACE(A) REPLACE(B) READ_BOTH WAIT READ_B,
		.result = A ": failed: the route was changed, but could not be read back: "
			    "DescribeRouteTables: InvalidRouteTableID.NotFound: The routeTable ID "
			    "'rtb-a' does not exist\n" B ": moved\n" RESULT_DIFFERS,
		.may_have_changed = true},
	{.name = "the ENI was made a moment ago",
		.cloud = {.tables = {{A, THEIRS}, {B, THEIRS}},
			.faults = {{EC2_REPLACE_ROUTE, 1, "InvalidNetworkInterfaceID.NotFound",
				.last = 2, .subject = A}}},
		.tables = both,
		.calls = READ_BOTH REPLACE(A) REPLACE(B) WAIT REPLACE(A) WAIT REPLACE(A) READ_BOTH,
		.result = A ": moved\n" B ": moved\n" RESULT_DONE,
		.may_have_changed = true},
	{.name = "the ENI does not exist",
		.cloud = {.tables = {{A, THEIRS}},
			.faults = {{EC2_REPLACE_ROUTE, 0, "InvalidNetworkInterfaceID.NotFound",
				"The networkInterface ID 'eni-1' does not exist"}}},
		.tables = only_a,
		.calls = READ_A REPLACE(A) WAIT REPLACE(A) WAIT REPLACE(A) WAIT REPLACE(A)
			WAIT REPLACE(A) WAIT REPLACE(A),
		.result = A ": failed: ReplaceRoute: InvalidNetworkInterfaceID.NotFound: The "
			    "networkInterface ID 'eni-1' does not exist: see \"myha eni "
			    "list\"\n" RESULT_FAILED},
	{.name = "the table was made a moment ago",
		.cloud = {.tables = {{A}},
			.faults = {{EC2_CREATE_ROUTE, 1, "InvalidRouteTableID.NotFound"}}},
		.tables = only_a,
		.may = CREATES,
		.calls = READ_A CREATE(A) WAIT CREATE(A) READ_A,
		.result = A ": moved\n" RESULT_DONE,
		.may_have_changed = true},
	{.name = "not yet in the state for it",
		.cloud = {.tables = {{A, THEIRS}},
			.faults = {{EC2_REPLACE_ROUTE, 1, "IncorrectState"}}},
		.tables = only_a,
		.calls = READ_A REPLACE(A) WAIT REPLACE(A) READ_A,
		.result = A ": moved\n" RESULT_DONE,
		.may_have_changed = true},
	{.name = "a Route Server's route",
		.cloud = {.tables = {{A, THEIRS, .origin = EC2_ORIGIN_ADVERTISEMENT}}},
		.tables = only_a,
		.may = DOES_BOTH,
		.calls = READ_A,
		.result = A ": left: route to 192.168.10.16/32 is advertised by a Route "
			    "Server: not changed\n" RESULT_FAILED},
	{.name = "a static route beside a Route Server's",
		.cloud = {.tables = {{A, THEIRS, .advertised_too = true}}},
		.tables = only_a,
		.calls = READ_A REPLACE(A) READ_A,
		.result = A ": moved\n" RESULT_DONE,
		.may_have_changed = true},
	{.name = "one must be left: the others are switched",
		.cloud = {.tables = {{A, THEIRS, .origin = EC2_ORIGIN_ADVERTISEMENT}, {B, THEIRS}}},
		.tables = both,
		.calls = READ_BOTH REPLACE(B) READ_B,
		.result = A ": left: route to 192.168.10.16/32 is advertised by a Route "
			    "Server: not changed\n" B ": moved\n" RESULT_DIFFERS,
		.may_have_changed = true},
	{.name = "a table of another VPC: nothing is changed",
		.cloud = {.tables = {{A, THEIRS}, {B, THEIRS, .vpc = "vpc-2"}}},
		.tables = both,
		.calls = READ_BOTH,
		.result = "error: route table rtb-b belongs to VPC vpc-2, not to this "
			  "host's VPC, vpc-1\noutcome 2\n"},
	{.name = "tables are found by the route",
		.cloud = {.tables = {{A, THEIRS}, {B}}},
		.calls = READ_ALL REPLACE(A) READ_A,
		.result = A ": moved\n" RESULT_DONE,
		.may_have_changed = true},
	{.name = "tables are found on several pages",
		.cloud = {.tables = {{A, THEIRS}, {B, THEIRS}}, .page = 1},
		.calls = READ_ALL READ_PAGE(" NextToken=1") REPLACE(A) REPLACE(B) READ_BOTH,
		.result = A ": moved\n" B ": moved\n" RESULT_DONE,
		.may_have_changed = true},
	{.name = "no table has the route",
		.cloud = {.tables = {{A}}},
		.calls = READ_ALL,
		.result =
			"error: no route table of VPC vpc-1 has a route to "
			"192.168.10.16/32: add the route table ids to the policy (key route-tables), "
			"then create the routes with \"myha overlay create sapascs\"\n" RESULT_FAILED},
};

static void check_case(const struct move_case *test)
{
	const struct overlay_move_goal goal = {
		.routes = make_routes(test->tables),
		.eni = OURS,
		.may_create = test->may != REPLACES,
		.may_replace = test->may != CREATES,
	};
	_cleanup_(ec2_memory_done) struct ec2_memory cloud = test->cloud;
	_cleanup_(overlay_move_done) struct overlay_move move;
	_cleanup_(strbuf_done) struct strbuf result = {0};

	print_message("%s\n", test->name);
	overlay_move_init(&move, &goal);
	const struct flow flow = overlay_move_flow(&move);
	cloud.deadline = DEADLINE;
	cloud.tells_waits = true;
	if (!ec2_memory_run(&cloud, &flow))
		overlay_change_expire(&move.change, &timed_out);
	print_tables(&move.change.read, overlay_change_outcome(&move.change), &result);
	assert_string_equal(strbuf_text(&result), test->result);
	if (test->calls)
		assert_string_equal(strbuf_text(&cloud.calls), test->calls);
	assert_int_equal(overlay_change_may_have_changed(&move.change), test->may_have_changed);
}

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		check_case(&cases[i]);
}

/* The route is read until the deadline, with longer and longer delays. */
static void test_waits(void **state)
{
	const struct overlay_move_goal goal = {
		.routes = make_routes(only_a), .eni = OURS, .may_replace = true};
	_cleanup_(ec2_memory_done) struct ec2_memory cloud = {.tables = {{A, THEIRS}},
		.faults = {{EC2_REPLACE_ROUTE, 1, NOTHING}},
		.deadline = DEADLINE};
	_cleanup_(overlay_move_done) struct overlay_move move;

	(void)state;
	overlay_move_init(&move, &goal);
	const struct flow flow = overlay_move_flow(&move);
	assert_false(ec2_memory_run(&cloud, &flow));
	assert_int_equal(overlay_change_outcome(&move.change), OUTCOME_TIMEOUT);
	assert_in_range(cloud.n_calls, 30, 40);
}

/* The previous routes are kept for the log, which names the previous holder. */
static void test_before(void **state)
{
	const struct overlay_move_goal goal = {
		.routes = make_routes(only_a), .eni = OURS, .may_replace = true};
	_cleanup_(ec2_memory_done) struct ec2_memory cloud = {
		.tables = {{A, THEIRS, .instance = "i-2"}}};
	_cleanup_(overlay_move_done) struct overlay_move move;

	(void)state;
	overlay_move_init(&move, &goal);
	const struct flow flow = overlay_move_flow(&move);
	ec2_memory_run_within(&cloud, &flow, 50);
	const struct overlay_route *before = &move.change.read.tables[0].before;
	assert_true(before->exists);
	assert_int_equal(before->kind, EC2_TARGET_ENI);
	assert_string_equal(before->target, THEIRS);
	assert_string_equal(before->instance, "i-2");
	assert_int_equal(before->state, EC2_ROUTE_ACTIVE);
	assert_int_equal(before->origin, EC2_ORIGIN_CREATE_ROUTE);
}

/* Left halfway, at every place: that is never a success, and what was sent may have been done. */
static void test_left_halfway(void **state)
{
	static const struct {
		unsigned rounds;
		bool may_have_changed;
	} places[] = {{0, false}, {1, false}, {2, true}, {3, true}};
	const struct overlay_move_goal goal = {
		.routes = make_routes(only_a), .eni = OURS, .may_replace = true};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		_cleanup_(ec2_memory_done) struct ec2_memory cloud = {
			.tables = {{A, THEIRS}}, .faults = {{EC2_REPLACE_ROUTE, 1, NOTHING}}};
		_cleanup_(overlay_move_done) struct overlay_move move;

		overlay_move_init(&move, &goal);
		const struct flow flow = overlay_move_flow(&move);
		ec2_memory_run_rounds(&cloud, &flow, places[i].rounds);
		assert_int_equal(overlay_change_outcome(&move.change), OUTCOME_TIMEOUT);
		assert_int_equal(
			overlay_change_may_have_changed(&move.change), places[i].may_have_changed);
	}
}

/* The flow gets no response for a call in progress. */
static void test_left_in_flight(void **state)
{
	const struct overlay_move_goal goal = {
		.routes = make_routes(only_a), .eni = OURS, .may_replace = true};
	_cleanup_(ec2_memory_done) struct ec2_memory cloud = {.tables = {{A, THEIRS}}};
	_cleanup_(overlay_move_done) struct overlay_move move;
	_cleanup_(flow_batch_done) struct flow_batch batch = {0};

	(void)state;
	overlay_move_init(&move, &goal);
	const struct flow flow = overlay_move_flow(&move);
	ec2_memory_run_rounds(&cloud, &flow, 1);
	assert_int_equal(flow.next(flow.state, 0, 0, &batch), 0);
	assert_int_equal(batch.count, 1);
	assert_int_equal(overlay_change_outcome(&move.change), OUTCOME_TIMEOUT);
	assert_true(overlay_change_may_have_changed(&move.change));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_waits),
		cmocka_unit_test(test_before),
		cmocka_unit_test(test_left_halfway),
		cmocka_unit_test(test_left_in_flight),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
