/* SPDX-License-Identifier: Apache-2.0 */
/* Tests finding the primary ENI of an instance: the requests, and the result of each response. */
#include "failover/instance_eni.h"

#include "base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "overlay_cases.h" /* last, since the names of its macros are short */

#define FAULT(code, message)                                                                       \
	{                                                                                          \
		{                                                                                  \
			EC2_DESCRIBE_INSTANCES, 1, code, message                                   \
		}                                                                                  \
	}
/* An ENI of an instance; card -1: not in the response. */
#define ENI_OF(instance_, id_, index_, card_)                                                      \
	{                                                                                          \
		.id = id_, .attachment = "eni-attach-1", .instance = instance_, .index = index_,   \
		.card = card_, .names_card = true, .status = EC2_ATTACHMENT_ATTACHED               \
	}
#define PRIMARY ENI_OF("i-1", OURS, 0, 0)
#define OTHERS_PRIMARY ENI_OF("i-2", THEIRS, 0, 0)
#define INSTANCE(id_, state_)                                                                      \
	{                                                                                          \
		.id = id_, .state = EC2_INSTANCE_##state_                                          \
	}
#define IN_STATE(state)                                                                            \
	{                                                                                          \
		.instances = {INSTANCE("i-1", state)}, .enis = { PRIMARY }                         \
	}
#define MISSING                                                                                    \
	"instance i-1: missing in EC2's response: check that the instance exists in this "         \
	"account and region"
#define NO_PRIMARY                                                                                 \
	"instance i-1: EC2 reports no primary ENI (device index 0): specify the ENI instead "      \
	"of the instance"

static const struct {
	const char *name;
	struct ec2_memory cloud;
	const char *eni; /* NULL: an error */
	enum ec2_instance_state state;
	enum outcome outcome;
	const char *words;
} cases[] = {
	{.name = "running", .cloud = IN_STATE(RUNNING), .eni = OURS, .state = EC2_INSTANCE_RUNNING},
	{.name = "pending", .cloud = IN_STATE(PENDING), .eni = OURS, .state = EC2_INSTANCE_PENDING},
	{.name = "several ENIs, the primary last",
		.cloud = {.instances = {INSTANCE("i-1", RUNNING)},
			.enis = {ENI_OF("i-1", THEIRS, 1, 0), ENI_OF("i-1", "eni-3", -1, 0),
				ENI_OF("i-1", "eni-4", 0, 1), PRIMARY}},
		.eni = OURS,
		.state = EC2_INSTANCE_RUNNING},
	{.name = "the response has no network card",
		.cloud = {.instances = {INSTANCE("i-1", RUNNING)},
			.enis = {ENI_OF("i-1", OURS, 0, -1)}},
		.eni = OURS,
		.state = EC2_INSTANCE_RUNNING},
	{.name = "the response has other instances as well",
		.cloud = {.instances = {INSTANCE("i-2", RUNNING), INSTANCE("i-1", RUNNING)},
			.enis = {OTHERS_PRIMARY, PRIMARY},
			.deaf = true},
		.eni = OURS,
		.state = EC2_INSTANCE_RUNNING},
	{.name = "the response has only another instance",
		.cloud = {.instances = {INSTANCE("i-2", RUNNING)},
			.enis = {OTHERS_PRIMARY},
			.deaf = true},
		.outcome = OUTCOME_FAILED,
		.words = MISSING},
	{.name = "the response has no instance",
		.cloud = {.faults = FAULT(NOTHING, NULL)},
		.outcome = OUTCOME_FAILED,
		.words = MISSING},
	{.name = "the response has no ENI",
		.cloud = {.instances = {INSTANCE("i-1", RUNNING)}},
		.outcome = OUTCOME_FAILED,
		.words = NO_PRIMARY},
	{.name = "the response has no primary ENI",
		.cloud = {.instances = {INSTANCE("i-1", RUNNING)},
			.enis = {ENI_OF("i-1", OURS, 1, 0)}},
		.outcome = OUTCOME_FAILED,
		.words = NO_PRIMARY},
	{.name = "terminated",
		.cloud = IN_STATE(TERMINATED),
		.outcome = OUTCOME_FAILED,
		.words = "instance i-1: the state is terminated: only a running instance "
			 "receives traffic"},
	{.name = "shutting down",
		.cloud = IN_STATE(SHUTTING_DOWN),
		.outcome = OUTCOME_FAILED,
		.words = "instance i-1: the state is shutting-down: only a running instance "
			 "receives traffic"},
	{.name = "stopping",
		.cloud = IN_STATE(STOPPING),
		.outcome = OUTCOME_FAILED,
		.words = "instance i-1: the state is stopping: only a running instance "
			 "receives traffic"},
	{.name = "stopped",
		.cloud = IN_STATE(STOPPED),
		.outcome = OUTCOME_FAILED,
		.words = "instance i-1: the state is stopped: only a running instance "
			 "receives traffic"},
	{.name = "the response has no state",
		.cloud = IN_STATE(UNKNOWN),
		.outcome = OUTCOME_FAILED,
		.words = "instance i-1: EC2 does not report the state"},
	{.name = "it does not exist",
		.cloud = {.faults = FAULT("InvalidInstanceID.NotFound",
				  "The instance ID 'i-1' does not exist")},
		.outcome = OUTCOME_FAILED,
		.words = "instance i-1: DescribeInstances: InvalidInstanceID.NotFound: The "
			 "instance ID 'i-1' does not exist"},
	{.name = "it is no id",
		.cloud = {.faults = FAULT("InvalidInstanceID.Malformed", "Invalid id: \"i-1\"")},
		.outcome = OUTCOME_FAILED,
		.words = "instance i-1: DescribeInstances: InvalidInstanceID.Malformed: Invalid "
			 "id: \"i-1\""},
	{.name = "denied",
		.cloud = {.faults = FAULT("UnauthorizedOperation", "You are not authorized.")},
		.outcome = OUTCOME_DENIED,
		.words = "instance i-1: " NOT_PERMITTED("DescribeInstances", "*",
			"*") "UnauthorizedOperation: You are not authorized."},
	{.name = "lost",
		.cloud = {.faults = FAULT(LOST, NULL)},
		.outcome = OUTCOME_FAILED,
		.words = "instance i-1: DescribeInstances: the connection broke"},
	{.name = "late",
		.cloud = {.faults = FAULT(LATE, NULL)},
		.outcome = OUTCOME_TIMEOUT,
		.words = "instance i-1: DescribeInstances: timed out: no response"},
};

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(ec2_memory_done) struct ec2_memory cloud = cases[i].cloud;
		struct instance_eni found;

		print_message("%s\n", cases[i].name);
		instance_eni_init(&found, "i-1");
		const struct flow flow = instance_eni_flow(&found);
		assert_int_equal(instance_eni_outcome(&found), OUTCOME_TIMEOUT);
		ec2_memory_run_within(&cloud, &flow, 10);
		assert_string_equal(
			strbuf_text(&cloud.calls), "DescribeInstances InstanceId.1=i-1\n");
		assert_string_equal(found.error.text, cases[i].words ? cases[i].words : "");
		assert_string_equal(found.eni, cases[i].eni ? cases[i].eni : "");
		assert_string_equal(found.vpc, cases[i].eni ? MEMORY_VPC : "");
		assert_int_equal(found.state, cases[i].state);
		assert_int_equal(instance_eni_outcome(&found), cases[i].outcome);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
