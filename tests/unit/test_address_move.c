/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests moving a secondary address in an EC2 in memory: verdict, error, all calls, and the holder
 * afterwards.
 */
#include "ec2_memory.h"
#include "failover/address_move.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define READ_OURS DESCRIBE_ENI("eni-us")
#define FIND DESCRIBE_ENI_WITH("10.0.1.50")
#define ASSIGN                                                                                     \
	"AssignPrivateIpAddresses NetworkInterfaceId=eni-us PrivateIpAddress.1=10.0.1.50 "         \
	"AllowReassignment=true\n"
#define NINE(what) what what what what what what what what what

#define ATTACHED_TO(instance_)                                                                     \
	.attachment = "eni-attach-" instance_, .instance = instance_, .index = 1,                  \
	.status = EC2_ATTACHMENT_ATTACHED
#define US                                                                                         \
	{                                                                                          \
		.id = "eni-us", .addresses = {"10.0.1.10"}, ATTACHED_TO("i-us")                    \
	}
#define OLD                                                                                        \
	{                                                                                          \
		.id = "eni-old", .addresses = {"10.0.1.20", "10.0.1.50"}, ATTACHED_TO("i-old")     \
	}
#define THIRD                                                                                      \
	{                                                                                          \
		.id = "eni-3", .addresses = {"10.0.1.30"}, ATTACHED_TO("i-3")                      \
	}

/* eni-3 takes the address from the ENI that has it. */
static void third_takes(struct ec2_memory *memory)
{
	for (size_t i = 0; i < 3; i++)
		memory->enis[i].addresses[1] = i == 2 ? "10.0.1.50" : NULL;
}

static void old_takes_back(struct ec2_memory *memory)
{
	memory->enis[0].addresses[1] = NULL;
	memory->enis[1].addresses[1] = "10.0.1.50";
}

static void we_take(struct ec2_memory *memory)
{
	memory->enis[0].addresses[1] = "10.0.1.50";
	memory->enis[1].addresses[1] = NULL;
}

static void remove_from_all(struct ec2_memory *memory)
{
	for (size_t i = 0; i < 3; i++)
		memory->enis[i].addresses[1] = NULL;
}

/* The state that reads show for a while. */
static void it_was(struct ec2_memory *memory, const char *here, const char *there, uint64_t msec)
{
	memcpy(memory->before, memory->enis, sizeof(memory->before));
	memory->before[0].addresses[1] = here;
	memory->before[1].addresses[1] = there;
	memory->stale_until = memory->now + msec;
}

static void it_was_here(struct ec2_memory *memory)
{
	it_was(memory, "10.0.1.50", NULL, 2000);
}

static void it_was_there(struct ec2_memory *memory)
{
	it_was(memory, NULL, "10.0.1.50", 4000);
}

static const struct {
	const char *name;
	struct ec2_memory cloud;
	const char *calls;
	enum address_move_verdict verdict;
	enum outcome outcome;
	const char *words; /* where it failed; else who has it, when the time was over */
	const char *before, *before_instance; /* NULL: eni-old and i-old */
	int holder; /* which of the ENIs has it in the end; -1: none */
	bool taken; /* by another one, surely */
	bool early; /* the deadline comes before the last read */
} cases[] = {
	{.name = "from another instance",
		.cloud = {.enis = {US, OLD}},
		.calls = FIND READ_OURS ASSIGN FIND FIND,
		.verdict = ADDRESS_MOVE_DONE},
	{.name = "no ENI has the address",
		.cloud = {.enis = {US}},
		.calls = FIND READ_OURS ASSIGN FIND FIND,
		.verdict = ADDRESS_MOVE_DONE,
		.before = "",
		.before_instance = ""},
	{.name = "it is here already",
		.cloud = {.enis = {{.id = "eni-us",
				  .addresses = {"10.0.1.10", "10.0.1.50"},
				  ATTACHED_TO("i-us")}}},
		.calls = FIND READ_OURS FIND,
		.verdict = ADDRESS_MOVE_IN_PLACE,
		.before = "eni-us",
		.before_instance = "i-us"},
	{.name = "it is seen late",
		.cloud = {.enis = {US, OLD}, .stale_msec = 150},
		.calls = FIND READ_OURS ASSIGN FIND FIND FIND,
		.verdict = ADDRESS_MOVE_DONE},
	{.name = "the primary address of another ENI",
		.cloud = {.enis = {US, {.id = "eni-old",
					       .addresses = {"10.0.1.50"},
					       ATTACHED_TO("i-old")}}},
		.calls = FIND READ_OURS,
		.verdict = ADDRESS_MOVE_FAILED,
		.outcome = OUTCOME_FAILED,
		.words = "sapvip: 10.0.1.50 is the primary address of eni-old and moves only with "
			 "the ENI: run \"myha eni move eni-old\"",
		.holder = 1},
	{.name = "another subnet",
		.cloud = {.enis = {US, {.id = "eni-old",
					       .subnet = "subnet-b",
					       .addresses = {"10.0.1.20", "10.0.1.50"},
					       ATTACHED_TO("i-old")}}},
		.calls = FIND READ_OURS,
		.verdict = ADDRESS_MOVE_FAILED,
		.outcome = OUTCOME_FAILED,
		.words = "sapvip: eni-old has 10.0.1.50 and is in subnet-b, but eni-us is "
			 "in subnet-a: an address cannot leave its subnet",
		.holder = 1},
	{.name = "a service's ENI",
		.cloud = {.enis = {US, {.id = "eni-old",
					       .operator_principal = "eks.amazonaws.com",
					       .addresses = {"10.0.1.20", "10.0.1.50"},
					       ATTACHED_TO("i-old")}}},
		.calls = FIND READ_OURS,
		.verdict = ADDRESS_MOVE_FAILED,
		.outcome = OUTCOME_FAILED,
		.words = "sapvip: eni-old is managed by eks.amazonaws.com: other programs "
			 "must not change the ENI",
		.holder = 1},
	{.name = "there is no such ENI here",
		.cloud = {.enis = {[1] = OLD}},
		.calls = FIND READ_OURS,
		.verdict = ADDRESS_MOVE_FAILED,
		.outcome = OUTCOME_FAILED,
		.words = "sapvip: DescribeNetworkInterfaces: InvalidNetworkInterfaceID.NotFound: "
			 "The networkInterface ID 'eni-us' does not exist: see \"myha eni "
			 "list\"",
		.holder = 1},
	{.name = "the read is denied",
		.cloud = {.enis = {US, OLD},
			.faults = {{EC2_DESCRIBE_NETWORK_INTERFACES, 1, UNAUTHORIZED, "no"}}},
		.calls = FIND READ_OURS,
		.verdict = ADDRESS_MOVE_FAILED,
		.outcome = OUTCOME_DENIED,
		.words = "sapvip: IAM does not permit ec2:DescribeNetworkInterfaces on *: allow "
			 "\"ec2:DescribeNetworkInterfaces\" on \"*\" (see \"myha iam-policy\"): "
			 "UnauthorizedOperation: no",
		.before = "",
		.before_instance = "",
		.holder = 1},
	{.name = "assigning is denied",
		.cloud = {.enis = {US, OLD},
			.faults = {{EC2_ASSIGN_PRIVATE_IP_ADDRESSES, 1, UNAUTHORIZED, "no"}}},
		.calls = FIND READ_OURS ASSIGN,
		.verdict = ADDRESS_MOVE_FAILED,
		.outcome = OUTCOME_DENIED,
		.words = "sapvip: IAM does not permit ec2:AssignPrivateIpAddresses on eni-us: "
			 "allow \"ec2:AssignPrivateIpAddresses\" on "
			 "\"arn:aws:ec2:*:*:network-interface/eni-us\" (see \"myha iam-policy\"): "
			 "UnauthorizedOperation: no",
		.holder = 1},
	{.name = "the ENI has as many addresses as it can have",
		.cloud = {.enis = {US, OLD},
			.faults = {{EC2_ASSIGN_PRIVATE_IP_ADDRESSES, 1,
				"PrivateIpAddressLimitExceeded", "Too many."}}},
		.calls = FIND READ_OURS ASSIGN,
		.verdict = ADDRESS_MOVE_FAILED,
		.outcome = OUTCOME_FAILED,
		.words = "sapvip: AssignPrivateIpAddresses: PrivateIpAddressLimitExceeded: Too "
			 "many.: remove an address from this ENI, or use a larger instance type",
		.holder = 1},
	{.name = "the read is throttled to the end",
		.cloud = {.enis = {US, OLD},
			.faults = {{EC2_DESCRIBE_NETWORK_INTERFACES, 1, "RequestLimitExceeded",
				"no"}}},
		.calls = FIND READ_OURS,
		.verdict = ADDRESS_MOVE_FAILED,
		.outcome = OUTCOME_FAILED,
		.words = "sapvip: DescribeNetworkInterfaces: RequestLimitExceeded: no",
		.before = "",
		.before_instance = "",
		.holder = 1},
	{.name = "assigning is throttled to the end",
		.cloud = {.enis = {US, OLD},
			.faults = {{EC2_ASSIGN_PRIVATE_IP_ADDRESSES, 1, "RequestLimitExceeded",
				"no"}}},
		.calls = FIND READ_OURS ASSIGN,
		.verdict = ADDRESS_MOVE_FAILED,
		.outcome = OUTCOME_FAILED,
		.words = "sapvip: AssignPrivateIpAddresses: RequestLimitExceeded: no",
		.holder = 1},
	{.name = "the read afterwards is throttled to the end",
		.cloud = {.enis = {US, OLD},
			.faults = {{EC2_DESCRIBE_NETWORK_INTERFACES, 3, "RequestLimitExceeded",
				"no"}}},
		.calls = FIND READ_OURS ASSIGN FIND,
		.verdict = ADDRESS_MOVE_FAILED,
		.outcome = OUTCOME_FAILED,
		.words = "sapvip: DescribeNetworkInterfaces: RequestLimitExceeded: no; unknown "
			 "whether eni-us has the address"},
	{.name = "EC2 is not ready for it",
		.cloud = {.enis = {US, OLD},
			.faults = {{EC2_ASSIGN_PRIVATE_IP_ADDRESSES, 1, "IncorrectState"},
				{EC2_ASSIGN_PRIVATE_IP_ADDRESSES, 2, "IncorrectState"}}},
		.calls = FIND READ_OURS ASSIGN ASSIGN ASSIGN FIND,
		.verdict = ADDRESS_MOVE_DONE},
	{.name = "EC2 never is",
		.cloud = {.enis = {US, OLD},
			.faults = {{EC2_ASSIGN_PRIVATE_IP_ADDRESSES, 0, "IncorrectState", "no"}}},
		.calls = FIND READ_OURS ASSIGN ASSIGN ASSIGN ASSIGN ASSIGN,
		.verdict = ADDRESS_MOVE_FAILED,
		.outcome = OUTCOME_FAILED,
		.words = "sapvip: AssignPrivateIpAddresses: IncorrectState: no",
		.holder = 1},
	{.name = "the response is lost, and it was done",
		.cloud = {.enis = {US, OLD},
			.faults = {{EC2_ASSIGN_PRIVATE_IP_ADDRESSES, 1, LOST, .done = true}}},
		.calls = FIND READ_OURS ASSIGN FIND FIND,
		.verdict = ADDRESS_MOVE_DONE},
	{.name = "the response is lost, and it was not done",
		.cloud = {.enis = {US, OLD},
			.faults = {{EC2_ASSIGN_PRIVATE_IP_ADDRESSES, 1, LOST}}},
		.calls = FIND READ_OURS ASSIGN NINE(FIND),
		.verdict = ADDRESS_MOVE_FAILED,
		.outcome = OUTCOME_FAILED,
		.words = "sapvip: AssignPrivateIpAddresses: the connection broke; at the last "
			 "read, eni-old had the address",
		.holder = 1},
	{.name = "the response to the read afterwards is lost",
		.cloud = {.enis = {US, OLD},
			.faults = {{EC2_DESCRIBE_NETWORK_INTERFACES, 3, LOST}}},
		.calls = FIND READ_OURS ASSIGN FIND,
		.verdict = ADDRESS_MOVE_FAILED,
		.outcome = OUTCOME_FAILED,
		.words = "sapvip: DescribeNetworkInterfaces: the connection broke; unknown whether "
			 "eni-us has the address"},
	{.name = "a third one takes it at the same time",
		.cloud = {.enis = {US, OLD, THIRD},
			.events = {{EC2_DESCRIBE_NETWORK_INTERFACES, 3, third_takes}}},
		.calls = FIND READ_OURS ASSIGN NINE(FIND) FIND FIND,
		.verdict = ADDRESS_MOVE_FAILED,
		.outcome = OUTCOME_FAILED,
		.words = "sapvip: another program moved the address to eni-3 (i-3) during this "
			 "move: repeat the move if the address belongs here",
		.holder = 2,
		.taken = true},
	{.name = "a third one had it for a moment before us",
		.cloud = {.enis = {US, OLD, THIRD},
			.stale_msec = 100,
			.events = {{EC2_ASSIGN_PRIVATE_IP_ADDRESSES, 1, third_takes}}},
		.calls = FIND READ_OURS ASSIGN FIND FIND FIND,
		.verdict = ADDRESS_MOVE_DONE},
	{.name = "a third node read before our change, and takes it after that",
		.cloud = {.enis = {US, OLD, THIRD},
			.events = {{EC2_DESCRIBE_NETWORK_INTERFACES, 4, third_takes}}},
		.calls = FIND READ_OURS ASSIGN NINE(FIND) FIND FIND,
		.verdict = ADDRESS_MOVE_FAILED,
		.outcome = OUTCOME_FAILED,
		.words = "sapvip: another program moved the address to eni-3 (i-3) during this "
			 "move: repeat the move if the address belongs here",
		.holder = 2,
		.taken = true},
	{.name = "the other instance takes it back after it was seen here",
		.cloud = {.enis = {US, OLD},
			.events = {{EC2_DESCRIBE_NETWORK_INTERFACES, 4, old_takes_back}}},
		.calls = FIND READ_OURS ASSIGN NINE(FIND) FIND FIND,
		.verdict = ADDRESS_MOVE_FAILED,
		.outcome = OUTCOME_FAILED,
		.words = "sapvip: another program moved the address to eni-old (i-old) during "
			 "this move: repeat the move if the address belongs here",
		.holder = 1,
		.taken = true},
	{.name = "the same for a moment",
		.cloud = {.enis = {US, OLD},
			.events = {{EC2_DESCRIBE_NETWORK_INTERFACES, 4, old_takes_back},
				{EC2_DESCRIBE_NETWORK_INTERFACES, 5, we_take}}},
		.calls = FIND READ_OURS ASSIGN FIND FIND FIND,
		.verdict = ADDRESS_MOVE_DONE},
	{.name = "another program removes it after it was seen here",
		.cloud = {.enis = {US, OLD},
			.events = {{EC2_DESCRIBE_NETWORK_INTERFACES, 4, remove_from_all}}},
		.calls = FIND READ_OURS ASSIGN NINE(FIND) FIND FIND,
		.verdict = ADDRESS_MOVE_FAILED,
		.outcome = OUTCOME_FAILED,
		.words = "sapvip: 10.0.1.50 was assigned to eni-us, but is not there: check in "
			 "CloudTrail which program removes the address; at the last read, no ENI "
			 "had the address",
		.holder = -1},
	{.name = "the response to the last read is lost",
		.cloud = {.enis = {US, OLD},
			.faults = {{EC2_DESCRIBE_NETWORK_INTERFACES, 4, LOST}}},
		.calls = FIND READ_OURS ASSIGN FIND FIND,
		.verdict = ADDRESS_MOVE_DONE},
	{.name = "the deadline before the last read",
		.cloud = {.enis = {US, OLD}, .deadline = MEMORY_START + 150},
		.calls = FIND READ_OURS ASSIGN FIND,
		.verdict = ADDRESS_MOVE_DONE,
		.early = true},
	{.name = "the deadline after another one was seen to have it",
		.cloud = {.enis = {US, OLD, THIRD},
			.events = {{EC2_DESCRIBE_NETWORK_INTERFACES, 4, third_takes}},
			.deadline = MEMORY_START + 300},
		.calls = FIND READ_OURS ASSIGN FIND FIND,
		.words = "EC2 accepted the assignment to eni-us, but shows the address on eni-3",
		.holder = 2},
	{.name = "the other instance takes it back at once: that may be what was before",
		.cloud = {.enis = {US, OLD},
			.events = {{EC2_DESCRIBE_NETWORK_INTERFACES, 3, old_takes_back}},
			.deadline = MEMORY_START + 6500},
		.calls = FIND READ_OURS ASSIGN NINE(FIND),
		.words = "EC2 accepted the assignment to eni-us, but shows the address on eni-old",
		.holder = 1},
	{.name = "reads are ten seconds old",
		.cloud = {.enis = {US, OLD}, .stale_msec = 10000},
		.calls = FIND READ_OURS ASSIGN NINE(FIND) FIND FIND FIND FIND FIND,
		.verdict = ADDRESS_MOVE_DONE},
	{.name = "the same, and no ENI had it",
		.cloud = {.enis = {US}, .stale_msec = 10000, .deadline = MEMORY_START + 1000},
		.calls = FIND READ_OURS ASSIGN FIND FIND FIND FIND,
		.words = "EC2 accepted the assignment to eni-us, but shows the address on no ENI",
		.before = "",
		.before_instance = ""},
	{.name = "a read shows that it is here, as it was before another one took it",
		.cloud = {.enis = {US, OLD},
			.events = {{EC2_DESCRIBE_NETWORK_INTERFACES, 1, it_was_here}}},
		.calls = FIND READ_OURS FIND ASSIGN FIND FIND,
		.verdict = ADDRESS_MOVE_DONE},
	{.name = "after it was seen here, reads show who had it before for four seconds",
		.cloud = {.enis = {US, OLD},
			.events = {{EC2_DESCRIBE_NETWORK_INTERFACES, 4, it_was_there}}},
		.calls = FIND READ_OURS ASSIGN FIND FIND FIND FIND FIND FIND FIND FIND,
		.verdict = ADDRESS_MOVE_DONE},
	{.name = "the deadline before a second read shows that it is here",
		.cloud = {.enis = {{.id = "eni-us",
				  .addresses = {"10.0.1.10", "10.0.1.50"},
				  ATTACHED_TO("i-us")}},
			.deadline = MEMORY_START + 1000},
		.calls = FIND READ_OURS,
		.verdict = ADDRESS_MOVE_IN_PLACE,
		.before = "eni-us",
		.before_instance = "i-us",
		.early = true},
	{.name = "the deadline at once",
		.cloud = {.enis = {US, OLD}, .deadline = MEMORY_START},
		.calls = FIND READ_OURS,
		.verdict = ADDRESS_MOVE_FAILED,
		.outcome = OUTCOME_TIMEOUT,
		.words = "sapvip: DescribeNetworkInterfaces: timed out: no response",
		.before = "",
		.before_instance = "",
		.holder = 1},
	{.name = "the deadline as it is assigned",
		.cloud = {.enis = {US, OLD}, .deadline = MEMORY_START + 5},
		.calls = FIND READ_OURS ASSIGN,
		.words = "unknown whether eni-us has the address",
		.holder = 1},
	{.name = "the deadline while it is not seen yet",
		.cloud = {.enis = {US, OLD}, .stale_msec = 5000, .deadline = MEMORY_START + 100},
		.calls = FIND READ_OURS ASSIGN FIND,
		.words = "EC2 accepted the assignment to eni-us, but shows the address on eni-old"},
	{.name = "the deadline while EC2 is not ready",
		.cloud = {.enis = {US, OLD},
			.faults = {{EC2_ASSIGN_PRIVATE_IP_ADDRESSES, 0, "IncorrectState"}},
			.deadline = MEMORY_START + 50},
		.calls = FIND READ_OURS ASSIGN,
		.words = "nothing was changed",
		.holder = 1},
};

static int holder_of(const struct ec2_memory *memory)
{
	for (int i = 0; i < 3; i++)
		for (size_t j = 0; j < MEMORY_ADDRESSES_MAX; j++)
			if (memory->enis[i].addresses[j] &&
				strcmp(memory->enis[i].addresses[j], "10.0.1.50") == 0)
				return i;
	return -1;
}

static void test_cases(void **state)
{
	struct address_move_goal goal = {.name = "sapvip", .eni = "eni-us", .vpc = "vpc-1"};

	(void)state;
	assert_int_equal(ip_address_parse("10.0.1.50", &goal.address), 0);
	for (size_t i = 0; i < 2 * ARRAY_SIZE(cases); i++) {
		_cleanup_(ec2_memory_done) struct ec2_memory memory = cases[i / 2].cloud;
		char where[ADDRESS_MOVE_STATE_SIZE];
		struct address_move move;

		print_message("%s\n", cases[i / 2].name);
		memory.backwards = i % 2;
		address_move_init(&move, &goal);
		struct flow flow = address_move_flow(&move);
		assert_int_equal(ec2_memory_run(&memory, &flow),
			cases[i / 2].verdict != ADDRESS_MOVE_PENDING && !cases[i / 2].early);
		assert_string_equal(strbuf_text(&memory.calls), cases[i / 2].calls);
		assert_int_equal(move.verdict, cases[i / 2].verdict);
		if (cases[i / 2].verdict == ADDRESS_MOVE_PENDING)
			assert_string_equal(
				address_move_format_state(&move, where), cases[i / 2].words);
		else
			assert_string_equal(
				move.error.text, cases[i / 2].words ? cases[i / 2].words : "");
		assert_int_equal(move.error.outcome, cases[i / 2].outcome);
		assert_string_equal(
			move.before, cases[i / 2].before ? cases[i / 2].before : "eni-old");
		assert_string_equal(move.before_instance,
			cases[i / 2].before_instance ? cases[i / 2].before_instance : "i-old");
		assert_int_equal(holder_of(&memory), cases[i / 2].holder);
		assert_int_equal(move.taken, cases[i / 2].taken);
		address_move_done(&move);
	}
}

static void test_ipv6(void **state)
{
	_cleanup_(ec2_memory_done) struct ec2_memory memory = {0};
	struct address_move_goal goal = {.name = "sapvip", .eni = "eni-us", .vpc = "vpc-1"};
	struct address_move move;

	(void)state;
	assert_int_equal(ip_address_parse("2001:db8::1", &goal.address), 0);
	address_move_init(&move, &goal);
	struct flow flow = address_move_flow(&move);
	assert_true(ec2_memory_run(&memory, &flow));
	assert_string_equal(strbuf_text(&memory.calls), "");
	assert_int_equal(move.verdict, ADDRESS_MOVE_FAILED);
	assert_int_equal(move.error.outcome, OUTCOME_USAGE);
	assert_string_equal(move.error.text,
		"sapvip: 2001:db8::1 is not an IPv4 address: EC2 reassigns only "
		"IPv4 addresses: move the ENI with \"myha eni move 2001:db8::1\"");
	address_move_done(&move);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_ipv6),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
