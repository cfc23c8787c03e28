/* SPDX-License-Identifier: Apache-2.0 */
#include "eni_move_cases.h"

#include <string.h>

void eni_move_other_attaches(struct ec2_memory *memory)
{
	ec2_memory_attach(memory, "eni-1", "i-other", 1, EC2_ATTACHMENT_ATTACHING);
}

/* One of EC2's servers that has not heard of it yet. */
static void old_is_seen_again(struct ec2_memory *memory)
{
	struct memory_eni *eni = ec2_memory_eni(memory, "eni-1");

	memcpy(eni->attachment, "eni-attach-1", sizeof("eni-attach-1"));
	memcpy(eni->instance, "i-old", sizeof("i-old"));
	eni->index = 2;
	eni->status = EC2_ATTACHMENT_DETACHING;
	eni->settles = memory->now + 50;
}

static void we_attach(struct ec2_memory *memory)
{
	ec2_memory_attach(memory, "eni-1", "i-us", 3, EC2_ATTACHMENT_ATTACHING);
}

static void other_begins_to_detach(struct ec2_memory *memory)
{
	struct memory_eni *eni = ec2_memory_eni(memory, "eni-1");

	eni->status = EC2_ATTACHMENT_DETACHING;
	eni->settles = memory->now + 5000;
}

void eni_move_other_detaches(struct ec2_memory *memory)
{
	ec2_memory_detach(memory, "eni-1");
}

void eni_move_other_deletes(struct ec2_memory *memory)
{
	ec2_memory_delete(memory, "eni-1");
}

const struct move_case eni_move_lag[] = {
	{.name = "it is in use for a while, though it was shown as available",
		.cloud = {.faults = {{EC2_ATTACH_NETWORK_INTERFACE, 1,
				  "InvalidNetworkInterface.InUse", "Interface: [eni-1] in use."}}},
		.calls = READ SELF PROBE DETACH READ ATTACH("1") READ ATTACH("1") READ,
		.verdict = ENI_MOVE_DONE,
		.holder = "i-us"},
	{.name = "the same in EC2's other words",
		.cloud = {.faults = {{EC2_ATTACH_NETWORK_INTERFACE, 1, "InvalidParameterValue",
				  "Network interface 'eni-1' is currently in use."}}},
		.calls = READ SELF PROBE DETACH READ ATTACH("1") READ ATTACH("1") READ,
		.verdict = ENI_MOVE_DONE,
		.holder = "i-us"},
	{.name = "the same, and it is seen where it was",
		.cloud = {.events = {{EC2_ATTACH_NETWORK_INTERFACE, 1, old_is_seen_again}}},
		.calls = READ SELF PROBE DETACH READ ATTACH("1") READ READ READ ATTACH("1") READ,
		.verdict = ENI_MOVE_DONE,
		.holder = "i-us"},
	{.name = "it is seen where it was for longer",
		.cloud = {.events = {{EC2_ATTACH_NETWORK_INTERFACE, 1, old_is_seen_again},
				  {EC2_DESCRIBE_NETWORK_INTERFACES, 3, old_is_seen_again}}},
		.calls = READ SELF PROBE DETACH READ ATTACH("1") READ READ READ ATTACH("1") READ,
		.verdict = ENI_MOVE_DONE,
		.holder = "i-us"},
	{.name = "the attachment is gone when it is to be detached",
		.cloud = {.events = {{EC2_DETACH_NETWORK_INTERFACE, 1, eni_move_other_detaches}}},
		.calls = READ SELF PROBE DETACH READ ATTACH("1") READ,
		.verdict = ENI_MOVE_DONE,
		.holder = "i-us"},
	{.name = "the other instance is stopping",
		.cloud = {.instances = {[1] = {.id = "i-old", .busy = MEMORY_START + 300}}},
		.calls = READ SELF PROBE DETACH READ DETACH READ DETACH READ DETACH READ DETACH READ
			DETACH READ ATTACH("1") READ,
		.verdict = ENI_MOVE_DONE,
		.holder = "i-us"},
	{.name = "the other instance is still attaching it",
		.cloud = {.enis = {{.id = "eni-1",
				  .attachment = "eni-attach-1",
				  .instance = "i-old",
				  .index = 2,
				  .status = EC2_ATTACHMENT_ATTACHING,
				  .settles = MEMORY_START + 200}}},
		.calls = READ SELF PROBE DETACH READ READ READ READ DETACH READ ATTACH("1") READ,
		.verdict = ENI_MOVE_DONE,
		.holder = "i-us"},
	{.name = "this instance is not ready",
		.cloud = {.instances = {{.id = "i-us", .busy = MEMORY_START + 200}}},
		.calls = READ SELF PROBE DETACH READ ATTACH("1") READ ATTACH("1") READ ATTACH("1")
			READ ATTACH("1") READ ATTACH("1") READ,
		.verdict = ENI_MOVE_DONE,
		.holder = "i-us"},
	{.name = "the response to detach is lost, and it was done",
		.cloud = {.faults = {{EC2_DETACH_NETWORK_INTERFACE, 1, LOST, .done = true}}},
		.calls = READ SELF PROBE DETACH READ DETACH READ ATTACH("1") READ,
		.verdict = ENI_MOVE_DONE,
		.holder = "i-us"},
	{.name = "the response to detach is lost, and the detachment continues",
		.cloud = {.faults = {{EC2_DETACH_NETWORK_INTERFACE, 1, LOST, .done = true}},
			.detach_msec = 100},
		.calls = READ SELF PROBE DETACH READ READ READ ATTACH("1") READ,
		.verdict = ENI_MOVE_DONE,
		.holder = "i-us"},
	{.name = "the response to detach is lost, and it was not done",
		.cloud = {.faults = {{EC2_DETACH_NETWORK_INTERFACE, 1, LOST}}},
		.calls = READ SELF PROBE DETACH READ DETACH READ ATTACH("1") READ,
		.verdict = ENI_MOVE_DONE,
		.holder = "i-us"},
	{.name = "the response to attach is lost, and it was done",
		.cloud = {.faults = {{EC2_ATTACH_NETWORK_INTERFACE, 1, LOST, .done = true}}},
		.calls = READ SELF PROBE DETACH READ ATTACH("1") READ,
		.verdict = ENI_MOVE_DONE,
		.holder = "i-us"},
	{.name = "the response to attach is lost, it was done, and reads show it late",
		.cloud = {.faults = {{EC2_ATTACH_NETWORK_INTERFACE, 1, LOST, .done = true}},
			.stale_msec = 130},
		.calls = READ SELF PROBE DETACH READ READ READ ATTACH("1") READ ATTACH("1")
			READ ATTACH("1") READ,
		.verdict = ENI_MOVE_DONE,
		.holder = "i-us"},
	{.name = "the same, and the device index is what EC2 complains of",
		.cloud = {.faults = {{EC2_ATTACH_NETWORK_INTERFACE, 1, LOST, .done = true},
				  {EC2_ATTACH_NETWORK_INTERFACE, 2, "InvalidParameterValue",
					  "Instance 'i-us' already has an interface attached at "
					  "device index '1'."}},
			.stale_msec = 130},
		.calls = READ SELF PROBE DETACH READ READ READ ATTACH("1") READ ATTACH("1")
			ATTACH("2") READ ATTACH("2") READ,
		.verdict = ENI_MOVE_DONE,
		.holder = "i-us"},
	{.name = "the response to attach is lost, and it was not done",
		.cloud = {.faults = {{EC2_ATTACH_NETWORK_INTERFACE, 1, LOST}}},
		.calls = READ SELF PROBE DETACH READ ATTACH("1") READ ATTACH("1") READ,
		.verdict = ENI_MOVE_DONE,
		.holder = "i-us"},
	{.name = "EC2 fails for both: reads show whether they were done",
		.cloud = {.faults = {{EC2_DETACH_NETWORK_INTERFACE, 1, "InternalError"},
				  {EC2_DETACH_NETWORK_INTERFACE, 2, "InternalError", .done = true},
				  {EC2_ATTACH_NETWORK_INTERFACE, 1, "InternalError"},
				  {EC2_ATTACH_NETWORK_INTERFACE, 2, "InternalError",
					  .done = true}}},
		.calls = READ SELF PROBE DETACH READ DETACH READ DETACH READ ATTACH("1")
			READ ATTACH("1") READ,
		.verdict = ENI_MOVE_DONE,
		.holder = "i-us"},
	{.name = "the response to the first read is lost",
		.cloud = {.faults = {{EC2_DESCRIBE_NETWORK_INTERFACES, 1, LOST}}},
		.calls = READ SELF PROBE,
		.verdict = ENI_MOVE_FAILED,
		.outcome = OUTCOME_FAILED,
		.words = "sapdb: DescribeNetworkInterfaces: the connection broke",
		.holder = "i-old"},
	{.name = "the response to a read after the detachment is lost",
		.cloud = {.faults = {{EC2_DESCRIBE_NETWORK_INTERFACES, 2, LOST}}},
		.calls = READ SELF PROBE DETACH READ,
		.verdict = ENI_MOVE_FAILED,
		.outcome = OUTCOME_FAILED,
		.words = "sapdb: DescribeNetworkInterfaces: the connection broke; the ENI is "
			 "being detached from i-old"},
	{.name = "the responses to detach and to the read are lost",
		.cloud = {.faults = {{EC2_DETACH_NETWORK_INTERFACE, 1, LOST},
				  {EC2_DESCRIBE_NETWORK_INTERFACES, 2, LOST}}},
		.calls = READ SELF PROBE DETACH READ,
		.verdict = ENI_MOVE_FAILED,
		.outcome = OUTCOME_FAILED,
		.words = "sapdb: DescribeNetworkInterfaces: the connection broke; unknown "
			 "whether the ENI is being detached from i-old",
		.holder = "i-old"},
	{.name = "the responses to attach and to the read are lost",
		.cloud = {.faults = {{EC2_ATTACH_NETWORK_INTERFACE, 1, LOST, .done = true},
				  {EC2_DESCRIBE_NETWORK_INTERFACES, 3, LOST}}},
		.calls = READ SELF PROBE DETACH READ ATTACH("1") READ,
		.verdict = ENI_MOVE_FAILED,
		.outcome = OUTCOME_FAILED,
		.words = "sapdb: DescribeNetworkInterfaces: the connection broke; unknown "
			 "whether the ENI is being attached to i-us",
		.holder = "i-us"},
	{.name = "the response to the read after the attachment is lost",
		.cloud = {.faults = {{EC2_DESCRIBE_NETWORK_INTERFACES, 3, LOST}}},
		.calls = READ SELF PROBE DETACH READ ATTACH("1") READ,
		.verdict = ENI_MOVE_FAILED,
		.outcome = OUTCOME_FAILED,
		.words = "sapdb: DescribeNetworkInterfaces: the connection broke; the ENI is "
			 "being attached to i-us",
		.holder = "i-us"},
	{.name = "the response to force is lost: read, then repeat the request",
		.cloud = {.stuck = true, .faults = {{EC2_DETACH_NETWORK_INTERFACE, 2, LOST}}},
		.force_after = 100,
		.calls = READ SELF PROBE DETACH READ READ FORCE READ FORCE READ ATTACH("1") READ,
		.verdict = ENI_MOVE_DONE,
		.holder = "i-us",
		.forced = true},
	{.name = "it is deleted meanwhile",
		.cloud = {.detach_msec = 1000,
			.events = {{EC2_DESCRIBE_NETWORK_INTERFACES, 2, eni_move_other_deletes}}},
		.calls = READ SELF PROBE DETACH TEN(READ) TEN(READ) TEN(READ) TEN(READ),
		.verdict = ENI_MOVE_FAILED,
		.outcome = OUTCOME_FAILED,
		.words = "sapdb: eni-1 no longer exists: the ENI may have been deleted together "
			 "with its instance"},
	{.name = "it is deleted as it is to be attached",
		.cloud = {.events = {{EC2_ATTACH_NETWORK_INTERFACE, 1, eni_move_other_deletes}}},
		.calls = READ SELF PROBE DETACH READ ATTACH("1") TEN(READ) TEN(READ) TEN(READ)
			TEN(READ),
		.verdict = ENI_MOVE_FAILED,
		.outcome = OUTCOME_FAILED,
		.words = "sapdb: eni-1 no longer exists: the ENI may have been deleted together "
			 "with its instance"},
	{0},
};

/* Two nodes at the same time: one of them has it, and the other one does not take it back. */
const struct move_case eni_move_races[] = {
	{.name = "another instance attaches it while it is detached",
		.cloud = {.detach_msec = 50,
			.attach_msec = 100,
			.events = {{EC2_DESCRIBE_NETWORK_INTERFACES, 2, eni_move_other_attaches}}},
		.calls = READ SELF PROBE DETACH READ,
		.verdict = ENI_MOVE_FAILED,
		.outcome = OUTCOME_FAILED,
		.words = "sapdb: another program attached the ENI to i-other during this move: "
			 "repeat the move if the ENI belongs here",
		.holder = "i-other"},
	{.name = "another instance attaches it just before we do",
		.cloud = {.attach_msec = 100,
			.events = {{EC2_ATTACH_NETWORK_INTERFACE, 1, eni_move_other_attaches}}},
		.calls = READ SELF PROBE DETACH READ ATTACH("1") READ,
		.verdict = ENI_MOVE_FAILED,
		.outcome = OUTCOME_FAILED,
		.words = "sapdb: another program attached the ENI to i-other during this move: "
			 "repeat the move if the ENI belongs here",
		.holder = "i-other"},
	{.name = "the same in EC2's other words",
		.cloud = {.in_use_is_a_parameter = true,
			.events = {{EC2_ATTACH_NETWORK_INTERFACE, 1, eni_move_other_attaches}}},
		.calls = READ SELF PROBE DETACH READ ATTACH("1") READ,
		.verdict = ENI_MOVE_FAILED,
		.outcome = OUTCOME_FAILED,
		.words = "sapdb: another program attached the ENI to i-other during this move: "
			 "repeat the move if the ENI belongs here",
		.holder = "i-other"},
	{.name = "another instance has it before our detachment is made",
		.cloud = {.events = {{EC2_DETACH_NETWORK_INTERFACE, 1, eni_move_other_attaches}}},
		.calls = READ SELF PROBE DETACH READ,
		.verdict = ENI_MOVE_FAILED,
		.outcome = OUTCOME_FAILED,
		.words = "sapdb: another program attached the ENI to i-other during this move: "
			 "repeat the move if the ENI belongs here",
		.holder = "i-other"},
	{.name = "another instance takes it from us as it is being attached",
		.cloud = {.attach_msec = 1000,
			.events = {{EC2_DESCRIBE_NETWORK_INTERFACES, 4, eni_move_other_attaches}}},
		.calls = READ SELF PROBE DETACH READ ATTACH("1") READ READ,
		.verdict = ENI_MOVE_FAILED,
		.outcome = OUTCOME_FAILED,
		.words = "sapdb: another program attached the ENI to i-other during this move: "
			 "repeat the move if the ENI belongs here",
		.holder = "i-other"},
	{.name = "another run on this host attaches it",
		.cloud = {.attach_msec = 50,
			.events = {{EC2_DESCRIBE_NETWORK_INTERFACES, 2, we_attach}}},
		.calls = READ SELF PROBE DETACH READ READ READ READ,
		.verdict = ENI_MOVE_DONE,
		.holder = "i-us"},
	{.name = "another program detaches it from us while it is being attached",
		.cloud = {.attach_msec = 5000,
			.events = {{EC2_DESCRIBE_NETWORK_INTERFACES, 4, other_begins_to_detach}}},
		.calls = READ SELF PROBE DETACH READ ATTACH("1") READ READ,
		.verdict = ENI_MOVE_FAILED,
		.outcome = OUTCOME_FAILED,
		.words = "sapdb: EC2 attached eni-1 to i-us, but another program detached the "
			 "ENI: find that program in CloudTrail, or retry; the ENI is being "
			 "detached "
			 "from i-us",
		.holder = "i-us"},
	{.name = "the same, and no read shows more than that it is available",
		.cloud = {.attach_msec = 5000,
			.deadline = MEMORY_START + 30000,
			.events = {{EC2_DESCRIBE_NETWORK_INTERFACES, 4, eni_move_other_detaches}}},
		.calls = READ SELF PROBE DETACH READ ATTACH("1") TEN(READ) TEN(READ) TEN(READ)
			TEN(READ) TEN(READ) TEN(READ) READ READ READ READ,
		.words = "EC2 accepted the attachment to i-us, but does not show the ENI there"},
	{0},
};

/* The deadline at each step; `words` is where the ENI is then. */
const struct move_case eni_move_late[] = {
	{.name = "at once",
		.cloud = {.deadline = MEMORY_START},
		.calls = READ SELF PROBE,
		.verdict = ENI_MOVE_FAILED,
		.outcome = OUTCOME_TIMEOUT,
		.words = "sapdb: DescribeNetworkInterfaces: timed out: no response",
		.holder = "i-old"},
	{.name = "before it is detached",
		.cloud = {.deadline = MEMORY_START + 5},
		.calls = READ SELF PROBE DETACH READ,
		.verdict = ENI_MOVE_FAILED,
		.outcome = OUTCOME_TIMEOUT,
		.words =
			"sapdb: DescribeNetworkInterfaces: timed out: no response; unknown whether the "
			"ENI is being detached from i-old",
		.holder = "i-old"},
	{.name = "while the ENI is searched for",
		.cloud = {.enis = {{.id = "eni-else"}}, .deadline = MEMORY_START + 50},
		.calls = READ SELF PROBE,
		.words = "nothing was changed"},
	{.name = "while it is being detached, before the first read",
		.cloud = {.deadline = MEMORY_START + 10, .detach_msec = 5000},
		.calls = READ SELF PROBE DETACH READ,
		.verdict = ENI_MOVE_FAILED,
		.outcome = OUTCOME_TIMEOUT,
		.words = "sapdb: DescribeNetworkInterfaces: timed out: no response; the ENI is "
			 "being detached from i-old",
		.holder = "i-old"},
	{.name = "while it is being detached, before the second read",
		.cloud = {.deadline = MEMORY_START + 20, .detach_msec = 5000},
		.calls = READ SELF PROBE DETACH READ,
		.words = "the ENI is being detached from i-old",
		.holder = "i-old"},
	{.name = "while it is being detached",
		.cloud = {.deadline = MEMORY_START + 1000, .detach_msec = 5000},
		.calls = READ SELF PROBE DETACH READ READ READ READ READ READ READ READ READ,
		.words = "the ENI is being detached from i-old",
		.holder = "i-old"},
	{.name = "while it is being detached, during a read",
		.cloud = {.deadline = MEMORY_START + 57, .detach_msec = 5000},
		.calls = READ SELF PROBE DETACH READ READ,
		.words = "the ENI is being detached from i-old",
		.holder = "i-old"},
	{.name = "the attachment was gone, and no read came after that",
		.cloud = {.deadline = MEMORY_START + 10,
			.events = {{EC2_DETACH_NETWORK_INTERFACE, 1, eni_move_other_detaches}}},
		.calls = READ SELF PROBE DETACH READ,
		.verdict = ENI_MOVE_FAILED,
		.outcome = OUTCOME_TIMEOUT,
		.words =
			"sapdb: DescribeNetworkInterfaces: timed out: no response; the ENI is no longer "
			"attached to i-old"},
	{.name = "while the other instance does not let go",
		.cloud = {.deadline = MEMORY_START + 100,
			.instances = {[1] = {.id = "i-old", .busy = MEMORY_START + 5000}}},
		.calls = READ SELF PROBE DETACH READ DETACH READ DETACH,
		.words = "the ENI is attached to i-old; last error: DetachNetworkInterface: "
			 "IncorrectInstanceState: The instance 'i-old' is not in a valid state for "
			 "this operation.",
		.holder = "i-old"},
	{.name = "when it is available, and not attached yet",
		.cloud = {.deadline = MEMORY_START + 15},
		.calls = READ SELF PROBE DETACH READ ATTACH("1") READ,
		.verdict = ENI_MOVE_FAILED,
		.outcome = OUTCOME_TIMEOUT,
		.words =
			"sapdb: DescribeNetworkInterfaces: timed out: no response; unknown whether the "
			"ENI is being attached to i-us"},
	{.name = "while this instance is not ready",
		.cloud = {.deadline = MEMORY_START + 100,
			.instances = {{.id = "i-us", .busy = MEMORY_START + 5000}}},
		.calls = READ SELF PROBE DETACH READ ATTACH("1") READ ATTACH("1") READ ATTACH("1"),
		.words = "the ENI is detached and available; last error: AttachNetworkInterface: "
			 "IncorrectState: The instance 'i-us' is not in a valid state for this "
			 "operation."},
	{.name = "while it is being attached",
		.cloud = {.deadline = MEMORY_START + 1000, .attach_msec = 5000},
		.calls = READ SELF PROBE DETACH READ ATTACH("1")
			READ READ READ READ READ READ READ READ READ,
		.words = "the ENI is being attached to i-us",
		.holder = "i-us"},
	{.name = "while it is put back",
		.cloud = {.deadline = MEMORY_START + 120,
			.attach_msec = 5000,
			.instances = {{.id = "i-us", .limit = 1}}},
		.calls = READ SELF PROBE DETACH READ ATTACH("1") BACK READ READ,
		.words = "the ENI is being attached to i-old; not yet reattached "
			 "to the previous instance after: AttachNetworkInterface: "
			 "AttachmentLimitExceeded: Interface count 2 exceeds the limit: detach "
			 "another ENI from the instance, or use a larger instance type",
		.holder = "i-old"},
	{0},
};
