/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "policy_cases.h"

static void test_top_level(void **state)
{
	static const struct policy_case cases[] = {
		{"", AT "1:1: the policy has no version: add the line \"version: 1\"", ""},
		{"\n"
		 "\n",
			AT "1:1: the policy has no version: add the line \"version: 1\"", ""},
		{"# nothing\n", AT "1:1: the policy has no version: add the line \"version: 1\"",
			"# nothing\n"
			"^"},
		{"---\n"
		 "...\n",
			AT "1:1: the policy has no version: add the line \"version: 1\"",
			"---\n"
			"^"},
		{"interfaces: {}\n",
			AT "1:1: the policy has no version: add the line \"version: 1\"",
			"interfaces: {}\n"
			"^"},
		{"- version: 1\n",
			AT
			"1:1: the policy must be a mapping of keys, not a list: write \"KEY: VALUE\" without \"- \"",
			"- version: 1\n"
			"^"},
		{"version\n", AT "1:1: the policy must be a mapping of keys, not \"version\"",
			"version\n"
			"^"},
		{"~\n", AT "1:1: the policy has no version: add the line \"version: 1\"",
			"~\n"
			"^"},
		{"version: 2\n"
		 "new: 1\n",
			AT "1:10: version 2 is not supported: this program reads version 1",
			"version: 2\n"
			"         ^"},
		{"version:\n", AT "1:1: version must be the number 1, not null",
			"version:\n"
			"^"},
		{"version: one\n", AT "1:10: version must be the number 1, not \"one\"",
			"version: one\n"
			"         ^"},
		{"version: \"1\"\n", AT "1:10: version must be the number 1, not \"1\" in quotes",
			"version: \"1\"\n"
			"         ^"},
		{"version: 01\n",
			AT "1:10: version 01 is not supported: this program reads version 1",
			"version: 01\n"
			"         ^"},
		{"version: [1]\n", AT "1:10: version must be the number 1, not a list",
			"version: [1]\n"
			"         ^"},
		{"version: 1.0\n", AT "1:10: version must be the number 1, not \"1.0\"",
			"version: 1.0\n"
			"         ^"},
		{TOP("version: 1"),
			AT "2:1: duplicate key \"version\": remove it here or in line 1",
			"version: 1\n"
			"^"},
		{"version: 1\n"
		 "interfaces: {}\n"
		 "aws: {}\n"
		 "interfaces: {}\n",
			AT "4:1: duplicate key \"interfaces\": remove it here or in line 2",
			"interfaces: {}\n"
			"^"},
		{TOP("interface: {}"),
			AT "2:1: unknown key \"interface\", did you mean \"interfaces\"?",
			"interface: {}\n"
			"^"},
		{TOP("zebra: 1"), AT "2:1: unknown key \"zebra\"",
			"zebra: 1\n"
			"^"},
		{"version: 1\n"
		 "interfaces:\n"
		 "  eth1:\n"
		 "    tabel: blue\n",
			AT "4:5: unknown key \"tabel\", did you mean \"table\"?",
			"    tabel: blue\n"
			"    ^"},
		{"version: 1\n"
		 "interfaces:\n"
		 "  eth1:\n"
		 "    match:\n"
		 "      nmae: eth1\n",
			AT "5:7: unknown key \"nmae\", did you mean \"name\"?",
			"      nmae: eth1\n"
			"      ^"},
		{TOP("overlays: {a: {adress: 1.2.3.4}}"),
			AT "2:16: unknown key \"adress\", did you mean \"address\"?",
			"overlays: {a: {adress: 1.2.3.4}}\n"
			"               ^"},
		{TOP("aws: {regoin: x}"),
			AT "2:7: unknown key \"regoin\", did you mean \"region\"?",
			"aws: {regoin: x}\n"
			"      ^"},
		{TOP("imds: {endpont: x}"),
			AT "2:8: unknown key \"endpont\", did you mean \"endpoint\"?",
			"imds: {endpont: x}\n"
			"       ^"},
		{TOP("interfaces: [eth1]"),
			AT
			"2:13: interfaces must be a mapping of keys, not a list: write \"eth1: {}\" instead of \"- eth1\"",
			"interfaces: [eth1]\n"
			"            ^"},
		{TOP("interfaces: eth1"),
			AT "2:13: interfaces must be a mapping of keys, not \"eth1\"",
			"interfaces: eth1\n"
			"            ^"},
		{"version: 1\n"
		 "interfaces:\n"
		 "  eth1: blue\n",
			AT "3:9: eth1 must be a mapping of keys, not \"blue\"",
			"  eth1: blue\n"
			"        ^"},
		{"version: 1\n"
		 "interfaces:\n"
		 "  eth1: [a]\n",
			AT
			"3:9: eth1 must be a mapping of keys, not a list: write \"KEY: VALUE\" without \"- \"",
			"  eth1: [a]\n"
			"        ^"},
		{TOP("overlays: []"),
			AT
			"2:11: overlays must be a mapping of keys, not a list: write \"NAME: {address: ADDRESS}\" instead of \"- NAME\"",
			"overlays: []\n"
			"          ^"},
		{TOP("overlays: {a: yes}"), AT "2:15: a must be a mapping of keys, not \"yes\"",
			"overlays: {a: yes}\n"
			"              ^"},
		{TOP("aws: no"), AT "2:6: aws must be a mapping of keys, not \"no\"",
			"aws: no\n"
			"     ^"},
		{TOP("imds: [a]"),
			AT
			"2:7: imds must be a mapping of keys, not a list: write \"KEY: VALUE\" without \"- \"",
			"imds: [a]\n"
			"      ^"},
	};

	(void)state;
	policy_cases_check(cases, ARRAY_SIZE(cases));
}

static void test_refused_yaml(void **state)
{
	static const struct policy_case cases[] = {
		{"version: 1\n"
		 "interfaces:\n"
		 "  eth1: &a {}\n",
			AT
			"3:9: YAML anchors (&) are not allowed: remove the anchor, or put the value in quotes",
			"  eth1: &a {}\n"
			"        ^"},
		{"version: 1\n"
		 "interfaces:\n"
		 "  eth1: *a\n",
			AT
			"3:9: YAML aliases (*) are not allowed: write the value itself, or put it in quotes",
			"  eth1: *a\n"
			"        ^"},
		{"version: 1\n"
		 "interfaces:\n"
		 "  eth1: !x {}\n",
			AT
			"3:9: YAML tags (!) are not allowed: remove the tag, or put the value in quotes",
			"  eth1: !x {}\n"
			"        ^"},
		{TOP("interfaces: !!map {}"),
			AT
			"2:13: YAML tags (!) are not allowed: remove the tag, or put the value in quotes",
			"interfaces: !!map {}\n"
			"            ^"},
		{TOP("&a interfaces: {}"),
			AT
			"2:1: YAML anchors (&) are not allowed: remove the anchor, or put the value in quotes",
			"&a interfaces: {}\n"
			"^"},
		{TOP("aws: {region: !!str eu}"),
			AT
			"2:15: YAML tags (!) are not allowed: remove the tag, or put the value in quotes",
			"aws: {region: !!str eu}\n"
			"              ^"},
		{TOP("interfaces: {eth1: {<<: {}}}"),
			AT "2:21: YAML merge keys (<<) are not allowed: write the keys themselves",
			"interfaces: {eth1: {<<: {}}}\n"
			"                    ^"},
		{"version: 1\n"
		 "? [a]\n"
		 ": 1\n",
			AT "2:3: a key must be a single word, not a list or a mapping",
			"? [a]\n"
			"  ^"},
		{"version: 1\n"
		 "? {a: 1}\n"
		 ": 1\n",
			AT "2:3: a key must be a single word, not a list or a mapping",
			"? {a: 1}\n"
			"  ^"},
		{TOP(": 1"), AT "2:1: the key before \":\" is missing",
			": 1\n"
			"^"},
		{TOP("\"\": 1"), AT "2:1: the key before \":\" is missing",
			"\"\": 1\n"
			"^"},
		{"version: 1\n"
		 "---\n"
		 "version: 1\n",
			AT "2:1: a second YAML document is not allowed: keep only one",
			"---\n"
			"^"},
		{"%YAML 1.1\n"
		 "---\n"
		 "version: 1\n",
			AT "1:1: YAML directives (%) are not allowed: remove this line",
			"%YAML 1.1\n"
			"^"},
		{"%TAG ! !a\n"
		 "---\n"
		 "version: 1\n",
			AT "1:1: YAML directives (%) are not allowed: remove this line",
			"%TAG ! !a\n"
			"^"},
		{TOP("a: [[[[[[[[1]]]]]]]]"),
			AT "2:1: unknown key \"a\"\n" AT "2:11: nested more than 8 levels deep",
			"a: [[[[[[[[1]]]]]]]]\n"
			"^\n"
			"a: [[[[[[[[1]]]]]]]]\n"
			"          ^"},
		{TOP("a: {b: {c: {d: {e: {f: {g: {h: {i: 1}}}}}}}}"),
			AT "2:1: unknown key \"a\"\n" AT "2:32: nested more than 8 levels deep",
			"a: {b: {c: {d: {e: {f: {g: {h: {i: 1}}}}}}}}\n"
			"^\n"
			"a: {b: {c: {d: {e: {f: {g: {h: {i: 1}}}}}}}}\n"
			"                               ^"},
		{"version: 1\n"
		 "interfaces:\n"
		 "\teth1: {}\n",
			AT "3:1: tab in the indentation: indent with spaces",
			"\teth1: {}\n"
			"^"},
		{"version: 1\n"
		 "interfaces:\n"
		 "  eth1: {\n",
			AT "3:9: \"{\" is not closed: add \"}\", or a \",\" between its entries",
			"  eth1: {\n"
			"        ^"},
		{TOP("a: b: c"),
			AT
			"2:1: unknown key \"a\"\n" AT
			"2:4: value contains \": \": put the value in quotes, or begin a new line after \"a:\"",
			"a: b: c\n"
			"^\n"
			"a: b: c\n"
			"   ^"},
		{TOP("aws: }"), AT "2:6: \"}\" has no opening bracket: remove it",
			"aws: }\n"
			"     ^"},
		{TOP("aws: {profile: \"x"),
			AT "2:16: quote is not closed: add \" at the end of the value",
			"aws: {profile: \"x\n"
			"               ^"},
		{TOP(" imds: {}"), AT "2:2: line is indented by 1: indent it by 0 like line 1",
			" imds: {}\n"
			" ^"},
		{"version: 1\n"
		 "interfaces:\n"
		 "  eth1:\n"
		 "    table: blue\n"
		 "   priority: 1\n",
			AT
			"5:4: line is indented by 3: indent it by 4 like line 4, or by 2 like line 3",
			"   priority: 1\n"
			"   ^"},
		{TOP("aws: @"), AT "2:6: value contains \"@\": put the value in quotes",
			"aws: @\n"
			"     ^"},
	};

	(void)state;
	policy_cases_check(cases, ARRAY_SIZE(cases));
}

static void test_bytes_and_quotes(void **state)
{
	static const struct policy_case cases[] = {
		{TOP("# caf\351"), AT "2:6: byte 0xe9 is not UTF-8: save the file as UTF-8",
			"# caf?\n"
			"     ^"},
		{TOP("\377\376a"), AT "2:1: byte 0xff is not UTF-8: save the file as UTF-8",
			"??a\n"
			"^"},
		{TOP("# \355\240\200"), AT "2:3: byte 0xed is not UTF-8: save the file as UTF-8",
			"# ???\n"
			"  ^"},
		{TOP("# \300\257"), AT "2:3: byte 0xc0 is not UTF-8: save the file as UTF-8",
			"# ??\n"
			"  ^"},
		{TOP("# \033[1m"),
			AT "2:3: character U+001B (ESCAPE) is not allowed here: remove it",
			"# ?[1m\n"
			"  ^"},
		{"version: 1\r# b\n",
			AT
			"1:11: character U+000D (CARRIAGE RETURN) is not allowed here: remove it",
			"version: 1?# b\n"
			"          ^"},
		{TOP("# \302\205"),
			AT "2:3: character U+0085 (NEXT LINE) is not allowed here: remove it",
			"# ?\n"
			"  ^"},
		{TOP("# \342\200\250"),
			AT "2:3: character U+2028 (LINE SEPARATOR) is not allowed here: remove it",
			"# ?\n"
			"  ^"},
		{TOP("\357\273\277# b"),
			AT "2:1: character U+FEFF (BYTE ORDER MARK) is not allowed here: remove it",
			"?# b\n"
			"^"},
		{TOP("# \177"), AT "2:3: character U+007F (DELETE) is not allowed here: remove it",
			"# ?\n"
			"  ^"},
		{"version: 1\n"
		 "# \342\202",
			AT "2:3: byte 0xe2 is not UTF-8: save the file as UTF-8",
			"# ??\n"
			"  ^"},
		{"\357\273\277version: 1\n"
		 "zebra: 1\n",
			AT "2:1: unknown key \"zebra\"",
			"zebra: 1\n"
			"^"},
		{"version: 1\r\n"
		 "zebra: 1\r\n",
			AT "2:1: unknown key \"zebra\"",
			"zebra: 1\n"
			"^"},
		{TOP("aws: {profile: \"a\\nb\"}"),
			AT "2:16: a key or a value must not contain a line break",
			"aws: {profile: \"a\\nb\"}\n"
			"               ^"},
		{TOP("aws: {profile: \"\\e[1m\"}"),
			AT
			"2:16: invisible character U+001B (ESCAPE) in a key or value: remove its escape sequence",
			"aws: {profile: \"\\e[1m\"}\n"
			"               ^"},
		{TOP("aws: {profile: \"a\\0b\"}"),
			AT
			"2:16: invisible character U+0000 (NUL) in a key or value: remove its escape sequence",
			"aws: {profile: \"a\\0b\"}\n"
			"               ^"},
		{TOP("aws: {profile: \"\\u2028\"}"),
			AT
			"2:16: invisible character U+2028 (LINE SEPARATOR) in a key or value: remove its escape sequence",
			"aws: {profile: \"\\u2028\"}\n"
			"               ^"},
		{"version: 1\n"
		 "aws:\n"
		 "  profile: |\n"
		 "    a\n",
			AT "3:12: a key or a value must not contain a line break",
			"  profile: |\n"
			"           ^"},
		{TOP("aws: {\"a\\tb\": 1}"),
			AT
			"2:7: invisible character U+0009 (TAB) in a key or value: remove its escape sequence",
			"aws: {\"a\\tb\": 1}\n"
			"      ^"},
		{TOP("\303\244\303\266\303\274\346\274\242: 1"),
			AT "2:1: unknown key \"\303\244\303\266\303\274\346\274\242\"",
			"\303\244\303\266\303\274\346\274\242: 1\n"
			"^"},
		{TOP("aws: {\303\244\303\266: 1}"), AT "2:7: unknown key \"\303\244\303\266\"",
			"aws: {\303\244\303\266: 1}\n"
			"      ^"},
		{TOP("aws: {profile: '\346\274\242\345\255\227', zebra: 1}"),
			AT "2:22: unknown key \"zebra\"",
			"aws: {profile: '\346\274\242\345\255\227', zebra: 1}\n"
			"                     ^"},
		{TOP("aws:\t{profile: a,\tzebra: 1}"), AT "2:19: unknown key \"zebra\"",
			"aws:\t{profile: a,\tzebra: 1}\n"
			"    \t            \t^"},
		{TOP("aws: {profile: "
		     "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
		     "xxxxxxxxxxxxxxxxxxxxxxx, zebra: 1}"),
			AT "2:118: unknown key \"zebra\"",
			"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx, zebra: 1}\n"
			"                                        ^"},
	};

	(void)state;
	policy_cases_check(cases, ARRAY_SIZE(cases));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_top_level),
		cmocka_unit_test(test_refused_yaml),
		cmocka_unit_test(test_bytes_and_quotes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
