/* SPDX-License-Identifier: Apache-2.0 */
#include "base/parse.h"

#include "base/cleanup.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define UNTOUCHED 4711

static void test_u32(void **state)
{
	static const struct {
		const char *text;
		uint32_t min, max;
		int err;
		uint32_t value;
	} cases[] = {
		{"0", 0, UINT32_MAX, 0, 0},
		{"7", 0, UINT32_MAX, 0, 7},
		{"4294967295", 0, UINT32_MAX, 0, UINT32_MAX},
		{"4294967296", 0, UINT32_MAX, -ERANGE, 0},
		{"1", 1, 9999, 0, 1},
		{"9999", 1, 9999, 0, 9999},
		{"0", 1, 9999, -ERANGE, 0},
		{"10000", 1, 9999, -ERANGE, 0},
		{"18446744073709551616", 0, UINT32_MAX, -ERANGE, 0},
		{"99999999999999999999999999", 0, UINT32_MAX, -ERANGE, 0},
		{"99999999999999999999999999x", 0, UINT32_MAX, -EINVAL, 0},
		{"", 0, UINT32_MAX, -EINVAL, 0},
		{" ", 0, UINT32_MAX, -EINVAL, 0},
		{" 1", 0, UINT32_MAX, -EINVAL, 0},
		{"1 ", 0, UINT32_MAX, -EINVAL, 0},
		{"1\n", 0, UINT32_MAX, -EINVAL, 0},
		{"+1", 0, UINT32_MAX, -EINVAL, 0},
		{"-1", 0, UINT32_MAX, -EINVAL, 0},
		{"-0", 0, UINT32_MAX, -EINVAL, 0},
		{"01", 0, UINT32_MAX, -EINVAL, 0},
		{"00", 0, UINT32_MAX, -EINVAL, 0},
		{"0x10", 0, UINT32_MAX, -EINVAL, 0},
		{"1e3", 0, UINT32_MAX, -EINVAL, 0},
		{"1.0", 0, UINT32_MAX, -EINVAL, 0},
		{"1_000", 0, UINT32_MAX, -EINVAL, 0},
		{"١", 0, UINT32_MAX, -EINVAL, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint32_t value = UNTOUCHED;

		assert_int_equal(
			parse_u32(cases[i].text, cases[i].min, cases[i].max, &value), cases[i].err);
		assert_int_equal(value, cases[i].err ? UNTOUCHED : cases[i].value);
	}
}

static void test_u64(void **state)
{
	uint64_t value = UNTOUCHED;

	(void)state;
	assert_int_equal(parse_u64("18446744073709551616", 0, UINT64_MAX, &value), -ERANGE);
	assert_int_equal(parse_u64("18446744073709551620", 0, UINT64_MAX, &value), -ERANGE);
	assert_int_equal(parse_u64("4", 5, 6, &value), -ERANGE);
	assert_int_equal(parse_u64("7", 5, 6, &value), -ERANGE);
	assert_int_equal(parse_u64("", 0, UINT64_MAX, &value), -EINVAL);
	assert_int_equal(value, UNTOUCHED);
	assert_int_equal(parse_u64("18446744073709551615", 0, UINT64_MAX, &value), 0);
	assert_true(value == UINT64_MAX);
}

static void test_seconds(void **state)
{
	static const struct {
		const char *text;
		int err;
		uint64_t msec;
	} cases[] = {
		{"0", 0, 0},
		{"10", 0, 10000},
		{"0.25", 0, 250},
		{"1.5", 0, 1500},
		{"0.001", 0, 1},
		{"90.010", 0, 90010},
		{"18446744073709551.615", 0, UINT64_MAX},
		{"18446744073709551.616", -ERANGE, 0},
		{"18446744073709552", -ERANGE, 0},
		{"99999999999999999999", -ERANGE, 0},
		{"", -EINVAL, 0},
		{".", -EINVAL, 0},
		{".5", -EINVAL, 0},
		{"5.", -EINVAL, 0},
		{"0.0001", -EINVAL, 0},
		{"1.2.3", -EINVAL, 0},
		{"1..", -EINVAL, 0},
		{"1,5", -EINVAL, 0},
		{"-1", -EINVAL, 0},
		{"1.-1", -EINVAL, 0},
		{"+1", -EINVAL, 0},
		{" 1", -EINVAL, 0},
		{"1s", -EINVAL, 0},
		{"1.5s", -EINVAL, 0},
		{"01", -EINVAL, 0},
		{"1e3", -EINVAL, 0},
		{"inf", -EINVAL, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t msec = UNTOUCHED;

		assert_int_equal(parse_seconds(cases[i].text, &msec), cases[i].err);
		assert_true(msec == (cases[i].err ? UNTOUCHED : cases[i].msec));
	}
}

static void test_mac(void **state)
{
	static const struct {
		const char *text;
		const char *formatted; /* NULL: refused */
	} cases[] = {
		{"0a:1b:2c:3d:4e:5f", "0a:1b:2c:3d:4e:5f"},
		{"0A:1B:2C:3D:4E:5F", "0a:1b:2c:3d:4e:5f"},
		{"00:00:00:00:00:00", "00:00:00:00:00:00"},
		{"ff:ff:ff:ff:ff:ff", "ff:ff:ff:ff:ff:ff"},
		{"", NULL},
		{"0a:1b:2c:3d:4e", NULL},
		{"0a:1b:2c:3d:4e:5", NULL},
		{"0a:1b:2c:3d:4e:5f:", NULL},
		{"0a:1b:2c:3d:4e:5f/", NULL},
		{"0a:1b:2c:3d:4e:5f:60", NULL},
		{"0a-1b-2c-3d-4e-5f", NULL},
		{"0a1b2c3d4e5f", NULL},
		{"0a:1b:2c:3d:4e:5g", NULL},
		{" a:1b:2c:3d:4e:5f", NULL},
		{"0a:1b:2c:3d:4e::f", NULL},
		{"0a:1b:2c:3d:4e 5f", NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct mac before = {{9, 9, 9, 9, 9, 9}};
		struct mac mac = before;
		char text[MAC_TEXT_SIZE];
		int err = parse_mac(cases[i].text, &mac);

		assert_int_equal(err, cases[i].formatted ? 0 : -EINVAL);
		if (cases[i].formatted)
			assert_string_equal(mac_format(&mac, text), cases[i].formatted);
		else
			assert_memory_equal(&mac, &before, sizeof(mac));
	}
}

static void test_ec2_id(void **state)
{
	static const struct {
		const char *text;
		const char *prefix;
		int err;
	} cases[] = {
		{"eni-01234567", "eni", 0},
		{"eni-0123456789abcdef0", "eni", 0},
		{"subnet-0123456789abcdef0", "subnet", 0},
		{"eni-0123456", "eni", -EINVAL},
		{"eni-0123456789abcdef01", "eni", -EINVAL},
		{"eni-0123456789ABCDEF0", "eni", -EINVAL},
		{"eni-0123456g", "eni", -EINVAL},
		{"eni-01234567 ", "eni", -EINVAL},
		{"eni_01234567", "eni", -EINVAL},
		{"eni01234567", "eni", -EINVAL},
		{"eni-", "eni", -EINVAL},
		{"eni", "eni", -EINVAL},
		{"", "eni", -EINVAL},
		{"subnet-01234567", "eni", -EINVAL},
		{"ENI-01234567", "eni", -EINVAL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(parse_ec2_id(cases[i].text, cases[i].prefix), cases[i].err);
}

struct keyed {
	const char *name;
	int number;
};

static void test_nearest(void **state)
{
	static const struct keyed keys[] = {
		{"match", 1},
		{"table", 2},
		{"priority", 3},
		{"source", 4},
		{"gateway", 5},
		{"addresses", 6},
		{"except", 7},
		{"mac", 8},
		{NULL, 9},
	};
	static const struct {
		const char *text;
		const char *nearest;
	} cases[] = {
		{"tabel", "table"},
		{"table", "table"},
		{"TABLE", "table"},
		{"tble", "table"},
		{"tables", "table"},
		{"gatway", "gateway"},
		{"adresses", "addresses"},
		{"prority", "priority"},
		{"pirority", "priority"},
		{"sorce", "source"},
		{"mca", "mac"},
		{"mtch", "match"},
		{"", NULL},
		{"x", NULL},
		{"mm", NULL},
		{"interfaces", NULL},
		{"completely-different", NULL},
		{"tableaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
			NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *nearest = find_nearest_word(
			cases[i].text, keys, ARRAY_SIZE(keys), sizeof(keys[0]));

		if (cases[i].nearest) {
			assert_non_null(nearest);
			assert_string_equal(nearest, cases[i].nearest);
		} else {
			assert_null(nearest);
		}
	}
	assert_null(find_nearest_word("table", keys, 0, sizeof(keys[0])));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_u32),
		cmocka_unit_test(test_u64),
		cmocka_unit_test(test_seconds),
		cmocka_unit_test(test_mac),
		cmocka_unit_test(test_ec2_id),
		cmocka_unit_test(test_nearest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
