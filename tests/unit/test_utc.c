/* SPDX-License-Identifier: Apache-2.0 */
#include "ec2/utc.h"

#include "base/cleanup.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_format(void **state)
{
	static const struct {
		uint64_t seconds;
		const char *stamp;
	} cases[] = {
		{0, "19700101T000000Z"},
		{86399, "19700101T235959Z"},
		{951782399, "20000228T235959Z"},
		{951782400, "20000229T000000Z"},
		{951868800, "20000301T000000Z"},
		{1440938160, "20150830T123600Z"},
		{1709164800, "20240229T000000Z"},
		{4107542399, "21000228T235959Z"},
		{4107542400, "21000301T000000Z"},
		{253402300799, "99991231T235959Z"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char stamp[UTC_STAMP_SIZE];

		assert_int_equal(utc_format_stamp(cases[i].seconds, stamp), 0);
		assert_string_equal(stamp, cases[i].stamp);
	}
}

static void test_format_out_of_range(void **state)
{
	char stamp[UTC_STAMP_SIZE] = "as it was";

	(void)state;
	assert_int_equal(utc_format_stamp(253402300800, stamp), -ERANGE);
	assert_int_equal(utc_format_stamp(UINT64_MAX, stamp), -ERANGE);
	assert_string_equal(stamp, "as it was");
}

static void test_parse(void **state)
{
	static const struct {
		const char *text;
		uint64_t seconds;
	} cases[] = {
		{"1970-01-01T00:00:00Z", 0},
		{"2000-02-29T00:00:00Z", 951782400},
		{"2015-08-30T12:36:00Z", 1440938160},
		{"2015-08-30T12:36:00.999Z", 1440938160},
		{"2100-03-01T00:00:00Z", 4107542400},
		{"9999-12-31T23:59:59Z", 253402300799},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t seconds;

		assert_int_equal(utc_parse(cases[i].text, &seconds), 0);
		assert_int_equal(seconds, cases[i].seconds);
	}
}

static void test_parse_refused(void **state)
{
	static const char *const cases[] = {
		"",
		"Z",
		"2015",
		"2015-08-30",
		"2015-08-30T12:36:00",
		"2015-08-30T12:36:00z",
		"2015-08-30 12:36:00Z",
		"2015-08-30T12:36:00.Z",
		"2015-08-30T12:36:00.5",
		"2015-08-30T12:36:00+00:00",
		"2015-08-30T12:36:00ZZ",
		" 2015-08-30T12:36:00Z",
		"2015-8-30T12:36:00Z",
		"2015-13-01T00:00:00Z",
		"2015-00-01T00:00:00Z",
		"2015-01-00T00:00:00Z",
		"2015-02-29T00:00:00Z",
		"2015-04-31T00:00:00Z",
		"2015-01-01T24:00:00Z",
		"2015-01-01T00:60:00Z",
		"2015-01-01T00:00:60Z",
		"1969-12-31T23:59:59Z",
		"20150830T123600Z",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t seconds = 7;

		assert_int_equal(utc_parse(cases[i], &seconds), -EINVAL);
		assert_int_equal(seconds, 7);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_format),
		cmocka_unit_test(test_format_out_of_range),
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_parse_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
