/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests that one run reports all errors of a policy in the order of the file; and invisible
 * characters.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "policy/policy_yaml.h"
#include "policy_cases.h"

static void test_all_errors(void **state)
{
	static const struct policy_case cases[] = {
		/* Those of the tree, of values, and of entries that are at odds. */
		{"overlays:\n"
		 "  a: {address: 10.0.0.1, interfce: lo}\n"
		 "  b: {address: 10.0.0.300}\n"
		 "  c: {at-boot: never}\n"
		 "  c: {address: 10.0.0.4}\n"
		 "  d: {address: 10.0.0.5}\n"
		 "  e: {address: 10.0.0.5}\n"
		 "zebra: &a 1\n",
			AT
			"1:1: the policy has no version: add the line \"version: 1\"\n" AT
			"2:26: unknown key \"interfce\", did you mean \"interface\"?\n" AT
			"3:16: address must be an IPv4 or IPv6 address, not \"10.0.0.300\"\n" AT
			"4:3: c has no address: add the line \"address: ADDRESS\"\n" AT
			"5:3: duplicate key \"c\": remove it here or in line 4\n" AT
			"7:16: e has the same address as d (line 6): give each overlay its own address\n" AT
			"8:1: unknown key \"zebra\"\n" AT
			"8:8: YAML anchors (&) are not allowed: remove the anchor, or put the value in quotes",
			"overlays:\n"
			"^\n"
			"  a: {address: 10.0.0.1, interfce: lo}\n"
			"                         ^\n"
			"  b: {address: 10.0.0.300}\n"
			"               ^\n"
			"  c: {at-boot: never}\n"
			"  ^\n"
			"  c: {address: 10.0.0.4}\n"
			"  ^\n"
			"  e: {address: 10.0.0.5}\n"
			"               ^\n"
			"zebra: &a 1\n"
			"^\n"
			"zebra: &a 1\n"
			"       ^"},
		/* A YAML syntax error ends the read; the values before it are checked. */
		{"version: one\n"
		 "interfaces:\n"
		 "  eth1: {table: main}\n"
		 "  eth2: {table: green\n"
		 "  eth3: {table: main}\n",
			AT "1:10: version must be the number 1, not \"one\"\n" AT
			   "3:17: table 254 (main) belongs to the kernel: choose another table\n" AT
			   "4:9: \"{\" is not closed: add \"}\", or a \",\" between its entries",
			"version: one\n"
			"         ^\n"
			"  eth1: {table: main}\n"
			"                ^\n"
			"  eth2: {table: green\n"
			"        ^"},
		/* Every entry of a list. */
		{TOP("interfaces:\n  eth1: {except: [10.0.0.1/8, 10.0.0.0/8, x, 10.0.0.0/8]}"),
			AT
			"3:19: 10.0.0.1/8 has host bits set, did you mean 10.0.0.0/8?\n" AT
			"3:43: each entry of except must be an address or a prefix, not \"x\"\n" AT
			"3:46: 10.0.0.0/8 is listed twice",
			"  eth1: {except: [10.0.0.1/8, 10.0.0.0/8, x, 10.0.0.0/8]}\n"
			"                  ^\n"
			"  eth1: {except: [10.0.0.1/8, 10.0.0.0/8, x, 10.0.0.0/8]}\n"
			"                                          ^\n"
			"  eth1: {except: [10.0.0.1/8, 10.0.0.0/8, x, 10.0.0.0/8]}\n"
			"                                             ^"},
		{TOP("overlays: {a: {address: 10.0.0.1, route-tables: [rtb-1, rtb-2]}}"),
			AT "2:50: each entry of route-tables must be an id like "
			   "rtb-0123456789abcdef0, not \"rtb-1\"\n" AT
			   "2:57: each entry of route-tables must be an id like "
			   "rtb-0123456789abcdef0, not \"rtb-2\"",
			"overlays: {a: {address: 10.0.0.1, route-tables: [rtb-1, rtb-2]}}\n"
			"                                                 ^\n"
			"overlays: {a: {address: 10.0.0.1, route-tables: [rtb-1, rtb-2]}}\n"
			"                                                        ^"},
		/* One byte a line that is no text. */
		{TOP("# \377\377\n# \001"),
			AT "2:3: byte 0xff is not UTF-8: save the file as UTF-8\n" AT
			   "3:3: character U+0001 (control character) is not allowed here: "
			   "remove it",
			"# ??\n"
			"  ^\n"
			"# ?\n"
			"  ^"},
	};

	(void)state;
	policy_cases_check(cases, ARRAY_SIZE(cases));
}

/* An error that comes of another one is none. */
static void test_consequences(void **state)
{
	static const struct policy_case cases[] = {
		{TOP("overlays: {a: {adress: 10.0.0.1}}"),
			AT "2:16: unknown key \"adress\", did you mean \"address\"?",
			"overlays: {a: {adress: 10.0.0.1}}\n"
			"               ^"},
		{TOP("interfaces:\n  eth1: {}\n  eth2: {tabel: 101}"),
			AT "4:10: unknown key \"tabel\", did you mean \"table\"?",
			"  eth2: {tabel: 101}\n"
			"         ^"},
		{TOP("interfaces:\n  eth1: {match: {nmae: eth1}}"),
			AT "3:18: unknown key \"nmae\", did you mean \"name\"?",
			"  eth1: {match: {nmae: eth1}}\n"
			"                 ^"},
		{TOP("overlays: {a: {? [address] : 10.0.0.1}}"),
			AT "2:18: a key must be a single word, not a list or a mapping",
			"overlays: {a: {? [address] : 10.0.0.1}}\n"
			"                 ^"},
		{TOP("interfaces:\n  eth1: {source: [*a]}"),
			AT
			"3:19: YAML aliases (*) are not allowed: write the value itself, or put it in quotes",
			"  eth1: {source: [*a]}\n"
			"                  ^"},
		{"version: 1\t1\n",
			AT "1:11: invisible character U+0009 (TAB) in a key or value: remove it",
			"version: 1\t1\n"
			"          ^"},
		{"version: 2\nnew: 1\n",
			AT "1:10: version 2 is not supported: this program reads version 1",
			"version: 2\n"
			"         ^"},
	};

	(void)state;
	policy_cases_check(cases, ARRAY_SIZE(cases));
}

static void test_cap(void **state)
{
	_cleanup_(strbuf_done) struct strbuf text = {0};
	struct policy_errors errors;
	struct policy policy;
	char expected[64];

	(void)state;
	/* The duplicate is found first, and stands last. */
	strbuf_add_string(&text, "version: 1\n");
	for (int i = 2; i < 30; i++)
		strbuf_printf(&text, "z%d: 1\n", i);
	strbuf_add_string(&text, "version: 1\n");
	assert_int_equal(policy_parse("p", strbuf_text(&text), text.length, NULL, &policy, &errors),
		-EINVAL);
	assert_int_equal(errors.count, POLICY_ERRORS_MAX + 1);
	for (int i = 0; i < POLICY_ERRORS_MAX; i++) {
		snprintf(expected, sizeof(expected), "p:%d:1: unknown key \"z%d\"", i + 2, i + 2);
		assert_string_equal(errors.items[i].text, expected);
	}
	assert_string_equal(errors.items[POLICY_ERRORS_MAX].text, "p: 9 more errors");
	assert_string_equal(errors.items[POLICY_ERRORS_MAX].quote, "");
}

static void test_invisible(void **state)
{
	static const struct policy_case cases[] = {
		{TOP("overlays:\n  sapascs\342\200\213: {address: 10.0.0.1}"),
			AT "3:10: invisible character U+200B (ZERO WIDTH SPACE) in a key or value: "
			   "remove it",
			"  sapascs?: {address: 10.0.0.1}\n"
			"         ^"},
		{TOP("aws:\n  profile: 'a\302\240b'"),
			AT "3:14: invisible character U+00A0 (NO-BREAK SPACE) in a key or value: "
			   "remove it",
			"  profile: 'a?b'\n"
			"             ^"},
		{TOP("aws:\n  profile: a\302\255b # \302\255"),
			AT "3:13: invisible character U+00AD (SOFT HYPHEN) in a key or value: "
			   "remove it",
			"  profile: a?b # ?\n"
			"            ^"},
		{TOP("aws:\n  region: \342\200\256eu"),
			AT "3:11: invisible character U+202E (RIGHT-TO-LEFT OVERRIDE) in a key or "
			   "value: remove it",
			"  region: ?eu\n"
			"          ^"},
		{TOP("aws:\n  profile: \"a\\u200bb\""),
			AT
			"3:12: invisible character U+200B (ZERO WIDTH SPACE) in a key or value: remove its escape sequence",
			"  profile: \"a\\u200bb\"\n"
			"           ^"},
		{TOP("aws:\n  profile: a\tb"),
			AT "3:13: invisible character U+0009 (TAB) in a key or value: remove it",
			"  profile: a\tb\n"
			"            ^"},
		/* Where they hide the blank that YAML needs. */
		{"version:\302\2401\ninterfaces: {}\n",
			AT "1:9: invisible character U+00A0 (NO-BREAK SPACE) in a key or value: "
			   "remove it",
			"version:?1\n"
			"        ^"},
		{"version: 1\n\302\240aws: x\302\240\n  a: b\n",
			AT "2:1: invisible character U+00A0 (NO-BREAK SPACE) in a key or value: "
			   "remove it\n" AT
			   "2:8: invisible character U+00A0 (NO-BREAK SPACE) in a key or value: "
			   "remove it",
			"?aws: x?\n"
			"^\n"
			"?aws: x?\n"
			"       ^"},
	};
	static const char commented[] = "\357\273\277version: 1 # \342\200\213 \302\240\n# "
					"\342\232\240\357\270\217 \342\200\217\n";
	struct policy_errors errors = {0};
	struct policy policy;

	(void)state;
	policy_cases_check(cases, ARRAY_SIZE(cases));
	assert_int_equal(
		policy_parse("p", commented, strlen(commented), NULL, &policy, &errors), 0);
	policy_done(&policy);
}

static void test_is_likely(void **state)
{
	static const struct {
		const char *text;
		bool is_likely;
	} cases[] = {
		{"version: 1\n", true},
		{"\357\273\277# x\n\"version\" :1", true},
		{"{version: 1", true},
		{"a: [\noverlays:\n", true},
		{"", false},
		{"version\n1", false},
		{"apiVersion: v1\n", false},
		{"root:*:19000:0:99999:7:::\n", false},
		{"# version: 1\n", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(policy_is_plausible(cases[i].text, strlen(cases[i].text)),
			cases[i].is_likely);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_errors),
		cmocka_unit_test(test_consequences),
		cmocka_unit_test(test_cap),
		cmocka_unit_test(test_invisible),
		cmocka_unit_test(test_is_likely),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
