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

#include "policy/policy_print.h"
#include "policy/policy_yaml.h"
#include "policy_dump.h"

static const char rt_tables[] = "100 MYHA\n101 blue\n102 yes\n103 7\n104 a:b\n105 \"\\\n";

static void parse(const char *text, struct policy *ret_policy)
{
	_cleanup_(table_names_done) struct table_names names = {0};
	struct policy_errors errors = {0};

	assert_int_equal(table_names_parse(&names, rt_tables, strlen(rt_tables)), 0);
	int r = policy_parse("policy.yaml", text, strlen(text), &names, ret_policy, &errors);
	assert_string_equal(errors.items[0].text, "");
	assert_int_equal(r, 0);
}

static void print(const struct policy *policy, struct strbuf *out)
{
	_cleanup_(table_names_done) struct table_names names = {0};

	assert_int_equal(table_names_parse(&names, rt_tables, strlen(rt_tables)), 0);
	assert_int_equal(policy_print(policy, &names, out), 0);
}

static void test_print(void **state)
{
	static const struct {
		const char *text;
		const char *printed;
	} cases[] = {
		{"version: 1\n", "version: 1\n"
				 "interfaces: {}\n"
				 "overlays: {}\n"
				 "source-dest-check: fix\n"
				 "aws: {}\n"
				 "imds: {}\n"},
		{"version: 1\n"
		 "interfaces: {eth1: {}}\n"
		 "overlays: {sapascs: {address: 192.168.10.16}}\n",
			"version: 1\n"
			"interfaces:\n"
			"  eth1:\n"
			"    match: {name: eth1}\n"
			"    table: MYHA\n"
			"    priority: 100\n"
			"    source: subnet\n"
			"    gateway: subnet\n"
			"    addresses: imds\n"
			"    mtu: imds\n"
			"    except: []\n"
			"overlays:\n"
			"  sapascs:\n"
			"    address: 192.168.10.16\n"
			"    interface: primary\n"
			"    route-tables: vpc\n"
			"    role-arn: null\n"
			"    at-boot: if-routed-here\n"
			"    managed-by: self\n"
			"source-dest-check: fix\n"
			"aws: {}\n"
			"imds: {}\n"},
		{"version: 1\n"
		 "imds: {interface: eth0, endpoint: 'http://[fd00:ec2::254]:80'}\n"
		 "aws: {ca-bundle: /etc/my ca.pem, fips: no, dualstack: True, profile: a b,\n"
		 "  region: eu-central-1}\n"
		 "source-dest-check: ignore\n"
		 "overlays:\n"
		 "  'no':\n"
		 "    managed-by: cluster\n"
		 "    at-boot: never\n"
		 "    role-arn: arn:aws:iam::123456789012:role/net/Overlay\n"
		 "    route-tables: [rtb-0123456789abcdef0, rtb-01234567]\n"
		 "    interface: lo\n"
		 "    address: 2001:db8::1/128\n"
		 "interfaces:\n"
		 "  client:\n"
		 "    except: [10.244.0.0/16, 'fd01::/16']\n"
		 "    addresses: none\n"
		 "    mtu: 9216\n"
		 "    gateway: fe80::1\n"
		 "    source: [10.0.1.10, 'fd02::/16']\n"
		 "    priority: 9999\n"
		 "    table: 4294967295\n"
		 "    match:\n"
		 "      driver: en[ai]\n"
		 "      subnet: subnet-01234567\n"
		 "      device-number: 0\n"
		 "      eni: eni-01234567\n"
		 "      mac: 0A:1B:2C:3D:4E:5F\n"
		 "      name: eth[1-3]*\n",
			"version: 1\n"
			"interfaces:\n"
			"  client:\n"
			"    match: {name: \"eth[1-3]*\", mac: \"0a:1b:2c:3d:4e:5f\","
			" eni: eni-01234567, device-number: 0, subnet: subnet-01234567,"
			" driver: \"en[ai]\"}\n"
			"    table: 4294967295\n"
			"    priority: 9999\n"
			"    source: [10.0.1.10/32, \"fd02::/16\"]\n"
			"    gateway: \"fe80::1\"\n"
			"    addresses: none\n"
			"    mtu: 9216\n"
			"    except: [10.244.0.0/16, \"fd01::/16\"]\n"
			"overlays:\n"
			"  \"no\":\n"
			"    address: \"2001:db8::1\"\n"
			"    interface: lo\n"
			"    route-tables: [rtb-0123456789abcdef0, rtb-01234567]\n"
			"    role-arn: \"arn:aws:iam::123456789012:role/net/Overlay\"\n"
			"    at-boot: never\n"
			"    managed-by: cluster\n"
			"source-dest-check: ignore\n"
			"aws: {region: eu-central-1, profile: \"a b\", fips: false,"
			" dualstack: true, ca-bundle: \"/etc/my ca.pem\"}\n"
			"imds: {endpoint: \"http://[fd00:ec2::254]:80\", interface: eth0}\n"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(policy_done) struct policy policy = {0};
		_cleanup_(strbuf_done) struct strbuf out = {0};
		parse(cases[i].text, &policy);
		print(&policy, &out);
		assert_string_equal(strbuf_text(&out), cases[i].printed);
	}
}

typedef int print_fn(const struct policy *, const struct table_names *, struct strbuf *);

static void assert_survives_as(print_fn *print_form, const struct policy *policy)
{
	_cleanup_(table_names_done) struct table_names names = {0};
	_cleanup_(policy_done) struct policy again = {0};
	_cleanup_(strbuf_done) struct strbuf printed = {0}, before = {0}, after = {0};

	assert_int_equal(table_names_parse(&names, rt_tables, strlen(rt_tables)), 0);
	assert_int_equal(print_form(policy, &names, &printed), 0);
	parse(strbuf_text(&printed), &again);
	policy_dump(policy, &before);
	policy_dump(&again, &after);
	assert_string_equal(strbuf_text(&before), strbuf_text(&after));
}

static void assert_survives(const struct policy *policy)
{
	assert_survives_as(policy_print, policy);
	assert_survives_as(policy_print_json, policy);
}

static void test_print_json(void **state)
{
	_cleanup_(policy_done) struct policy policy = {0};
	_cleanup_(strbuf_done) struct strbuf out = {0};

	(void)state;
	parse("version: 1\n"
	      "interfaces: {eth1: {source: [10.0.0.0/8], match: {device-number: 1}}}\n"
	      "overlays: {a: {address: 'fd01::1', route-tables: [rtb-01234567]}}\n"
	      "aws: {fips: true}\n",
		&policy);
	assert_int_equal(policy_print_json(&policy, NULL, &out), 0);
	assert_string_equal(strbuf_text(&out),
		"{\"version\": 1, \"interfaces\": {\"eth1\": {\"match\": {\"device-number\": 1}, "
		"\"table\": \"MYHA\", \"priority\": 100, \"source\": [\"10.0.0.0/8\"], "
		"\"gateway\": "
		"\"subnet\", \"addresses\": \"imds\", \"mtu\": \"imds\", \"except\": []}}, "
		"\"overlays\": {\"a\": "
		"{\"address\": \"fd01::1\", \"interface\": \"primary\", \"route-tables\": "
		"[\"rtb-01234567\"], \"role-arn\": null, \"at-boot\": \"if-routed-here\", "
		"\"managed-by\": \"self\"}}, "
		"\"source-dest-check\": \"fix\", \"aws\": {\"fips\": true}, \"imds\": {}}");
}

/* Texts that YAML, or this format, would interpret differently without quotes. */
static const char *const odd[] = {"yes", "No", "on", "null", "~", "NULL", "true", "7", "0x7", "1.5",
	"-", "---", "...", "-a", "?", "? a", ":", "a:", "a: b", "a:b", "#a", "a #b", "a#b", "&a",
	"*a", "!a", "|", ">", "%a", "@a", "`a", "'a'", "\"a\"", "\"", "\\", "\\n", "a\\", "{a}",
	"[a]", "a,b", ",", "a]", "}", "=", "<<", ".", "..", ".a", "f\xc3\xb6\xc3\xb6",
	"\xe6\xbc\xa2", "\xf0\x9f\x90\xa7", " a", "a ", "a b", "-1", "+1", "1e3", "012", "0o7",
	"2001-01-01", "10:20:30"};

static void test_odd_texts(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(odd); i++) {
		_cleanup_(policy_done) struct policy policy = {0};
		struct policy_overlay overlay;
		policy_init(&policy);
		/* The texts that may hold anything; not all odd ones are allowed in each. */
		if (!strpbrk(odd[i], "[]"))
			policy.aws.profile = strdup(odd[i]);
		policy.aws.ca_bundle = strdup("/         ");
		snprintf(policy.aws.ca_bundle + 1, 9, "%s", odd[i]);
		if (!strchr(odd[i], ' ') && odd[i][0] != '.' && strcmp(odd[i], "<<") != 0) {
			assert_int_equal(policy_overlay_init(&overlay, odd[i]), 0);
			assert_int_equal(ip_address_parse("192.168.10.16", &overlay.address), 0);
			policy.overlays = calloc(1, sizeof(overlay));
			policy.overlays[policy.n_overlays++] = overlay;
		}
		assert_survives(&policy);
	}
}

static void test_tables_with_odd_names(void **state)
{
	(void)state;
	for (uint32_t table = 99; table < 107; table++) {
		_cleanup_(policy_done) struct policy policy = {0};
		parse("version: 1\ninterfaces: {eth1: {}}\n", &policy);
		policy.interfaces[0].table = table;
		assert_survives(&policy);
	}
}

static void test_full_buffer(void **state)
{
	_cleanup_(policy_done) struct policy policy = {0};
	_cleanup_(strbuf_done) struct strbuf out;

	(void)state;
	policy_init(&policy);
	strbuf_init(&out, 20);
	assert_int_equal(policy_print(&policy, NULL, &out), -ENOMEM);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_print),
		cmocka_unit_test(test_print_json),
		cmocka_unit_test(test_odd_texts),
		cmocka_unit_test(test_tables_with_odd_names),
		cmocka_unit_test(test_full_buffer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
