/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "policy/policy_yaml.h"
#include "policy_dump.h"

#define ETH1_DEFAULTS "table=100 priority=100 source=0 sources= addresses=0 except=\n"
#define OVERLAY_DEFAULTS "interface=<primary> tables= at-boot=0 managed-by=0\n"
#define OTHER_DEFAULTS "check=0\naws: fips=-1 dualstack=-1\nimds:\n"

static void assert_policy(
	const char *text, size_t length, const char *rt_tables, const char *expected)
{
	_cleanup_(table_names_done) struct table_names names = {0};
	_cleanup_(policy_done) struct policy policy = {0};
	_cleanup_(strbuf_done) struct strbuf dump = {0};
	struct policy_errors errors = {0};

	assert_int_equal(table_names_parse(&names, rt_tables, strlen(rt_tables)), 0);
	int err = policy_parse("policy.yaml", text, length, &names, &policy, &errors);
	assert_string_equal(errors.items[0].text, "");
	assert_int_equal(err, 0);
	policy_dump(&policy, &dump);
	assert_string_equal(strbuf_text(&dump), expected);
}

static void test_defaults(void **state)
{
	static const char *const nothing[] = {"version: 1", "{version: 1}",
		"---\nversion: 1\n...\n",
		"version: 1\ninterfaces:\noverlays: ~\naws: null\nimds: {}\n",
		"\xef\xbb\xbf# bytes\r\nversion: 1\r\n", "imds: {}\n'version': 1 # last\n"};
	static const char *const eth1[] = {"version: 1\ninterfaces: {eth1: {}}\n",
		"version: 1\ninterfaces:\n  eth1:\n", "version: 1\ninterfaces:\n  eth1: null\n",
		"version: 1\ninterfaces:\n  eth1:\n    match: {name: eth1}\n    table: MYHA\n"
		"    priority: 100\n    source: subnet\n    gateway: subnet\n"
		"    addresses: imds\n    mtu: imds\n    except: []\n"};
	static const char *const overlay[] = {
		"version: 1\noverlays: {sapascs: {address: 192.168.10.16}}\n",
		"version: 1\noverlays:\n  sapascs:\n    address: 192.168.10.16/32\n"
		"    interface: primary\n    route-tables: vpc\n    role-arn: null\n"
		"    at-boot: if-routed-here\n    managed-by: self\nsource-dest-check: fix\naws: "
		"{}\nimds: {}\n",
		"version: 1\noverlays: {sapascs: {address: '192.168.10.16', role-arn: }}\n"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(nothing); i++)
		assert_policy(nothing[i], strlen(nothing[i]), "", OTHER_DEFAULTS);
	for (size_t i = 0; i < ARRAY_SIZE(eth1); i++)
		assert_policy(eth1[i], strlen(eth1[i]), "",
			"interface <eth1>: name=<eth1> " ETH1_DEFAULTS OTHER_DEFAULTS);
	for (size_t i = 0; i < ARRAY_SIZE(overlay); i++)
		assert_policy(overlay[i], strlen(overlay[i]), "",
			"overlay <sapascs>: address=192.168.10.16 " OVERLAY_DEFAULTS
				OTHER_DEFAULTS);
}

static void test_init_has_the_defaults(void **state)
{
	_cleanup_(policy_done) struct policy policy;
	_cleanup_(strbuf_done) struct strbuf dump = {0};

	(void)state;
	policy_init(&policy);
	policy.interfaces = calloc(1, sizeof(*policy.interfaces));
	policy.overlays = calloc(1, sizeof(*policy.overlays));
	assert_non_null(policy.interfaces);
	assert_non_null(policy.overlays);
	assert_int_equal(policy_interface_init(&policy.interfaces[policy.n_interfaces++], "a"), 0);
	assert_int_equal(policy_overlay_init(&policy.overlays[policy.n_overlays++], "b"), 0);
	policy_dump(&policy, &dump);
	assert_string_equal(strbuf_text(&dump), "interface <a>: name=<a> " ETH1_DEFAULTS
						"overlay <b>: " OVERLAY_DEFAULTS OTHER_DEFAULTS);
}

static void test_whole_policies(void **state)
{
	static const struct {
		const char *text, *rt_tables, *expected;
	} cases[] = {
		{"version: 1\n"
		 "interfaces:\n"
		 "  client:\n"
		 "    match:\n"
		 "      name: 'eth[0-9]*'\n"
		 "      mac: 0A:1B:2C:3D:4E:5F\n"
		 "      eni: eni-0123456789abcdef0\n"
		 "      device-number: 255\n"
		 "      subnet: subnet-01234567\n"
		 "      driver: ena*\n"
		 "    table: blue\n"
		 "    priority: 9999\n"
		 "    source:\n"
		 "      - 10.0.1.0/24\n"
		 "      - fd00:0:0:1::/64\n"
		 "      - 10.0.9.9\n"
		 "    gateway: 10.0.1.254\n"
		 "    addresses: none\n"
		 "    except: [10.244.0.0/16, 172.17.0.1]\n"
		 "  eth2: {table: 4294967295, priority: 1, source: addresses, gateway: 'fe80::1',\n"
		 "    mtu: 9216}\n"
		 "  backup: {match: {driver: ena}, table: 1}\n"
		 "overlays:\n"
		 "  one:\n"
		 "    address: 2001:DB8::1/128\n"
		 "    interface: lo\n"
		 "    route-tables: [rtb-01234567, rtb-0123456789abcdef0]\n"
		 "    role-arn: arn:aws-cn:iam::123456789012:role/path/Name+=,.@_-\n"
		 "    at-boot: always\n"
		 "  two: {address: 10.9.8.7, interface: ens5, at-boot: never, managed-by: "
		 "cluster}\n"
		 "source-dest-check: warn\n"
		 "aws:\n"
		 "  region: us-gov-west-1\n"
		 "  profile: a \"b\" \\c\n"
		 "  fips: Yes\n"
		 "  dualstack: off\n"
		 "  ca-bundle: /etc/ssl/my ca.pem\n"
		 "imds:\n"
		 "  endpoint: http://[fd00:ec2::254]:80\n"
		 "  interface: eth0\n",
			"101 blue\n",
			"interface <client>: name=<eth[0-9]*> mac=0a:1b:2c:3d:4e:5f"
			" eni=<eni-0123456789abcdef0> device=255 subnet=<subnet-01234567>"
			" driver=<ena*> table=101 priority=9999 source=2"
			" sources=<10.0.1.0/24><fd00:0:0:1::/64><10.0.9.9/32>"
			" gateway=10.0.1.254 addresses=1"
			" except=<10.244.0.0/16><172.17.0.1/32>\n"
			"interface <eth2>: name=<eth2> table=4294967295 priority=1 source=1"
			" sources= gateway=fe80::1 addresses=0 mtu=9216 except=\n"
			"interface <backup>: driver=<ena> table=1 priority=100 source=0 sources="
			" addresses=0 except=\n"
			"overlay <one>: address=2001:db8::1 interface=<lo>"
			" tables=<rtb-01234567><rtb-0123456789abcdef0>"
			" role=<arn:aws-cn:iam::123456789012:role/path/Name+=,.@_-> at-boot=1 "
			"managed-by=0\n"
			"overlay <two>: address=10.9.8.7 interface=<ens5> tables= at-boot=2 "
			"managed-by=1\n"
			"check=1\n"
			"aws: region=<us-gov-west-1> profile=<a \"b\" \\c> fips=1 dualstack=0"
			" ca-bundle=</etc/ssl/my ca.pem>\n"
			"imds: endpoint=<http://[fd00:ec2::254]:80> interface=<eth0>\n"},
		/* An endpoint and a FIPS that is off do not contradict. */
		{"version: 1\naws: {endpoint: 'https://ec2.example.com:8443', fips: false}\n", "",
			"check=0\naws: endpoint=<https://ec2.example.com:8443> fips=0"
			" dualstack=-1\nimds:\n"},
		{"version: 1\naws: {endpoint: 'http://[::1]:65535'}\nsource-dest-check: ignore\n",
			"",
			"check=2\naws: endpoint=<http://[::1]:65535> fips=-1 dualstack=-1\n"
			"imds:\n"},
		/* The default table is the name, with any number that the host assigned. */
		{"version: 1\ninterfaces: {eth1: {}, eth2: {table: 100}}\n", "200 MYHA\n",
			"interface <eth1>: name=<eth1> table=200 priority=100 source=0 sources="
			" addresses=0 except=\n"
			"interface <eth2>: name=<eth2> " ETH1_DEFAULTS OTHER_DEFAULTS},
		{"version: 1\ninterfaces: {eth1: {}}\n", "254 MYHA\n",
			"interface <eth1>: name=<eth1> " ETH1_DEFAULTS OTHER_DEFAULTS},
		/* A number in quotes is a name, and a name may look like a number. */
		{"version: 1\ninterfaces: {eth1: {table: '7'}, eth2: {table: 7}}\n", "9 7\n",
			"interface <eth1>: name=<eth1> table=9 priority=100 source=0 sources="
			" addresses=0 except=\n"
			"interface <eth2>: name=<eth2> table=7 priority=100 source=0 sources="
			" addresses=0 except=\n" OTHER_DEFAULTS},
		/* One pattern twice, distinguished by the subnet; and patterns that may overlap. */
		{"version: 1\ninterfaces:\n"
		 "  a: {match: {name: 'eth*', subnet: subnet-01234567}, table: 1}\n"
		 "  b: {match: {name: 'eth*', subnet: subnet-76543210}, table: 2}\n"
		 "  c: {match: {driver: ena}, table: 3}\n"
		 "  d: {match: {driver: ena}, table: 4}\n",
			"",
			"interface <a>: name=<eth*> subnet=<subnet-01234567> table=1 priority=100"
			" source=0 sources= addresses=0 except=\n"
			"interface <b>: name=<eth*> subnet=<subnet-76543210> table=2 priority=100"
			" source=0 sources= addresses=0 except=\n"
			"interface <c>: driver=<ena> table=3 priority=100"
			" source=0 sources= addresses=0 except=\n"
			"interface <d>: driver=<ena> table=4 priority=100"
			" source=0 sources= addresses=0 except=\n" OTHER_DEFAULTS},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_policy(cases[i].text, strlen(cases[i].text), cases[i].rt_tables,
			cases[i].expected);
}

static void assert_refused(
	const char *text, size_t length, const char *expected, const char *expected_quote)
{
	struct policy policy;
	struct policy_errors errors = {0};

	assert_int_equal(policy_parse("p", text, length, NULL, &policy, &errors), -EINVAL);
	assert_int_equal(errors.count, 1);
	assert_string_equal(errors.items[0].text, expected);
	assert_string_equal(errors.items[0].quote, expected_quote);
	assert_int_equal(errors.items[0].outcome, OUTCOME_USAGE);
	assert_int_equal(policy_parse("p", text, length, NULL, &policy, NULL), -EINVAL);
}

static void test_sizes(void **state)
{
	static const char start[] = "version: 1\noverlays:\n";
	_cleanup_(strbuf_done) struct strbuf text = {0};
	static char large[POLICY_MAX_BYTES + 1];

	(void)state;
	memset(large, ' ', sizeof(large));
	memcpy(large, "version: 1\n#", strlen("version: 1\n#"));
	assert_policy(large, POLICY_MAX_BYTES, "", OTHER_DEFAULTS);
	assert_refused(large, sizeof(large), "p: larger than 1048576 bytes", "");

	assert_int_equal(strbuf_add_string(&text, start), 0);
	for (unsigned i = 0; i < 1025; i++)
		assert_int_equal(
			strbuf_printf(&text, " o%u: {address: 10.0.%u.%u}\n", i, i / 250, i % 250),
			0);
	assert_refused(strbuf_text(&text), text.length,
		"p:1027:2: more than 1024 entries in one list or mapping",
		" o1024: {address: 10.0.4.24}\n"
		" ^");
	struct policy policy;
	size_t last = strlen(" o1024: {address: 10.0.4.24}\n");
	assert_int_equal(
		policy_parse("p", strbuf_text(&text), text.length - last, NULL, &policy, NULL), 0);
	assert_int_equal(policy.n_overlays, 1024);
	policy_done(&policy);
}

static void test_nul_byte(void **state)
{
	static const char text[] = "version: 1\n# a\0b\n";

	(void)state;
	assert_refused(text, sizeof(text) - 1,
		"p:2:4: character U+0000 (NUL) is not allowed here: remove it",
		"# a?b\n"
		"   ^");
}

static void test_long_lines(void **state)
{
	_cleanup_(strbuf_done) struct strbuf text = {0}, expected = {0}, quote = {0};

	(void)state;
	/* Only what is around the place is quoted, */
	strbuf_printf(&text, "version: 1\naws: {profile: z%099d, zebra: 1} # z%099d\n", 0, 0);
	strbuf_printf(&quote, "%038d, zebra: 1} # z%027d\n%40s^", 0, 0, "");
	assert_refused(strbuf_text(&text), text.length, "p:2:118: unknown key \"zebra\"",
		strbuf_text(&quote));

	/* and words that are too long end in dots. */
	strbuf_clear(&text);
	strbuf_printf(&text, "version: 1\nz%0900d: 1\n", 0);
	strbuf_printf(&expected, "p:2:1: unknown key \"z%0487d...", 0);
	strbuf_clear(&quote);
	strbuf_printf(&quote, "z%079d\n^", 0);
	assert_refused(
		strbuf_text(&text), text.length, strbuf_text(&expected), strbuf_text(&quote));
}

/* A fresh install touches nothing; and its examples are right once the marks are taken away. */
static void test_shipped_file(void **state)
{
	_cleanup_(strbuf_done) struct strbuf shipped = {0}, examples = {0};
	const char *directory = getenv("srcdir");
	char path[4096];

	(void)state;
	snprintf(path, sizeof(path), "%s/etc/policy.yaml", directory ? directory : ".");
	assert_int_equal(file_read(path, POLICY_MAX_BYTES, &shipped, NULL), 0);
	assert_policy(strbuf_text(&shipped), shipped.length, "", OTHER_DEFAULTS);

	for (const char *line = strbuf_text(&shipped), *end; *line; line = end + 1) {
		end = strchr(line, '\n');
		assert_non_null(end);
		/* One blank begins a sentence; none, or an indentation, an example. */
		bool sentence = line[0] == '#' && line[1] == ' ' && line[2] != ' ';
		const char *from = line[0] == '#' && !sentence ? line + 1 : line;
		assert_int_equal(strbuf_add(&examples, from, (size_t)(end - from) + 1), 0);
	}
	assert_policy(strbuf_text(&examples), examples.length, "",
		"interface <eth1>: name=<eth1> " ETH1_DEFAULTS
		"overlay <sapascs>: address=192.168.10.16 " OVERLAY_DEFAULTS OTHER_DEFAULTS);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_init_has_the_defaults),
		cmocka_unit_test(test_whole_policies),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_nul_byte),
		cmocka_unit_test(test_long_lines),
		cmocka_unit_test(test_shipped_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
