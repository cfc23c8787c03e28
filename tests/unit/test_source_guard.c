/* SPDX-License-Identifier: Apache-2.0 */
/* Tests that no route is moved to an ENI whose source/destination check may not be switched off. */
#include "failover/source_guard.h"

#include "base/cleanup.h"
#include "failover/overlay_move.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "overlay_cases.h" /* last, since the names of its macros are short */

static const struct {
	const char *name;
	enum ec2_flag check;
	const char *unread; /* the code that to read the check comes to; NULL: it is read */
	const char *probe;
	bool only_reports;
	const char *calls;
	enum ec2_flag known;
	enum outcome denied;
} cases[] = {
	{"off", EC2_FLAG_FALSE, NULL, NULL, false, READ_A READ_CHECK REPLACE(A) READ_A,
		EC2_FLAG_FALSE, OUTCOME_DONE},
	{"on, and to switch it off is permitted", EC2_FLAG_TRUE, NULL, NULL, false,
		READ_A READ_CHECK TRY_TO_DISABLE REPLACE(A) READ_A, EC2_FLAG_TRUE, OUTCOME_DONE},
	{"on, and to switch it off is denied", EC2_FLAG_TRUE, NULL, UNAUTHORIZED, false,
		READ_A READ_CHECK TRY_TO_DISABLE, EC2_FLAG_TRUE, OUTCOME_DENIED},
	{"on, and refused for what may pass", EC2_FLAG_TRUE, NULL, "IncorrectState", false,
		READ_A READ_CHECK TRY_TO_DISABLE REPLACE(A) READ_A, EC2_FLAG_TRUE, OUTCOME_DONE},
	{"on, and no response comes", EC2_FLAG_TRUE, NULL, LOST, false,
		READ_A READ_CHECK TRY_TO_DISABLE REPLACE(A) READ_A, EC2_FLAG_TRUE, OUTCOME_DONE},
	{"on, and only to be reported", EC2_FLAG_TRUE, NULL, NULL, true,
		READ_A READ_CHECK REPLACE(A) READ_A, EC2_FLAG_TRUE, OUTCOME_DONE},
	{"to read it is denied", EC2_FLAG_TRUE, UNAUTHORIZED, NULL, false,
		READ_A READ_CHECK REPLACE(A) READ_A, EC2_FLAG_UNKNOWN, OUTCOME_DONE},
	{"to read it takes too long", EC2_FLAG_TRUE, LATE, NULL, false,
		READ_A READ_CHECK REPLACE(A) READ_A, EC2_FLAG_UNKNOWN, OUTCOME_DONE},
};

static void test_cases(void **state)
{
	static const char *const tables[] = {A, NULL};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(ec2_memory_done) struct ec2_memory cloud = {.tables = {{A, THEIRS}},
			.enis = {{.id = OURS, .source_dest_check = cases[i].check}},
			.faults = {{EC2_DESCRIBE_NETWORK_INTERFACES, 1, cases[i].unread}},
			.probe = cases[i].probe};
		const struct overlay_move_goal goal = {
			.routes = make_routes(tables), .eni = OURS, .may_replace = true};
		_cleanup_(source_guard_done) struct source_guard guard;
		_cleanup_(overlay_move_done) struct overlay_move move;

		print_message("%s\n", cases[i].name);
		overlay_move_init(&move, &goal);
		source_guard_init(&guard, OURS, !cases[i].only_reports);
		const struct flow inner = overlay_move_flow(&move);
		const struct flow flow = source_guard_flow(&guard, &inner);
		ec2_memory_run_within(&cloud, &flow, 40);
		assert_string_equal(strbuf_text(&cloud.calls), cases[i].calls);
		assert_int_equal(guard.check, cases[i].known);
		assert_int_equal(guard.denied.outcome, cases[i].denied);
	}
}

static void test_by_itself(void **state)
{
	_cleanup_(ec2_memory_done) struct ec2_memory cloud = {
		.enis = {{.id = OURS, .source_dest_check = EC2_FLAG_TRUE}}, .probe = UNAUTHORIZED};
	_cleanup_(source_guard_done) struct source_guard guard;

	(void)state;
	source_guard_init(&guard, OURS, true);
	const struct flow flow = source_guard_probe_flow(&guard);
	ec2_memory_run_within(&cloud, &flow, 10);
	assert_string_equal(strbuf_text(&cloud.calls), READ_CHECK TRY_TO_DISABLE);
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
