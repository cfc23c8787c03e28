/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests YAML syntax errors that administrators make: the line, and the advice.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "policy_cases.h"

#define IN_ETH1(text) "version: 1\ninterfaces:\n  eth1:\n" text "\n"

static void test_colons(void **state)
{
	static const struct policy_case cases[] = {
		{IN_ETH1("    gateway: fe80::"),
			AT "4:14: value ends in \":\": put the value in quotes",
			"    gateway: fe80::\n"
			"             ^"},
		{IN_ETH1("    gateway: fe80::  # router"),
			AT "4:14: value ends in \":\": put the value in quotes",
			"    gateway: fe80::  # router\n"
			"             ^"},
		{TOP("interfaces: {eth1: {gateway: ::1}}"),
			AT "2:30: value contains \":\": put the value in quotes",
			"interfaces: {eth1: {gateway: ::1}}\n"
			"                             ^"},
		{"version:1\ninterfaces: {}\n", AT "1:9: put a space after \"version:\"",
			"version:1\n"
			"        ^"},
		{"version:1\n",
			AT
			"1:1: the policy must be a mapping of keys, not \"version:1\": put a space after the \":\"",
			"version:1\n"
			"^"},
		{"version: 1\ninterfaces:\n  eth1:{}\n  eth2: {}\n",
			AT "3:8: put a space after \"eth1:\"",
			"  eth1:{}\n"
			"       ^"},
		{IN_ETH1("    priority: 1\n    table:101"), AT "5:11: put a space after \"table:\"",
			"    table:101\n"
			"          ^"},
		{TOP("imds: {endpoint:http://a}"),
			AT
			"2:8: unknown key \"endpoint:http://a\": write \"endpoint: \" with a space before the value",
			"imds: {endpoint:http://a}\n"
			"       ^"},
		{"version 1\ninterfaces: {}\n", AT "1:8: \":\" is missing after \"version\"",
			"version 1\n"
			"       ^"},
		{TOP("interfaces\n  eth1: {}"), AT "2:11: \":\" is missing after \"interfaces\"",
			"interfaces\n"
			"          ^"},
		{IN_ETH1("    priority: 1\n    table 101"),
			AT "5:10: \":\" is missing after \"table\"",
			"    table 101\n"
			"         ^"},
		{TOP("overlays:\n  a: address: 10.0.0.1"),
			AT
			"3:6: value contains \": \": put the value in quotes, or begin a new line after \"a:\"",
			"  a: address: 10.0.0.1\n"
			"     ^"},
	};

	(void)state;
	policy_cases_check(cases, ARRAY_SIZE(cases));
}

static void test_quotes(void **state)
{
	static const struct policy_case cases[] = {
		{TOP("aws:\n  profile: 'x\n  region: eu"),
			AT "3:12: quote is not closed: add ' at the end of the value",
			"  profile: 'x\n"
			"           ^"},
		{TOP("aws:\n  profile: \"x\n  region: \"eu\""),
			AT "3:12: quote is closed only in line 4: add \" at the end of the value",
			"  profile: \"x\n"
			"           ^"},
		{TOP("aws:\n  profile: 'it's'"),
			AT
			"3:12: text after the closing quote: put the whole value in \"\", or in '' if it contains \"",
			"  profile: 'it's'\n"
			"           ^"},
		{TOP("aws: {profile: \"a\" b}"),
			AT
			"2:16: text after the closing quote: put the whole value in \"\", or in '' if it contains \"",
			"aws: {profile: \"a\" b}\n"
			"               ^"},
		{TOP("aws:\n  profile: \"a\\qb\""),
			AT
			"3:14: unknown escape sequence: write \"\\\\\" for each \"\\\", or put the value in ''",
			"  profile: \"a\\qb\"\n"
			"             ^"},
		{TOP("aws:\n  profile: `a`"),
			AT "3:12: value contains \"`\": put the value in quotes",
			"  profile: `a`\n"
			"           ^"},
		{TOP("aws:\n  profile: %a"),
			AT "3:12: value contains \"%\": put the value in quotes",
			"  profile: %a\n"
			"           ^"},
		{TOP("aws:\n  profile: |a"),
			AT "3:12: value contains \"|\": put the value in quotes",
			"  profile: |a\n"
			"           ^"},
		{TOP("interfaces:\n  a:\n    match:\n      name: *"),
			AT "5:13: value contains \"*\": put the value in quotes",
			"      name: *\n"
			"            ^"},
		{TOP("interfaces:\n  a:\n    match:\n      name: [ab]*"),
			AT "5:17: value contains \"*\": put the value in quotes",
			"      name: [ab]*\n"
			"                ^"},
		{TOP("interfaces:\n  a:\n    match:\n      name: ?"),
			AT "5:13: value contains \"?\": put the value in quotes",
			"      name: ?\n"
			"            ^"},
		{TOP("interfaces: {a: {match: {name: eth[0-9]}}}"),
			AT
			"2:35: unexpected \"[\": put the value in quotes, or add \",\" before the bracket",
			"interfaces: {a: {match: {name: eth[0-9]}}}\n"
			"                                  ^"},
	};

	(void)state;
	policy_cases_check(cases, ARRAY_SIZE(cases));
}

static void test_indentation(void **state)
{
	static const struct policy_case cases[] = {
		{IN_ETH1("    table: 1\n     priority: 1"),
			AT "5:6: line is indented by 5: indent it by 4 like line 4",
			"     priority: 1\n"
			"     ^"},
		{IN_ETH1("    table: 1\n    # here\n\n   priority: 1"),
			AT
			"7:4: line is indented by 3: indent it by 4 like line 4, or by 2 like line 3",
			"   priority: 1\n"
			"   ^"},
		{IN_ETH1("    match: {name: a}\n      table: 1"),
			AT "5:7: line is indented by 6: indent it by 4 like line 4",
			"      table: 1\n"
			"      ^"},
		{" version: 1\ninterfaces: {}\n",
			AT "2:1: line is indented by 0: indent it by 1 like line 1",
			"interfaces: {}\n"
			"^"},
		{IN_ETH1("  table: 1"),
			AT
			"4:10: table must be a mapping of keys, not \"1\": indent this line more than the name of its entry",
			"  table: 1\n"
			"         ^"},
		{IN_ETH1("  \ttable: 1"), AT "4:3: tab in the indentation: indent with spaces",
			"  \ttable: 1\n"
			"  ^"},
		{IN_ETH1("    priority: 1\n\t\ttable: 1"),
			AT "5:1: tab in the indentation: indent with spaces",
			"\t\ttable: 1\n"
			"^"},
	};

	(void)state;
	policy_cases_check(cases, ARRAY_SIZE(cases));
}

static void test_lists_and_brackets(void **state)
{
	static const struct policy_case cases[] = {
		{TOP("interfaces:\n  - eth1"),
			AT
			"3:3: interfaces must be a mapping of keys, not a list: write \"eth1: {}\" instead of \"- eth1\"",
			"  - eth1\n"
			"  ^"},
		{TOP("interfaces:\n  eth1: {}\n  - eth2"),
			AT
			"4:3: \"-\" begins a list, but line 3 begins a mapping: write \"KEY: VALUE\" without \"-\"",
			"  - eth2\n"
			"  ^"},
		{TOP("interfaces: - eth1"),
			AT
			"2:13: a list with \"- \" cannot begin in the line of its key: begin the list in the next line, or write [A, B]",
			"interfaces: - eth1\n"
			"            ^"},
		{IN_ETH1("    except:\n    - 10.0.0.0/8\n    10.1.0.0/16"),
			AT "6:5: \"- \" is missing: line 5 begins a list",
			"    10.1.0.0/16\n"
			"    ^"},
		{IN_ETH1("    except: [10.0.0.0/8\n    table: 1"),
			AT "4:13: \"[\" is not closed: add \"]\", or a \",\" between its entries",
			"    except: [10.0.0.0/8\n"
			"            ^"},
		{TOP("interfaces:\n  eth1: {table: 1]"),
			AT "3:18: \"]\" cannot close \"{\": write \"}\"",
			"  eth1: {table: 1]\n"
			"                 ^"},
		{TOP("interfaces:\n  eth1: {table: 1}}"),
			AT "3:19: \"}\" has no opening bracket: remove it",
			"  eth1: {table: 1}}\n"
			"                  ^"},
		{TOP("interfaces:\n  eth1: {table: 1 priority: 2}"),
			AT
			"3:27: unexpected \":\": put the value in quotes, or add \",\" before the next key",
			"  eth1: {table: 1 priority: 2}\n"
			"                          ^"},
		{TOP("interfaces:\n  eth1: {table: 1, priority 2}"),
			AT
			"3:20: unknown key \"priority 2\": write \"priority: \" with a space before the value",
			"  eth1: {table: 1, priority 2}\n"
			"                   ^"},
		{TOP("interfaces:\n  eth1: {except: [10.0.0.0/8,,]}"),
			AT
			"3:30: a value is missing before \",\": add the value, or remove the \",\"",
			"  eth1: {except: [10.0.0.0/8,,]}\n"
			"                             ^"},
	};

	(void)state;
	policy_cases_check(cases, ARRAY_SIZE(cases));
}

static void test_documents(void **state)
{
	static const struct policy_case cases[] = {
		{"%foo\nversion: 1\n",
			AT "1:1: YAML directives (%) are not allowed: remove this line",
			"%foo\n"
			"^"},
		{"version: 1\n...\nversion: 1\n",
			AT "3:1: a second YAML document is not allowed: keep only one",
			"version: 1\n"
			"^"},
		{"\377\376v\001", AT "1:1: the file is UTF-16: save it as UTF-8",
			"??v?\n"
			"^"},
	};

	(void)state;
	policy_cases_check(cases, ARRAY_SIZE(cases));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_colons),
		cmocka_unit_test(test_quotes),
		cmocka_unit_test(test_indentation),
		cmocka_unit_test(test_lists_and_brackets),
		cmocka_unit_test(test_documents),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
