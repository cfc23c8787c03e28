/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"

#include "base/cleanup.h"
#include "base/utf8.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void test_set(void **state)
{
	struct error error = {.quote = "an old quote", .code = ERROR_EXPLICIT_DENY};

	(void)state;
	assert_int_equal(error_set(&error, OUTCOME_USAGE, EINVAL, "%s: %d", "port", 7), -EINVAL);
	assert_int_equal(error.outcome, OUTCOME_USAGE);
	assert_string_equal(error.text, "port: 7");
	assert_string_equal(error.quote, "");
	assert_int_equal(error.code, ERROR_OTHER);
	/* The words that are there may be part of the new ones. */
	assert_int_equal(error_set(&error, OUTCOME_FAILED, EIO, "again: %s", error.text), -EIO);
	assert_int_equal(error.outcome, OUTCOME_FAILED);
	assert_string_equal(error.text, "again: port: 7");
	assert_int_equal(error_set(NULL, OUTCOME_FAILED, ENOENT, "unused"), -ENOENT);
}

static void test_prefix(void **state)
{
	struct error error = {.outcome = OUTCOME_DENIED, .quote = "line\n ^"};

	(void)state;
	memcpy(error.text, "not permitted", sizeof("not permitted"));
	error_prefix(&error, "%s%d", "eth", 1);
	assert_int_equal(error.outcome, OUTCOME_DENIED);
	assert_string_equal(error.text, "eth1: not permitted");
	assert_string_equal(error.quote, "line\n ^");
	error_prefix(NULL, "unused");
}

static void test_masks(void **state)
{
	static const struct {
		const char *text;
		const char *masked;
	} cases[] = {
		{"", ""},
		{"plain", "plain"},
		{"a\nb\tc\r", "a?b?c?"},
		{"\033[31mred\177", "?[31mred?"},
		{"größe €", "größe €"},
		{"\360\237\230\200", "\360\237\230\200"},
		{"\302\233K", "??K"}, /* CSI as one character */
		{"\233K", "?K"},
		{"\342\200\250x", "???x"}, /* line separator */
		{"a\342\200\256b", "a???b"}, /* U+202E: the rest from right to left */
		{"\342\201\246b\342\201\251", "???b???"}, /* U+2066, U+2069: isolates */
		{"\342\200\216\342\200\217\330\234", "????????"}, /* U+200E, U+200F, U+061C */
		{"ascs\342\200\213", "ascs???"}, /* U+200B: zero-width */
		{"a\342\201\240b\357\273\277c\302\255", "a???b???c??"}, /* U+2060, U+FEFF, U+00AD */
		{"\363\240\201\201", "????"}, /* U+E0041: a tag, which nothing shows */
		{"日本 ü\302\240ﬁ", "日本 ü\302\240ﬁ"},
		{"\377\376", "??"},
		{"\303", "?"},
		{"\303(", "?("},
		{"\300\257", "??"}, /* '/' in two bytes */
		{"\340\200\257", "???"}, /* and in three */
		{"\355\240\200", "???"}, /* half of a surrogate pair */
		{"\364\220\200\200", "????"}, /* beyond the last character */
		{"\370\210\200\200\200", "?????"},
	};
	struct error error = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		error_set(&error, OUTCOME_FAILED, EIO, "%s", cases[i].text);
		assert_string_equal(error.text, cases[i].masked);
	}
	error_prefix(&error, "a\nb");
	assert_string_equal(error.text, "a?b: ?????");
}

static void test_cuts(void **state)
{
	char expected[sizeof(((struct error *)0)->text)];
	char text[1000];
	struct error error = {0};

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	memset(expected, 'x', sizeof(expected));
	memcpy(expected + sizeof(expected) - 4, "...", 4);
	error_set(&error, OUTCOME_FAILED, EIO, "%s", text);
	assert_string_equal(error.text, expected);
	memcpy(expected, "y: ", 3);
	error_prefix(&error, "y");
	assert_string_equal(error.text, expected);

	/* A text that fills the buffer exactly is not cut. */
	text[sizeof(expected) - 1] = '\0';
	error_set(&error, OUTCOME_FAILED, EIO, "%s", text);
	assert_string_equal(error.text, text);

	/* Nor is a character cut in half. */
	memcpy(text + sizeof(expected) - 5, "€€€", sizeof("€€€"));
	memset(expected, 'x', sizeof(expected));
	memcpy(expected + sizeof(expected) - 5, "...", 4);
	text[sizeof(expected) - 6] = 'x';
	memmove(text, text + 1, strlen(text));
	expected[sizeof(expected) - 2] = '\0';
	memcpy(expected + sizeof(expected) - 6, "...", 4);
	error_set(&error, OUTCOME_FAILED, EIO, "%s", text);
	assert_string_equal(error.text, expected);
}

static void test_decode(void **state)
{
	uint32_t character = 0;

	(void)state;
	assert_int_equal(utf8_decode("", 0, &character), 0);
	assert_int_equal(utf8_decode("\303\266", 1, &character), 0);
	assert_int_equal(character, 0);
	assert_int_equal(utf8_decode("\303\266", 2, &character), 2);
	assert_int_equal(character, 0xf6);
	assert_int_equal(utf8_decode("\364\217\277\277", 4, &character), 4);
	assert_int_equal(character, 0x10ffff);
	assert_int_equal(utf8_decode("\0", 1, &character), 1);
	assert_int_equal(character, 0);
}

static void test_is_shown_text(void **state)
{
	(void)state;
	assert_true(utf8_is_shown_text(""));
	assert_true(utf8_is_shown_text("größe 日本"));
	assert_false(utf8_is_shown_text("a\nb"));
	assert_false(utf8_is_shown_text("a\342\200\256"));
	assert_false(utf8_is_shown_text("latin \374"));
	assert_false(utf8_is_shown_text("\303"));
}

static void test_shortens(void **state)
{
	char text[UTF8_SHORT_SIZE + 1], buffer[UTF8_SHORT_SIZE];

	(void)state;
	assert_string_equal(utf8_shorten("", buffer), "");
	assert_string_equal(utf8_shorten("short", buffer), "short");
	memset(text, 'x', UTF8_SHORT_SIZE);
	text[UTF8_SHORT_SIZE] = '\0';
	assert_string_equal(utf8_shorten(text + 1, buffer), text + 1);
	assert_int_equal(strlen(utf8_shorten(text, buffer)), UTF8_SHORT_SIZE - 1);
	assert_string_equal(buffer + UTF8_SHORT_SIZE - 5, "x...");
	/* Not in half a character. */
	memcpy(text + UTF8_SHORT_SIZE - 5, "€€", strlen("€€") - 1);
	assert_int_equal(strlen(utf8_shorten(text, buffer)), UTF8_SHORT_SIZE - 2);
	assert_string_equal(buffer + UTF8_SHORT_SIZE - 6, "x...");
}

static void test_reduces(void **state)
{
	static const struct {
		const char *from, *to;
	} cases[] = {
		{"", ""},
		{"plain \"text\"", "plain \"text\""},
		{"(eni-…) …", "(eni-...) ..."},
		{"größe 日本 \360\237\230\200", "gr??e ?? ?"},
		{"a\tb\nc\033d", "a?b?c?d"},
		{"\374\342\200", "???"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char text[64];

		snprintf(text, sizeof(text), "%s", cases[i].from);
		utf8_reduce_to_ascii(text);
		assert_string_equal(text, cases[i].to);
	}
}

static void test_count(void **state)
{
	(void)state;
	assert_int_equal(utf8_count(""), 0);
	assert_int_equal(utf8_count("größe €"), 7);
	assert_int_equal(utf8_count("\303\377\342\202"), 4);
}

/* No error goes without words and an exit status. */
static void test_complete(void **state)
{
	struct error error = {0};

	(void)state;
	assert_int_equal(error_ensure_text(&error, -ENOMEM), -ENOMEM);
	assert_int_equal(error.outcome, OUTCOME_FAILED);
	assert_string_equal(error.text, "out of memory");

	error = (struct error){0};
	assert_int_equal(error_ensure_text(&error, -EIO), -EIO);
	assert_string_equal(error.text, "Input/output error");

	error_set(&error, OUTCOME_TIMEOUT, ETIME, "timed out");
	assert_int_equal(error_ensure_text(&error, -EIO), -EIO);
	assert_int_equal(error.outcome, OUTCOME_TIMEOUT);
	assert_string_equal(error.text, "timed out");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_prefix),
		cmocka_unit_test(test_complete),
		cmocka_unit_test(test_masks),
		cmocka_unit_test(test_is_shown_text),
		cmocka_unit_test(test_shortens),
		cmocka_unit_test(test_reduces),
		cmocka_unit_test(test_count),
		cmocka_unit_test(test_cuts),
		cmocka_unit_test(test_decode),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
