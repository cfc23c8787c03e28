/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests detaching an ENI in an EC2 in memory. test_eni_move tests the waits, which are the same.
 */
#include "eni_cases.h"
#include "failover/eni_detach.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void other_attaches(struct ec2_memory *memory)
{
	ec2_memory_attach(memory, "eni-1", "i-other", 1, EC2_ATTACHMENT_ATTACHED);
}

/* As it was before it was attached. */
static void available_is_seen(struct ec2_memory *memory)
{
	memory->before[0] = (struct memory_eni){.id = "eni-1"};
	memory->stale_until = memory->now + 1;
}

static void we_attach_again(struct ec2_memory *memory)
{
	ec2_memory_attach(memory, "eni-1", "i-us", 1, EC2_ATTACHMENT_ATTACHED);
}

static const struct {
	const char *name;
	struct ec2_memory cloud;
	bool by_address, from_any, force;
	uint64_t force_after;
	const char *calls;
	enum eni_detach_verdict verdict;
	enum outcome outcome;
	const char *words; /* where it failed; else where the ENI is, when the time was over */
	const char *place; /* as the flow has it */
	bool forced;
} cases[] = {
	{.name = "from this instance",
		.cloud = {.enis = {{.id = "eni-1", HELD_BY("i-us", 1)}}},
		.calls = READ DETACH READ,
		.verdict = ENI_DETACH_DONE,
		.place = "the ENI is detached and available"},
	{.name = "by address, slowly",
		.cloud = {.enis = {{.id = "eni-1", .addresses = {"10.0.1.50"}, HELD_BY("i-us", 1)}},
			.detach_msec = 100},
		.by_address = true,
		.calls = BY_ADDRESS DETACH READ READ READ,
		.verdict = ENI_DETACH_DONE,
		.place = "the ENI is detached and available"},
	{.name = "it is not attached",
		.cloud = {.enis = {{.id = "eni-1"}}},
		.calls = READ,
		.verdict = ENI_DETACH_IN_PLACE,
		.place = "the ENI is detached and available"},
	{.name = "another instance's is left to it",
		.cloud = {.enis = {{.id = "eni-1", HELD_BY("i-old", 1)}}},
		.calls = READ,
		.verdict = ENI_DETACH_FAILED,
		.outcome = OUTCOME_FAILED,
		.words = "sapdb: eni-1 is attached to i-old, not to this instance, i-us: "
			 "detach the "
			 "ENI there, or move the ENI here with \"myha eni move\"",
		.place = "the ENI is attached to i-old"},
	{.name = "another instance's ENI, if the options permit it",
		.cloud = {.enis = {{.id = "eni-1", HELD_BY("i-old", 1)}}},
		.from_any = true,
		.calls = READ DETACH READ,
		.verdict = ENI_DETACH_DONE,
		.place = "the ENI is detached and available"},
	{.name = "the primary ENI",
		.cloud = {.enis = {{.id = "eni-1", HELD_BY("i-us", 0)}}},
		.calls = READ,
		.verdict = ENI_DETACH_FAILED,
		.outcome = OUTCOME_FAILED,
		.words = "sapdb: eni-1 is the primary ENI of i-us and cannot be detached: move "
			 "another ENI, or a secondary address of this ENI (\"myha address move\")",
		.place = "the ENI is attached to i-us"},
	{.name = "a service's ENI",
		.cloud = {.enis = {{.id = "eni-1", .service = "amazon-elb"}}},
		.from_any = true,
		.calls = READ,
		.verdict = ENI_DETACH_FAILED,
		.outcome = OUTCOME_FAILED,
		.words = "sapdb: eni-1 is managed by amazon-elb: other programs must not "
			 "change the ENI",
		.place = "the ENI is attached to a service"},
	{.name = "no such ENI",
		.by_address = true,
		.calls = BY_ADDRESS,
		.verdict = ENI_DETACH_FAILED,
		.outcome = OUTCOME_FAILED,
		.words = "sapdb: there is no ENI with the address 10.0.1.50 in vpc-1: see \"myha "
			 "eni list\"",
		.place = "the state of the ENI is unknown"},
	{.name = "by force",
		.cloud = {.enis = {{.id = "eni-1", HELD_BY("i-us", 1)}}, .stuck = true},
		.force = true,
		.calls = READ FORCE READ,
		.verdict = ENI_DETACH_DONE,
		.place = "the ENI is detached and available",
		.forced = true},
	{.name = "by force after a while",
		.cloud = {.enis = {{.id = "eni-1", HELD_BY("i-us", 1)}}, .stuck = true},
		.force_after = 50,
		.calls = READ DETACH READ READ FORCE READ,
		.verdict = ENI_DETACH_DONE,
		.place = "the ENI is detached and available",
		.forced = true},
	{.name = "it is denied",
		.cloud = {.enis = {{.id = "eni-1", HELD_BY("i-us", 1)}},
			.faults = {{EC2_DETACH_NETWORK_INTERFACE, 1, UNAUTHORIZED, "no"}}},
		.calls = READ DETACH,
		.verdict = ENI_DETACH_FAILED,
		.outcome = OUTCOME_DENIED,
		.words = "sapdb: IAM does not permit ec2:DetachNetworkInterface on eni-1: allow "
			 "\"ec2:DetachNetworkInterface\" on "
			 "\"arn:aws:ec2:*:*:network-interface/eni-1\" (see \"myha iam-policy\"): "
			 "UnauthorizedOperation: no; the ENI is attached to i-us",
		.place = "the ENI is attached to i-us"},
	{.name = "the response is lost, and it was not done",
		.cloud = {.enis = {{.id = "eni-1", HELD_BY("i-us", 1)}},
			.faults = {{EC2_DETACH_NETWORK_INTERFACE, 1, LOST}}},
		.calls = READ DETACH READ DETACH READ,
		.verdict = ENI_DETACH_DONE,
		.place = "the ENI is detached and available"},
	{.name = "reads are two seconds old",
		.cloud = {.enis = {{.id = "eni-1", HELD_BY("i-us", 1)}}, .stale_msec = 2000},
		.calls = READ DETACH TEN(READ) READ READ READ READ READ READ READ,
		.verdict = ENI_DETACH_DONE,
		.place = "the ENI is detached and available"},
	{.name = "reads are older than the deadline",
		.cloud = {.enis = {{.id = "eni-1", HELD_BY("i-us", 1)}},
			.stale_msec = 5000,
			.deadline = MEMORY_START + 100},
		.calls = READ DETACH READ READ,
		.words = "EC2 accepted the detachment from i-us, but still shows the ENI there",
		.place = "the ENI is attached to i-us"},
	{.name = "the detachment is not made, and a read shows that it was available once",
		.cloud = {.enis = {{.id = "eni-1", HELD_BY("i-us", 1)}},
			.faults = {{EC2_DETACH_NETWORK_INTERFACE, 1, "IncorrectState", "Not yet."}},
			.events = {{EC2_DESCRIBE_NETWORK_INTERFACES, 2, available_is_seen}}},
		.calls = READ DETACH READ DETACH READ,
		.verdict = ENI_DETACH_DONE,
		.place = "the ENI is detached and available"},
	{.name = "another instance attaches it at once: it is detached here",
		.cloud = {.enis = {{.id = "eni-1", HELD_BY("i-us", 1)}},
			.events = {{EC2_DESCRIBE_NETWORK_INTERFACES, 2, other_attaches}}},
		.calls = READ DETACH READ,
		.verdict = ENI_DETACH_DONE,
		.place = "the ENI is attached to i-other"},
	{.name = "another program attaches it here again",
		.cloud = {.enis = {{.id = "eni-1", HELD_BY("i-us", 1)}},
			.events = {{EC2_DESCRIBE_NETWORK_INTERFACES, 2, we_attach_again}}},
		.calls = READ DETACH READ,
		.verdict = ENI_DETACH_FAILED,
		.outcome = OUTCOME_FAILED,
		.words = "sapdb: the ENI was detached, but another program attached the ENI "
			 "to i-us "
			 "again: find that program in CloudTrail",
		.place = "the ENI is attached to i-us"},
	{.name = "the deadline before it was found",
		.cloud = {.deadline = MEMORY_START + 50},
		.calls = READ,
		.words = "nothing was changed",
		.place = "the state of the ENI is unknown"},
	{.name = "the deadline while it is detached",
		.cloud = {.enis = {{.id = "eni-1", HELD_BY("i-us", 1)}},
			.deadline = MEMORY_START + 100,
			.faults = {{EC2_DETACH_NETWORK_INTERFACE, 0, "IncorrectState",
				"Not yet."}}},
		.calls = READ DETACH READ DETACH READ DETACH,
		.words = "the ENI is attached to i-us; last error: DetachNetworkInterface: "
			 "IncorrectState: "
			 "Not yet.",
		.place = "the ENI is attached to i-us"},
};

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(ec2_memory_done) struct ec2_memory memory = cases[i].cloud;
		struct eni_detach_goal goal = {.name = "sapdb",
			.eni = cases[i].by_address ? NULL : "eni-1",
			.vpc = "vpc-1",
			.instance = cases[i].from_any ? NULL : "i-us",
			.force = cases[i].force,
			.force_after = cases[i].force_after};
		char place[ENI_STATE_TEXT_SIZE], where[ENI_STATE_SIZE];
		struct eni_detach detach;

		print_message("%s\n", cases[i].name);
		assert_int_equal(ip_address_parse("10.0.1.50", &goal.address), 0);
		eni_detach_init(&detach, &goal);
		struct flow flow = eni_detach_flow(&detach);
		assert_int_equal(
			ec2_memory_run(&memory, &flow), cases[i].verdict != ENI_DETACH_PENDING);
		assert_string_equal(strbuf_text(&memory.calls), cases[i].calls);
		assert_int_equal(detach.verdict, cases[i].verdict);
		if (cases[i].verdict == ENI_DETACH_PENDING)
			assert_string_equal(
				eni_detach_format_state(&detach, where), cases[i].words);
		else
			assert_string_equal(
				detach.error.text, cases[i].words ? cases[i].words : "");
		assert_int_equal(detach.error.outcome, cases[i].outcome);
		assert_string_equal(eni_state_format(&detach.state, place), cases[i].place);
		assert_int_equal(detach.forced, cases[i].forced);
		eni_detach_done(&detach);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_cases)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
