/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/print.h"

#include "base/utf8.h"
#include "cli/output.h"
#include "cli/output_check.h"
#include "cli/output_eni.h"
#include "cli/output_overlay.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define OUTPUT_MAX 8192

/* A control sequence in C0 and in C1, line ends, an override of the direction, and what is invisible. */
#define HOSTILE                                                                                    \
	"a\033[2J\302\2332J\r\nforged\302\205\342\200\250\342\200\256b\342\201\246c\342\200\213d"
#define MASKED                                                                                     \
	"a?[2J??2J??forged?????"                                                                   \
	"???b???c???d"

/* Captures the output between capture() and captured(). */
static int saved_fd;

static void capture(void)
{
	fflush(stdout);
	saved_fd = dup(STDOUT_FILENO);
	FILE *file = tmpfile();
	assert_non_null(file);
	assert_true(dup2(fileno(file), STDOUT_FILENO) >= 0);
	fclose(file);
}

static const char *captured(void)
{
	static char text[OUTPUT_MAX];

	fflush(stdout);
	ssize_t length = pread(STDOUT_FILENO, text, sizeof(text) - 1, 0);
	assert_true(dup2(saved_fd, STDOUT_FILENO) >= 0);
	close(saved_fd);
	assert_true(length >= 0);
	text[length] = '\0';
	return text;
}

static void test_lines(void **state)
{
	(void)state;
	capture();
	print_line("%s=%d", HOSTILE, 7);
	assert_int_equal(print_text("%-4s|", "x"), 5);
	print_coloured("31", "red\033");
	print_text("%s", "\n");
	print_line("%s", "");
	print_lines("one\ttwo\n%s\n", "three\033");
	assert_string_equal(captured(), MASKED "=7\nx   |\033[31mred?\033[0m?\none\ttwo\nthree?\n");
}

static void test_json_keeps_values(void **state)
{
	json_t *root = json_pack("{s:s, s:s}", "text", HOSTILE, "tag", "\363\240\201\201ü日");
	_cleanup_(cleanup_free) char *text = json_dumps(root, JSON_INDENT(2) | JSON_SORT_KEYS);
	const char *out;
	json_t *read;

	(void)state;
	capture();
	print_json_text(text);
	out = captured();
	read = json_loads(out, 0, NULL);
	assert_non_null(read);
	assert_true(json_equal(root, read));
	assert_string_equal(out, "{\n  \"tag\": \"\\uDB40\\uDC41ü日\",\n"
				 "  \"text\": \"a\\u001B[2J\\u009B2J\\r\\nforged\\u0085\\u2028"
				 "\\u202Eb\\u2066c\\u200Bd\"\n}\n");
	json_decref(root);
	json_decref(read);
}

/* In every character but line breaks; those stand only where the program puts them. */
static void assert_shown(const char *out, size_t lines)
{
	char text[OUTPUT_MAX];
	size_t count = 0;

	assert_null(strstr(out, "\nforged"));
	snprintf(text, sizeof(text), "%s", out);
	for (char *at = text; (at = strchr(at, '\n')); count++)
		*at = ' ';
	assert_true(utf8_is_shown_text(text));
	if (lines)
		assert_int_equal(count, lines);
}

/* As many whole characters as fit. */
static void fill(char *text, size_t size)
{
	const char *from = HOSTILE;
	uint32_t character;
	size_t used = 0, length;

	while ((length = utf8_decode(from, strlen(from), &character)) && used + length < size) {
		memcpy(text + used, from, length);
		used += length;
		from += length;
	}
	text[used] = '\0';
}

static char hostile[] = HOSTILE;

static struct ec2_eni make_eni(struct ec2_tag_value *tag)
{
	struct ec2_eni eni = {
		.zone = hostile,
		.description = hostile,
		.tags = {.items = tag, .count = 1},
	};

	*tag = (struct ec2_tag_value){.key = hostile, .value = hostile};
	fill(eni.id, sizeof(eni.id));
	fill(eni.vpc, sizeof(eni.vpc));
	fill(eni.subnet, sizeof(eni.subnet));
	fill(eni.attachment.id, sizeof(eni.attachment.id));
	fill(eni.attachment.instance, sizeof(eni.attachment.instance));
	return eni;
}

static void test_an_eni(void **state)
{
	struct ec2_tag_value tag;
	struct ec2_eni eni = make_eni(&tag);
	const struct ec2_eni_list enis = {.items = &eni, .count = 1};

	(void)state;
	capture();
	output_eni_details(&eni, hostile);
	assert_shown(captured(), 9);
	capture();
	output_eni_table(&enis, hostile);
	assert_shown(captured(), 2);
	capture();
	assert_int_equal(
		output_json(json_pack("{s:o}", "eni", output_eni_json(&eni, ""))), OUTCOME_DONE);
	assert_shown(captured(), 0);
}

static void test_an_overlay(void **state)
{
	struct overlay_table table = {.before = {.exists = true}};
	struct overlay_result result = {
		.state = RESULT_DIFFERS,
		.tables = &table,
		.n_tables = 1,
	};

	(void)state;
	fill(table.id, sizeof(table.id));
	fill(table.before.target, sizeof(table.before.target));
	fill(table.before.instance, sizeof(table.before.instance));
	fill(result.subject.name, sizeof(result.subject.name));
	fill(result.holder, sizeof(result.holder));
	capture();
	output_overlay_heading();
	output_overlay_row(&result);
	assert_shown(captured(), 3);
}

static void test_steps(void **state)
{
	struct step step = {.kind = STEP_LINK_UP};
	const struct plan plan = {.steps = &step, .count = 1};

	(void)state;
	snprintf(step.interface, sizeof(step.interface), "\033[2J");
	fill(step.reason, sizeof(step.reason));
	capture();
	output_plan(&plan, "  ", NULL);
	assert_shown(captured(), 1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_json_keeps_values),
		cmocka_unit_test(test_an_eni),
		cmocka_unit_test(test_an_overlay),
		cmocka_unit_test(test_steps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
