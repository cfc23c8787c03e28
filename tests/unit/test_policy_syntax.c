/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is not YAML, as administrators write it: the line, and what helps.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "policy_cases.h"

#define AT "policy.yaml:"
#define TOP(text) "version: 1\n" text "\n"
#define ETH1(text) "version: 1\ninterfaces:\n  eth1:\n" text "\n"

static void test_colons(void **state)
{
	static const struct policy_case cases[] = {
		{ETH1("    gateway: fe80::"), AT "4:14: put a value that ends in \":\" in quotes",
			"    gateway: fe80::\n"
			"             ^"},
		{ETH1("    gateway: fe80::  # router"),
			AT "4:14: put a value that ends in \":\" in quotes",
			"    gateway: fe80::  # router\n"
			"             ^"},
		{TOP("interfaces: {eth1: {gateway: ::1}}"),
			AT "2:30: put a value that has a \":\" in quotes",
			"interfaces: {eth1: {gateway: ::1}}\n"
			"                             ^"},
		{"version:1\ninterfaces: {}\n", AT "1:9: put a blank after \"version:\"",
			"version:1\n"
			"        ^"},
		{"version:1\n",
			AT "1:1: the policy must be a mapping of keys, not \"version:1\": put a "
			   "blank after the \":\"",
			"version:1\n"
			"^"},
		{"version: 1\ninterfaces:\n  eth1:{}\n  eth2: {}\n",
			AT "3:8: put a blank after \"eth1:\"",
			"  eth1:{}\n"
			"       ^"},
		{ETH1("    priority: 1\n    table:101"), AT "5:11: put a blank after \"table:\"",
			"    table:101\n"
			"          ^"},
		{TOP("imds: {endpoint:http://a}"),
			AT "2:8: unknown key \"endpoint:http://a\": write \"endpoint: \" with a "
			   "blank before the value",
			"imds: {endpoint:http://a}\n"
			"       ^"},
		{"version 1\ninterfaces: {}\n", AT "1:8: \":\" is missing after \"version\"",
			"version 1\n"
			"       ^"},
		{TOP("interfaces\n  eth1: {}"), AT "2:11: \":\" is missing after \"interfaces\"",
			"interfaces\n"
			"          ^"},
		{ETH1("    priority: 1\n    table 101"),
			AT "5:10: \":\" is missing after \"table\"",
			"    table 101\n"
			"         ^"},
		{TOP("overlays:\n  a: address: 10.0.0.1"),
			AT
			"3:6: put a value that has a \": \" in quotes, or begin a new line after "
			"\"a:\"",
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
			AT "3:12: this quote is not closed: add a ' at the value's end",
			"  profile: 'x\n"
			"           ^"},
		{TOP("aws:\n  profile: \"x\n  region: \"eu\""),
			AT "3:12: this quote is closed in line 4 only: add a \" at the value's end",
			"  profile: \"x\n"
			"           ^"},
		{TOP("aws:\n  profile: 'it's'"),
			AT "3:12: the closing quote has text behind it: put the whole value in "
			   "quotes, ' in \"\" and \" in ''",
			"  profile: 'it's'\n"
			"           ^"},
		{TOP("aws: {profile: \"a\" b}"),
			AT "2:16: the closing quote has text behind it: put the whole value in "
			   "quotes, ' in \"\" and \" in ''",
			"aws: {profile: \"a\" b}\n"
			"               ^"},
		{TOP("aws:\n  profile: \"a\\qb\""),
			AT
			"3:14: unknown escape: put the value in '', or write \"\\\\\" for \"\\\"",
			"  profile: \"a\\qb\"\n"
			"             ^"},
		{TOP("aws:\n  profile: `a`"), AT "3:12: put a value that has a \"`\" in quotes",
			"  profile: `a`\n"
			"           ^"},
		{TOP("aws:\n  profile: %a"), AT "3:12: put a value that has a \"%\" in quotes",
			"  profile: %a\n"
			"           ^"},
		{TOP("aws:\n  profile: |a"), AT "3:12: put a value that has a \"|\" in quotes",
			"  profile: |a\n"
			"           ^"},
		{TOP("interfaces:\n  a:\n    match:\n      name: *"),
			AT "5:13: put a value that has a \"*\" in quotes",
			"      name: *\n"
			"            ^"},
		{TOP("interfaces:\n  a:\n    match:\n      name: [ab]*"),
			AT "5:17: put a value that has a \"*\" in quotes",
			"      name: [ab]*\n"
			"                ^"},
		{TOP("interfaces:\n  a:\n    match:\n      name: ?"),
			AT "5:13: put a value that has a \"?\" in quotes",
			"      name: ?\n"
			"            ^"},
		{TOP("interfaces: {a: {match: {name: eth[0-9]}}}"),
			AT "2:35: put a value that has a \"[\" in quotes, or a \",\" before it",
			"interfaces: {a: {match: {name: eth[0-9]}}}\n"
			"                                  ^"},
	};

	(void)state;
	policy_cases_check(cases, ARRAY_SIZE(cases));
}

static void test_indentation(void **state)
{
	static const struct policy_case cases[] = {
		{ETH1("    table: 1\n     priority: 1"),
			AT "5:6: wrong indentation (5): use that of line 4 (4)",
			"     priority: 1\n"
			"     ^"},
		{ETH1("    table: 1\n    # here\n\n   priority: 1"),
			AT "7:4: wrong indentation (3): use that of line 4 (4) or of line 3 (2)",
			"   priority: 1\n"
			"   ^"},
		{ETH1("    match: {name: a}\n      table: 1"),
			AT "5:7: wrong indentation (6): use that of line 4 (4)",
			"      table: 1\n"
			"      ^"},
		{" version: 1\ninterfaces: {}\n",
			AT "2:1: wrong indentation (0): use that of line 1 (1)",
			"interfaces: {}\n"
			"^"},
		{ETH1("  table: 1"),
			AT "4:10: table must be a mapping of keys, not \"1\": indent it more than "
			   "the entry that it belongs to",
			"  table: 1\n"
			"         ^"},
		{ETH1("  \ttable: 1"), AT "4:3: a tab cannot indent, use blanks",
			"  \ttable: 1\n"
			"  ^"},
		{ETH1("    priority: 1\n\t\ttable: 1"), AT "5:1: a tab cannot indent, use blanks",
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
			AT "3:3: interfaces must be a mapping of keys, not a list: write KEY: "
			   "VALUE",
			"  - eth1\n"
			"  ^"},
		{TOP("interfaces:\n  eth1: {}\n  - eth2"),
			AT "4:3: \"-\" begins a list, and line 3 a mapping: write KEY: VALUE",
			"  - eth2\n"
			"  ^"},
		{TOP("interfaces: - eth1"),
			AT "2:13: a list cannot begin behind a key: begin it in the next line, or "
			   "write [A, B]",
			"interfaces: - eth1\n"
			"            ^"},
		{ETH1("    except:\n    - 10.0.0.0/8\n    10.1.0.0/16"),
			AT "6:5: \"- \" is missing: line 5 begins a list",
			"    10.1.0.0/16\n"
			"    ^"},
		{ETH1("    except: [10.0.0.0/8\n    table: 1"),
			AT "4:13: \"[\" is not closed: add \"]\", or a \",\" between its entries",
			"    except: [10.0.0.0/8\n"
			"            ^"},
		{TOP("interfaces:\n  eth1: {table: 1]"),
			AT "3:18: \"]\" cannot close \"{\": write \"}\"",
			"  eth1: {table: 1]\n"
			"                 ^"},
		{TOP("interfaces:\n  eth1: {table: 1}}"),
			AT "3:19: \"}\" closes nothing: remove it",
			"  eth1: {table: 1}}\n"
			"                  ^"},
		{TOP("interfaces:\n  eth1: {table: 1 priority: 2}"),
			AT "3:27: put a value that has a \":\" in quotes, or a \",\" before the "
			   "next key",
			"  eth1: {table: 1 priority: 2}\n"
			"                          ^"},
		{TOP("interfaces:\n  eth1: {table: 1, priority 2}"),
			AT "3:20: unknown key \"priority 2\": write \"priority: \" with a blank "
			   "before the value",
			"  eth1: {table: 1, priority 2}\n"
			"                   ^"},
		{TOP("interfaces:\n  eth1: {except: [10.0.0.0/8,,]}"),
			AT "3:30: a value is missing before \",\": add it, or remove the \",\"",
			"  eth1: {except: [10.0.0.0/8,,]}\n"
			"                             ^"},
	};

	(void)state;
	policy_cases_check(cases, ARRAY_SIZE(cases));
}

static void test_documents(void **state)
{
	static const struct policy_case cases[] = {
		{"%foo\nversion: 1\n", AT "1:1: directives (%) are not allowed",
			"%foo\n"
			"^"},
		{"version: 1\n...\nversion: 1\n", AT "3:1: a second document is not allowed",
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
