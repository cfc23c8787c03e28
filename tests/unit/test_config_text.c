/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hazard/config_text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void assert_found(int err, const struct strbuf *value, const char *expected)
{
	assert_int_equal(err, expected ? 0 : -ENOENT);
	if (expected)
		assert_string_equal(strbuf_text(value), expected);
}

static void test_keys(void **state)
{
	static const struct {
		const char *text, *section, *value;
	} cases[] = {
		{"", "Network", NULL},
		{"[Network]\nKey=no\n", "Network", "no"},
		{"[Network]\nKey=no", "Network", "no"},
		{"[Network]\r\n  Key \t=  no \r\n", "Network", "no"},
		{"[Network]\nKey=yes\nKey=no\n", "Network", "no"},
		{"[Network]\nKey=\n", "Network", ""},
		{"[Network]\nKey=a=b # c\n", "Network", "a=b # c"},
		{"[Network]\n#Key=no\n;Key=no\n", "Network", NULL},
		{"[Network]\nKeys=no\nke=no\nkey=no\nKey\n=no\n", "Network", NULL},
		{"[DHCP]\nKey=yes\n[Network]\n[Link]\nKey=yes\n", "Network", NULL},
		{"[Network]\nKey=no\n[Link]\nKey=yes\n[ Network ]\n", "Network", "no"},
		{"Key=yes\n[Network]\n", "Network", NULL},
		/* A continuation line does not begin a new key. */
		{"[Network]\nOther=a \\\nKey=no\n", "Network", NULL},
		{"[Network]\nOther=a \\\nb\nKey=no\n", "Network", "no"},
		{"[Network]\nKey=no \\\n", "Network", "no"},
		{"ADMIN=1\nKey=configured\n", NULL, "configured"},
		{"[a]\nKey=1\n[b]\nKey=2\n", NULL, "2"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(strbuf_done) struct strbuf value = {0};
		assert_found(config_find_key(cases[i].text, cases[i].section, "Key", &value),
			&value, cases[i].value);
	}
}

static void test_variables(void **state)
{
	static const struct {
		const char *text, *value;
	} cases[] = {
		{"", NULL},
		{"NAME=no\n", "no"},
		{"NAME=no", "no"},
		{"NAME='no'\n", "no"},
		{"NAME=\"no\"\r\n", "no"},
		{"  export NAME=\"no\" # why\n", "no"},
		{"NAME=no # why\n", "no"},
		{"NAME=no;OTHER=yes\n", "no"},
		{"NAME='a b'\n", "a b"},
		{"NAME='open\n", "open"},
		{"NAME=yes\nNAME='no'\n", "no"},
		{"NAME=\n", ""},
		{"NAME = no\nNAMES=no\nXNAME=no\n#NAME=no\nname=no\n", NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(strbuf_done) struct strbuf value = {0};
		assert_found(config_find_variable(cases[i].text, "NAME", &value), &value,
			cases[i].value);
	}
}

static void test_booleans(void **state)
{
	static const struct {
		const char *text;
		int value; /* -1: it is none */
	} cases[] = {
		{"1", 1},
		{"yes", 1},
		{"Yes", 1},
		{"y", 1},
		{"true", 1},
		{"TRUE", 1},
		{"t", 1},
		{"on", 1},
		{"0", 0},
		{"no", 0},
		{"n", 0},
		{"false", 0},
		{"f", 0},
		{"off", 0},
		{"", -1},
		{"2", -1},
		{"yes ", -1},
		{"static", -1},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		bool value = false;
		int err = config_parse_boolean(cases[i].text, &value);
		assert_int_equal(err, cases[i].value < 0 ? -EINVAL : 0);
		if (!err)
			assert_int_equal(value, cases[i].value);
	}
}

static void test_yaml_words(void **state)
{
	static const char *const path[] = {"updates", "network", "when", NULL};
	static const struct {
		const char *text, *words;
		int err;
	} cases[] = {
		{"updates: {network: {when: [boot, hotplug]}}\n", "boot hotplug ", 0},
		{"#cloud-config\nupdates:\n  network:\n    when:\n      - hotplug\n", "hotplug ",
			0},
		{"updates: {network: {when: hotplug}}\n", "hotplug ", 0},
		{"updates: {network: {when: []}}\n", "", 0},
		{"updates: {network: {when: [[boot], {a: b}, hotplug]}}\n", "hotplug ", 0},
		{"a: &x [boot]\nupdates: {network: {when: *x}}\n", "boot ", 0},
		{"updates: {network: {when: [boot], when: [hotplug]}}\n", "hotplug ", 0},
		{"", NULL, -ENOENT},
		{"# nothing\n", NULL, -ENOENT},
		{"updates: {network: {}}\n", NULL, -ENOENT},
		{"updates: [network]\n", NULL, -ENOENT},
		{"- updates\n", NULL, -ENOENT},
		{"updates: {storage: {when: [hotplug]}}\n", NULL, -ENOENT},
		{"updates: {network: [\n", NULL, -EINVAL},
		{"\tupdates: x\n", NULL, -EINVAL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(strbuf_done) struct strbuf words = {0};
		int err = config_find_yaml_words(
			cases[i].text, strlen(cases[i].text), path, &words);
		assert_int_equal(err, cases[i].err);
		if (!err)
			assert_string_equal(strbuf_text(&words), cases[i].words);
	}
}

static void test_has_word(void **state)
{
	(void)state;
	assert_true(config_has_word("hotplug ", "hotplug"));
	assert_true(config_has_word("boot hotplug ", "hotplug"));
	assert_true(config_has_word("hotplug", "hotplug"));
	assert_true(config_has_word("boot-new boot ", "boot"));
	assert_false(config_has_word("", "hotplug"));
	assert_false(config_has_word("hotplugs no-hotplug ", "hotplug"));
}

static void test_has_pattern(void **state)
{
	static const struct {
		const char *patterns, *separators;
		char mark;
		bool is_match;
	} cases[] = {
		{"eth0 eth1", " \t", '\0', true},
		{"eth0,eth[12]", " \t,", '\0', true},
		{"eth0,eth1", " \t", '\0', false},
		{"/eth*", " \t", '/', true},
		{"/eth*", " \t", '\0', false},
		{"eth10 eth", " \t", '\0', false},
		{"", " \t", '\0', false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char patterns[32];

		snprintf(patterns, sizeof(patterns), "%s", cases[i].patterns);
		assert_int_equal(config_matches_pattern(
					 patterns, cases[i].separators, cases[i].mark, "eth1"),
			cases[i].is_match);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_variables),
		cmocka_unit_test(test_booleans),
		cmocka_unit_test(test_yaml_words),
		cmocka_unit_test(test_has_word),
		cmocka_unit_test(test_has_pattern),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
