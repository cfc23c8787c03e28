/* SPDX-License-Identifier: Apache-2.0 */
#include "ec2/query.h"
#include "ec2/requests.h"

#include "ec2_request_cases.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define NONE                                                                                       \
	(const char *const[])                                                                      \
	{                                                                                          \
		NULL                                                                               \
	}

static const struct ip_prefix overlay = {{AF_INET, {192, 168, 10, 16}}, 32};
static const struct ip_prefix host_bits = {{AF_INET, {192, 168, 10, 16}}, 24};
static const struct ip_prefix no_prefix;

static void test_bodies(void **state)
{
	(void)state;
	for (size_t i = 0; i < request_case_count; i++) {
		const struct request_case *given = &request_cases[i];
		_cleanup_(ec2_request_done) struct ec2_request request = {0};

		assert_int_equal(ec2_request_build(given->action, &given->parameters, &request), 0);
		assert_string_equal(strbuf_text(&request.body), given->body);
	}
}

static void test_print(void **state)
{
	static const struct ip_prefix ipv6 = {{AF_INET6, {0xfd, 0x12, [15] = 0x16}}, 128};
	const struct {
		enum ec2_action action;
		struct ec2_parameters parameters;
		const char *words;
	} cases[] = {
		{EC2_REPLACE_ROUTE,
			{.route_table = "rtb-1", .destination = &overlay, .eni = "eni-1"},
			"aws ec2 replace-route --route-table-id rtb-1 --destination-cidr-block "
			"192.168.10.16/32 --network-interface-id eni-1"},
		{EC2_CREATE_ROUTE, {.route_table = "rtb-1", .destination = &ipv6, .eni = "eni-1"},
			"aws ec2 create-route --route-table-id rtb-1 --destination-ipv6-cidr-block "
			"fd12::16/128 --network-interface-id eni-1"},
		{EC2_DELETE_ROUTE, {.route_table = "rtb-1", .destination = &overlay},
			"aws ec2 delete-route --route-table-id rtb-1 --destination-cidr-block "
			"192.168.10.16/32"},
		{EC2_MODIFY_NETWORK_INTERFACE_ATTRIBUTE,
			{.eni = "eni-1", .source_dest_check = EC2_FLAG_FALSE},
			"aws ec2 modify-network-interface-attribute --network-interface-id eni-1 "
			"--no-source-dest-check"},
		{EC2_ATTACH_NETWORK_INTERFACE,
			{.eni = "eni-1", .instance = "i-1", .device_index = 2},
			"aws ec2 attach-network-interface --network-interface-id eni-1 "
			"--instance-id i-1 --device-index 2"},
		{EC2_DETACH_NETWORK_INTERFACE, {.attachment = "eni-attach-1", .force = true},
			"aws ec2 detach-network-interface --attachment-id eni-attach-1 --force"},
		{EC2_CREATE_NETWORK_INTERFACE,
			{.subnet = "subnet-1",
				.addresses =
					(const struct ip_address[]){
						{AF_INET, {10, 0, 1, 10}},
						{AF_INET6, {0xfd, 0x12, [15] = 0x16}},
						{AF_INET, {10, 0, 1, 11}},
						{0},
					},
				.security_groups = TEXTS("sg-1", "sg-2"),
				.description = "SAP's ASCS",
				.tags = (const struct ec2_tag[]){{"Name", "ascs"},
					{"for", "a, \"b\""}, {"", NULL}, {0}},
				.client_token = "once"},
			"aws ec2 create-network-interface --subnet-id subnet-1 "
			"--private-ip-addresses Primary=true,PrivateIpAddress=10.0.1.10 "
			"Primary=false,PrivateIpAddress=10.0.1.11 --ipv6-addresses "
			"Ipv6Address=fd12::16 --groups sg-1 sg-2 --description "
			"'SAP'\\''s ASCS' --tag-specifications "
			"'ResourceType=network-interface,Tags=[{Key=Name,Value=ascs},"
			"{Key=for,Value=\"a, \\\"b\\\"\"},{Key=\"\",Value=\"\"}]' "
			"--client-token once"},
		{EC2_ASSIGN_PRIVATE_IP_ADDRESSES,
			{.eni = "eni-1",
				.private_addresses = TEXTS("10.0.1.20", "10.0.1.21"),
				.allow_reassignment = true},
			"aws ec2 assign-private-ip-addresses --network-interface-id eni-1 "
			"--private-ip-addresses 10.0.1.20 10.0.1.21 --allow-reassignment"},
		{EC2_DESCRIBE_ROUTE_TABLES,
			{.filters = (const struct ec2_filter[]){{"vpc-id", TEXTS("vpc-1")},
				 {"route.state", TEXTS("active", "blackhole")}, {0}}},
			"aws ec2 describe-route-tables --filters Name=vpc-id,Values=vpc-1 "
			"Name=route.state,Values=active,blackhole"},
		{STS_GET_CALLER_IDENTITY, {0}, "aws sts get-caller-identity"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(strbuf_done) struct strbuf words = {0};

		assert_int_equal(
			ec2_request_print(cases[i].action, &cases[i].parameters, &words), 0);
		assert_string_equal(strbuf_text(&words), cases[i].words);
	}
}

static void test_refused(void **state)
{
	const struct {
		enum ec2_action action;
		struct ec2_parameters parameters;
		int err;
	} cases[] = {
		/* A required parameter is missing. */
		{EC2_REPLACE_ROUTE, {0}, -EINVAL},
		{EC2_REPLACE_ROUTE, {.destination = &overlay, .eni = "eni-1"}, -EINVAL},
		{EC2_REPLACE_ROUTE, {.route_table = "rtb-1", .eni = "eni-1"}, -EINVAL},
		{EC2_REPLACE_ROUTE, {.route_table = "rtb-1", .destination = &overlay}, -EINVAL},
		{EC2_DELETE_ROUTE, {.route_table = "rtb-1"}, -EINVAL},
		{EC2_CREATE_NETWORK_INTERFACE, {.subnet = "subnet-1"}, -EINVAL},
		{EC2_ATTACH_NETWORK_INTERFACE, {.eni = "eni-1", .instance = "i-1"}, -EINVAL},
		{EC2_DETACH_NETWORK_INTERFACE, {.force = true}, -EINVAL},
		{EC2_MODIFY_NETWORK_INTERFACE_ATTRIBUTE, {.eni = "eni-1"}, -EINVAL},
		{STS_ASSUME_ROLE, {.role_arn = "arn"}, -EINVAL},
		/* A parameter is given that the action does not accept. */
		{EC2_DELETE_ROUTE,
			{.route_table = "rtb-1", .destination = &overlay, .eni = "eni-1"}, -EINVAL},
		{EC2_DESCRIBE_ROUTE_TABLES, {.enis = TEXTS("eni-1")}, -EINVAL},
		{EC2_DESCRIBE_ROUTE_TABLES, {.force = true}, -EINVAL},
		{STS_GET_CALLER_IDENTITY, {.dry_run = true}, -EINVAL},
		{EC2_ASSIGN_PRIVATE_IP_ADDRESSES,
			{.eni = "eni-1", .private_addresses = TEXTS("10.0.1.20"), .dry_run = true},
			-EINVAL},
		{STS_ASSUME_ROLE, {.role_arn = "arn", .session_name = "s", .dry_run = true},
			-EINVAL},
		/* Pages go with filters alone, and have limits. */
		{EC2_DESCRIBE_ROUTE_TABLES, {.max_results = 4}, -EINVAL},
		{EC2_DESCRIBE_ROUTE_TABLES, {.max_results = 101}, -EINVAL},
		{EC2_DESCRIBE_NETWORK_INTERFACES, {.max_results = 1001}, -EINVAL},
		{EC2_DESCRIBE_NETWORK_INTERFACES, {.enis = TEXTS("eni-1"), .max_results = 5},
			-EINVAL},
		{EC2_DESCRIBE_INSTANCES, {.instances = TEXTS("i-1"), .next_token = "t"}, -EINVAL},
		/* An empty list would select everything. */
		{EC2_DESCRIBE_ROUTE_TABLES, {.route_tables = NONE}, -EINVAL},
		{EC2_DESCRIBE_ROUTE_TABLES, {.route_tables = TEXTS("")}, -EINVAL},
		{EC2_DESCRIBE_ROUTE_TABLES, {.filters = (const struct ec2_filter[]){{0}}}, -EINVAL},
		{EC2_DESCRIBE_ROUTE_TABLES,
			{.filters = (const struct ec2_filter[]){{"vpc-id", NULL}, {0}}}, -EINVAL},
		{EC2_DESCRIBE_ROUTE_TABLES,
			{.filters = (const struct ec2_filter[]){{"vpc-id", NONE}, {0}}}, -EINVAL},
		{EC2_DESCRIBE_ROUTE_TABLES, {.next_token = ""}, -EINVAL},
		{EC2_CREATE_NETWORK_INTERFACE,
			{
				.subnet = "subnet-1",
				.client_token = "t",
				.addresses = (const struct ip_address[]){{0}},
			},
			-EINVAL},
		{EC2_CREATE_NETWORK_INTERFACE,
			{
				.subnet = "subnet-1",
				.client_token = "t",
				.tags = (const struct ec2_tag[]){{0}},
			},
			-EINVAL},
		/* A value that is not of its form. */
		{EC2_DELETE_ROUTE, {.route_table = "rtb-1", .destination = &host_bits}, -EINVAL},
		{EC2_DELETE_ROUTE, {.route_table = "rtb-1", .destination = &no_prefix}, -EINVAL},
		{EC2_CREATE_NETWORK_INTERFACE, {.subnet = "subnet-1", .client_token = "a b"},
			-EINVAL},
		{EC2_CREATE_NETWORK_INTERFACE,
			{
				.subnet = "subnet-1",
				.client_token = "0123456789abcdef0123456789abcdef"
						"0123456789abcdef0123456789abcdef0",
			},
			-EINVAL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(strbuf_done) struct strbuf words = {0};
		struct ec2_request request = {0};

		assert_int_equal(ec2_request_build(cases[i].action, &cases[i].parameters, &request),
			cases[i].err);
		assert_null(request.body.data);
		assert_int_equal(ec2_request_print(cases[i].action, &cases[i].parameters, &words),
			cases[i].err);
		assert_int_equal(words.length, 0);
	}
}

static void test_too_long(void **state)
{
	static char long_id[QUERY_MAX + 1];
	const struct ec2_parameters parameters = {.route_tables = TEXTS(long_id)};
	struct ec2_request request = {0};

	(void)state;
	memset(long_id, 'x', sizeof(long_id) - 1);
	assert_int_equal(
		ec2_request_build(EC2_DESCRIBE_ROUTE_TABLES, &parameters, &request), -E2BIG);
	assert_null(request.body.data);
	ec2_request_done(&request);
	ec2_request_done(NULL);
}

static void test_actions(void **state)
{
	static const struct {
		const char *name;
		const char *service;
		bool repeatable;
	} actions[EC2_ACTION_COUNT_] = {
		[EC2_DESCRIBE_ROUTE_TABLES] = {"DescribeRouteTables", "ec2", true},
		[EC2_CREATE_ROUTE] = {"CreateRoute", "ec2", true},
		[EC2_REPLACE_ROUTE] = {"ReplaceRoute", "ec2", true},
		[EC2_DELETE_ROUTE] = {"DeleteRoute", "ec2", true},
		[EC2_DESCRIBE_NETWORK_INTERFACES] = {"DescribeNetworkInterfaces", "ec2", true},
		[EC2_CREATE_NETWORK_INTERFACE] = {"CreateNetworkInterface", "ec2", true},
		[EC2_ATTACH_NETWORK_INTERFACE] = {"AttachNetworkInterface", "ec2", false},
		[EC2_DETACH_NETWORK_INTERFACE] = {"DetachNetworkInterface", "ec2", false},
		[EC2_MODIFY_NETWORK_INTERFACE_ATTRIBUTE] = {"ModifyNetworkInterfaceAttribute",
			"ec2", true},
		[EC2_ASSIGN_PRIVATE_IP_ADDRESSES] = {"AssignPrivateIpAddresses", "ec2", true},
		[EC2_DESCRIBE_INSTANCES] = {"DescribeInstances", "ec2", true},
		[STS_ASSUME_ROLE] = {"AssumeRole", "sts", true},
		[STS_GET_CALLER_IDENTITY] = {"GetCallerIdentity", "sts", true},
	};

	(void)state;
	for (unsigned i = 0; i < EC2_ACTION_COUNT_; i++) {
		enum ec2_action action = (enum ec2_action)i;

		assert_string_equal(ec2_action_name(action), actions[i].name);
		assert_string_equal(ec2_action_service(action), actions[i].service);
		assert_int_equal(ec2_action_is_repeatable(action), actions[i].repeatable);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bodies),
		cmocka_unit_test(test_print),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_actions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
