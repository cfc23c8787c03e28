/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests finding ENIs in an EC2 in memory: the complete requests, and the result of each response.
 */
#include "failover/eni_find.h"

#include "ec2_memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define DESCRIBE "DescribeNetworkInterfaces "
#define PAGE "MaxResults=1000"
#define FILTER(n, name, value) "Filter." n ".Name=" name " Filter." n ".Value.1=" value " "

static const struct memory_eni enis[] = {
	{.id = "eni-1",
		.addresses = {"10.0.1.10", "10.0.1.50"},
		.attachment = "eni-attach-1",
		.instance = "i-1",
		.index = 1,
		.status = EC2_ATTACHMENT_ATTACHED},
	{.id = "eni-2", .addresses = {"10.0.2.10"}, .subnet = "subnet-b", .ipv6 = "2001:db8::2"},
	{.id = "eni-3",
		.addresses = {"10.0.1.30"},
		.tag_key = "Name",
		.tag_value = "sap & co",
		.service = "amazon-elb",
		.requester_managed = true},
	{.id = "eni-4", .addresses = {"10.0.1.50"}, .vpc = "vpc-2"},
};

static const struct ec2_tag by_value[] = {{"Name", "sap & co"}, {0}};
static const struct ec2_tag by_key[] = {{"Name", NULL}, {0}};

static const struct {
	const char *name;
	struct eni_filter filter;
	const char *address;
	struct memory_fault faults[MEMORY_SCRIPT_MAX];
	size_t page;
	const char *calls;
	const char *found; /* their ids */
	const char *words; /* of eni_find_one() */
	enum outcome outcome;
} cases[] = {
	{.name = "by id",
		.filter = {.id = "eni-2"},
		.calls = DESCRIBE "NetworkInterfaceId.1=eni-2\n",
		.found = "eni-2 "},
	{.name = "by its primary address",
		.filter = {.vpc = "vpc-1"},
		.address = "10.0.1.10",
		.calls = DESCRIBE FILTER("1", "vpc-id", "vpc-1")
			FILTER("2", "addresses.private-ip-address", "10.0.1.10") PAGE "\n",
		.found = "eni-1 "},
	{.name = "by another address",
		.filter = {.vpc = "vpc-1"},
		.address = "10.0.1.50",
		.calls = DESCRIBE FILTER("1", "vpc-id", "vpc-1")
			FILTER("2", "addresses.private-ip-address", "10.0.1.50") PAGE "\n",
		.found = "eni-1 "},
	{.name = "by its IPv6 address",
		.filter = {.vpc = "vpc-1"},
		.address = "2001:db8::2",
		.calls = DESCRIBE FILTER("1", "vpc-id", "vpc-1")
			FILTER("2", "ipv6-addresses.ipv6-address", "2001%3Adb8%3A%3A2") PAGE "\n",
		.found = "eni-2 "},
	{.name = "no ENI has the address",
		.filter = {.vpc = "vpc-1"},
		.address = "10.0.1.99",
		.calls = DESCRIBE FILTER("1", "vpc-id", "vpc-1")
			FILTER("2", "addresses.private-ip-address", "10.0.1.99") PAGE "\n",
		.found = "",
		.words = "there is no ENI with the address 10.0.1.99 in vpc-1: see \"myha eni "
			 "list\"",
		.outcome = OUTCOME_FAILED},
	{.name = "two have the address, since no VPC is named",
		.address = "10.0.1.50",
		.calls = DESCRIBE FILTER("1", "addresses.private-ip-address", "10.0.1.50") PAGE
		"\n",
		.found = "eni-1 eni-4 ",
		.words = "2 ENIs have the address 10.0.1.50: specify the id of one ENI: eni-1 "
			 "(i-1), "
			 "eni-4 (not attached)",
		.outcome = OUTCOME_FAILED},
	{.name = "an id that does not exist is read a few times: it may be new",
		.filter = {.id = "eni-9"},
		.calls = DESCRIBE
		"NetworkInterfaceId.1=eni-9\n" DESCRIBE "NetworkInterfaceId.1=eni-9\n" DESCRIBE
		"NetworkInterfaceId.1=eni-9\n" DESCRIBE "NetworkInterfaceId.1=eni-9\n",
		.found = "",
		.words = "DescribeNetworkInterfaces: InvalidNetworkInterfaceID.NotFound: The "
			 "networkInterface ID 'eni-9' does not exist: see \"myha eni "
			 "list\"",
		.outcome = OUTCOME_FAILED},
	{.name = "an id that is new",
		.filter = {.id = "eni-2"},
		.faults = {{EC2_DESCRIBE_NETWORK_INTERFACES, 1,
			"InvalidNetworkInterfaceID.NotFound"}},
		.calls = DESCRIBE "NetworkInterfaceId.1=eni-2\n" DESCRIBE
				  "NetworkInterfaceId.1=eni-2\n",
		.found = "eni-2 "},
	{.name = "an id of another VPC",
		.filter = {.id = "eni-4", .vpc = "vpc-1"},
		.calls = DESCRIBE
		"NetworkInterfaceId.1=eni-4 Filter.1.Name=vpc-id Filter.1.Value.1=vpc-1\n",
		.found = "",
		.words = "there is no ENI eni-4 in vpc-1: see \"myha eni list\"",
		.outcome = OUTCOME_FAILED},
	{.name = "all of a VPC, page by page",
		.filter = {.vpc = "vpc-1"},
		.page = 1,
		.calls = DESCRIBE FILTER("1", "vpc-id", "vpc-1") PAGE
		"\n" DESCRIBE FILTER("1", "vpc-id", "vpc-1") PAGE
		" NextToken=1\n" DESCRIBE FILTER("1", "vpc-id", "vpc-1") PAGE " NextToken=2\n",
		.found = "eni-1 eni-2 eni-3 ",
		.words = "3 ENIs match the options: specify the id of one ENI: eni-1 (i-1), "
			 "eni-2 (not "
			 "attached), eni-3 (amazon-elb)",
		.outcome = OUTCOME_FAILED},
	{.name = "all there are",
		.calls = DESCRIBE PAGE "\n",
		.found = "eni-1 eni-2 eni-3 eni-4 ",
		.words = "4 ENIs match the options: specify the id of one ENI: eni-1 (i-1), "
			 "eni-2 (not "
			 "attached), eni-3 (amazon-elb), eni-4 (not attached)",
		.outcome = OUTCOME_FAILED},
	{.name = "by subnet and status",
		.filter = {.vpc = "vpc-1", .subnet = "subnet-b", .status = EC2_ENI_AVAILABLE},
		.calls = DESCRIBE FILTER("1", "vpc-id", "vpc-1") FILTER(
			"2", "subnet-id", "subnet-b") FILTER("3", "status", "available") PAGE "\n",
		.found = "eni-2 "},
	{.name = "by instance",
		.filter = {.instance = "i-1"},
		.calls = DESCRIBE FILTER("1", "attachment.instance-id", "i-1") PAGE "\n",
		.found = "eni-1 "},
	{.name = "by a tag's value",
		.filter = {.tags = by_value},
		.calls = DESCRIBE FILTER("1", "tag%3AName", "sap%20%26%20co") PAGE "\n",
		.found = "eni-3 "},
	{.name = "by a tag's key, and everything else",
		.filter = {"vpc-1", NULL, {0}, "subnet-a", "i-9", EC2_ENI_IN_USE, by_key},
		.address = "10.0.1.30",
		.calls = DESCRIBE FILTER("1", "vpc-id", "vpc-1") FILTER(
			"2", "addresses.private-ip-address", "10.0.1.30") FILTER("3", "subnet-id",
			"subnet-a") FILTER("4", "attachment.instance-id", "i-9")
			FILTER("5", "status", "in-use") FILTER("6", "tag-key", "Name") PAGE "\n",
		.found = "",
		.words = "there is no ENI with the address 10.0.1.30 in vpc-1 that also "
			 "matches the other options: see \"myha eni list\"",
		.outcome = OUTCOME_FAILED},
	{.name = "IAM does not permit it",
		.filter = {.vpc = "vpc-1"},
		.address = "10.0.1.10",
		.faults = {{EC2_DESCRIBE_NETWORK_INTERFACES, 1, UNAUTHORIZED,
			"You are not authorized to perform this operation. User: arn:aws:sts::1:a "
			"is not. Encoded authorization failure message: x9"}},
		.calls = DESCRIBE FILTER("1", "vpc-id", "vpc-1")
			FILTER("2", "addresses.private-ip-address", "10.0.1.10") PAGE "\n",
		.found = "",
		.words = "IAM does not permit ec2:DescribeNetworkInterfaces on *: allow "
			 "\"ec2:DescribeNetworkInterfaces\" on \"*\" (see \"myha iam-policy\"): "
			 "UnauthorizedOperation: User: arn:aws:sts::1:a is not.",
		.outcome = OUTCOME_DENIED},
	{.name = "the response is lost",
		.filter = {.vpc = "vpc-1"},
		.faults = {{EC2_DESCRIBE_NETWORK_INTERFACES, 1, LOST}},
		.calls = DESCRIBE FILTER("1", "vpc-id", "vpc-1") PAGE "\n",
		.found = "",
		.words = "DescribeNetworkInterfaces: the connection broke",
		.outcome = OUTCOME_FAILED},
	{.name = "the second page is lost: half a list is none",
		.filter = {.vpc = "vpc-1"},
		.page = 2,
		.faults = {{EC2_DESCRIBE_NETWORK_INTERFACES, 2, "InternalError", "no"}},
		.calls = DESCRIBE FILTER("1", "vpc-id", "vpc-1") PAGE
		"\n" DESCRIBE FILTER("1", "vpc-id", "vpc-1") PAGE " NextToken=2\n",
		.found = "eni-1 eni-2 ",
		.words = "DescribeNetworkInterfaces: InternalError: no",
		.outcome = OUTCOME_FAILED},
};

static void check_found(const struct eni_find *flow, const char *expected)
{
	_cleanup_(strbuf_done) struct strbuf found = {0};

	for (size_t i = 0; i < flow->enis.count; i++)
		strbuf_printf(&found, "%s ", flow->enis.items[i].id);
	assert_string_equal(strbuf_text(&found), expected);
}

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(ec2_memory_done) struct ec2_memory memory = {.page = cases[i].page};
		struct eni_filter filter = cases[i].filter;
		struct error error = {0};
		const struct ec2_eni *one;
		struct eni_find find;

		print_message("%s\n", cases[i].name);
		memcpy(memory.enis, enis, sizeof(enis));
		memcpy(memory.faults, cases[i].faults, sizeof(memory.faults));
		if (cases[i].address)
			assert_int_equal(ip_address_parse(cases[i].address, &filter.address), 0);
		eni_find_init(&find, &filter);
		struct flow flow = eni_find_flow(&find);
		assert_true(ec2_memory_run(&memory, &flow));
		assert_string_equal(strbuf_text(&memory.calls), cases[i].calls);
		check_found(&find, cases[i].found);
		one = eni_find_one(&find, &error);
		assert_string_equal(error.text, cases[i].words ? cases[i].words : "");
		assert_int_equal(error.outcome, cases[i].outcome);
		if (cases[i].words)
			assert_null(one);
		else
			assert_ptr_equal(one, &find.enis.items[0]);
		eni_find_done(&find);
	}
}

/* The caller owns complete copies, which stay valid after the responses are freed. */
static void test_whole(void **state)
{
	_cleanup_(ec2_memory_done) struct ec2_memory memory = {0};
	const struct eni_filter filter = {.id = "eni-3"};
	const struct ec2_eni *eni;
	struct eni_find find;

	(void)state;
	memcpy(memory.enis, enis, sizeof(enis));
	eni_find_init(&find, &filter);
	struct flow flow = eni_find_flow(&find);
	assert_true(ec2_memory_run(&memory, &flow));
	eni = eni_find_one(&find, NULL);
	assert_non_null(eni);
	assert_string_equal(eni->subnet, "subnet-a");
	assert_string_equal(eni->zone, "zone-a");
	assert_string_equal(eni->attachment.id, "ela-attach-1");
	assert_string_equal(eni->attachment.instance_owner, "amazon-elb");
	assert_int_equal(eni->requester_managed, EC2_FLAG_TRUE);
	assert_int_equal(eni->ipv4s.count, 1);
	assert_int_equal(eni->ipv4s.items[0].address.bytes[3], 30);
	eni_find_done(&find);
	eni_find_done(&find);
}

/* Pages without end are not believed. */
static void test_no_end(void **state)
{
	const struct eni_filter filter = {.vpc = "vpc-1"};
	struct eni_find find;
	unsigned calls = 0;

	(void)state;
	eni_find_init(&find, &filter);
	struct flow flow = eni_find_flow(&find);
	for (;;) {
		_cleanup_(flow_batch_done) struct flow_batch batch = {0};
		char token[] = "more";
		struct flow_response response = {.response = {.reply = {.next_token = token}}};

		assert_int_equal(flow.next(flow.state, 0, 0, &batch), 0);
		if (!batch.count)
			break;
		assert_in_range(++calls, 1, 1000);
		assert_int_equal(
			flow.handle_response(flow.state, batch.calls[0].tag, &response), 0);
	}
	assert_null(eni_find_one(&find, NULL));
	assert_string_equal(find.error.text,
		"DescribeNetworkInterfaces: the list of ENIs does not end after 200 pages: "
		"limit the list to a subnet or a tag");
	eni_find_done(&find);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_no_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
