/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests creating an ENI in an EC2 in memory: only one, even if the request must be repeated.
 */
#include "ec2_memory.h"
#include "failover/eni_create.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define CREATE_ENI                                                                                 \
	"CreateNetworkInterface SubnetId=subnet-a PrivateIpAddresses.1.Primary=true "              \
	"PrivateIpAddresses.1.PrivateIpAddress=10.0.1.50 SecurityGroupId.1=sg-1 "                  \
	"Description=the%20service TagSpecification.1.ResourceType=network-interface "             \
	"TagSpecification.1.Tag.1.Key=Name TagSpecification.1.Tag.1.Value=sapdb "                  \
	"ClientToken=t-1\n"
#define READ_MADE DESCRIBE_ENI("eni-made")

static void other_deletes(struct ec2_memory *memory)
{
	ec2_memory_delete(memory, "eni-made");
}

static const struct {
	const char *name;
	struct ec2_memory cloud;
	const char *calls;
	enum eni_create_verdict verdict;
	enum outcome outcome;
	const char *words; /* where it failed; else what was made, when the time was over */
	unsigned made;
} cases[] = {
	{.name = "at once", .calls = CREATE_ENI READ_MADE, .verdict = ENI_CREATE_DONE, .made = 1},
	{.name = "after a while",
		.cloud = {.attach_msec = 100},
		.calls = CREATE_ENI READ_MADE READ_MADE READ_MADE,
		.verdict = ENI_CREATE_DONE,
		.made = 1},
	{.name = "not known everywhere for a while",
		.cloud = {.stale_msec = 100},
		.calls = CREATE_ENI READ_MADE READ_MADE READ_MADE,
		.verdict = ENI_CREATE_DONE,
		.made = 1},
	{.name = "the response is lost, and the ENI was created",
		.cloud = {.faults = {{EC2_CREATE_NETWORK_INTERFACE, 1, LOST, .done = true}}},
		.calls = CREATE_ENI CREATE_ENI READ_MADE,
		.verdict = ENI_CREATE_DONE,
		.made = 1},
	{.name = "the response is lost, and no ENI was created",
		.cloud = {.faults = {{EC2_CREATE_NETWORK_INTERFACE, 1, LOST}}},
		.calls = CREATE_ENI CREATE_ENI READ_MADE,
		.verdict = ENI_CREATE_DONE,
		.made = 1},
	{.name = "all responses are lost",
		.cloud = {.faults = {{EC2_CREATE_NETWORK_INTERFACE, 1, LOST},
				  {EC2_CREATE_NETWORK_INTERFACE, 2, LOST},
				  {EC2_CREATE_NETWORK_INTERFACE, 3, LOST, .done = true}}},
		.calls = CREATE_ENI CREATE_ENI CREATE_ENI,
		.verdict = ENI_CREATE_FAILED,
		.outcome = OUTCOME_FAILED,
		.words = "sapdb: CreateNetworkInterface: the connection broke; unknown whether an "
			 "ENI was created in subnet-a",
		.made = 1},
	{.name = "it is denied",
		.cloud = {.faults = {{EC2_CREATE_NETWORK_INTERFACE, 1, UNAUTHORIZED, "no"}}},
		.calls = CREATE_ENI,
		.verdict = ENI_CREATE_FAILED,
		.outcome = OUTCOME_DENIED,
		.words = "sapdb: IAM does not permit ec2:CreateNetworkInterface on subnet-a: allow "
			 "\"ec2:CreateNetworkInterface\" on \"arn:aws:ec2:*:*:subnet/subnet-a\" "
			 "(see \"myha iam-policy\"): UnauthorizedOperation: no"},
	{.name = "the subnet is full",
		.cloud = {.faults = {{EC2_CREATE_NETWORK_INTERFACE, 1,
				  "InsufficientFreeAddressesInSubnet", "There are none."}}},
		.calls = CREATE_ENI,
		.verdict = ENI_CREATE_FAILED,
		.outcome = OUTCOME_FAILED,
		.words = "sapdb: CreateNetworkInterface: InsufficientFreeAddressesInSubnet: There "
			 "are none.: free an address in the subnet, or use another subnet"},
	{.name = "the read is denied",
		.cloud = {.faults = {{EC2_DESCRIBE_NETWORK_INTERFACES, 1, UNAUTHORIZED, "no"}}},
		.calls = CREATE_ENI READ_MADE,
		.verdict = ENI_CREATE_FAILED,
		.outcome = OUTCOME_DENIED,
		.words = "sapdb: IAM does not permit ec2:DescribeNetworkInterfaces on *: allow "
			 "\"ec2:DescribeNetworkInterfaces\" on \"*\" (see \"myha iam-policy\"): "
			 "UnauthorizedOperation: no; eni-made was created",
		.made = 1},
	{.name = "reads are two seconds old",
		.cloud = {.stale_msec = 2000},
		.calls = CREATE_ENI TEN(READ_MADE)
			READ_MADE READ_MADE READ_MADE READ_MADE READ_MADE READ_MADE READ_MADE,
		.verdict = ENI_CREATE_DONE,
		.made = 1},
	{.name = "another program deletes it",
		.cloud = {.events = {{EC2_DESCRIBE_NETWORK_INTERFACES, 1, other_deletes}},
			.deadline = MEMORY_START + 1100},
		.calls = CREATE_ENI TEN(READ_MADE),
		.words = "eni-made was created, but EC2 does not show the ENI",
		.made = 1},
	{.name = "the deadline at once",
		.cloud = {.deadline = MEMORY_START},
		.calls = CREATE_ENI,
		.words = "unknown whether an ENI was created in subnet-a"},
	{.name = "the deadline before it is available",
		.cloud = {.attach_msec = 5000, .deadline = MEMORY_START + 200},
		.calls = CREATE_ENI READ_MADE READ_MADE READ_MADE,
		.words = "eni-made was created",
		.made = 1},
};

static void test_cases(void **state)
{
	static const char *const groups[] = {"sg-1", NULL};
	static const struct ec2_tag tags[] = {{"Name", "sapdb"}, {0}};
	struct ip_address addresses[2] = {{0}};
	const struct eni_create_goal goal = {.name = "sapdb",
		.subnet = "subnet-a",
		.addresses = addresses,
		.security_groups = groups,
		.description = "the service",
		.tags = tags,
		.token = "t-1"};

	(void)state;
	assert_int_equal(ip_address_parse("10.0.1.50", &addresses[0]), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(ec2_memory_done) struct ec2_memory memory = cases[i].cloud;
		char where[ENI_CREATE_STATE_SIZE];
		struct eni_create create;

		print_message("%s\n", cases[i].name);
		eni_create_init(&create, &goal);
		assert_string_equal(eni_create_format_state(&create, where), "no ENI was created");
		struct flow flow = eni_create_flow(&create);
		assert_int_equal(
			ec2_memory_run(&memory, &flow), cases[i].verdict != ENI_CREATE_PENDING);
		assert_string_equal(strbuf_text(&memory.calls), cases[i].calls);
		assert_int_equal(create.verdict, cases[i].verdict);
		if (cases[i].verdict == ENI_CREATE_PENDING)
			assert_string_equal(
				eni_create_format_state(&create, where), cases[i].words);
		else
			assert_string_equal(
				create.error.text, cases[i].words ? cases[i].words : "");
		assert_int_equal(create.error.outcome, cases[i].outcome);
		assert_int_equal(memory.made, cases[i].made);
		if (create.verdict == ENI_CREATE_DONE) {
			assert_string_equal(create.id, "eni-made");
			assert_string_equal(create.eni.id, "eni-made");
			assert_int_equal(create.eni.status, EC2_ENI_AVAILABLE);
		}
		eni_create_done(&create);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_cases)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
