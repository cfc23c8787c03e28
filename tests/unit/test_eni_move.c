/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests moving an ENI in an EC2 in memory, with every order of responses that EC2 can give:
 * verdict, error, all calls, and the holder of the ENI afterwards.
 */
#include "eni_move_cases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* eni-1 is at i-old, index 2, unless a case has it elsewhere; each instance has its primary ENI. */
static void set_up(struct ec2_memory *memory)
{
	static const struct memory_eni usual[] = {
		{.id = "eni-1", .addresses = {"10.0.1.10", "10.0.1.50"}, HELD_BY("i-old", 2)},
		IN_THE_WAY("us0", "i-us", 0, 0),
		IN_THE_WAY("old0", "i-old", 0, 0),
		{.id = "eni-free"},
	};
	static const struct memory_instance instances[] = {
		{.id = "i-us"}, {.id = "i-old"}, {.id = "i-other"}};

	for (size_t i = 0; i < ARRAY_SIZE(usual); i++)
		if (!memory->enis[i].id)
			memory->enis[i] = usual[i];
	for (size_t i = 0; i < ARRAY_SIZE(instances); i++)
		if (!memory->instances[i].id)
			memory->instances[i] = instances[i];
}

static struct eni_move_goal goal_of(const struct move_case *one)
{
	struct eni_move_goal goal = {
		.name = "sapdb",
		.eni = one->by_address ? NULL : "eni-1",
		.instance = "i-us",
		.zone = "zone-a",
		.vpc = "vpc-1",
		.is_secondary = one->is_secondary,
		.force = one->force,
		.force_after = one->force_after,
	};

	assert_int_equal(ip_address_parse("10.0.1.50", &goal.address), 0);
	return goal;
}

static void check_holder(struct ec2_memory *memory, const char *holder)
{
	const char *found = "";

	for (size_t i = 0; i < MEMORY_ENIS_MAX; i++)
		if (memory->enis[i].id && strcmp(memory->enis[i].id, "eni-1") == 0)
			found = memory->enis[i].instance;
	assert_string_equal(found, holder ? holder : "");
}

/* Checks the result that the caller reports. */
static void check_result(const struct eni_move *move, struct ec2_memory *memory, const char *had_it)
{
	const struct memory_eni *eni = ec2_memory_eni(memory, "eni-1");

	assert_string_equal(move->eni.id, "eni-1");
	assert_string_equal(move->eni.subnet, "subnet-a");
	assert_string_equal(move->eni.attachment.id, eni->attachment);
	assert_string_equal(move->eni.attachment.instance, "i-us");
	assert_int_equal(move->eni.attachment.device_index, eni->index);
	assert_true(mac_is_set(&move->eni.mac));
	assert_int_equal(move->eni.ipv4s.count, eni->addresses[0] ? 2 : 0);
	assert_string_equal(move->before.id, "eni-1");
	assert_string_equal(move->before.attachment.instance, had_it);
}

static void run_case(const struct move_case *one, bool backwards)
{
	_cleanup_(ec2_memory_done) struct ec2_memory memory = one->cloud;
	const struct eni_move_goal goal = goal_of(one);
	char where[ENI_STATE_SIZE], had_it[EC2_ID_SIZE];
	struct eni_move move;

	print_message("%s\n", one->name);
	memory.backwards = backwards;
	set_up(&memory);
	snprintf(had_it, sizeof(had_it), "%s", one->before ? one->before : memory.enis[0].instance);
	eni_move_init(&move, &goal);
	struct flow flow = eni_move_flow(&move);
	assert_int_equal(ec2_memory_run(&memory, &flow), one->verdict != ENI_MOVE_PENDING);
	assert_string_equal(strbuf_text(&memory.calls), one->calls);
	assert_int_equal(move.verdict, one->verdict);
	if (one->verdict == ENI_MOVE_PENDING)
		assert_string_equal(eni_move_format_state(&move, where), one->words);
	else
		assert_string_equal(move.error.text, one->words ? one->words : "");
	assert_int_equal(move.error.outcome, one->outcome);
	assert_int_equal(move.forced, one->forced);
	check_holder(&memory, one->holder);
	if (move.verdict == ENI_MOVE_DONE || move.verdict == ENI_MOVE_IN_PLACE)
		check_result(&move, &memory, had_it);
	if (move.verdict != ENI_MOVE_PENDING)
		assert_int_equal(move.progress.step, ENI_MOVE_ENDS);
	eni_move_done(&move);
}

static void run_cases(const struct move_case *cases)
{
	for (; cases->name; cases++) {
		run_case(cases, false);
		run_case(cases, true);
	}
}

static void test_plain(void **state)
{
	(void)state;
	run_cases(eni_move_plain);
}

static void test_refused(void **state)
{
	(void)state;
	run_cases(eni_move_refused);
}

static void test_lag(void **state)
{
	(void)state;
	run_cases(eni_move_lag);
}

static void test_stale(void **state)
{
	(void)state;
	run_cases(eni_move_stale);
}

static void test_throttled(void **state)
{
	(void)state;
	run_cases(eni_move_throttled);
}

static void test_races(void **state)
{
	(void)state;
	run_cases(eni_move_races);
}

static void test_late(void **state)
{
	(void)state;
	run_cases(eni_move_late);
}

/* So many ENIs that no device index is free. */
static void test_no_index(void **state)
{
	_cleanup_(ec2_memory_done) struct ec2_memory memory = {0};
	struct eni_slots slots;
	const struct eni_attach_goal goal = {.eni = "eni-1", .instance = "i-us", .slots = &slots};
	struct eni_attach attach;

	(void)state;
	eni_slots_init(&slots);
	eni_slots_mark_full(&slots, 0);
	eni_attach_init(&attach, &goal);
	struct flow flow = eni_attach_flow(&attach);
	assert_true(ec2_memory_run(&memory, &flow));
	assert_string_equal(strbuf_text(&memory.calls), "");
	assert_int_equal(attach.verdict, ENI_ATTACH_REFUSED);
	assert_string_equal(attach.error.text,
		"i-us has no free device index: detach another ENI from "
		"the instance");
	eni_attach_done(&attach);
}

/* A caller that shows the progress. */
struct watcher {
	struct eni_move move;
	struct flow flow;
	struct strbuf seen;
	enum eni_move_step step;
};

static int watch_next(void *state, uint64_t now, uint32_t random, struct flow_batch *ret_batch)
{
	struct watcher *watcher = state;
	int err = watcher->flow.next(watcher->flow.state, now, random, ret_batch);
	enum eni_move_step step = watcher->move.progress.step;

	if (!watcher->seen.length || step != watcher->step) {
		assert_int_equal(watcher->move.progress.since, now);
		strbuf_printf(&watcher->seen, "%llu %s\n", (unsigned long long)now - MEMORY_START,
			eni_move_step_texts[step]);
	}
	watcher->step = step;
	return err;
}

static int watch_take(void *state, size_t tag, const struct flow_response *response)
{
	struct watcher *watcher = state;

	return watcher->flow.handle_response(watcher->flow.state, tag, response);
}

static void check_progress(struct ec2_memory *memory, uint64_t force_after, const char *expected)
{
	const struct move_case how = {.force_after = force_after};
	const struct eni_move_goal goal = goal_of(&how);
	struct watcher watcher = {0};
	const struct flow watched = {watch_next, watch_take, &watcher};

	set_up(memory);
	eni_move_init(&watcher.move, &goal);
	watcher.flow = eni_move_flow(&watcher.move);
	assert_true(ec2_memory_run(memory, &watched));
	assert_string_equal(strbuf_text(&watcher.seen), expected);
	strbuf_done(&watcher.seen);
	eni_move_done(&watcher.move);
	ec2_memory_done(memory);
}

static void test_progress(void **state)
{
	struct ec2_memory slow = {.detach_msec = 300, .attach_msec = 200};
	struct ec2_memory stuck = {.stuck = true};
	struct ec2_memory busy = {.instances = {{.id = "i-us", .busy = MEMORY_START + 700},
					  {.id = "i-old", .busy = MEMORY_START + 300}}};
	struct ec2_memory full = {.instances = {{.id = "i-us", .limit = 1}}};

	(void)state;
	check_progress(&slow, 0,
		"0 finding the ENI\n5 detaching\n411 attaching\n416 waiting until the "
		"ENI is attached\n683 done\n");
	check_progress(&stuck, 200,
		"0 finding the ENI\n5 detaching\n205 detaching by force\n215 attaching\n"
		"220 waiting until the ENI is attached\n225 done\n");
	/* A change that was accepted late is read back as soon as one that was accepted at once. */
	check_progress(&busy, 0,
		"0 finding the ENI\n5 detaching\n441 attaching\n733 waiting until the "
		"ENI is attached\n738 "
		"done\n");
	check_progress(&full, 0,
		"0 finding the ENI\n5 detaching\n15 attaching\n20 reattaching to the previous "
		"instance\n30 done\n");
}

/* Random faults and events, in any order. */

static uint32_t pick(uint32_t *random, uint32_t count)
{
	*random = *random * 1664525 + 1013904223;
	return (uint32_t)(((uint64_t)*random * count) >> 32);
}

static struct memory_fault any_fault(uint32_t *random)
{
	static const struct memory_fault faults[] = {
		{EC2_DESCRIBE_NETWORK_INTERFACES, 0, "InvalidNetworkInterfaceID.NotFound"},
		{EC2_DESCRIBE_NETWORK_INTERFACES, 0, LOST},
		{EC2_DESCRIBE_INSTANCES, 0, LOST},
		{EC2_DESCRIBE_INSTANCES, 0, UNAUTHORIZED},
		{EC2_DETACH_NETWORK_INTERFACE, 0, LOST},
		{EC2_DETACH_NETWORK_INTERFACE, 0, LOST, .done = true},
		{EC2_DETACH_NETWORK_INTERFACE, 0, "IncorrectState"},
		{EC2_DETACH_NETWORK_INTERFACE, 0, "InvalidAttachmentID.NotFound"},
		{EC2_DETACH_NETWORK_INTERFACE, 0, "OperationNotPermitted"},
		{EC2_ATTACH_NETWORK_INTERFACE, 0, LOST},
		{EC2_ATTACH_NETWORK_INTERFACE, 0, LOST, .done = true},
		{EC2_ATTACH_NETWORK_INTERFACE, 0, "InvalidNetworkInterface.InUse"},
		{EC2_ATTACH_NETWORK_INTERFACE, 0, "InvalidParameterValue",
			"already has an interface attached at device index"},
		{EC2_ATTACH_NETWORK_INTERFACE, 0, "AttachmentLimitExceeded"},
		{EC2_ATTACH_NETWORK_INTERFACE, 0, "InternalError", .done = true},
		{EC2_DETACH_NETWORK_INTERFACE, 0, "InternalError", .done = true},
		{EC2_ATTACH_NETWORK_INTERFACE, 0, "InvalidInstanceID.NotFound"},
		{EC2_ATTACH_NETWORK_INTERFACE, 0, UNAUTHORIZED},
	};
	struct memory_fault fault = faults[pick(random, ARRAY_SIZE(faults))];

	fault.nth = 1 + pick(random, 6);
	/* Now and then for good. */
	if (strcmp(fault.code, LOST) != 0 && !pick(random, 8))
		fault.nth = 0;
	return fault;
}

static struct memory_event any_event(uint32_t *random)
{
	static void (*const operations[])(struct ec2_memory * memory) = {
		eni_move_other_attaches, eni_move_other_detaches, eni_move_other_deletes};
	static const enum ec2_action actions[] = {EC2_DESCRIBE_NETWORK_INTERFACES,
		EC2_DETACH_NETWORK_INTERFACE, EC2_ATTACH_NETWORK_INTERFACE};

	return (struct memory_event){.action = actions[pick(random, ARRAY_SIZE(actions))],
		.nth = 1 + pick(random, 6),
		.happen = operations[pick(random, ARRAY_SIZE(operations))]};
}

static struct ec2_memory any_cloud(uint32_t random)
{
	struct ec2_memory memory = {
		.random = random | 1,
		.backwards = random & 1,
		.stuck = !pick(&random, 6),
		.in_use_is_a_parameter = pick(&random, 2),
		.attach_msec = pick(&random, 3000),
		.detach_msec = pick(&random, 20000),
		.stale_msec = pick(&random, 2) * pick(&random, 500),
		.deadline = MEMORY_START + 1 + pick(&random, 60000),
	};
	uint32_t faults = pick(&random, 5);

	for (uint32_t i = 0; i < faults; i++)
		memory.faults[i] = any_fault(&random);
	/* One at most: a dead ENI can neither be attached nor deleted. */
	if (!pick(&random, 3))
		memory.events[0] = any_event(&random);
	if (!pick(&random, 4))
		memory.instances[1] = (struct memory_instance){
			.id = "i-old", .busy = MEMORY_START + pick(&random, 40000)};
	return memory;
}

static unsigned count_calls(const struct ec2_memory *memory)
{
	unsigned count = 0;

	for (size_t i = 0; i < EC2_ACTION_COUNT_; i++)
		count += memory->counts[i];
	return count;
}

/* Nothing but what was found, and then what was there: another attachment, where the first read was old. */
static void check_detached(const char *calls, const char *attachment)
{
	static const char name[] = "AttachmentId=";

	while ((calls = strstr(calls, name))) {
		calls += sizeof(name) - 1;
		size_t length = strcspn(calls, "\n ");
		assert_true(strncmp(calls, "eni-attach-1", length) == 0 ||
			    strncmp(calls, attachment, length) == 0);
	}
}

/*
 * The flow ends or waits, makes few requests, reports the result, and detaches only the attachment
 * that it found.
 */
static void test_anything(void **state)
{
	unsigned ends[4] = {0};

	(void)state;
	for (uint32_t seed = 1; seed <= 4000; seed++) {
		_cleanup_(ec2_memory_done) struct ec2_memory memory = any_cloud(seed * 2654435761u);
		const struct move_case how = {.by_address = seed % 5 == 0,
			.force = seed % 7 == 0,
			.force_after = seed % 3 ? 0 : 2000};
		const struct eni_move_goal goal = goal_of(&how);
		char where[ENI_STATE_SIZE];
		struct eni_move move;

		set_up(&memory);
		eni_move_init(&move, &goal);
		struct flow flow = eni_move_flow(&move);
		bool ended = ec2_memory_run(&memory, &flow);
		assert_int_equal(ended, move.verdict != ENI_MOVE_PENDING);
		ends[move.verdict]++;
		assert_in_range(count_calls(&memory), 1, 100 + (memory.now - MEMORY_START) / 100);
		check_detached(strbuf_text(&memory.calls), move.before.attachment.id);
		assert_true(*eni_move_format_state(&move, where));
		if (move.verdict == ENI_MOVE_DONE && !memory.stale_msec)
			check_holder(&memory, "i-us");
		if (move.verdict == ENI_MOVE_FAILED) {
			assert_int_not_equal(move.error.outcome, OUTCOME_DONE);
			assert_int_equal(strncmp(move.error.text, "sapdb: ", 7), 0);
		} else {
			assert_string_equal(move.error.text, "");
		}
		eni_move_done(&move);
	}
	/* And each of these comes about. */
	assert_true(ends[ENI_MOVE_PENDING] > 100 && ends[ENI_MOVE_DONE] > 100 &&
		    ends[ENI_MOVE_FAILED] > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_lag),
		cmocka_unit_test(test_stale),
		cmocka_unit_test(test_throttled),
		cmocka_unit_test(test_races),
		cmocka_unit_test(test_late),
		cmocka_unit_test(test_no_index),
		cmocka_unit_test(test_progress),
		cmocka_unit_test(test_anything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
