/* SPDX-License-Identifier: Apache-2.0 */
#include "ec2_memory_actions.h"
#include "eni_move_cases.h"

#include <stdio.h>
#include <string.h>

#define SEVEN(text) text text text text text text text
#define DETACH_NEW "DetachNetworkInterface AttachmentId=eni-attach-new1\n"
#define DETACH_ENDED "DetachNetworkInterface AttachmentId=eni-attach-0\n"
#define OLDER ((uint64_t)-100) /* seconds: before what was found */
#define TAKEN                                                                                      \
	"sapdb: another program attached the ENI to i-other during this move: repeat the move "    \
	"if the ENI belongs here"

/* From here on, and for so long, reads show an attachment that ended before the one that was found. */
static void show_older(struct ec2_memory *memory, const char *instance, uint64_t msec)
{
	struct memory_eni *eni;

	memcpy(memory->before, memory->enis, sizeof(memory->before));
	memory->stale_until = memory->now + msec;
	eni = ec2_memory_find(memory->before, "eni-1");
	snprintf(eni->attachment, sizeof(eni->attachment), "eni-attach-0");
	snprintf(eni->instance, sizeof(eni->instance), "%s", instance);
	eni->index = 1;
	eni->status = EC2_ATTACHMENT_ATTACHED;
	eni->attached_at = OLDER;
}

static void older_is_here(struct ec2_memory *memory)
{
	show_older(memory, "i-us", 300);
}

static void older_is_elsewhere(struct ec2_memory *memory)
{
	show_older(memory, "i-other", 300);
}

/* The attachment that was found was an old one: this one came after it, and has ended since. */
static void later_is_elsewhere(struct ec2_memory *memory)
{
	show_older(memory, "i-other", 300);
	ec2_memory_find(memory->before, "eni-1")->attached_at = 1;
}

/* Another instance has the ENI already, and reads do not show it yet. */
static void it_was_taken_before(struct ec2_memory *memory)
{
	memcpy(memory->before, memory->enis, sizeof(memory->before));
	memory->stale_until = memory->now + 100;
	eni_move_other_attaches(memory);
}

/* The same, from a server that does not even know that the ENI was attached. */
static void show_available(struct ec2_memory *memory, uint64_t msec)
{
	memcpy(memory->before, memory->enis, sizeof(memory->before));
	memory->stale_until = memory->now + msec;
	*ec2_memory_find(memory->before, "eni-1") = (struct memory_eni){.id = "eni-1"};
}

static void it_is_available(struct ec2_memory *memory)
{
	show_available(memory, 300);
}

static void it_is_available_for_long(struct ec2_memory *memory)
{
	show_available(memory, 30000);
}

const struct move_case eni_move_stale[] = {
	{.name = "reads are two seconds old",
		.cloud = {.stale_msec = 2000},
		.calls = READ SELF PROBE DETACH TEN(READ) SEVEN(READ) ATTACH("1") TEN(READ)
			SEVEN(READ),
		.verdict = ENI_MOVE_DONE,
		.holder = "i-us"},
	{.name = "reads are as old as the deadline: the error has the possible holder",
		.cloud = {.stale_msec = 30000, .deadline = MEMORY_START + 1000},
		.calls = READ SELF PROBE DETACH SEVEN(READ) READ READ,
		.words = "EC2 accepted the detachment from i-old, but still shows the ENI there"},
	{.name = "the same after the attachment",
		.cloud = {.deadline = MEMORY_START + 1000,
			.events = {{EC2_DESCRIBE_NETWORK_INTERFACES, 3, it_is_available_for_long}}},
		.calls = READ SELF PROBE DETACH READ ATTACH("1") SEVEN(READ) READ READ,
		.words = "EC2 accepted the attachment to i-us, but does not show the ENI there",
		.holder = "i-us"},
	{.name = "after the detachment, reads show that it was here once",
		.cloud = {.detach_msec = 100,
			.events = {{EC2_DESCRIBE_NETWORK_INTERFACES, 2, older_is_here}}},
		.calls = READ SELF PROBE DETACH READ READ READ ATTACH("1") READ,
		.verdict = ENI_MOVE_DONE,
		.holder = "i-us"},
	{.name = "after the detachment, reads show that a third instance had it once",
		.cloud = {.detach_msec = 100,
			.events = {{EC2_DESCRIBE_NETWORK_INTERFACES, 2, older_is_elsewhere}}},
		.calls = READ SELF PROBE DETACH READ READ READ ATTACH("1") READ,
		.verdict = ENI_MOVE_DONE,
		.holder = "i-us"},
	{.name = "after the attachment, reads show that a third instance had it once",
		.cloud = {.events = {{EC2_DESCRIBE_NETWORK_INTERFACES, 3, older_is_elsewhere}}},
		.calls = READ SELF PROBE DETACH READ ATTACH("1") READ READ READ,
		.verdict = ENI_MOVE_DONE,
		.holder = "i-us"},
	{.name = "the same, and the order is not in the responses",
		.cloud = {.same_second = true,
			.events = {{EC2_DESCRIBE_NETWORK_INTERFACES, 3, older_is_elsewhere}}},
		.calls = READ SELF PROBE DETACH READ ATTACH("1") READ READ READ,
		.verdict = ENI_MOVE_DONE,
		.holder = "i-us"},
	{.name = "a third instance takes it, and the order is not in the responses",
		.cloud = {.same_second = true,
			.attach_msec = 100,
			.events = {{EC2_ATTACH_NETWORK_INTERFACE, 1, eni_move_other_attaches}}},
		.calls = READ SELF PROBE DETACH READ ATTACH("1")
			READ READ READ READ READ READ READ READ READ,
		.verdict = ENI_MOVE_FAILED,
		.outcome = OUTCOME_FAILED,
		.words = TAKEN,
		.holder = "i-other"},
	{.name = "after the attachment, reads show one that came and went after what was found",
		.cloud = {.events = {{EC2_DESCRIBE_NETWORK_INTERFACES, 3, later_is_elsewhere}}},
		.calls = READ SELF PROBE DETACH READ ATTACH("1") READ READ READ,
		.verdict = ENI_MOVE_DONE,
		.holder = "i-us"},
	{.name = "the same after the detachment",
		.cloud = {.detach_msec = 100,
			.events = {{EC2_DESCRIBE_NETWORK_INTERFACES, 2, later_is_elsewhere}}},
		.calls = READ SELF PROBE DETACH READ DETACH_ENDED READ READ READ READ READ ATTACH(
			"1") READ,
		.before = "i-other",
		.verdict = ENI_MOVE_DONE,
		.holder = "i-us"},
	{.name = "the first read is old: a third instance had it by then, which is what it is "
		 "moved from",
		.cloud = {.events = {{EC2_DESCRIBE_NETWORK_INTERFACES, 1, it_was_taken_before}}},
		.calls = READ SELF PROBE DETACH READ READ READ DETACH_NEW READ ATTACH("1") READ,
		.verdict = ENI_MOVE_DONE,
		.before = "i-other",
		.holder = "i-us"},
	{.name = "the same, and it was free",
		.cloud = {.enis = {{.id = "eni-1", .addresses = {"10.0.1.10", "10.0.1.50"}}},
			.events = {{EC2_DESCRIBE_NETWORK_INTERFACES, 1, it_was_taken_before}}},
		.calls = READ SELF PROBE ATTACH("1") READ ATTACH("1") READ ATTACH("1")
			READ DETACH_NEW READ ATTACH("1") READ,
		.verdict = ENI_MOVE_DONE,
		.before = "i-other",
		.holder = "i-us"},
	{.name = "detaching is refused for a while, and reads show that it was available once",
		.cloud = {.instances = {[1] = {.id = "i-old", .busy = MEMORY_START + 200}},
			.events = {{EC2_DESCRIBE_NETWORK_INTERFACES, 2, it_is_available}}},
		.calls = READ SELF PROBE DETACH READ DETACH READ DETACH READ DETACH READ DETACH READ
			ATTACH("1") READ READ,
		.verdict = ENI_MOVE_DONE,
		.holder = "i-us"},
	{0},
};
