/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "policy_cases.h"

#define OVERLAY(text) TOP("overlays:\n  a:\n    address: 192.168.10.16\n    " text)
#define WITH_ADDRESS(text) TOP("overlays: {a: {address: " text "}}")

static void test_address(void **state)
{
	static const struct policy_case cases[] = {
		{WITH_ADDRESS("192.168.10"),
			AT "2:25: address must be an IPv4 or IPv6 address, not \"192.168.10\"",
			"overlays: {a: {address: 192.168.10}}\n"
			"                        ^"},
		{WITH_ADDRESS("192.168.10.16/24"),
			AT
			"2:25: 192.168.10.16/24 is a network: an overlay is a single address, without a prefix length",
			"overlays: {a: {address: 192.168.10.16/24}}\n"
			"                        ^"},
		{WITH_ADDRESS("192.168.10.0/24"),
			AT
			"2:25: 192.168.10.0/24 is a network: an overlay is a single address, without a prefix length",
			"overlays: {a: {address: 192.168.10.0/24}}\n"
			"                        ^"},
		{WITH_ADDRESS("'2001:db8::/64'"),
			AT
			"2:25: 2001:db8::/64 is a network: an overlay is a single address, without a prefix length",
			"overlays: {a: {address: '2001:db8::/64'}}\n"
			"                        ^"},
		{WITH_ADDRESS("0.0.0.0"),
			AT "2:25: 0.0.0.0 is an unspecified address and cannot be an overlay",
			"overlays: {a: {address: 0.0.0.0}}\n"
			"                        ^"},
		{WITH_ADDRESS("127.0.0.2"),
			AT "2:25: 127.0.0.2 is a loopback address and cannot be an overlay",
			"overlays: {a: {address: 127.0.0.2}}\n"
			"                        ^"},
		{WITH_ADDRESS("224.0.0.251"),
			AT "2:25: 224.0.0.251 is a multicast address and cannot be an overlay",
			"overlays: {a: {address: 224.0.0.251}}\n"
			"                        ^"},
		{WITH_ADDRESS("240.0.0.1"),
			AT "2:25: 240.0.0.1 is a reserved address and cannot be an overlay",
			"overlays: {a: {address: 240.0.0.1}}\n"
			"                        ^"},
		{WITH_ADDRESS("255.255.255.255"),
			AT "2:25: 255.255.255.255 is a reserved address and cannot be an overlay",
			"overlays: {a: {address: 255.255.255.255}}\n"
			"                        ^"},
		{WITH_ADDRESS("169.254.10.1"),
			AT "2:25: 169.254.10.1 is a link-local address and cannot be an overlay",
			"overlays: {a: {address: 169.254.10.1}}\n"
			"                        ^"},
		{WITH_ADDRESS("'::'"),
			AT "2:25: :: is an unspecified address and cannot be an overlay",
			"overlays: {a: {address: '::'}}\n"
			"                        ^"},
		{WITH_ADDRESS("'::1'"),
			AT "2:25: ::1 is a loopback address and cannot be an overlay",
			"overlays: {a: {address: '::1'}}\n"
			"                        ^"},
		{WITH_ADDRESS("'ff02::1'"),
			AT "2:25: ff02::1 is a multicast address and cannot be an overlay",
			"overlays: {a: {address: 'ff02::1'}}\n"
			"                        ^"},
		{WITH_ADDRESS("'fe80::1'"),
			AT "2:25: fe80::1 is a link-local address and cannot be an overlay",
			"overlays: {a: {address: 'fe80::1'}}\n"
			"                        ^"},
		{WITH_ADDRESS("'fd00:ec2::1'"),
			AT "2:25: fd00:ec2::1 is reserved by EC2 (fd00:ec2::/32) and cannot be an "
			   "overlay",
			"overlays: {a: {address: 'fd00:ec2::1'}}\n"
			"                        ^"},
		{WITH_ADDRESS("'::ffff:192.168.10.16'"),
			AT "2:25: ::ffff:192.168.10.16 is an IPv4-mapped IPv6 address and cannot "
			   "be an overlay",
			"overlays: {a: {address: '::ffff:192.168.10.16'}}\n"
			"                        ^"},
		{WITH_ADDRESS("null"), AT "2:25: address must be an IPv4 or IPv6 address, not null",
			"overlays: {a: {address: null}}\n"
			"                        ^"},
		{WITH_ADDRESS("[192.168.10.16]"),
			AT "2:25: address must be an IPv4 or IPv6 address, not a list",
			"overlays: {a: {address: [192.168.10.16]}}\n"
			"                        ^"},
		{WITH_ADDRESS("no"), AT "2:25: address must be an IPv4 or IPv6 address, not \"no\"",
			"overlays: {a: {address: no}}\n"
			"                        ^"},
	};

	(void)state;
	policy_cases_check(cases, ARRAY_SIZE(cases));
}

static void test_overlays(void **state)
{
	static const struct policy_case cases[] = {
		{"version: 1\n"
		 "overlays:\n"
		 "  a: {}\n",
			AT "3:3: a has no address: add the line \"address: ADDRESS\"",
			"  a: {}\n"
			"  ^"},
		{"version: 1\n"
		 "overlays:\n"
		 "  a:\n",
			AT "3:3: a has no address: add the line \"address: ADDRESS\"",
			"  a:\n"
			"  ^"},
		{TOP("overlays: {a/b: {address: 192.168.10.16}}"),
			AT
			"2:12: \"a/b\" is not a name of at most 63 bytes without blanks or \"/\"",
			"overlays: {a/b: {address: 192.168.10.16}}\n"
			"           ^"},
		{TOP("overlays: {a b: {address: 192.168.10.16}}"),
			AT
			"2:12: \"a b\" is not a name of at most 63 bytes without blanks or \"/\"",
			"overlays: {a b: {address: 192.168.10.16}}\n"
			"           ^"},
		{OVERLAY("interface: eth1234567890123"),
			AT
			"5:16: interface must be an interface name of at most 15 bytes without blanks or any of / : * ? [ ] \\, not \"eth1234567890123\"",
			"    interface: eth1234567890123\n"
			"               ^"},
		{OVERLAY("interface: eth*"),
			AT
			"5:16: interface must be an interface name of at most 15 bytes without blanks or any of / : * ? [ ] \\, not \"eth*\"",
			"    interface: eth*\n"
			"               ^"},
		{OVERLAY("interface:"),
			AT
			"5:5: interface must be an interface name of at most 15 bytes without blanks or any of / : * ? [ ] \\, not null",
			"    interface:\n"
			"    ^"},
		{OVERLAY("interface: on"),
			AT "5:16: interface must be a string: write \"on\", with the quotes",
			"    interface: on\n"
			"               ^"},
		{OVERLAY("interface: [lo]"),
			AT
			"5:16: interface must be an interface name of at most 15 bytes without blanks or any of / : * ? [ ] \\, not a list",
			"    interface: [lo]\n"
			"               ^"},
		{OVERLAY("route-tables: all"),
			AT
			"5:19: route-tables must be vpc or a list of route table ids like [rtb-0123456789abcdef0], not \"all\"",
			"    route-tables: all\n"
			"                  ^"},
		{OVERLAY("route-tables: vcp"),
			AT "5:19: unknown value \"vcp\", did you mean \"vpc\"?",
			"    route-tables: vcp\n"
			"                  ^"},
		{OVERLAY("route-tables: []"),
			AT
			"5:19: route-tables is an empty list: add route table ids, or write vpc for all route tables of the VPC",
			"    route-tables: []\n"
			"                  ^"},
		{OVERLAY("route-tables: rtb-01234567"),
			AT
			"5:19: route-tables must be vpc or a list of route table ids like [rtb-0123456789abcdef0], not "
			"\"rtb-01234567\"",
			"    route-tables: rtb-01234567\n"
			"                  ^"},
		{OVERLAY("route-tables: [rtb-0a1b]"),
			AT "5:20: each entry of route-tables must be an id like "
			   "rtb-0123456789abcdef0, not \"rtb-0a1b\"",
			"    route-tables: [rtb-0a1b]\n"
			"                   ^"},
		{OVERLAY("route-tables: [vpc]"),
			AT "5:20: each entry of route-tables must be an id like "
			   "rtb-0123456789abcdef0, not \"vpc\"",
			"    route-tables: [vpc]\n"
			"                   ^"},
		{OVERLAY("route-tables: [rtb-01234567, rtb-01234567]"),
			AT "5:34: rtb-01234567 is listed twice",
			"    route-tables: [rtb-01234567, rtb-01234567]\n"
			"                                 ^"},
		{OVERLAY("route-tables: null"),
			AT
			"5:19: route-tables must be vpc or a list of route table ids like [rtb-0123456789abcdef0], not null",
			"    route-tables: null\n"
			"                  ^"},
		{OVERLAY("route-tables: {a: 1}"),
			AT
			"5:19: route-tables must be vpc or a list of route table ids like [rtb-0123456789abcdef0], not a mapping",
			"    route-tables: {a: 1}\n"
			"                  ^"},
		{OVERLAY("route-tables: [[rtb-01234567]]"),
			AT "5:20: each entry of route-tables must be an id like "
			   "rtb-0123456789abcdef0, not a list",
			"    route-tables: [[rtb-01234567]]\n"
			"                   ^"},
		{OVERLAY("role-arn: ''"),
			AT
			"5:15: role-arn must be null or arn:aws:iam::ACCOUNT:role/NAME, not \"\"",
			"    role-arn: ''\n"
			"              ^"},
		{OVERLAY("role-arn: Overlay"),
			AT "5:15: role-arn must be null or arn:aws:iam::ACCOUNT:role/NAME, not "
			   "\"Overlay\"",
			"    role-arn: Overlay\n"
			"              ^"},
		{OVERLAY("role-arn: arn:aws:iam::12345678901:role/a"),
			AT "5:15: role-arn must be null or arn:aws:iam::ACCOUNT:role/NAME, not "
			   "\"arn:aws:iam::12345678901:role/a\"",
			"    role-arn: arn:aws:iam::12345678901:role/a\n"
			"              ^"},
		{OVERLAY("role-arn: arn:aws:iam::123456789012:user/a"),
			AT "5:15: role-arn must be null or arn:aws:iam::ACCOUNT:role/NAME, not "
			   "\"arn:aws:iam::123456789012:user/a\"",
			"    role-arn: arn:aws:iam::123456789012:user/a\n"
			"              ^"},
		{OVERLAY("role-arn: arn:aws:iam::123456789012:role/"),
			AT "5:15: role-arn must be null or arn:aws:iam::ACCOUNT:role/NAME, not "
			   "\"arn:aws:iam::123456789012:role/\"",
			"    role-arn: arn:aws:iam::123456789012:role/\n"
			"              ^"},
		{OVERLAY("role-arn: arn:aws:iam::123456789012:role/a b"),
			AT "5:15: role-arn must be null or arn:aws:iam::ACCOUNT:role/NAME, not "
			   "\"arn:aws:iam::123456789012:role/a b\"",
			"    role-arn: arn:aws:iam::123456789012:role/a b\n"
			"              ^"},
		{OVERLAY("role-arn: arn:aws:sts::123456789012:role/a"),
			AT "5:15: role-arn must be null or arn:aws:iam::ACCOUNT:role/NAME, not "
			   "\"arn:aws:sts::123456789012:role/a\"",
			"    role-arn: arn:aws:sts::123456789012:role/a\n"
			"              ^"},
		{OVERLAY("role-arn: [a]"),
			AT
			"5:15: role-arn must be null or arn:aws:iam::ACCOUNT:role/NAME, not a list",
			"    role-arn: [a]\n"
			"              ^"},
		{OVERLAY("role-arn: no"),
			AT
			"5:15: role-arn must be null or arn:aws:iam::ACCOUNT:role/NAME, not \"no\"",
			"    role-arn: no\n"
			"              ^"},
		{OVERLAY("managed-by: pacemaker"),
			AT "5:17: managed-by must be self or cluster, not \"pacemaker\"",
			"    managed-by: pacemaker\n"
			"                ^"},
		{OVERLAY("at-boot: alway"),
			AT "5:14: unknown value \"alway\", did you mean \"always\"?",
			"    at-boot: alway\n"
			"             ^"},
		{OVERLAY("at-boot: yes"),
			AT "5:14: at-boot must be if-routed-here, always or never, not \"yes\"",
			"    at-boot: yes\n"
			"             ^"},
		{OVERLAY("at-boot: maybe"),
			AT "5:14: at-boot must be if-routed-here, always or never, not \"maybe\"",
			"    at-boot: maybe\n"
			"             ^"},
		{OVERLAY("at-boot:"),
			AT "5:5: at-boot must be if-routed-here, always or never, not null",
			"    at-boot:\n"
			"    ^"},
		{"version: 1\n"
		 "overlays:\n"
		 "  a: {address: 192.168.10.16}\n"
		 "  b:\n"
		 "    address: 192.168.10.16/32\n",
			AT
			"5:14: b has the same address as a (line 3): give each overlay its own address",
			"    address: 192.168.10.16/32\n"
			"             ^"},
		{"version: 1\n"
		 "overlays:\n"
		 "  a: {address: '2001:db8::1'}\n"
		 "  b: {address: '2001:db8:0::1'}\n",
			AT
			"4:16: b has the same address as a (line 3): give each overlay its own address",
			"  b: {address: '2001:db8:0::1'}\n"
			"               ^"},
	};

	(void)state;
	policy_cases_check(cases, ARRAY_SIZE(cases));
}

static void test_other_sections(void **state)
{
	static const struct policy_case cases[] = {
		{TOP("source-dest-check: off"),
			AT "2:20: source-dest-check must be fix, warn or ignore, not \"off\"",
			"source-dest-check: off\n"
			"                   ^"},
		{TOP("source-dest-check: wran"),
			AT "2:20: unknown value \"wran\", did you mean \"warn\"?",
			"source-dest-check: wran\n"
			"                   ^"},
		{TOP("source-dest-check:"),
			AT "2:1: source-dest-check must be fix, warn or ignore, not null",
			"source-dest-check:\n"
			"^"},
		{TOP("source-dest-check: [fix]"),
			AT "2:20: source-dest-check must be fix, warn or ignore, not a list",
			"source-dest-check: [fix]\n"
			"                   ^"},
		{TOP("aws: {region: EU}"),
			AT "2:15: region must be a region like eu-central-1, not \"EU\"",
			"aws: {region: EU}\n"
			"              ^"},
		{TOP("aws: {region: ''}"),
			AT "2:15: region must be a region like eu-central-1, not \"\"",
			"aws: {region: ''}\n"
			"              ^"},
		{TOP("aws: {region: null}"),
			AT "2:15: region must be a region like eu-central-1, not null",
			"aws: {region: null}\n"
			"              ^"},
		{TOP("aws: {endpoint: ec2.example.com}"),
			AT "2:17: endpoint must be https://HOST[:PORT] or http://HOST[:PORT], not "
			   "\"ec2.example.com\"",
			"aws: {endpoint: ec2.example.com}\n"
			"                ^"},
		{TOP("aws: {endpoint: 'https://'}"),
			AT "2:17: endpoint must be https://HOST[:PORT] or http://HOST[:PORT], not "
			   "\"https://\"",
			"aws: {endpoint: 'https://'}\n"
			"                ^"},
		{TOP("aws: {endpoint: 'https://a/'}"),
			AT "2:17: endpoint must be https://HOST[:PORT] or http://HOST[:PORT], not "
			   "\"https://a/\"",
			"aws: {endpoint: 'https://a/'}\n"
			"                ^"},
		{TOP("aws: {endpoint: 'https://u@a'}"),
			AT "2:17: endpoint must be https://HOST[:PORT] or http://HOST[:PORT], not "
			   "\"https://*@a\"",
			"aws: {endpoint: 'https://u@a'}\n"
			"                ^"},
		{TOP("aws: {endpoint: 'https://a:0'}"),
			AT "2:17: endpoint must be https://HOST[:PORT] or http://HOST[:PORT], not "
			   "\"https://a:0\"",
			"aws: {endpoint: 'https://a:0'}\n"
			"                ^"},
		{TOP("aws: {endpoint: 'https://a:65536'}"),
			AT "2:17: endpoint must be https://HOST[:PORT] or http://HOST[:PORT], not "
			   "\"https://a:65536\"",
			"aws: {endpoint: 'https://a:65536'}\n"
			"                ^"},
		{TOP("aws: {endpoint: 'https://a:'}"),
			AT "2:17: endpoint must be https://HOST[:PORT] or http://HOST[:PORT], not "
			   "\"https://a:\"",
			"aws: {endpoint: 'https://a:'}\n"
			"                ^"},
		{TOP("aws: {endpoint: 'ftp://a'}"),
			AT "2:17: endpoint must be https://HOST[:PORT] or http://HOST[:PORT], not "
			   "\"ftp://a\"",
			"aws: {endpoint: 'ftp://a'}\n"
			"                ^"},
		{TOP("aws: {endpoint: 'https://-a'}"),
			AT "2:17: endpoint must be https://HOST[:PORT] or http://HOST[:PORT], not "
			   "\"https://-a\"",
			"aws: {endpoint: 'https://-a'}\n"
			"                ^"},
		{TOP("aws: {endpoint: 'https://a..b'}"),
			AT "2:17: endpoint must be https://HOST[:PORT] or http://HOST[:PORT], not "
			   "\"https://a..b\"",
			"aws: {endpoint: 'https://a..b'}\n"
			"                ^"},
		{TOP("aws: {endpoint: 'https://10.0.0.256'}"),
			AT "2:17: endpoint must be https://HOST[:PORT] or http://HOST[:PORT], not "
			   "\"https://10.0.0.256\"",
			"aws: {endpoint: 'https://10.0.0.256'}\n"
			"                ^"},
		{TOP("aws: {endpoint: 'https://[::1'}"),
			AT "2:17: endpoint must be https://HOST[:PORT] or http://HOST[:PORT], not "
			   "\"https://[::1\"",
			"aws: {endpoint: 'https://[::1'}\n"
			"                ^"},
		{TOP("aws: {endpoint: 'https://[10.0.0.1]'}"),
			AT "2:17: endpoint must be https://HOST[:PORT] or http://HOST[:PORT], not "
			   "\"https://[10.0.0.1]\"",
			"aws: {endpoint: 'https://[10.0.0.1]'}\n"
			"                ^"},
		{TOP("aws: {endpoint: 'https://::1'}"),
			AT "2:17: endpoint must be https://HOST[:PORT] or http://HOST[:PORT], not "
			   "\"https://::1\"",
			"aws: {endpoint: 'https://::1'}\n"
			"                ^"},
		{TOP("aws: {profile: 1234}"),
			AT "2:16: profile must be a string: write \"1234\", with the quotes",
			"aws: {profile: 1234}\n"
			"               ^"},
		{TOP("aws: {profile: yes}"),
			AT "2:16: profile must be a string: write \"yes\", with the quotes",
			"aws: {profile: yes}\n"
			"               ^"},
		{TOP("aws: {profile: ''}"),
			AT
			"2:16: profile must be a profile name that is not blank and has no [ or ], not \"\"",
			"aws: {profile: ''}\n"
			"               ^"},
		{TOP("aws: {profile: 'a]'}"),
			AT
			"2:16: profile must be a profile name that is not blank and has no [ or ], not \"a]\"",
			"aws: {profile: 'a]'}\n"
			"               ^"},
		{TOP("aws: {profile: '  '}"),
			AT
			"2:16: profile must be a profile name that is not blank and has no [ or ], not \"  \"",
			"aws: {profile: '  '}\n"
			"               ^"},
		{TOP("aws: {fips: maybe}"), AT "2:13: fips must be true or false, not \"maybe\"",
			"aws: {fips: maybe}\n"
			"            ^"},
		{TOP("aws: {fips: null}"), AT "2:13: fips must be true or false, not null",
			"aws: {fips: null}\n"
			"            ^"},
		{TOP("aws: {fips: 'true'}"),
			AT "2:13: fips must be true or false, not \"true\" in quotes",
			"aws: {fips: 'true'}\n"
			"            ^"},
		{TOP("aws: {fips: 1}"), AT "2:13: fips must be true or false, not \"1\"",
			"aws: {fips: 1}\n"
			"            ^"},
		{TOP("aws: {dualstack: [true]}"),
			AT "2:18: dualstack must be true or false, not a list",
			"aws: {dualstack: [true]}\n"
			"                 ^"},
		{TOP("aws: {ca-bundle: ca.pem}"),
			AT "2:18: ca-bundle must be an absolute path, not \"ca.pem\"",
			"aws: {ca-bundle: ca.pem}\n"
			"                 ^"},
		{TOP("aws: {ca-bundle: /}"),
			AT "2:18: ca-bundle must be an absolute path, not \"/\"",
			"aws: {ca-bundle: /}\n"
			"                 ^"},
		{TOP("aws: {ca-bundle: 7}"),
			AT "2:18: ca-bundle must be an absolute path, not \"7\"",
			"aws: {ca-bundle: 7}\n"
			"                 ^"},
		{"version: 1\n"
		 "aws:\n"
		 "  endpoint: https://a\n"
		 "  fips: true\n",
			AT
			"4:9: fips cannot be combined with endpoint (line 3): remove one of the two keys",
			"  fips: true\n"
			"        ^"},
		{"version: 1\n"
		 "aws:\n"
		 "  dualstack: yes\n"
		 "  region: eu\n"
		 "  endpoint: http://localhost:8000\n",
			AT
			"3:14: dualstack cannot be combined with endpoint (line 5): remove one of the two keys",
			"  dualstack: yes\n"
			"             ^"},
		{TOP("imds: {endpoint: 'https://a'}"),
			AT
			"2:18: endpoint must be http://HOST[:PORT], with an IPv6 address in brackets, not \"https://a\"",
			"imds: {endpoint: 'https://a'}\n"
			"                 ^"},
		{TOP("imds: {endpoint: 'http://fd00:ec2::254'}"),
			AT
			"2:18: endpoint must be http://HOST[:PORT], with an IPv6 address in brackets, not \"http://fd00:ec2::254\"",
			"imds: {endpoint: 'http://fd00:ec2::254'}\n"
			"                 ^"},
		{TOP("imds: {endpoint: 'http://[fd00:ec2::254'}"),
			AT
			"2:18: endpoint must be http://HOST[:PORT], with an IPv6 address in brackets, not \"http://[fd00:ec2::254\"",
			"imds: {endpoint: 'http://[fd00:ec2::254'}\n"
			"                 ^"},
		{TOP("imds: {endpoint: null}"),
			AT
			"2:18: endpoint must be http://HOST[:PORT], with an IPv6 address in brackets, not null",
			"imds: {endpoint: null}\n"
			"                 ^"},
		{TOP("imds: {interface: 'a b'}"),
			AT
			"2:19: interface must be an interface name of at most 15 bytes without blanks or any of / : * ? [ ] \\, not \"a b\"",
			"imds: {interface: 'a b'}\n"
			"                  ^"},
		{TOP("imds: {interface: no}"),
			AT "2:19: interface must be a string: write \"no\", with the quotes",
			"imds: {interface: no}\n"
			"                  ^"},
	};

	(void)state;
	policy_cases_check(cases, ARRAY_SIZE(cases));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_address),
		cmocka_unit_test(test_overlays),
		cmocka_unit_test(test_other_sections),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
