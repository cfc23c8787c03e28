/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "policy/table_names.h"

#define NO_NUMBER UINT32_MAX

static void add(struct table_names *names, const char *text)
{
	assert_int_equal(table_names_parse(names, text, strlen(text)), 0);
}

static void test_lines(void **state)
{
	static const struct {
		const char *file;
		const char *found; /* all that it names, "NUMBER=NAME " */
	} cases[] = {
		{"", ""},
		{"100 MYHA\n", "100=MYHA "},
		{"100 MYHA", "100=MYHA "},
		{"100\tMYHA\r\n", "100=MYHA "},
		{"  7 \t a  # comment\n", "7=a "},
		{"7 a b c\n", "7=a "},
		{"# 7 a\n#\n\n \n8 b\n", "8=b "},
		{"7 #a\n", ""},
		{"7 a#b\n", "7=a#b "},
		{"0x1f hex\n0xFFFFFFFF all\n", "31=hex 4294967295=all "},
		{"0x small\n0x123456789 big\n0xg none\n", ""},
		{"4294967295 last\n4294967296 behind\n-1 minus\n+1 plus\n1.5 part\n",
			"4294967295=last "},
		{"name 7\n7\nx7 a\n9 good\n", "9=good "},
		{"7 f\xc3\xb6\xc3\xb6\n", "7=f\xc3\xb6\xc3\xb6 "},
		{"7 f\xf6\n7 \x1b[1m\n", ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(table_names_done) struct table_names names = {0};
		char found[256] = "";
		add(&names, cases[i].file);
		for (size_t j = 0; j < names.count; j++) {
			size_t used = strlen(found);
			snprintf(found + used, sizeof(found) - used, "%u=%s ",
				names.items[j].number, names.items[j].name);
		}
		assert_string_equal(found, cases[i].found);
	}
}

static void test_nul_ends_a_line(void **state)
{
	static const char file[] = "7 a\0b\n8 c\n";
	_cleanup_(table_names_done) struct table_names names = {0};

	(void)state;
	assert_int_equal(table_names_parse(&names, file, sizeof(file) - 1), 0);
	assert_int_equal(names.count, 2);
	assert_string_equal(names.items[0].name, "a");
	assert_string_equal(names.items[1].name, "c");
}

static uint32_t find(const struct table_names *names, const char *name)
{
	uint32_t number = NO_NUMBER;
	int r = table_names_find(names, name, &number);

	assert_int_equal(r, number == NO_NUMBER ? -ENOENT : 0);
	return number;
}

static void test_find(void **state)
{
	static const struct {
		const char *name;
		uint32_t without, with;
	} cases[] = {
		{"unspec", 0, 0},
		{"default", 253, 253},
		{"main", 254, 254},
		{"local", 255, 255},
		{"MYHA", 100, 200},
		{"myha", NO_NUMBER, NO_NUMBER},
		{"blue", NO_NUMBER, 8},
		{"", NO_NUMBER, NO_NUMBER},
		{"7", NO_NUMBER, NO_NUMBER},
	};
	_cleanup_(table_names_done) struct table_names empty = {0}, names = {0};

	(void)state;
	add(&names, "7 blue\n9 main\n");
	add(&names, "8 blue\n200 MYHA\n");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(find(NULL, cases[i].name), cases[i].without);
		assert_int_equal(find(&empty, cases[i].name), cases[i].without);
		assert_int_equal(find(&names, cases[i].name), cases[i].with);
	}
}

static void test_format(void **state)
{
	static const struct {
		uint32_t number;
		const char *without, *with;
	} cases[] = {
		{0, "unspec", "unspec"},
		{253, "default", "default"},
		{254, "main", "main"},
		{255, "local", "local"},
		{100, "MYHA", "100"}, /* the name means another table now */
		{200, "200", "MYHA"},
		{7, "7", "7"}, /* its name was given away to 8 */
		{8, "8", "blue"},
		{9, "9", "second"},
		{UINT32_MAX, "4294967295", "4294967295"},
	};
	_cleanup_(table_names_done) struct table_names names = {0};
	char buffer[16];

	(void)state;
	add(&names, "254 foreign\n7 blue\n8 blue\n200 MYHA\n9 first\n9 second\n");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_string_equal(
			table_names_format(NULL, cases[i].number, buffer), cases[i].without);
		assert_string_equal(
			table_names_format(&names, cases[i].number, buffer), cases[i].with);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_nul_ends_a_line),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_format),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
