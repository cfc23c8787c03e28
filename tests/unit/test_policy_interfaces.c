/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "policy_cases.h"

static void test_table(void **state)
{
	static const struct policy_case cases[] = {
		{ENTRY("table: grene"), AT "4:12: unknown table \"grene\", did you mean \"green\"?",
			"    table: grene\n"
			"           ^"},
		{ENTRY("table: red"),
			AT
			"4:12: table \"red\" has no number: add the line \"103 red\" to /etc/iproute2/rt_tables.d/myha.conf",
			"    table: red\n"
			"           ^"},
		{ENTRY("table: MHYA"), AT "4:12: unknown table \"MHYA\", did you mean \"MYHA\"?",
			"    table: MHYA\n"
			"           ^"},
		{ENTRY("table: main"),
			AT "4:12: table 254 (main) belongs to the kernel: choose another table",
			"    table: main\n"
			"           ^"},
		{ENTRY("table: local"),
			AT "4:12: table 255 (local) belongs to the kernel: choose another table",
			"    table: local\n"
			"           ^"},
		{ENTRY("table: default"),
			AT "4:12: table 253 (default) belongs to the kernel: choose another table",
			"    table: default\n"
			"           ^"},
		{ENTRY("table: unspec"),
			AT "4:12: table 0 (unspec) belongs to the kernel: choose another table",
			"    table: unspec\n"
			"           ^"},
		{ENTRY("table: 0"),
			AT "4:12: table 0 (unspec) belongs to the kernel: choose another table",
			"    table: 0\n"
			"           ^"},
		{ENTRY("table: 253"),
			AT "4:12: table 253 (default) belongs to the kernel: choose another table",
			"    table: 253\n"
			"           ^"},
		{ENTRY("table: 254"),
			AT "4:12: table 254 (main) belongs to the kernel: choose another table",
			"    table: 254\n"
			"           ^"},
		{ENTRY("table: 255"),
			AT "4:12: table 255 (local) belongs to the kernel: choose another table",
			"    table: 255\n"
			"           ^"},
		{ENTRY("table: 4294967296"),
			AT "4:12: table must be a name from rt_tables or a number from 1 to "
			   "4294967295, not \"4294967296\"",
			"    table: 4294967296\n"
			"           ^"},
		{ENTRY("table: -1"),
			AT "4:12: table must be a name from rt_tables or a number from 1 to "
			   "4294967295, not \"-1\"",
			"    table: -1\n"
			"           ^"},
		{ENTRY("table: 0x64"),
			AT "4:12: table must be a name from rt_tables or a number from 1 to "
			   "4294967295, not \"0x64\"",
			"    table: 0x64\n"
			"           ^"},
		{ENTRY("table: 1e2"),
			AT "4:12: table must be a name from rt_tables or a number from 1 to "
			   "4294967295, not \"1e2\"",
			"    table: 1e2\n"
			"           ^"},
		{ENTRY("table: '101'"),
			AT "4:12: table must be a name from rt_tables or a number from 1 to "
			   "4294967295, not \"101\" in quotes",
			"    table: '101'\n"
			"           ^"},
		{ENTRY("table: a b"),
			AT "4:12: table must be a name from rt_tables or a number from 1 to "
			   "4294967295, not \"a b\"",
			"    table: a b\n"
			"           ^"},
		{ENTRY("table:"),
			AT "4:5: table must be a name from rt_tables or a number from 1 to "
			   "4294967295, not null",
			"    table:\n"
			"    ^"},
		{ENTRY("table: ~"),
			AT "4:12: table must be a name from rt_tables or a number from 1 to "
			   "4294967295, not null",
			"    table: ~\n"
			"           ^"},
		{ENTRY("table: no"),
			AT "4:12: table must be a name from rt_tables or a number from 1 to "
			   "4294967295, not \"no\"",
			"    table: no\n"
			"           ^"},
		{ENTRY("table: [100]"),
			AT "4:12: table must be a name from rt_tables or a number from 1 to "
			   "4294967295, not a list",
			"    table: [100]\n"
			"           ^"},
		{ENTRY("table: {a: 1}"),
			AT "4:12: table must be a name from rt_tables or a number from 1 to "
			   "4294967295, not a mapping",
			"    table: {a: 1}\n"
			"           ^"},
		{ENTRY("table: ''"),
			AT "4:12: table must be a name from rt_tables or a number from 1 to "
			   "4294967295, not \"\"",
			"    table: ''\n"
			"           ^"},
		{ENTRY("table: 100.5"),
			AT "4:12: table must be a name from rt_tables or a number from 1 to "
			   "4294967295, not \"100.5\"",
			"    table: 100.5\n"
			"           ^"},
		{ENTRY("table: 007"),
			AT "4:12: table must be a name from rt_tables or a number from 1 to "
			   "4294967295, not \"007\"",
			"    table: 007\n"
			"           ^"},
	};

	(void)state;
	policy_cases_check(cases, ARRAY_SIZE(cases));
}

static void test_values(void **state)
{
	static const struct policy_case cases[] = {
		{ENTRY("priority: 0"),
			AT "4:15: priority must be a number from 1 to 9999, not \"0\"",
			"    priority: 0\n"
			"              ^"},
		{ENTRY("priority: 10000"),
			AT "4:15: priority must be a number from 1 to 9999, not \"10000\"",
			"    priority: 10000\n"
			"              ^"},
		{ENTRY("priority: -5"),
			AT "4:15: priority must be a number from 1 to 9999, not \"-5\"",
			"    priority: -5\n"
			"              ^"},
		{ENTRY("priority: '100'"),
			AT "4:15: priority must be a number from 1 to 9999, not \"100\" in quotes",
			"    priority: '100'\n"
			"              ^"},
		{ENTRY("priority: high"),
			AT "4:15: priority must be a number from 1 to 9999, not \"high\"",
			"    priority: high\n"
			"              ^"},
		{ENTRY("priority:"), AT "4:5: priority must be a number from 1 to 9999, not null",
			"    priority:\n"
			"    ^"},
		{ENTRY("priority: [1]"),
			AT "4:15: priority must be a number from 1 to 9999, not a list",
			"    priority: [1]\n"
			"              ^"},
		{ENTRY("priority: 99999999999999999999"),
			AT "4:15: priority must be a number from 1 to 9999, not "
			   "\"99999999999999999999\"",
			"    priority: 99999999999999999999\n"
			"              ^"},
		{ENTRY("priority: 0100"),
			AT "4:15: priority must be a number from 1 to 9999, not \"0100\"",
			"    priority: 0100\n"
			"              ^"},
		{ENTRY("source: subnt"),
			AT "4:13: unknown value \"subnt\", did you mean \"subnet\"?",
			"    source: subnt\n"
			"            ^"},
		{ENTRY("source: everything"),
			AT "4:13: source must be subnet, addresses or a list of prefixes, not "
			   "\"everything\"",
			"    source: everything\n"
			"            ^"},
		{ENTRY("source: no"),
			AT
			"4:13: source must be subnet, addresses or a list of prefixes, not \"no\"",
			"    source: no\n"
			"            ^"},
		{ENTRY("source:"),
			AT "4:5: source must be subnet, addresses or a list of prefixes, not null",
			"    source:\n"
			"    ^"},
		{ENTRY("source: {}"),
			AT "4:13: source must be subnet, addresses or a list of prefixes, not a "
			   "mapping",
			"    source: {}\n"
			"            ^"},
		{ENTRY("source: 10.0.1.0/24"),
			AT
			"4:13: source must be a list, also for a single prefix: write [\"10.0.1.0/24\"]",
			"    source: 10.0.1.0/24\n"
			"            ^"},
		{ENTRY("source: []"),
			AT
			"4:13: source is an empty list, so no traffic would use the table: add a prefix, or write subnet",
			"    source: []\n"
			"            ^"},
		{ENTRY("source: [subnet]"),
			AT
			"4:14: each entry of source must be an address or a prefix, not \"subnet\"",
			"    source: [subnet]\n"
			"             ^"},
		{ENTRY("source: [10.0.1.10/24]"),
			AT "4:14: 10.0.1.10/24 has host bits set, did you mean 10.0.1.0/24?",
			"    source: [10.0.1.10/24]\n"
			"             ^"},
		{ENTRY("source: ['fd00::1/64']"),
			AT "4:14: fd00::1/64 has host bits set, did you mean fd00::/64?",
			"    source: ['fd00::1/64']\n"
			"             ^"},
		{ENTRY("source: [10.0.1.0/33]"),
			AT "4:14: each entry of source must be an address or a prefix, not "
			   "\"10.0.1.0/33\"",
			"    source: [10.0.1.0/33]\n"
			"             ^"},
		{ENTRY("source: [10.0.1]"),
			AT
			"4:14: each entry of source must be an address or a prefix, not \"10.0.1\"",
			"    source: [10.0.1]\n"
			"             ^"},
		{ENTRY("source: [0.0.0.0/0]"),
			AT "4:14: \"source\" cannot contain the default route",
			"    source: [0.0.0.0/0]\n"
			"             ^"},
		{ENTRY("source: ['::/0']"), AT "4:14: \"source\" cannot contain the default route",
			"    source: ['::/0']\n"
			"             ^"},
		{ENTRY("source: [10.0.1.0/24, 10.0.2.0/24, 10.0.1.0/24]"),
			AT "4:40: 10.0.1.0/24 is listed twice",
			"    source: [10.0.1.0/24, 10.0.2.0/24, 10.0.1.0/24]\n"
			"                                       ^"},
		{ENTRY("source: [10.0.1.1, 10.0.1.1/32]"), AT "4:24: 10.0.1.1/32 is listed twice",
			"    source: [10.0.1.1, 10.0.1.1/32]\n"
			"                       ^"},
		{ENTRY("source: [[10.0.1.0/24]]"),
			AT "4:14: each entry of source must be an address or a prefix, not a list",
			"    source: [[10.0.1.0/24]]\n"
			"             ^"},
		{ENTRY("source: [null]"),
			AT "4:14: each entry of source must be an address or a prefix, not null",
			"    source: [null]\n"
			"             ^"},
		{ENTRY("source: [{a: 1}]"),
			AT
			"4:14: each entry of source must be an address or a prefix, not a mapping",
			"    source: [{a: 1}]\n"
			"             ^"},
		{"version: 1\n"
		 "interfaces:\n"
		 "  eth1:\n"
		 "    source:\n"
		 "    - 10.0.1.0/24\n"
		 "    - 10.0.1.7/24\n",
			AT "6:7: 10.0.1.7/24 has host bits set, did you mean 10.0.1.0/24?",
			"    - 10.0.1.7/24\n"
			"      ^"},
		{ENTRY("gateway: 10.0.1"),
			AT "4:14: gateway must be subnet or an address, not \"10.0.1\"",
			"    gateway: 10.0.1\n"
			"             ^"},
		{ENTRY("gateway: 10.0.1.1/24"),
			AT "4:14: gateway must be subnet or an address, not \"10.0.1.1/24\"",
			"    gateway: 10.0.1.1/24\n"
			"             ^"},
		{ENTRY("gateway: sbnet"),
			AT "4:14: unknown value \"sbnet\", did you mean \"subnet\"?",
			"    gateway: sbnet\n"
			"             ^"},
		{ENTRY("gateway:"), AT "4:5: gateway must be subnet or an address, not null",
			"    gateway:\n"
			"    ^"},
		{ENTRY("gateway: [10.0.1.1]"),
			AT "4:14: gateway must be subnet or an address, not a list",
			"    gateway: [10.0.1.1]\n"
			"             ^"},
		{ENTRY("gateway: 0.0.0.0"),
			AT "4:14: 0.0.0.0 is an unspecified address and cannot be a gateway",
			"    gateway: 0.0.0.0\n"
			"             ^"},
		{ENTRY("gateway: 127.0.0.1"),
			AT "4:14: 127.0.0.1 is a loopback address and cannot be a gateway",
			"    gateway: 127.0.0.1\n"
			"             ^"},
		{ENTRY("gateway: 224.0.0.1"),
			AT "4:14: 224.0.0.1 is a multicast address and cannot be a gateway",
			"    gateway: 224.0.0.1\n"
			"             ^"},
		{ENTRY("gateway: 255.255.255.255"),
			AT "4:14: 255.255.255.255 is a reserved address and cannot be a gateway",
			"    gateway: 255.255.255.255\n"
			"             ^"},
		{ENTRY("gateway: '::'"),
			AT "4:14: :: is an unspecified address and cannot be a gateway",
			"    gateway: '::'\n"
			"             ^"},
		{ENTRY("gateway: ::1"),
			AT "4:14: ::1 is a loopback address and cannot be a gateway",
			"    gateway: ::1\n"
			"             ^"},
		{ENTRY("gateway: ff02::2"),
			AT "4:14: ff02::2 is a multicast address and cannot be a gateway",
			"    gateway: ff02::2\n"
			"             ^"},
		{ENTRY("gateway: ::ffff:10.0.0.1"),
			AT "4:14: ::ffff:10.0.0.1 is an IPv4-mapped IPv6 address and cannot be a "
			   "gateway",
			"    gateway: ::ffff:10.0.0.1\n"
			"             ^"},
		{ENTRY("addresses: dhcp"), AT "4:16: addresses must be imds or none, not \"dhcp\"",
			"    addresses: dhcp\n"
			"               ^"},
		{ENTRY("addresses: imsd"),
			AT "4:16: unknown value \"imsd\", did you mean \"imds\"?",
			"    addresses: imsd\n"
			"               ^"},
		{ENTRY("addresses: null"), AT "4:16: addresses must be imds or none, not null",
			"    addresses: null\n"
			"               ^"},
		{ENTRY("addresses: [imds]"), AT "4:16: addresses must be imds or none, not a list",
			"    addresses: [imds]\n"
			"               ^"},
		{ENTRY("addresses: IMDS"),
			AT "4:16: unknown value \"IMDS\", did you mean \"imds\"?",
			"    addresses: IMDS\n"
			"               ^"},
		{ENTRY("addresses: off"), AT "4:16: addresses must be imds or none, not \"off\"",
			"    addresses: off\n"
			"               ^"},
		{ENTRY("mtu: 1279"),
			AT "4:10: mtu must be imds or a number from 1280 to 9216, not \"1279\"",
			"    mtu: 1279\n"
			"         ^"},
		{ENTRY("mtu: 9217"),
			AT "4:10: mtu must be imds or a number from 1280 to 9216, not \"9217\"",
			"    mtu: 9217\n"
			"         ^"},
		{ENTRY("mtu: '9001'"),
			AT "4:10: mtu must be imds or a number from 1280 to 9216, not \"9001\" in "
			   "quotes",
			"    mtu: '9001'\n"
			"         ^"},
		{ENTRY("mtu: auto"),
			AT "4:10: mtu must be imds or a number from 1280 to 9216, not \"auto\"",
			"    mtu: auto\n"
			"         ^"},
		{ENTRY("mtu: imsd"), AT "4:10: unknown value \"imsd\", did you mean \"imds\"?",
			"    mtu: imsd\n"
			"         ^"},
		{ENTRY("mtu:"), AT "4:5: mtu must be imds or a number from 1280 to 9216, not null",
			"    mtu:\n"
			"    ^"},
		{ENTRY("mtu: [9001]"),
			AT "4:10: mtu must be imds or a number from 1280 to 9216, not a list",
			"    mtu: [9001]\n"
			"         ^"},
		{ENTRY("except: 10.244.0.0/16"),
			AT
			"4:13: except must be a list, also for a single prefix: write [\"10.244.0.0/16\"]",
			"    except: 10.244.0.0/16\n"
			"            ^"},
		{ENTRY("except:"), AT "4:5: except must be a list of prefixes, not null",
			"    except:\n"
			"    ^"},
		{ENTRY("except: none"), AT "4:13: except must be a list of prefixes, not \"none\"",
			"    except: none\n"
			"            ^"},
		{ENTRY("except: [10.244.0.1/16]"),
			AT "4:14: 10.244.0.1/16 has host bits set, did you mean 10.244.0.0/16?",
			"    except: [10.244.0.1/16]\n"
			"             ^"},
		{ENTRY("except: [0.0.0.0/0]"),
			AT "4:14: \"except\" cannot contain the default route",
			"    except: [0.0.0.0/0]\n"
			"             ^"},
		{ENTRY("except: [a]"),
			AT "4:14: each entry of except must be an address or a prefix, not \"a\"",
			"    except: [a]\n"
			"             ^"},
		{ENTRY("except: {a: 1}"),
			AT "4:13: except must be a list of prefixes, not a mapping",
			"    except: {a: 1}\n"
			"            ^"},
	};

	(void)state;
	policy_cases_check(cases, ARRAY_SIZE(cases));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
