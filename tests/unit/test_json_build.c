/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests that incomplete JSON is never printed, with an allocator for jansson that fails once.
 */
#include "base/json_build.h"

#include "base/cleanup.h"
#include "base/json_memory.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static size_t allocations, failing;

static void *fail_once(size_t size)
{
	if (++allocations != failing)
		return malloc(size);
	errno = ENOMEM;
	return NULL;
}

static int setup(void **state)
{
	(void)state;
	json_set_alloc_funcs(fail_once, free);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	json_set_alloc_funcs(malloc, free);
	return 0;
}

static json_t *build(void)
{
	json_t *steps = json_array(), *object = json_object();

	for (unsigned i = 0; i < 20; i++)
		json_add_item(&steps, json_pack("{s:s, s:i}", "command", "ip link", "number", i));
	json_add_member(&object, "note", json_string("a text"));
	return json_pack("{s:o, s:o}", "steps", steps, "object", object);
}

static int build_and_write(struct strbuf *out)
{
	json_t *root = build();
	int err = json_append(root, JSON_INDENT(2), out);

	json_decref(root);
	return err;
}

static void test_all_or_nothing(void **state)
{
	_cleanup_(strbuf_done) struct strbuf whole = {0};
	bool was_reached = true;

	(void)state;
	failing = 0;
	assert_int_equal(build_and_write(&whole), 0);
	for (failing = 1; was_reached; failing++) {
		_cleanup_(strbuf_done) struct strbuf text = {0};
		int err;

		allocations = 0;
		err = build_and_write(&text);
		was_reached = allocations >= failing;
		if (err)
			assert_int_equal(err, -ENOMEM);
		else
			assert_string_equal(strbuf_text(&text), strbuf_text(&whole));
	}
	assert_true(failing > 100);
}

/* A text that is not UTF-8 does not vanish, either. */
static void test_not_utf8(void **state)
{
	json_t *array = json_array(), *object = json_object();

	(void)state;
	failing = 0;
	json_add_item(&array, json_string("\377"));
	assert_null(array);
	json_add_item(&array, json_string("after it"));
	assert_null(array);
	json_add_member(&object, "name", json_string("\377"));
	assert_null(object);
}

/* Its strings are longer than what jansson has at hand: it would cut them. */
static void test_read(void **state)
{
	static const char text[] = "{\"the id of a table\": [1, 2, \"rtb-0123456789abcdef0\"]}";
	json_t *root;

	(void)state;
	failing = 0;
	assert_int_equal(json_read("{", 1, 0, &root), -EBADMSG);
	allocations = 0;
	assert_int_equal(json_read(text, strlen(text), 0, &root), 0);
	json_decref(root);
	for (size_t n = 1, all = allocations; n <= all; n++) {
		allocations = 0;
		failing = n;
		assert_int_equal(json_read(text, strlen(text), 0, &root), -ENOMEM);
	}
}

static void test_read_members(void **state)
{
	json_t *root, *list;
	int number;

	(void)state;
	failing = 0;
	root = json_pack("{s:i, s:[]}", "number", 3, "list");
	allocations = 0;
	assert_int_equal(json_read_members(root, "{s:s}", "number", &list), -EBADMSG);
	assert_int_equal(
		json_read_members(root, "{s:i, s:o}", "number", &number, "list", &list), 0);
	assert_int_equal(number, 3);
	allocations = 0;
	failing = 1;
	assert_int_equal(json_read_members(root, "{s:i}", "number", &number), -ENOMEM);
	failing = 0;
	json_decref(root);
}

static void test_text_from_outside(void **state)
{
	static const struct {
		const char *text, *shown;
	} cases[] = {
		{"", ""},
		{"eth0", "eth0"},
		{"\xc3\xa9 \xf0\x9f\x98\x80", "\xc3\xa9 \xf0\x9f\x98\x80"},
		{"\xff", "\xef\xbf\xbd"},
		{"a\xff\xfez", "a\xef\xbf\xbd\xef\xbf\xbdz"},
		{"cut \xe2\x82", "cut \xef\xbf\xbd\xef\xbf\xbd"},
		{"\xc0\x80 overlong", "\xef\xbf\xbd\xef\xbf\xbd overlong"},
		{"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
		{"\x1b[2J\n", "\x1b[2J\n"},
	};

	(void)state;
	failing = 0;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		json_t *text = json_text(cases[i].text);

		assert_string_equal(json_string_value(text), cases[i].shown);
		json_decref(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text_from_outside),
		cmocka_unit_test(test_all_or_nothing),
		cmocka_unit_test(test_not_utf8),
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_read_members),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
