/* SPDX-License-Identifier: Apache-2.0 */
#include "base/shell.h"

#include "base/utf8.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct {
	const char *word, *quoted;
} words[] = {
	{"eth1", "eth1"},
	{"/etc/myha/policy.yaml", "/etc/myha/policy.yaml"},
	{"arn:aws:iam::123456789012:role/+=,.@_-", "arn:aws:iam::123456789012:role/+=,.@_-"},
	{"", "''"},
	{" ", "' '"},
	{"a b", "'a b'"},
	{"it's", "'it'\\''s'"},
	{"'", "''\\'''"},
	{"$(touch /tmp/x)", "'$(touch /tmp/x)'"},
	{"`id`", "'`id`'"},
	{"a;b", "'a;b'"},
	{"~root", "'~root'"},
	{"#1", "'#1'"},
	{"a*", "'a*'"},
	{"a\\b", "'a\\b'"},
	{"größe", "'größe'"},
	{"a\nb", "\"$(printf 'a\\012b')\""},
	{"\033[2J", "\"$(printf '\\033[2J')\""},
	{"it's\t100%\\", "\"$(printf 'it\\047s\\011100%%\\\\')\""},
	{"\302\233ü", "\"$(printf '\\302\\233ü')\""},
	{"a\342\200\256b", "\"$(printf 'a\\342\\200\\256b')\""},
	{"\377", "\"$(printf '\\377')\""},
	{"-n\r", "\"$(printf '\\055n\\015')\""},
	{"a\n\033", "\"$(printf 'a\\012\\033')\""},
	{"\"$x\"\001", "\"$(printf '\"$x\"\\001')\""},
};

static void test_words(void **state)
{
	char buffer[SHELL_WORD_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		_cleanup_(strbuf_done) struct strbuf out = {0};

		assert_int_equal(shell_add_word(&out, words[i].word), 0);
		assert_string_equal(strbuf_text(&out), words[i].quoted);
		assert_true(utf8_is_shown_text(strbuf_text(&out)));
		assert_string_equal(shell_quote(words[i].word, buffer), words[i].quoted);
	}
}

/* The shell's interpretation of the quoted word is the original word. */
static void test_a_shell_reads_the_word(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		_cleanup_(strbuf_done) struct strbuf command = {0};
		char got[256] = "";

		assert_int_equal(shell_printf(&command, "printf '%%s' x%sx", words[i].word), 0);
		FILE *shell = popen(strbuf_text(&command), "r");
		assert_non_null(shell);
		got[fread(got, 1, sizeof(got) - 1, shell)] = '\0';
		assert_int_equal(pclose(shell), 0);

		size_t length = strlen(got);
		assert_int_equal(length, strlen(words[i].word) + 2);
		assert_int_equal(got[0], 'x');
		assert_memory_equal(got + 1, words[i].word, length - 2);
	}
}

static void test_what_cannot_be_quoted(void **state)
{
	_cleanup_(strbuf_done) struct strbuf out = {0};
	char buffer[SHELL_WORD_SIZE], text[SHELL_WORD_SIZE + 1];

	(void)state;
	assert_int_equal(shell_add_word(&out, "a\n"), -EINVAL);
	assert_int_equal(shell_printf(&out, "rm %s", "\n"), -EINVAL);
	assert_string_equal(shell_quote("a\n", buffer), "...");
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_string_equal(shell_quote(text, buffer), "...");
	assert_string_equal(shell_quote(text + 1, buffer), text + 1);
	/* Nothing of it was left behind. */
	text[SHELL_WORD_SIZE - 1] = '\'';
	assert_string_equal(shell_quote(text + 1, buffer), "...");
}

static void test_formats(void **state)
{
	_cleanup_(strbuf_done) struct strbuf out = {0}, small = {.max = 4};

	(void)state;
	assert_int_equal(shell_printf(&out, "echo '%u %s' >>%s; test %d -lt %zu #%%", 5u, "X",
				 "a b", -1, (size_t)2),
		0);
	assert_string_equal(strbuf_text(&out), "echo '5 X' >>'a b'; test -1 -lt 2 #%");
	strbuf_clear(&out);
	assert_int_equal(shell_printf(&out, "mkdir -p %.*s", 4, "/a b/c"), 0);
	assert_string_equal(strbuf_text(&out), "mkdir -p '/a b'");
	strbuf_clear(&out);
	assert_int_equal(shell_printf(&out, "myha attach -- %s", "eth1"), 0);
	assert_string_equal(strbuf_text(&out), "myha attach eth1");
	strbuf_clear(&out);
	assert_int_equal(shell_printf(&out, "myha %s -- %s", "attach", "-eth1"), 0);
	assert_string_equal(strbuf_text(&out), "myha attach -- -eth1");
	strbuf_clear(&out);
	assert_int_equal(shell_printf(&out, "%ld", 1l), -EINVAL);
	assert_int_equal(shell_printf(&small, "%s", "12345"), -ENOMEM);
}

static void test_a_command_without_its_word_has_failed(void **state)
{
	static char long_word[STRBUF_DEFAULT_MAX + 2];
	const struct {
		const char *word;
		int err;
	} cases[] = {{"ends in a line break\n", -EINVAL}, {long_word, -ENOMEM}};

	(void)state;
	memset(long_word, 'x', sizeof(long_word) - 1);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(strbuf_done) struct strbuf out = {0};

		assert_int_equal(shell_printf(&out, "ip link set %s", cases[i].word), cases[i].err);
		assert_true(out.failed);
		assert_int_not_equal(shell_printf(&out, " up"), 0);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_a_shell_reads_the_word),
		cmocka_unit_test(test_what_cannot_be_quoted),
		cmocka_unit_test(test_formats),
		cmocka_unit_test(test_a_command_without_its_word_has_failed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
