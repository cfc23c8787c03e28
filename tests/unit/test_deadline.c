/* SPDX-License-Identifier: Apache-2.0 */
#include "base/deadline.h"

#include "base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_deadline(void **state)
{
	struct deadline deadline = deadline_after(1000, 500);

	(void)state;
	assert_int_equal(deadline.at, 1500);
	assert_int_equal(deadline_left(&deadline, 0), 1500);
	assert_int_equal(deadline_left(&deadline, 1000), 500);
	assert_int_equal(deadline_left(&deadline, 1499), 1);
	assert_int_equal(deadline_left(&deadline, 1500), 0);
	assert_int_equal(deadline_left(&deadline, UINT64_MAX), 0);

	deadline = deadline_after(1000, 0);
	assert_int_equal(deadline_left(&deadline, 1000), 0);
	deadline = deadline_after(1000, UINT64_MAX);
	assert_true(deadline.at == UINT64_MAX);
}

struct delay_case {
	unsigned attempt;
	uint32_t random;
	uint64_t base, cap, delay;
};

static void check_delays(uint64_t (*delay)(unsigned, uint32_t, uint64_t, uint64_t),
	const struct delay_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++)
		assert_true(delay(cases[i].attempt, cases[i].random, cases[i].base, cases[i].cap) ==
			    cases[i].delay);
}

static void test_backoff(void **state)
{
	static const struct delay_case cases[] = {
		{1, 0, 100, 20000, 1},
		{1, 1u << 31, 100, 20000, 50},
		{1, UINT32_MAX, 100, 20000, 99},
		{2, 1u << 31, 100, 20000, 100},
		{3, 1u << 31, 100, 20000, 200},
		{8, 1u << 31, 100, 20000, 6400},
		{9, 1u << 31, 100, 20000, 10000},
		{100, 1u << 31, 100, 20000, 10000},
		{UINT32_MAX, 1u << 31, 100, 20000, 10000},
		{0, 1u << 31, 100, 20000, 50},
		{1, 1u << 31, 30000, 20000, 10000},
		{9, 1u << 31, 0, 20000, 1},
		{9, 1u << 31, 100, 0, 1},
		{UINT32_MAX, 1u << 31, 1, UINT64_MAX, UINT64_MAX / 2},
		{1, UINT32_MAX, UINT64_MAX, UINT64_MAX, 0xfffffffeffffffff},
	};

	(void)state;
	check_delays(backoff_delay, cases, ARRAY_SIZE(cases));
}

static void test_watch(void **state)
{
	static const struct delay_case cases[] = {
		{1, 0, 100, 20000, 50},
		{1, 1u << 31, 100, 20000, 75},
		{1, UINT32_MAX, 100, 20000, 99},
		{3, 0, 100, 20000, 200},
		{9, 0, 100, 20000, 10000},
		{UINT32_MAX, 1u << 31, 100, 20000, 15000},
		{1, 0, 1, 1, 0},
		{9, 1u << 31, 100, 0, 0},
		{1, 0, UINT64_MAX, UINT64_MAX, UINT64_MAX / 2},
	};

	(void)state;
	check_delays(poll_delay, cases, ARRAY_SIZE(cases));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_deadline),
		cmocka_unit_test(test_backoff),
		cmocka_unit_test(test_watch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
