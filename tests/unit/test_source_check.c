/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the source/destination check: the requests, and the result of each response. */
#include "failover/source_check.h"

#include "base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "overlay_cases.h" /* last, since the names of its macros are short */

#define ABOUT "source/destination check of " OURS ": "
#define MODIFIES EC2_MODIFY_NETWORK_INTERFACE_ATTRIBUTE
#define DESCRIBES EC2_DESCRIBE_NETWORK_INTERFACES
#define CHECK_UNSEEN "EC2 accepted the change, but still shows the check as enabled"
#define ENI(id_, check)                                                                            \
	{                                                                                          \
		.id = id_, .source_dest_check = EC2_FLAG_##check                                   \
	}
#define ENABLED                                                                                    \
	{                                                                                          \
		ENI(OURS, TRUE)                                                                    \
	}
#define DISABLED                                                                                   \
	{                                                                                          \
		ENI(OURS, FALSE)                                                                   \
	}

static const struct {
	const char *name;
	struct ec2_memory cloud;
	enum source_check_mode mode;
	const char *calls; /* NULL: not compared, for a check that is read many times */
	enum source_check_verdict verdict;
	enum outcome outcome;
	const char *words;
	const char *unseen; /* EC2 accepted the change, and does not show it until the deadline */
} cases[] = {
	{.name = "off",
		.cloud = {.enis = DISABLED},
		.calls = READ_CHECK,
		.verdict = SOURCE_CHECK_OFF},
	{.name = "off, and only to be reported",
		.cloud = {.enis = DISABLED},
		.mode = SOURCE_CHECK_REPORT,
		.calls = READ_CHECK,
		.verdict = SOURCE_CHECK_OFF},
	{.name = "on, and switched off",
		.cloud = {.enis = ENABLED},
		.calls = READ_CHECK DISABLE READ_CHECK,
		.verdict = SOURCE_CHECK_FIXED},
	{.name = "on, and only to be reported",
		.cloud = {.enis = ENABLED},
		.mode = SOURCE_CHECK_REPORT,
		.calls = READ_CHECK,
		.verdict = SOURCE_CHECK_ON,
		.outcome = OUTCOME_DIFFERS,
		.words = ABOUT "enabled, so EC2 drops packets to overlay addresses: disable "
			       "the check, or let myha disable it (source-dest-check: fix)"},
	{.name = "not in the response: this does not mean off",
		.cloud = {.enis = {ENI(OURS, UNKNOWN)}},
		.calls = READ_CHECK,
		.verdict = SOURCE_CHECK_FAILED,
		.outcome = OUTCOME_FAILED,
		.words = ABOUT "EC2 does not report whether the check is enabled"},
	{.name = "the response has another ENI",
		.cloud = {.enis = {ENI(THEIRS, FALSE)}, .deaf = true},
		.calls = READ_CHECK,
		.verdict = SOURCE_CHECK_FAILED,
		.outcome = OUTCOME_FAILED,
		.words = ABOUT
		"the ENI is missing in EC2's response: check that the ENI exists in this "
		"account and region"},
	{.name = "the response has other ENIs as well",
		.cloud = {.enis = {ENI(THEIRS, TRUE), ENI(OURS, FALSE)}, .deaf = true},
		.calls = READ_CHECK,
		.verdict = SOURCE_CHECK_OFF},
	{.name = "it does not exist",
		.cloud = {.faults = {{DESCRIBES, 1, "InvalidNetworkInterfaceID.NotFound",
				  "The networkInterface ID 'eni-1' does not exist"}}},
		.calls = READ_CHECK,
		.verdict = SOURCE_CHECK_FAILED,
		.outcome = OUTCOME_FAILED,
		.words = ABOUT "DescribeNetworkInterfaces: InvalidNetworkInterfaceID.NotFound: The "
			       "networkInterface ID 'eni-1' does not exist: see \"myha eni "
			       "list\""},
	{.name = "the read is denied",
		.cloud = {.faults = {{DESCRIBES, 1, "UnauthorizedOperation",
				  "You are not authorized."}}},
		.calls = READ_CHECK,
		.verdict = SOURCE_CHECK_FAILED,
		.outcome = OUTCOME_DENIED,
		.words = ABOUT NOT_PERMITTED("DescribeNetworkInterfaces", "*",
			"*") "UnauthorizedOperation: You are not authorized."},
	{.name = "the read takes too long",
		.cloud = {.faults = {{DESCRIBES, 1, LATE}}},
		.calls = READ_CHECK,
		.verdict = SOURCE_CHECK_FAILED,
		.outcome = OUTCOME_TIMEOUT,
		.words = ABOUT "DescribeNetworkInterfaces: timed out: no response"},
	{.name = "to switch it off is denied",
		.cloud = {.enis = ENABLED,
			.faults = {{MODIFIES, 1, "UnauthorizedOperation",
				"You are not authorized."}}},
		.calls = READ_CHECK DISABLE,
		.verdict = SOURCE_CHECK_FAILED,
		.outcome = OUTCOME_DENIED,
		.words = ABOUT NOT_PERMITTED("ModifyNetworkInterfaceAttribute", "eni-1",
			ENI_ARN "eni-1") "UnauthorizedOperation: You are "
					 "not authorized."},
	{.name = "a service's ENI",
		.cloud = {.enis = ENABLED,
			.faults = {{MODIFIES, 1, "OperationNotPermitted", "It is managed."}}},
		.calls = READ_CHECK DISABLE,
		.verdict = SOURCE_CHECK_FAILED,
		.outcome = OUTCOME_FAILED,
		.words = ABOUT "ModifyNetworkInterfaceAttribute: OperationNotPermitted: It is "
			       "managed."},
	{.name = "made a moment ago",
		.cloud = {.enis = ENABLED,
			.faults = {{MODIFIES, 1, "InvalidNetworkInterfaceID.NotFound", .last = 2}}},
		.calls = READ_CHECK DISABLE WAIT DISABLE WAIT DISABLE READ_CHECK,
		.verdict = SOURCE_CHECK_FIXED},
	{.name = "made a moment ago, then accepted and not done: the refusal is no reason",
		.cloud = {.enis = ENABLED,
			.faults = {{MODIFIES, 1, "InvalidNetworkInterfaceID.NotFound"},
				{MODIFIES, 2, NOTHING}}},
		.verdict = SOURCE_CHECK_PENDING,
		.outcome = OUTCOME_TIMEOUT,
		.unseen = CHECK_UNSEEN},
	{.name = "not yet, and never",
		.cloud = {.enis = ENABLED, .faults = {{MODIFIES, 0, "IncorrectState"}}},
		.calls = READ_CHECK DISABLE WAIT DISABLE WAIT DISABLE WAIT DISABLE WAIT DISABLE WAIT
			DISABLE,
		.verdict = SOURCE_CHECK_FAILED,
		.outcome = OUTCOME_FAILED,
		.words = ABOUT "ModifyNetworkInterfaceAttribute: IncorrectState"},
	{.name = "a response is lost, and it was done",
		.cloud = {.enis = ENABLED, .faults = {{MODIFIES, 1, LOST, .done = true}}},
		.calls = READ_CHECK DISABLE READ_CHECK,
		.verdict = SOURCE_CHECK_FIXED},
	{.name = "a response is lost, and it was not done",
		.cloud = {.enis = ENABLED, .faults = {{MODIFIES, 1, LOST}}},
		.verdict = SOURCE_CHECK_FAILED,
		.outcome = OUTCOME_FAILED,
		.words = ABOUT
		"still enabled: ModifyNetworkInterfaceAttribute: the connection broke"},
	{.name = "a response is lost, and so is the read's",
		.cloud = {.enis = ENABLED, .faults = {{MODIFIES, 1, LATE}, {DESCRIBES, 2, LATE}}},
		.calls = READ_CHECK DISABLE READ_CHECK,
		.verdict = SOURCE_CHECK_FAILED,
		.outcome = OUTCOME_TIMEOUT,
		.words = ABOUT "unknown whether the check was disabled: "
			       "ModifyNetworkInterfaceAttribute: timed out: no response"},
	{.name = "the read afterwards fails",
		.cloud = {.enis = ENABLED, .faults = {{DESCRIBES, 2, LATE}}},
		.calls = READ_CHECK DISABLE READ_CHECK,
		.verdict = SOURCE_CHECK_FAILED,
		.outcome = OUTCOME_TIMEOUT,
		.words = ABOUT "the check was disabled, but could not be read back: "
			       "DescribeNetworkInterfaces: timed out: no response"},
	{.name = "accepted, and not done",
		.cloud = {.enis = ENABLED, .faults = {{MODIFIES, 1, NOTHING}}},
		.verdict = SOURCE_CHECK_PENDING,
		.outcome = OUTCOME_TIMEOUT,
		.unseen = CHECK_UNSEEN},
	{.name = "later responses do not have the ENI",
		.cloud = {.enis = ENABLED, .faults = {{DESCRIBES, 2, NOTHING, .last = 99}}},
		.verdict = SOURCE_CHECK_PENDING,
		.outcome = OUTCOME_TIMEOUT,
		.unseen = CHECK_UNSEEN},
	{.name = "the response is lost, and later responses do not have the ENI",
		.cloud = {.enis = ENABLED,
			.faults = {{MODIFIES, 1, LOST}, {DESCRIBES, 2, NOTHING, .last = 99}}},
		.verdict = SOURCE_CHECK_FAILED,
		.outcome = OUTCOME_FAILED,
		.words = ABOUT "the ENI is missing in EC2's response after the change: "
			       "ModifyNetworkInterfaceAttribute: the connection broke"},
};

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct source_check_goal goal = {.eni = OURS, .mode = cases[i].mode};
		_cleanup_(ec2_memory_done) struct ec2_memory cloud = cases[i].cloud;
		struct source_check check;

		print_message("%s\n", cases[i].name);
		source_check_init(&check, &goal);
		const struct flow flow = source_check_flow(&check);
		cloud.tells_waits = true;
		if (cases[i].unseen)
			ec2_memory_run_rounds(&cloud, &flow, 60);
		else
			ec2_memory_run_within(&cloud, &flow, 40);
		assert_string_equal(check.error.text, cases[i].words ? cases[i].words : "");
		assert_int_equal(check.verdict, cases[i].verdict);
		assert_int_equal(source_check_outcome(&check), cases[i].outcome);
		if (cases[i].calls)
			assert_string_equal(strbuf_text(&cloud.calls), cases[i].calls);
		if (cases[i].unseen)
			assert_string_equal(source_check_describe_state(&check), cases[i].unseen);
		else
			assert_true(cloud.waited < 10000);
	}
}

static void test_left_halfway(void **state)
{
	const struct source_check_goal goal = {.eni = OURS, .mode = SOURCE_CHECK_FIX};

	(void)state;
	for (unsigned rounds = 0; rounds < 4; rounds++) {
		_cleanup_(ec2_memory_done) struct ec2_memory cloud = {
			.enis = ENABLED, .faults = {{MODIFIES, 1, NOTHING}}};
		struct source_check check;

		source_check_init(&check, &goal);
		const struct flow flow = source_check_flow(&check);
		ec2_memory_run_rounds(&cloud, &flow, rounds);
		assert_int_equal(check.verdict, SOURCE_CHECK_PENDING);
		assert_int_equal(source_check_outcome(&check), OUTCOME_TIMEOUT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_left_halfway),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
