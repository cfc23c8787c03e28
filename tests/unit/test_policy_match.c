/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "policy_cases.h"

#define MATCH(text) ENTRY("match: {" text "}")

static void test_names(void **state)
{
	static const struct policy_case cases[] = {
		{TOP("interfaces: {eth1234567890123: {}}"),
			AT
			"2:14: \"eth1234567890123\" is not an interface name of at most 15 bytes without blanks or any of / : * ? [ ] \\",
			"interfaces: {eth1234567890123: {}}\n"
			"             ^"},
		{TOP("interfaces: {a/b: {}}"),
			AT
			"2:14: \"a/b\" is not an interface name of at most 15 bytes without blanks or any of / : * ? [ ] \\",
			"interfaces: {a/b: {}}\n"
			"             ^"},
		{TOP("interfaces: {a b: {}}"),
			AT
			"2:14: \"a b\" is not an interface name of at most 15 bytes without blanks or any of / : * ? [ ] \\",
			"interfaces: {a b: {}}\n"
			"             ^"},
		{TOP("interfaces: {'eth1:1': {}}"),
			AT
			"2:14: \"eth1:1\" is not an interface name of at most 15 bytes without blanks or any of / : * ? [ ] \\",
			"interfaces: {'eth1:1': {}}\n"
			"             ^"},
		{TOP("interfaces: {..: {}}"),
			AT
			"2:14: \"..\" is not an interface name of at most 15 bytes without blanks or any of / : * ? [ ] \\",
			"interfaces: {..: {}}\n"
			"             ^"},
		{TOP("interfaces: {'eth*': {}}"),
			AT
			"2:14: \"eth*\" is a pattern: give the entry another name and add \"match: {name: 'eth*'}\"",
			"interfaces: {'eth*': {}}\n"
			"             ^"},
		{"version: 1\n"
		 "interfaces:\n"
		 "  eth?:\n"
		 "    table: blue\n",
			AT
			"3:3: \"eth?\" is a pattern: give the entry another name and add \"match: {name: 'eth?'}\"",
			"  eth?:\n"
			"  ^"},
		{TOP("interfaces: {'eth[': {}}"),
			AT
			"2:14: \"eth[\" is not an interface name of at most 15 bytes without blanks or any of / : * ? [ ] \\",
			"interfaces: {'eth[': {}}\n"
			"             ^"},
	};

	(void)state;
	policy_cases_check(cases, ARRAY_SIZE(cases));
}

static void test_match(void **state)
{
	static const struct policy_case cases[] = {
		{ENTRY("match:"),
			AT
			"4:5: match is empty and would select every interface: add a condition, such as \"name: eth1\"",
			"    match:\n"
			"    ^"},
		{MATCH(""),
			AT
			"4:12: match is empty and would select every interface: add a condition, such as \"name: eth1\"",
			"    match: {}\n"
			"           ^"},
		{ENTRY("match: eth1"), AT "4:12: match must be a mapping of keys, not \"eth1\"",
			"    match: eth1\n"
			"           ^"},
		{ENTRY("match: [eth1]"),
			AT
			"4:12: match must be a mapping of keys, not a list: write \"KEY: VALUE\" without \"- \"",
			"    match: [eth1]\n"
			"           ^"},
		{MATCH("name: "),
			AT
			"4:13: name must be an interface name of at most 15 bytes or a pattern for such a name (* ? [ab]), not null",
			"    match: {name: }\n"
			"            ^"},
		{MATCH("name: ''"),
			AT
			"4:19: name must be an interface name of at most 15 bytes or a pattern for such a name (* ? [ab]), not \"\"",
			"    match: {name: ''}\n"
			"                  ^"},
		{MATCH("name: null"),
			AT
			"4:19: name must be an interface name of at most 15 bytes or a pattern for such a name (* ? [ab]), not null",
			"    match: {name: null}\n"
			"                  ^"},
		{MATCH("name: no"), AT "4:19: name must be a string: write \"no\", with the quotes",
			"    match: {name: no}\n"
			"                  ^"},
		{MATCH("name: 12"), AT "4:19: name must be a string: write \"12\", with the quotes",
			"    match: {name: 12}\n"
			"                  ^"},
		{MATCH("name: [a]"),
			AT
			"4:19: name must be an interface name of at most 15 bytes or a pattern for such a name (* ? [ab]), not a list",
			"    match: {name: [a]}\n"
			"                  ^"},
		{MATCH("name: a/b"),
			AT
			"4:19: name must be an interface name of at most 15 bytes or a pattern for such a name (* ? [ab]), not \"a/b\"",
			"    match: {name: a/b}\n"
			"                  ^"},
		{MATCH("name: 'a b'"),
			AT
			"4:19: name must be an interface name of at most 15 bytes or a pattern for such a name (* ? [ab]), not \"a b\"",
			"    match: {name: 'a b'}\n"
			"                  ^"},
		{MATCH("name: eth1234567890123"),
			AT
			"4:19: name must be an interface name of at most 15 bytes or a pattern for such a name (* ? [ab]), not \"eth1234567890123\"",
			"    match: {name: eth1234567890123}\n"
			"                  ^"},
		{MATCH("name: 'eth*1234567890123'"),
			AT
			"4:19: name must be an interface name of at most 15 bytes or a pattern for such a name (* ? [ab]), not \"eth*1234567890123\"",
			"    match: {name: 'eth*1234567890123'}\n"
			"                  ^"},
		{MATCH("name: 'eth['"),
			AT
			"4:19: name must be an interface name of at most 15 bytes or a pattern for such a name (* ? [ab]), not \"eth[\"",
			"    match: {name: 'eth['}\n"
			"                  ^"},
		{MATCH("name: 'eth[]'"),
			AT
			"4:19: name must be an interface name of at most 15 bytes or a pattern for such a name (* ? [ab]), not \"eth[]\"",
			"    match: {name: 'eth[]'}\n"
			"                  ^"},
		{MATCH("name: 'eth\\'"),
			AT
			"4:19: name must be an interface name of at most 15 bytes or a pattern for such a name (* ? [ab]), not \"eth\\\"",
			"    match: {name: 'eth\\'}\n"
			"                  ^"},
		{MATCH("mac: 1"),
			AT "4:18: mac must be a MAC address like 0a:1b:2c:3d:4e:5f, not \"1\"",
			"    match: {mac: 1}\n"
			"                 ^"},
		{MATCH("mac: '0a:1b:2c:3d:4e'"),
			AT "4:18: mac must be a MAC address like 0a:1b:2c:3d:4e:5f, not "
			   "\"0a:1b:2c:3d:4e\"",
			"    match: {mac: '0a:1b:2c:3d:4e'}\n"
			"                 ^"},
		{MATCH("mac: 0a-1b-2c-3d-4e-5f"),
			AT "4:18: mac must be a MAC address like 0a:1b:2c:3d:4e:5f, not "
			   "\"0a-1b-2c-3d-4e-5f\"",
			"    match: {mac: 0a-1b-2c-3d-4e-5f}\n"
			"                 ^"},
		{MATCH("mac: null"),
			AT "4:18: mac must be a MAC address like 0a:1b:2c:3d:4e:5f, not null",
			"    match: {mac: null}\n"
			"                 ^"},
		{MATCH("mac: [a]"),
			AT "4:18: mac must be a MAC address like 0a:1b:2c:3d:4e:5f, not a list",
			"    match: {mac: [a]}\n"
			"                 ^"},
		{MATCH("eni: eni-1"),
			AT "4:18: eni must be an id like eni-0123456789abcdef0, not \"eni-1\"",
			"    match: {eni: eni-1}\n"
			"                 ^"},
		{MATCH("eni: subnet-0123456789abcdef0"),
			AT "4:18: eni must be an id like eni-0123456789abcdef0, not "
			   "\"subnet-0123456789abcdef0\"",
			"    match: {eni: subnet-0123456789abcdef0}\n"
			"                 ^"},
		{MATCH("eni: eni-0123456789ABCDEF0"),
			AT "4:18: eni must be an id like eni-0123456789abcdef0, not "
			   "\"eni-0123456789ABCDEF0\"",
			"    match: {eni: eni-0123456789ABCDEF0}\n"
			"                 ^"},
		{MATCH("eni: 7"),
			AT "4:18: eni must be an id like eni-0123456789abcdef0, not \"7\"",
			"    match: {eni: 7}\n"
			"                 ^"},
		{MATCH("subnet: 10.0.1.0/24"),
			AT "4:21: subnet must be an id like subnet-0123456789abcdef0, not "
			   "\"10.0.1.0/24\"",
			"    match: {subnet: 10.0.1.0/24}\n"
			"                    ^"},
		{MATCH("device-number: -1"),
			AT "4:28: device-number must be a number from 0 to 255, not \"-1\"",
			"    match: {device-number: -1}\n"
			"                           ^"},
		{MATCH("device-number: 256"),
			AT "4:28: device-number must be a number from 0 to 255, not \"256\"",
			"    match: {device-number: 256}\n"
			"                           ^"},
		{MATCH("device-number: '1'"),
			AT
			"4:28: device-number must be a number from 0 to 255, not \"1\" in quotes",
			"    match: {device-number: '1'}\n"
			"                           ^"},
		{MATCH("device-number: one"),
			AT "4:28: device-number must be a number from 0 to 255, not \"one\"",
			"    match: {device-number: one}\n"
			"                           ^"},
		{MATCH("device-number: 01"),
			AT "4:28: device-number must be a number from 0 to 255, not \"01\"",
			"    match: {device-number: 01}\n"
			"                           ^"},
		{MATCH("driver: 'a b'"),
			AT
			"4:21: driver must be a driver name or a pattern for driver names (* ? [ab]), "
			"not \"a b\"",
			"    match: {driver: 'a b'}\n"
			"                    ^"},
		{MATCH("driver: true"),
			AT "4:21: driver must be a string: write \"true\", with the quotes",
			"    match: {driver: true}\n"
			"                    ^"},
		{MATCH("driver: {}"),
			AT
			"4:21: driver must be a driver name or a pattern for driver names (* ? [ab]), "
			"not a mapping",
			"    match: {driver: {}}\n"
			"                    ^"},
	};

	(void)state;
	policy_cases_check(cases, ARRAY_SIZE(cases));
}

static void test_pairs(void **state)
{
	static const struct policy_case cases[] = {
		{TOP("interfaces: {a/b: {match: {name: eth1}}}"),
			AT
			"2:14: \"a/b\" is not a name of at most 63 bytes without blanks or \"/\"",
			"interfaces: {a/b: {match: {name: eth1}}}\n"
			"             ^"},
		{TOP("interfaces: "
		     "{aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa: {match: "
		     "{name: eth1}}}"),
			AT "2:14: "
			   "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\" "
			   "is not a name of at most 63 bytes without blanks or \"/\"",
			"interfaces: "
			"{aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa: {\n"
			"             ^"},
		{"version: 1\n"
		 "interfaces:\n"
		 "  eth1: {}\n"
		 "  eth2: {}\n",
			AT
			"4:3: eth2 has the same table as eth1 (MYHA, line 3): give each interface its own table",
			"  eth2: {}\n"
			"  ^"},
		{"version: 1\n"
		 "interfaces:\n"
		 "  eth1: {table: blue}\n"
		 "  eth2:\n"
		 "    table: 101\n",
			AT
			"5:12: eth2 has the same table as eth1 (blue, line 3): give each interface its own table",
			"    table: 101\n"
			"           ^"},
		{"version: 1\n"
		 "interfaces:\n"
		 "  eth1:\n"
		 "    table: 7\n"
		 "  eth2:\n"
		 "    priority: 2\n"
		 "    table: 7\n",
			AT
			"7:12: eth2 has the same table as eth1 (7, line 4): give each interface its own table",
			"    table: 7\n"
			"           ^"},
		{"version: 1\n"
		 "interfaces:\n"
		 "  eth1: {table: MYHA}\n"
		 "  eth2: {}\n",
			AT
			"4:3: eth2 has the same table as eth1 (MYHA, line 3): give each interface its own table",
			"  eth2: {}\n"
			"  ^"},
		{"version: 1\n"
		 "interfaces:\n"
		 "  eth1: {}\n"
		 "  client:\n"
		 "    table: blue\n"
		 "    match: {name: eth1}\n",
			AT
			"6:12: client matches the same interface as eth1 (line 3): change or remove one of the two entries",
			"    match: {name: eth1}\n"
			"           ^"},
		{"version: 1\n"
		 "interfaces:\n"
		 "  eth1: {}\n"
		 "  client:\n"
		 "    table: blue\n"
		 "    match: {name: eth1, driver: ena}\n",
			AT
			"6:12: client matches the same interface as eth1 (line 3): change or remove one of the two entries",
			"    match: {name: eth1, driver: ena}\n"
			"           ^"},
		{"version: 1\n"
		 "interfaces:\n"
		 "  a: {match: {mac: '0a:1b:2c:3d:4e:5f'}}\n"
		 "  b: {match: {mac: '0A:1B:2C:3D:4E:5F', name: eth1}, table: 7}\n",
			AT
			"4:14: b matches the same interface as a (line 3): change or remove one of the two entries",
			"  b: {match: {mac: '0A:1B:2C:3D:4E:5F', name: eth1}, table: 7}\n"
			"             ^"},
		{"version: 1\n"
		 "interfaces:\n"
		 "  a: {match: {eni: eni-01234567}}\n"
		 "  b: {match: {eni: eni-01234567, device-number: 2}, table: 7}\n",
			AT
			"4:14: b matches the same interface as a (line 3): change or remove one of the two entries",
			"  b: {match: {eni: eni-01234567, device-number: 2}, table: 7}\n"
			"             ^"},
		{"version: 1\n"
		 "interfaces:\n"
		 "  a: {match: {name: 'eth*', driver: 'e*'}}\n"
		 "  b: {match: {name: 'eth*', driver: ena}, table: 7}\n",
			AT
			"4:14: b matches the same interface as a (line 3): change or remove one of the two entries",
			"  b: {match: {name: 'eth*', driver: ena}, table: 7}\n"
			"             ^"},
	};

	(void)state;
	policy_cases_check(cases, ARRAY_SIZE(cases));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_match),
		cmocka_unit_test(test_pairs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
