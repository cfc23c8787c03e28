/* SPDX-License-Identifier: Apache-2.0 */
#include "base/strbuf.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_add(void **state)
{
	_cleanup_(strbuf_done) struct strbuf out = {0};

	(void)state;
	assert_string_equal(strbuf_text(&out), "");
	assert_null(out.data);
	assert_int_equal(strbuf_add(&out, NULL, 0), 0);
	assert_string_equal(out.data, "");
	assert_int_equal(strbuf_add_string(&out, "one "), 0);
	assert_int_equal(strbuf_add(&out, "two and more", 3), 0);
	assert_int_equal(strbuf_printf(&out, " %s %d", "three", 4), 0);
	assert_string_equal(strbuf_text(&out), "one two three 4");
	assert_int_equal(out.length, 15);
	assert_int_equal(strbuf_add(&out, "\0x", 2), 0);
	assert_int_equal(out.length, 17);
	assert_memory_equal(out.data, "one two three 4\0x", 18);
}

static void test_growth(void **state)
{
	_cleanup_(strbuf_done) struct strbuf out = {0};

	(void)state;
	for (unsigned i = 0; i < 1000; i++)
		assert_int_equal(strbuf_printf(&out, "%03u,", i), 0);
	assert_int_equal(out.length, 4000);
	for (unsigned i = 0; i < 1000; i++)
		assert_int_equal(strtoul(out.data + 4 * i, NULL, 10), i);
}

static void test_cap(void **state)
{
	_cleanup_(strbuf_done) struct strbuf out = {0};

	(void)state;
	strbuf_init(&out, 8);
	assert_int_equal(strbuf_add_string(&out, "12345678"), 0);
	assert_false(out.failed);
	assert_int_equal(strbuf_add(&out, "", 0), 0);
	assert_int_equal(strbuf_add(&out, "9", 1), -E2BIG);
	assert_true(out.failed);
	assert_string_equal(strbuf_text(&out), "12345678");
	/* Marked: a later one that would fit must not make a text with a hole. */
	assert_int_equal(strbuf_add(&out, "", 0), -E2BIG);

	strbuf_clear(&out);
	assert_false(out.failed);
	assert_string_equal(strbuf_text(&out), "");
	assert_int_equal(strbuf_printf(&out, "%d", 123456789), -E2BIG);
	assert_string_equal(strbuf_text(&out), "");
	strbuf_clear(&out);
	assert_int_equal(strbuf_add(&out, "x", SIZE_MAX), -E2BIG);
	strbuf_clear(&out);
	assert_int_equal(strbuf_printf(&out, "%d", 12345678), 0);
	assert_string_equal(strbuf_text(&out), "12345678");
}

static void test_default_cap(void **state)
{
	_cleanup_(strbuf_done) struct strbuf out = {0};
	static char chunk[1 << 20];

	(void)state;
	for (size_t i = 0; i < STRBUF_DEFAULT_MAX / sizeof(chunk); i++)
		assert_int_equal(strbuf_add(&out, chunk, sizeof(chunk)), 0);
	assert_int_equal(out.length, STRBUF_DEFAULT_MAX);
	assert_int_equal(strbuf_add(&out, chunk, 1), -E2BIG);
	assert_int_equal(out.length, STRBUF_DEFAULT_MAX);
}

static void test_wipe_and_done(void **state)
{
	static const char zeros[64];
	struct strbuf out;

	(void)state;
	strbuf_init(&out, 40);
	assert_int_equal(strbuf_add_string(&out, "a secret"), 0);
	strbuf_clear(&out);
	assert_int_equal(out.length, 0);
	assert_true(out.capacity <= sizeof(zeros));
	assert_memory_equal(out.data, zeros, out.capacity);
	strbuf_done(&out);
	assert_null(out.data);
	assert_int_equal(out.max, 40);
	strbuf_clear(&out);
	strbuf_done(&out);
	strbuf_done(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_add),
		cmocka_unit_test(test_growth),
		cmocka_unit_test(test_cap),
		cmocka_unit_test(test_default_cap),
		cmocka_unit_test(test_wipe_and_done),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
