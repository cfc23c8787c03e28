/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests a move and a release of one address, in each order of their steps: the move reads the
 * count, then places the address and reads the count again, under the lock. The release increases
 * the count, then removes the address, under the lock or (if the holder does not release the lock)
 * without it.
 */
#include "overlay/placement.h"

#include "base/clock.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char directory[64];
static struct ip_address address;

static int setup(void **state)
{
	(void)state;
	strcpy(directory, "/tmp/myha-test-placement-XXXXXX");
	return ip_address_parse("192.168.10.16", &address) || !mkdtemp(directory) ? -1 : 0;
}

static int teardown(void **state)
{
	char path[160];

	(void)state;
	snprintf(path, sizeof(path), "%s/address-192.168.10.16-placement.lock", directory);
	unlink(path);
	return rmdir(directory);
}

static void open_one(struct placement *placement)
{
	struct error error = {0};

	assert_int_equal(placement_open(directory, &address, placement, &error), 0);
}

/* The steps of both, as letters; what is on the host in the end, and whether the move knows. */
struct world {
	struct placement move, release;
	bool is_on; /* the address */
	bool has_given_way; /* the move */
};

static void step(struct world *world, char letter)
{
	struct error error = {0};

	switch (letter) {
	case 'B': /* the move begins */
		open_one(&world->move);
		break;
	case 'P': /* it places the address, unless it was released */
		if (placement_is_released(&world->move))
			world->has_given_way = true;
		else
			world->is_on = true;
		break;
	case 'V': /* the move reads the count again, and removes the address */
		if (!world->has_given_way && placement_is_released(&world->move)) {
			world->has_given_way = true;
			world->is_on = false;
		}
		break;
	case 'C': /* the release counts */
		open_one(&world->release);
		assert_int_equal(placement_count_release(&world->release, &error), 0);
		break;
	case 'R': /* and takes the address off */
		world->is_on = false;
		break;
	}
}

static void test_each_order(void **state)
{
	static const struct {
		const char *steps;
		bool is_on, has_given_way;
	} orders[] = {
		/* The release was before the move: it does not concern it. */
		{"CRBPV", true, false},
		{"CBRPV", true, false},
		/* In the middle of it. */
		{"BCRPV", false, true},
		{"BCPRV", false, true},
		{"BCPVR", false, true},
		{"BPCRV", false, true},
		{"BPCVR", false, true},
		/* After it had placed the address for good. */
		{"BPVCR", false, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(orders); i++) {
		struct world world = {
			.move = {.lock = {.fd = -1}}, .release = {.lock = {.fd = -1}}};

		for (const char *at = orders[i].steps; *at; at++)
			step(&world, *at);
		assert_int_equal(world.is_on, orders[i].is_on);
		assert_int_equal(world.has_given_way, orders[i].has_given_way);
		/* The state that the move reads at its end, before it reports success. */
		assert_int_equal(placement_is_released(&world.move), orders[i].steps[0] == 'B');
		placement_close(&world.move);
		placement_close(&world.release);
	}
}

static void test_changes_of_the_kernel_exclude_each_other(void **state)
{
	const struct deadline now = deadline_after(clock_now(), 0);
	struct placement one, other;
	struct error error = {0};

	(void)state;
	open_one(&one);
	open_one(&other);
	assert_int_equal(placement_begin(&one, &now, &error), 0);
	assert_int_equal(placement_begin(&other, &now, &error), -ETIME);
	assert_int_equal(error.outcome, OUTCOME_TIMEOUT);
	placement_end(&one);
	assert_int_equal(placement_begin(&other, &now, &error), 0);
	/* However its holder ends. */
	placement_close(&other);
	assert_int_equal(placement_begin(&one, &now, &error), 0);
	placement_close(&one);
}

/* As in a dry run. */
static void test_one_that_is_not_open(void **state)
{
	struct placement none = {.lock = {.fd = -1}};
	const struct deadline now = deadline_after(clock_now(), 0);

	(void)state;
	assert_int_equal(placement_begin(&none, &now, NULL), 0);
	assert_false(placement_is_released(&none));
	placement_end(&none);
	placement_close(&none);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_each_order, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_changes_of_the_kernel_exclude_each_other, setup, teardown),
		cmocka_unit_test(test_one_that_is_not_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
