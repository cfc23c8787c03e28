/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests two nodes that move an ENI in turn, while each read of EC2 is up to five seconds old: each
 * move succeeds, and its node has the ENI afterwards.
 */
#include "ec2_memory.h"
#include "ec2_memory_actions.h"
#include "failover/eni_move.h"

#include "base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define SEQUENCES 200
#define MOVES 5
#define PAUSE_MSEC 250 /* as of eni_recheck.c */

static const char *const nodes[] = {"i-one", "i-two"};

static struct ec2_memory cloud_of(uint32_t seed)
{
	struct ec2_memory memory = {
		.enis = {{.id = "eni-1", .addresses = {"10.0.1.10"}},
			{.id = "eni-one",
				.attachment = "eni-attach-one",
				.instance = "i-one",
				.status = EC2_ATTACHMENT_ATTACHED},
			{.id = "eni-two",
				.attachment = "eni-attach-two",
				.instance = "i-two",
				.status = EC2_ATTACHMENT_ATTACHED}},
		.instances = {{.id = nodes[0]}, {.id = nodes[1]}},
		.random = seed * 2654435761u | 1,
		.real_seconds = true,
		.age_max = FLOW_STALE_MSEC,
	};

	/* The least time that EC2 takes: attachments of two moves differ by a second. */
	memory.attach_msec = 2000 + ec2_memory_random(&memory) % 3000;
	memory.detach_msec = ec2_memory_random(&memory) % 5000;
	return memory;
}

static bool is_at(struct ec2_memory *memory, const char *instance)
{
	const struct memory_eni *eni = ec2_memory_eni(memory, "eni-1");

	return strcmp(eni->instance, instance) == 0 && eni->status == EC2_ATTACHMENT_ATTACHED;
}

static enum eni_move_verdict move_once(struct ec2_memory *memory, const char *instance)
{
	const struct eni_move_goal goal = {.name = "sapdb",
		.eni = "eni-1",
		.instance = instance,
		.zone = "zone-a",
		.vpc = "vpc-1"};
	enum eni_move_verdict verdict;
	struct eni_move move;

	eni_move_init(&move, &goal);
	const struct flow flow = eni_move_flow(&move);
	assert_true(ec2_memory_run(memory, &flow));
	if (move.verdict == ENI_MOVE_FAILED)
		print_message("%s: %s\n", instance, move.error.text);
	verdict = move.verdict;
	eni_move_done(&move);
	return verdict;
}

/* A host sees by its links whether a read that shows the ENI here already is old (eni_recheck.h). */
static void move_to(struct ec2_memory *memory, const char *instance)
{
	enum eni_move_verdict verdict = move_once(memory, instance);

	while (verdict == ENI_MOVE_IN_PLACE && !is_at(memory, instance)) {
		memory->now += PAUSE_MSEC;
		verdict = move_once(memory, instance);
	}
	assert_true(verdict == ENI_MOVE_DONE || verdict == ENI_MOVE_IN_PLACE);
	assert_true(is_at(memory, instance));
}

static void test_in_turn(void **state)
{
	(void)state;
	for (uint32_t seed = 1; seed <= SEQUENCES; seed++) {
		_cleanup_(ec2_memory_done) struct ec2_memory memory = cloud_of(seed);

		for (unsigned i = 0; i < MOVES; i++) {
			move_to(&memory, nodes[i % ARRAY_SIZE(nodes)]);
			memory.now += ec2_memory_random(&memory) % 6000;
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in_turn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
