/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests every known fault of EC2 for each request of the flows: the number of tries, and the
 * message.
 */
#include "failover/instance_eni.h"
#include "failover/overlay_delete.h"
#include "failover/overlay_move.h"
#include "failover/source_check.h"

#include "base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "overlay_cases.h" /* last, since the names of its macros are short */

#define PREAMBLE "You are not authorized to perform this operation."
#define ENCODED " Encoded authorization failure message: c2VjcmV0"

static const char *const only_a[] = {A, NULL};
static const char *const enis[] = {OURS, NULL};

/* The result of a change that is refused each time. */
enum course {
	STOPS, /* at once, as failed */
	DENIED, /* at once, as not permitted */
	INSISTS, /* with waits, so many times; then failed */
	READS, /* the change may have been made, or EC2 says so: a read shows that it was not */
};

static const struct {
	const char *code;
	const char *message;
	enum course course;
	const char *remedy; /* after EC2's words; of DENIED, what is left of them */
} faults[] = {
	{"InvalidNetworkInterfaceID.NotFound", "The networkInterface ID 'eni-1' does not exist",
		INSISTS, ": see \"myha eni list\""},
	{"InvalidRouteTableID.NotFound", "The routeTable ID 'rtb-a' does not exist", INSISTS, ""},
	{"InvalidInstanceID.NotFound", "The instance ID 'i-1' does not exist", INSISTS, ""},
	{"InvalidAttachmentID.NotFound", "no attachment", INSISTS, ""},
	{"InvalidNetworkInterface.InUse", "It is in use.", INSISTS, ""},
	{"InvalidParameterValue", "Interface eni-1 is currently in use.", INSISTS, ""},
	{"IncorrectState", "not in that state", INSISTS, ""},
	{"IncorrectInstanceState", "not in that state", INSISTS, ""},
	{"InvalidParameterValue", "Route destination doesn't match any subnet CIDR blocks.", STOPS,
		""},
	{"InvalidParameterValue",
		"Instance 'i-1' already has an interface attached at device index '1'.", STOPS, ""},
	{"InvalidParameterCombination", "not in the same availability zone", STOPS, ""},
	{"AttachmentLimitExceeded", "too many", STOPS,
		": detach another ENI from the instance, or use a larger instance type"},
	{"InvalidInstanceID", "There are multiple interfaces attached to instance 'i-1'.", STOPS,
		""},
	{"RouteLimitExceeded", "The maximum number of routes has been reached.", STOPS, ""},
	{"PrivateIpAddressLimitExceeded", "too many", STOPS,
		": remove an address from this ENI, or use a larger instance type"},
	{"InsufficientFreeAddressesInSubnet", "too few", STOPS,
		": free an address in the subnet, or use another subnet"},
	{"OperationNotPermitted", "You cannot do that.", STOPS, ""},
	{"InvalidRouteTableId.Malformed", "Invalid id", STOPS, ""},
	{"UnauthorizedOperation", PREAMBLE, DENIED, ""},
	{"UnauthorizedOperation", PREAMBLE " User: a is not.", DENIED, ": User: a is not."},
	{"UnauthorizedOperation", PREAMBLE " User: a is not." ENCODED, DENIED, ": User: a is not."},
	{"UnauthorizedOperation", "You may not." ENCODED, DENIED, ": You may not."},
	{"UnauthorizedOperation", PREAMBLE ENCODED, DENIED, ""},
	{"AccessDenied", NULL, DENIED, ""},
	{"DryRunOperation", "Request would have succeeded, but DryRun flag is set.", STOPS, ""},
	{"AuthFailure", "AWS was not able to validate the provided access credentials", STOPS,
		": check the credentials and this host's clock"},
	{"RequestExpired", "Request has expired.", STOPS,
		": check the credentials and this host's clock"},
	{"RequestLimitExceeded", "Request limit exceeded.", STOPS, ""},
	{"Throttling", "Rate exceeded", STOPS, ""},
	{"ThrottlingException", NULL, STOPS, ""},
	{"EC2ThrottledException", NULL, STOPS, ""},
	{"SlowDown", NULL, STOPS, ""},
	{"TooManyRequestsException", NULL, STOPS, ""},
	{"InternalError", "An internal error has occurred", READS, ""},
	{"InternalFailure", NULL, READS, ""},
	{"ServiceUnavailable", NULL, READS, ""},
	{"Unavailable", NULL, READS, ""},
	{"SomethingNew", "An unknown error.", STOPS, ""},
};

/* "ACTION: CODE: message", or IAM's. */
static void print_words(
	const char *action, const char *resource, size_t fault, struct strbuf *ret_words)
{
	const char *message = faults[fault].message;
	const char *type = *resource == 'r' ? TABLE_ARN : *resource == 'e' ? ENI_ARN : "";

	if (faults[fault].course == DENIED) {
		strbuf_printf(ret_words,
			"IAM does not permit ec2:%s on %s: allow \"ec2:%s\" on \"%s%s\" (see "
			"\"myha "
			"iam-policy\"): %s%s",
			action, resource, action, type, resource, faults[fault].code,
			faults[fault].remedy);
		return;
	}
	strbuf_printf(ret_words, "%s: ", action);
	strbuf_printf(ret_words, "%s%s%s%s", faults[fault].code, message ? ": " : "",
		message ? message : "", faults[fault].remedy);
}

static enum outcome outcome_of(size_t fault)
{
	return faults[fault].course == DENIED ? OUTCOME_DENIED : OUTCOME_FAILED;
}

static unsigned tries_of(size_t fault)
{
	return faults[fault].course == INSISTS ? 6 : 1;
}

static struct ec2_memory make_cloud(const char *target, enum ec2_action action, size_t fault)
{
	return (struct ec2_memory){
		.tables = {{A, target}},
		.enis = {{.id = OURS,
			.source_dest_check = EC2_FLAG_TRUE,
			.attachment = "eni-attach-1",
			.instance = "i-1",
			.status = EC2_ATTACHMENT_ATTACHED}},
		.instances = {{.id = "i-1", .state = EC2_INSTANCE_RUNNING}},
		.faults = {{action, 0, faults[fault].code, faults[fault].message}},
	};
}

static void check_table(
	const struct overlay_change *change, const char *action, size_t fault, const char *seen)
{
	_cleanup_(strbuf_done) struct strbuf words = {0};
	const struct overlay_table *table = &change->read.tables[0];

	if (faults[fault].course == READS)
		strbuf_printf(&words, "route to 192.168.10.16/32 %s: ", seen);
	print_words(action, A, fault, &words);
	assert_int_equal(change->read.n_tables, 1);
	assert_string_equal(change->read.error.text, "");
	assert_int_equal(table->verdict, OVERLAY_FAILED);
	assert_string_equal(table->error.text, strbuf_text(&words));
	assert_int_equal(overlay_change_outcome(change), outcome_of(fault));
	assert_int_equal(overlay_change_may_have_changed(change), faults[fault].course == READS);
}

static void run_move(size_t fault, enum ec2_action action, const char *target, const char *seen)
{
	const struct overlay_move_goal goal = {.routes = make_routes(only_a),
		.eni = OURS,
		.may_create = true,
		.may_replace = true};
	_cleanup_(ec2_memory_done) struct ec2_memory cloud = make_cloud(target, action, fault);
	_cleanup_(overlay_move_done) struct overlay_move move;

	overlay_move_init(&move, &goal);
	const struct flow flow = overlay_move_flow(&move);
	ec2_memory_run_within(&cloud, &flow, 50);
	check_table(&move.change, ec2_action_name(action), fault, seen);
	assert_int_equal(cloud.counts[action], tries_of(fault));
}

static void test_replace(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(faults); i++)
		run_move(i, EC2_REPLACE_ROUTE, THEIRS, "still points to eni-2 (active)");
}

static void test_create(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(faults); i++)
		run_move(i, EC2_CREATE_ROUTE, NULL, "does not exist");
}

static void test_delete(void **state)
{
	const struct overlay_delete_goal goal = {.routes = make_routes(only_a), .enis = enis};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(faults); i++) {
		_cleanup_(ec2_memory_done) struct ec2_memory cloud = make_cloud(
			OURS, EC2_DELETE_ROUTE, i);
		_cleanup_(overlay_delete_done) struct overlay_delete deletion;

		overlay_delete_init(&deletion, &goal);
		const struct flow flow = overlay_delete_flow(&deletion);
		ec2_memory_run_within(&cloud, &flow, 50);
		check_table(&deletion.change, "DeleteRoute", i, "still points to eni-1 (active)");
		assert_int_equal(cloud.counts[EC2_DELETE_ROUTE], tries_of(i));
	}
}

static void test_source_check(void **state)
{
	const struct source_check_goal goal = {.eni = OURS, .mode = SOURCE_CHECK_FIX};
	const enum ec2_action action = EC2_MODIFY_NETWORK_INTERFACE_ATTRIBUTE;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(faults); i++) {
		_cleanup_(ec2_memory_done) struct ec2_memory cloud = make_cloud(NULL, action, i);
		_cleanup_(strbuf_done) struct strbuf words = {0};
		struct source_check check;

		strbuf_add_string(&words, "source/destination check of eni-1: ");
		if (faults[i].course == READS)
			strbuf_add_string(&words, "still enabled: ");
		print_words(ec2_action_name(action), OURS, i, &words);
		source_check_init(&check, &goal);
		const struct flow flow = source_check_flow(&check);
		ec2_memory_run_within(&cloud, &flow, 50);
		assert_int_equal(check.verdict, SOURCE_CHECK_FAILED);
		assert_string_equal(check.error.text, strbuf_text(&words));
		assert_int_equal(source_check_outcome(&check), outcome_of(i));
		assert_int_equal(cloud.counts[action], tries_of(i));
	}
}

/* A refused read ends the flow; before the first read, nothing was changed. */
static void test_describe(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(faults); i++) {
		const struct overlay_routes routes = make_routes(only_a);
		_cleanup_(ec2_memory_done) struct ec2_memory cloud = make_cloud(
			OURS, EC2_DESCRIBE_ROUTE_TABLES, i);
		_cleanup_(ec2_memory_done) struct ec2_memory other = make_cloud(
			OURS, EC2_DESCRIBE_INSTANCES, i);
		_cleanup_(overlay_read_done) struct overlay_read read;
		_cleanup_(strbuf_done) struct strbuf words = {0}, other_words = {0};
		struct instance_eni found;

		if (strcmp(faults[i].code, "InvalidRouteTableID.NotFound") == 0)
			strbuf_add_string(&words,
				"route table rtb-a does not exist in this account and region: ");
		print_words("DescribeRouteTables", "*", i, &words);
		overlay_read_init(&read, &routes);
		const struct flow flow = overlay_read_flow(&read);
		ec2_memory_run_within(&cloud, &flow, 10);
		assert_string_equal(read.error.text, strbuf_text(&words));
		assert_int_equal(overlay_read_outcome(&read), outcome_of(i));
		assert_int_equal(cloud.n_calls, 1);

		strbuf_add_string(&other_words, "instance i-1: ");
		print_words("DescribeInstances", "*", i, &other_words);
		instance_eni_init(&found, "i-1");
		const struct flow other_flow = instance_eni_flow(&found);
		ec2_memory_run_within(&other, &other_flow, 10);
		assert_string_equal(found.error.text, strbuf_text(&other_words));
		assert_int_equal(instance_eni_outcome(&found), outcome_of(i));
		assert_int_equal(other.n_calls, 1);
	}
}

/* HTML from a proxy, and a response that was lost without an error. */
static void test_no_code(void **state)
{
	struct flow_response response = {.response = {.is_fault = true, .fault = {.status = 404}}};
	struct error error = {0};

	(void)state;
	assert_true(flow_check_response(EC2_REPLACE_ROUTE, A, &response, &error) < 0);
	assert_string_equal(error.text, "ReplaceRoute: HTTP 404 without an error code");
	assert_int_equal(error.outcome, OUTCOME_FAILED);

	response = (struct flow_response){.err = -1};
	error = (struct error){0};
	assert_true(flow_check_response(EC2_REPLACE_ROUTE, A, &response, &error) < 0);
	assert_string_equal(error.text, "ReplaceRoute: no response");
	assert_int_equal(error.outcome, OUTCOME_FAILED);
}

static void test_what_to_allow(void **state)
{
	static const struct {
		const char *resource, *arn;
	} cases[] = {
		{"*", "*"},
		{"rtb-1", "arn:aws:ec2:*:*:route-table/rtb-1"},
		{"eni-1", "arn:aws:ec2:*:*:network-interface/eni-1"},
		{"i-1", "arn:aws:ec2:*:*:instance/i-1"},
		{"subnet-1", "arn:aws:ec2:*:*:subnet/subnet-1"},
		{"10.0.1.10", "*"},
	};
	char code[] = "UnauthorizedOperation";
	const struct ec2_fault fault = {.status = 403, .code = code};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(strbuf_done) struct strbuf words = {0};
		struct error error = {0};

		flow_explain_fault(EC2_REPLACE_ROUTE, cases[i].resource, &fault, &error);
		strbuf_printf(&words,
			"IAM does not permit ec2:ReplaceRoute on %s: allow \"ec2:ReplaceRoute\" on "
			"\"%s\" (see \"myha iam-policy\"): UnauthorizedOperation",
			cases[i].resource, cases[i].arn);
		assert_string_equal(error.text, strbuf_text(&words));
		assert_int_equal(error.outcome, OUTCOME_DENIED);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_to_allow),
		cmocka_unit_test(test_replace),
		cmocka_unit_test(test_create),
		cmocka_unit_test(test_delete),
		cmocka_unit_test(test_source_check),
		cmocka_unit_test(test_describe),
		cmocka_unit_test(test_no_code),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
