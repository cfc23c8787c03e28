/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "aws/shell_split.h"
#include "aws/timestamp.h"
#include "base/cleanup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void test_words(void **state)
{
	static const struct {
		const char *text;
		const char *words[5];
	} cases[] = {
		{"", {NULL}},
		{" \t\r\n", {NULL}},
		{"/opt/tool --a b", {"/opt/tool", "--a", "b", NULL}},
		{"  a\n b\t", {"a", "b", NULL}},
		{"a'b c'd", {"ab cd", NULL}},
		{"'' \"\"", {"", "", NULL}},
		{"\"a \\\" \\\\ \\n $x\"", {"a \" \\ \\n $x", NULL}},
		{"'a\\' b", {"a\\", "b", NULL}},
		{"a\\ b \\'c \\\\", {"a b", "'c", "\\", NULL}},
		{"a;b|c>d `e` $(f) *", {"a;b|c>d", "`e`", "$(f)", "*", NULL}},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(cleanup_free) char **words = NULL;
		size_t count, j;

		assert_int_equal(shell_split(cases[i].text, &words, &count), 0);
		for (j = 0; cases[i].words[j]; j++)
			assert_string_equal(words[j], cases[i].words[j]);
		assert_null(words[j]);
		assert_int_equal(count, j);
	}
}

static void test_unclosed(void **state)
{
	static const char *const cases[] = {"'", "\"", "a 'b", "a \"b\\\"", "\\", "a b\\", "'\\''"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char **words = NULL;
		size_t count;

		assert_int_equal(shell_split(cases[i], &words, &count), -EINVAL);
		assert_null(words);
	}
}

static void test_times(void **state)
{
	static const struct {
		const char *text;
		uint64_t seconds; /* 0: refused */
	} cases[] = {
		{"2026-01-31T12:00:00Z", 1769860800},
		{"2026-01-31T12:00:00.999Z", 1769860800},
		{"2026-01-31T12:00:00+00:00", 1769860800},
		{"2026-01-31T14:00:00+02:00", 1769860800},
		{"2026-01-31T06:30:00.123-0530", 1769860800},
		{"2024-02-29T00:00:00Z", 1709164800},
		{"2023-02-29T00:00:00Z", 0},
		{"", 0},
		{"2026-01-31", 0},
		{"2026-01-31T12:00:00", 0},
		{"2026-01-31T12:00:00Zx", 0},
		{"2026-01-31T12:00:00+", 0},
		{"2026-01-31T12:00:00+1", 0},
		{"2026-01-31T12:00:00+24:00", 0},
		{"2026-01-31T12:00:00+01:60", 0},
		{"2026-01-31T12:00:00+01:00Z", 0},
		{"2026-01-31T12:00:00+01:000", 0},
		{"1970-01-01T00:00:00+01:00", 0},
		{"2026-01-31T12:00:00.0000000000000000000000000000000000000000Z", 0},
		{"soon", 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t seconds = 0;

		assert_int_equal(
			timestamp_parse(cases[i].text, &seconds), cases[i].seconds ? 0 : -EINVAL);
		assert_int_equal(seconds, cases[i].seconds);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_unclosed),
		cmocka_unit_test(test_times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
