/* SPDX-License-Identifier: Apache-2.0 */
/* Routes are not switched to an ENI whose source/destination check may not be switched off. */
#include "failover/source_guard.h"

#include "failover/overlay_move.h"
#include "failover_cloud.h"

#include "base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define TABLE "rtb-a"
#define READ "DescribeRouteTables " TABLE "\n"
#define CHECK "DescribeNetworkInterfaces " OURS "\n"
#define REPLACE "ReplaceRoute " TABLE " 192.168.10.16/32 " OURS "\n"
#define PROBE "ModifyNetworkInterfaceAttribute " OURS " SourceDestCheck=false\n"
#define MODIFIES EC2_MODIFY_NETWORK_INTERFACE_ATTRIBUTE
#define DESCRIBES EC2_DESCRIBE_NETWORK_INTERFACES
#define PERMITTED "DryRunOperation"
#define DENIED "UnauthorizedOperation"

static const struct {
	const char *name;
	enum ec2_flag check;
	struct cloud_fault fault;
	bool only_reports;
	const char *calls;
	enum ec2_flag known;
	enum outcome denied;
} cases[] = {
	{"off", EC2_FLAG_FALSE, {0}, false, READ CHECK REPLACE READ, EC2_FLAG_FALSE, OUTCOME_DONE},
	{"on, and to switch it off is permitted", EC2_FLAG_TRUE, {1, 1, MODIFIES, NULL, PERMITTED},
		false, READ CHECK PROBE REPLACE READ, EC2_FLAG_TRUE, OUTCOME_DONE},
	{"on, and to switch it off is denied", EC2_FLAG_TRUE, {1, 1, MODIFIES, NULL, DENIED}, false,
		READ CHECK PROBE, EC2_FLAG_TRUE, OUTCOME_DENIED},
	{"on, and refused for what may pass", EC2_FLAG_TRUE,
		{1, 1, MODIFIES, NULL, "IncorrectState"}, false, READ CHECK PROBE REPLACE READ,
		EC2_FLAG_TRUE, OUTCOME_DONE},
	{"on, and no answer comes", EC2_FLAG_TRUE, {1, 1, MODIFIES, NULL, LOST}, false,
		READ CHECK PROBE REPLACE READ, EC2_FLAG_TRUE, OUTCOME_DONE},
	{"on, and only to be reported", EC2_FLAG_TRUE, {0}, true, READ CHECK REPLACE READ,
		EC2_FLAG_TRUE, OUTCOME_DONE},
	{"to read it is denied", EC2_FLAG_TRUE, {1, 1, DESCRIBES, NULL, DENIED}, false,
		READ CHECK REPLACE READ, EC2_FLAG_UNKNOWN, OUTCOME_DONE},
	{"to read it takes too long", EC2_FLAG_TRUE, {1, 1, DESCRIBES, NULL, LATE}, false,
		READ CHECK REPLACE READ, EC2_FLAG_UNKNOWN, OUTCOME_DONE},
};

static void test_cases(void **state)
{
	static const char *const tables[] = {TABLE, NULL};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(cloud_done) struct cloud cloud = {.tables = {{TABLE, THEIRS}},
			.enis = {{OURS, cases[i].check}},
			.faults = {cases[i].fault}};
		const struct overlay_move_goal goal = {
			.routes = cloud_routes(tables), .eni = OURS, .may_replace = true};
		_cleanup_(source_guard_done) struct source_guard guard;
		_cleanup_(overlay_move_done) struct overlay_move move;

		print_message("%s\n", cases[i].name);
		overlay_move_init(&move, &goal);
		source_guard_init(&guard, OURS, !cases[i].only_reports);
		const struct flow inner = overlay_move_flow(&move);
		const struct flow flow = source_guard_flow(&guard, &inner);
		cloud_run(&cloud, &flow, 40);
		assert_string_equal(strbuf_text(&cloud.calls), cases[i].calls);
		assert_int_equal(guard.check, cases[i].known);
		assert_int_equal(guard.denied.outcome, cases[i].denied);
	}
}

static void test_by_itself(void **state)
{
	_cleanup_(cloud_done) struct cloud cloud = {
		.enis = {{OURS, EC2_FLAG_TRUE}}, .faults = {{1, 1, MODIFIES, NULL, DENIED}}};
	_cleanup_(source_guard_done) struct source_guard guard;

	(void)state;
	source_guard_init(&guard, OURS, true);
	const struct flow flow = source_guard_probe_flow(&guard);
	cloud_run(&cloud, &flow, 10);
	assert_string_equal(strbuf_text(&cloud.calls), CHECK PROBE);
	assert_int_equal(guard.denied.outcome, OUTCOME_DENIED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_by_itself),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
