/* SPDX-License-Identifier: Apache-2.0 */
#include "model/facts.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/strbuf.h"

#include <cmocka.h>

#define BYTES(text) text, sizeof(text) - 1
#define SAYS "EC2's metadata are invalid: "

static const struct mac ours = {{0x02, 0, 0, 0, 0, 0x0a}};

static void add_list(struct strbuf *out, const char *name, const struct prefix_list *list)
{
	char text[IP_PREFIX_TEXT_SIZE];

	for (size_t i = 0; i < list->count; i++)
		strbuf_printf(out, "%s=%s ", name, ip_prefix_format(&list->items[i], text));
}

/* All that the facts hold, as text. */
static const char *facts_text(const struct facts *facts, struct strbuf *out)
{
	static const struct mac none;
	char text[IP_PREFIX_TEXT_SIZE];

	strbuf_clear(out);
	if (memcmp(&facts->primary_mac, &none, sizeof(none)) != 0)
		strbuf_printf(out, "primary=%s ", mac_format(&facts->primary_mac, text));
	if (facts->device_number)
		strbuf_printf(out, "device=%u ", facts->device_number);
	if (*facts->interface_id)
		strbuf_printf(out, "eni=%s ", facts->interface_id);
	if (*facts->subnet_id)
		strbuf_printf(out, "subnet=%s ", facts->subnet_id);
	if (ip_address_is_set(&facts->subnet4.address))
		strbuf_printf(out, "subnet4=%s ", ip_prefix_format(&facts->subnet4, text));
	add_list(out, "ipv4", &facts->ipv4s);
	add_list(out, "ipv6", &facts->ipv6s);
	add_list(out, "subnet6", &facts->subnets6);
	add_list(out, "delegated4", &facts->delegated4);
	add_list(out, "delegated6", &facts->delegated6);
	return strbuf_text(out);
}

static void test_keys(void **state)
{
	static const char *const keys[FACT_COUNT_] = {"mac", "device-number", "interface-id",
		"subnet-id", "local-ipv4s", "subnet-ipv4-cidr-block", "ipv6s",
		"subnet-ipv6-cidr-blocks", "ipv4-prefix", "ipv6-prefix"};

	(void)state;
	for (unsigned fact = 0; fact < FACT_COUNT_; fact++)
		assert_string_equal(facts_key((enum fact)fact), keys[fact]);
}

static void test_values(void **state)
{
	static const struct {
		enum fact fact;
		const char *value;
		size_t length;
		const char *text;
	} cases[] = {
		{FACT_PRIMARY_MAC, BYTES("02:00:00:00:00:01"), "primary=02:00:00:00:00:01 "},
		{FACT_PRIMARY_MAC, BYTES("02:00:00:00:00:01\n"), "primary=02:00:00:00:00:01 "},
		{FACT_DEVICE_NUMBER, BYTES("0"), ""},
		{FACT_DEVICE_NUMBER, BYTES("1\n"), "device=1 "},
		{FACT_DEVICE_NUMBER, BYTES("15"), "device=15 "},
		{FACT_INTERFACE_ID, BYTES("eni-0123456789abcdef0"), "eni=eni-0123456789abcdef0 "},
		{FACT_SUBNET_ID, BYTES("subnet-01234567"), "subnet=subnet-01234567 "},
		{FACT_LOCAL_IPV4S, BYTES("10.0.1.10"), "ipv4=10.0.1.10/32 "},
		{FACT_LOCAL_IPV4S, BYTES("10.0.1.10\n10.0.1.9\n"),
			"ipv4=10.0.1.10/32 ipv4=10.0.1.9/32 "},
		{FACT_LOCAL_IPV4S, BYTES("10.0.1.10\n10.0.1.9\n10.0.1.10"),
			"ipv4=10.0.1.10/32 ipv4=10.0.1.9/32 "},
		{FACT_SUBNET_IPV4, BYTES("10.0.1.0/24"), "subnet4=10.0.1.0/24 "},
		{FACT_IPV6S, BYTES("2001:DB8:0::1\n2001:db8::2"),
			"ipv6=2001:db8::1/128 ipv6=2001:db8::2/128 "},
		{FACT_SUBNET_IPV6, BYTES("2001:db8::/64\nfd00:1::/64\n"),
			"subnet6=2001:db8::/64 subnet6=fd00:1::/64 "},
		{FACT_IPV4_PREFIX, BYTES("10.0.1.16/28\n10.0.1.32/28"),
			"delegated4=10.0.1.16/28 delegated4=10.0.1.32/28 "},
		{FACT_IPV6_PREFIX, BYTES("2001:db8:0:0:1::/80\n"),
			"delegated6=2001:db8:0:0:1::/80 "},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(facts_done) struct facts facts;
		_cleanup_(strbuf_done) struct strbuf text = {0};
		struct error error = {0};

		facts_init(&facts, &ours);
		assert_int_equal(
			facts_set(&facts, cases[i].fact, cases[i].value, cases[i].length, &error),
			0);
		assert_string_equal(facts_text(&facts, &text), cases[i].text);
		assert_int_equal(facts.known, FACT_BIT(cases[i].fact));
		assert_int_equal(facts.absent, 0);
		assert_int_equal(error.outcome, OUTCOME_DONE);
	}
}

static void test_refused(void **state)
{
	static const struct {
		enum fact fact;
		const char *value;
		size_t length;
		const char *words;
	} cases[] = {
		{FACT_PRIMARY_MAC, BYTES(""), SAYS "mac is \"\", not a MAC address"},
		{FACT_PRIMARY_MAC, BYTES("02:00:00:00:00:01/"),
			SAYS "mac is \"02:00:00:00:00:01/\", not a MAC address"},
		{FACT_PRIMARY_MAC, BYTES("02:00:00:00:00:01\n\n"),
			SAYS "mac is \"02:00:00:00:00:01\", not a MAC address"},
		{FACT_DEVICE_NUMBER, BYTES("\n"), SAYS "device-number is \"\", not a number"},
		{FACT_DEVICE_NUMBER, BYTES("1\r\n"), SAYS "device-number is \"1?\", not a number"},
		{FACT_DEVICE_NUMBER, BYTES("1\0"), SAYS "device-number is \"1?\", not a number"},
		{FACT_DEVICE_NUMBER, BYTES("\0"), SAYS "device-number is \"?\", not a number"},
		{FACT_DEVICE_NUMBER, BYTES("-1"), SAYS "device-number is \"-1\", not a number"},
		{FACT_DEVICE_NUMBER, BYTES(" 1"), SAYS "device-number is \" 1\", not a number"},
		{FACT_DEVICE_NUMBER, BYTES("2147483648"),
			SAYS "device-number is \"2147483648\", not a number"},
		{FACT_INTERFACE_ID, BYTES("subnet-01234567"),
			SAYS "interface-id is \"subnet-01234567\", not an ENI id"},
		{FACT_SUBNET_ID, BYTES("subnet-"),
			SAYS "subnet-id is \"subnet-\", not a subnet id"},
		{FACT_LOCAL_IPV4S,
			BYTES("<?xml version=\"1.0\" encoding=\"iso-8859-1\"?>\n<!DOCTYPE html>"),
			SAYS "local-ipv4s is \"<?xml version=\"1.0\" encoding=\"iso-8859-1...\", "
			     "not a list of IPv4 addresses"},
		{FACT_LOCAL_IPV4S, BYTES("10.0.1.10\n\n10.0.1.11"),
			SAYS "local-ipv4s is \"\", not a list of IPv4 addresses"},
		{FACT_LOCAL_IPV4S, BYTES("10.0.1.10\n2001:db8::1"),
			SAYS "local-ipv4s is \"2001:db8::1\", not a list of IPv4 addresses"},
		{FACT_LOCAL_IPV4S, BYTES("10.0.1.10/24"),
			SAYS "local-ipv4s is \"10.0.1.10/24\", not a list of IPv4 addresses"},
		{FACT_LOCAL_IPV4S, BYTES("10.0.1.10 10.0.1.11"),
			SAYS "local-ipv4s is \"10.0.1.10 10.0.1.11\", not a list of IPv4 "
			     "addresses"},
		{FACT_LOCAL_IPV4S, BYTES("0.0.0.0"),
			SAYS "local-ipv4s is \"0.0.0.0\", not a list of IPv4 addresses"},
		{FACT_LOCAL_IPV4S, BYTES("127.0.0.1"),
			SAYS "local-ipv4s is \"127.0.0.1\", not a list of IPv4 addresses"},
		{FACT_LOCAL_IPV4S, BYTES("169.254.169.254"),
			SAYS "local-ipv4s is \"169.254.169.254\", not a list of IPv4 addresses"},
		{FACT_IPV6S, BYTES("fe80::1"),
			SAYS "ipv6s is \"fe80::1\", not a list of IPv6 addresses"},
		{FACT_IPV6S, BYTES("fd00:ec2::254"),
			SAYS "ipv6s is \"fd00:ec2::254\", not a list of IPv6 addresses"},
		{FACT_LOCAL_IPV4S, BYTES("224.0.0.1"),
			SAYS "local-ipv4s is \"224.0.0.1\", not a list of IPv4 addresses"},
		{FACT_LOCAL_IPV4S, BYTES("255.255.255.255"),
			SAYS "local-ipv4s is \"255.255.255.255\", not a list of IPv4 addresses"},
		{FACT_SUBNET_IPV4, BYTES("10.0.1.0"),
			SAYS "subnet-ipv4-cidr-block is \"10.0.1.0\", not an IPv4 prefix"},
		{FACT_SUBNET_IPV4, BYTES("10.0.1.10/24"),
			SAYS "subnet-ipv4-cidr-block is \"10.0.1.10/24\", not an IPv4 prefix"},
		{FACT_SUBNET_IPV4, BYTES("0.0.0.0/0"),
			SAYS "subnet-ipv4-cidr-block is \"0.0.0.0/0\", not an IPv4 prefix"},
		{FACT_SUBNET_IPV4, BYTES("2001:db8::/64"),
			SAYS "subnet-ipv4-cidr-block is \"2001:db8::/64\", not an IPv4 prefix"},
		{FACT_SUBNET_IPV4, BYTES("10.0.1.0/24\n10.0.2.0/24"),
			SAYS "subnet-ipv4-cidr-block is \"10.0.1.0/24\", not an IPv4 prefix"},
		{FACT_IPV6S, BYTES("::1"), SAYS "ipv6s is \"::1\", not a list of IPv6 addresses"},
		{FACT_IPV6S, BYTES("::ffff:10.0.1.10"),
			SAYS "ipv6s is \"::ffff:10.0.1.10\", not a list of IPv6 addresses"},
		{FACT_IPV6S, BYTES("ff02::1"),
			SAYS "ipv6s is \"ff02::1\", not a list of IPv6 addresses"},
		{FACT_IPV6S, BYTES("\303\266\303"),
			SAYS "ipv6s is \"\303\266?\", not a list of IPv6 addresses"},
		{FACT_SUBNET_IPV6, BYTES("2001:db8::1/64"),
			SAYS "subnet-ipv6-cidr-blocks is \"2001:db8::1/64\", not a list of IPv6 "
			     "prefixes"},
		{FACT_IPV4_PREFIX, BYTES("10.0.1.16"),
			SAYS "ipv4-prefix is \"10.0.1.16\", not a list of IPv4 prefixes"},
		{FACT_IPV6_PREFIX, BYTES("::/0"),
			SAYS "ipv6-prefix is \"::/0\", not a list of IPv6 prefixes"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(facts_done) struct facts facts;
		_cleanup_(strbuf_done) struct strbuf text = {0};
		struct error error = {0};

		facts_init(&facts, &ours);
		assert_int_equal(
			facts_set(&facts, cases[i].fact, cases[i].value, cases[i].length, &error),
			-EBADMSG);
		assert_string_equal(error.text, cases[i].words);
		assert_int_equal(error.outcome, OUTCOME_FAILED);
		assert_int_equal(facts.known | facts.absent, 0);
		/* A list that was half good leaves nothing behind. */
		assert_string_equal(facts_text(&facts, &text), "");
		assert_int_equal(
			facts_set(&facts, cases[i].fact, cases[i].value, cases[i].length, NULL),
			-EBADMSG);
	}
}

static void test_too_long(void **state)
{
	static char value[FACT_VALUE_MAX + 1];
	_cleanup_(facts_done) struct facts facts;
	struct error error = {0};

	(void)state;
	memset(value, '1', sizeof(value));
	facts_init(&facts, &ours);
	assert_int_equal(
		facts_set(&facts, FACT_LOCAL_IPV4S, value, sizeof(value), &error), -EBADMSG);
	assert_string_equal(error.text, SAYS "local-ipv4s is too long: 65537 bytes");
	assert_int_equal(
		facts_set(&facts, FACT_LOCAL_IPV4S, value, FACT_VALUE_MAX, &error), -EBADMSG);
	assert_string_equal(error.text,
		SAYS "local-ipv4s is \"1111111111111111111111111111111111111111...\", not a list "
		     "of IPv4 addresses");
}

static void set(struct facts *facts, enum fact fact, const char *value)
{
	assert_int_equal(facts_set(facts, fact, value, strlen(value), NULL), 0);
}

static void test_three_states(void **state)
{
	_cleanup_(facts_done) struct facts facts;
	_cleanup_(strbuf_done) struct strbuf text = {0};

	(void)state;
	facts_init(&facts, &ours);
	set(&facts, FACT_LOCAL_IPV4S, "10.0.1.10\n10.0.1.11");
	set(&facts, FACT_LOCAL_IPV4S, "10.0.1.12");
	facts_set_absent(&facts, FACT_IPV6S);
	assert_string_equal(facts_text(&facts, &text), "ipv4=10.0.1.12/32 ");
	assert_int_equal(facts.known, FACT_BIT(FACT_LOCAL_IPV4S));
	assert_int_equal(facts.absent, FACT_BIT(FACT_IPV6S));

	/* One that fails leaves what was known. */
	assert_int_equal(facts_set(&facts, FACT_LOCAL_IPV4S, "x", 1, NULL), -EBADMSG);
	assert_string_equal(facts_text(&facts, &text), "ipv4=10.0.1.12/32 ");
	assert_int_equal(facts.known, FACT_BIT(FACT_LOCAL_IPV4S));

	facts_set_absent(&facts, FACT_LOCAL_IPV4S);
	set(&facts, FACT_IPV6S, "2001:db8::1");
	assert_string_equal(facts_text(&facts, &text), "ipv6=2001:db8::1/128 ");
	assert_int_equal(facts.known, FACT_BIT(FACT_IPV6S));
	assert_int_equal(facts.absent, FACT_BIT(FACT_LOCAL_IPV4S));

	set(&facts, FACT_DEVICE_NUMBER, "1");
	facts_clear(&facts);
	assert_string_equal(facts_text(&facts, &text), "");
	assert_int_equal(facts.known | facts.absent, 0);
	assert_memory_equal(&facts.mac, &ours, sizeof(ours));

	facts_done(&facts);
	facts_done(&facts);
	facts_done(NULL);
}

#define NOT_LISTED "EC2's metadata do not list 02:00:00:00:00:0a yet"

static void test_lag(void **state)
{
	/* NULL: not read; "": absent. */
	static const struct {
		const char *device, *primary, *ipv4s, *subnet4, *ipv6s, *subnet6;
		const char *lag;
		bool wants_primary;
	} cases[] = {
		{.lag = NULL},
		{.device = "1"},
		{.device = "", .lag = NOT_LISTED},
		{.device = "", .ipv4s = "", .ipv6s = "", .lag = NOT_LISTED},
		{.device = "0",
			.lag = "EC2's metadata still report device-number 0 for this ENI",
			.wants_primary = true},
		{.device = "0", .primary = "02:00:00:00:00:0a"},
		{.device = "0",
			.primary = "02:00:00:00:00:01",
			.lag = "EC2's metadata still report device-number 0 for this ENI"},
		{.device = "0",
			.primary = "",
			.lag = "EC2's metadata still report device-number 0 for this ENI"},
		{.device = "1", .primary = "02:00:00:00:00:0a"},
		{.device = "1", .ipv4s = ""},
		{.device = "1", .ipv6s = ""},
		{.device = "1", .ipv4s = "10.0.1.10"},
		{.device = "1", .ipv4s = "10.0.1.10", .subnet4 = "10.0.1.0/24"},
		{.device = "1", .ipv4s = "10.0.1.10", .subnet4 = "10.0.1.0/24", .ipv6s = ""},
		{.device = "1", .ipv4s = "", .ipv6s = "2001:db8::1", .subnet6 = "2001:db8::/64"},
		{.device = "1", .ipv4s = "", .subnet4 = "", .ipv6s = "2001:db8::1"},
		{.device = "1", .subnet4 = "10.0.1.0/24"},
		{.device = "1", .subnet4 = ""},
		{.device = "1",
			.ipv4s = "",
			.subnet4 = "10.0.1.0/24",
			.lag = "EC2's metadata have an IPv4 subnet but no local-ipv4s for this ENI yet"},
		{.device = "1",
			.ipv4s = "10.0.1.10",
			.subnet4 = "",
			.lag = "EC2's metadata have local-ipv4s but no subnet-ipv4-cidr-block for "
			       "this ENI yet"},
		{.device = "1",
			.ipv4s = "",
			.ipv6s = "",
			.lag = "EC2's metadata have no address for this ENI yet"},
		{.ipv4s = "",
			.ipv6s = "",
			.lag = "EC2's metadata have no address for this ENI yet"},
		{.device = "1",
			.ipv6s = "2001:db8::1",
			.subnet6 = "",
			.lag = "EC2's metadata have ipv6s but no subnet-ipv6-cidr-blocks for "
			       "this ENI yet"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(facts_done) struct facts facts;
		const struct {
			enum fact fact;
			const char *value;
		} given[] = {
			{FACT_DEVICE_NUMBER, cases[i].device},
			{FACT_PRIMARY_MAC, cases[i].primary},
			{FACT_LOCAL_IPV4S, cases[i].ipv4s},
			{FACT_SUBNET_IPV4, cases[i].subnet4},
			{FACT_IPV6S, cases[i].ipv6s},
			{FACT_SUBNET_IPV6, cases[i].subnet6},
		};

		facts_init(&facts, &ours);
		for (size_t j = 0; j < ARRAY_SIZE(given); j++) {
			if (given[j].value && *given[j].value)
				set(&facts, given[j].fact, given[j].value);
			else if (given[j].value)
				facts_set_absent(&facts, given[j].fact);
		}
		if (cases[i].lag) {
			assert_non_null(facts_find_lag(&facts));
			assert_string_equal(facts_find_lag(&facts), cases[i].lag);
		} else {
			assert_null(facts_find_lag(&facts));
		}
		assert_int_equal(facts_lag_needs_primary_mac(&facts), cases[i].wants_primary);
	}
}

static void test_lag_of_ids(void **state)
{
	static const enum fact ids[] = {FACT_INTERFACE_ID, FACT_SUBNET_ID};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		_cleanup_(facts_done) struct facts facts;

		facts_init(&facts, &ours);
		set(&facts, FACT_DEVICE_NUMBER, "1");
		assert_null(facts_find_lag(&facts));
		facts_set_absent(&facts, ids[i]);
		assert_string_equal(facts_find_lag(&facts), NOT_LISTED);
	}
}

#define ASSIGNED true
#define RELEASED false

/* The metadata's list, the changes with their age, and the expected addresses. */
static const struct {
	const char *listed;
	struct {
		const char *address; /* NULL: no change */
		bool is_assigned;
		uint64_t age;
	} changes[2];
	const char *believed;
	unsigned lacking; /* bit by change: the metadata do not show it yet */
} changes_cases[] = {
	{"10.0.1.10", {{NULL}}, "10.0.1.10", 0},
	{"10.0.1.10", {{"10.0.1.50", ASSIGNED, 0}}, "10.0.1.10 10.0.1.50", 1},
	{"10.0.1.10", {{"10.0.1.50", ASSIGNED, 59999}}, "10.0.1.10 10.0.1.50", 1},
	{"10.0.1.10", {{"10.0.1.50", ASSIGNED, 60000}}, "10.0.1.10", 0},
	{"10.0.1.10", {{"10.0.1.50", ASSIGNED, UINT64_MAX}}, "10.0.1.10", 0},
	{"10.0.1.10\n10.0.1.50", {{"10.0.1.50", ASSIGNED, 5}}, "10.0.1.10 10.0.1.50", 0},
	{"10.0.1.10\n10.0.1.50", {{"10.0.1.50", RELEASED, 5}}, "10.0.1.10", 1},
	{"10.0.1.10\n10.0.1.50", {{"10.0.1.50", RELEASED, 60000}}, "10.0.1.10 10.0.1.50", 0},
	{"10.0.1.10", {{"10.0.1.50", RELEASED, 5}}, "10.0.1.10", 0},
	/* The primary address goes only with its ENI. */
	{"10.0.1.10\n10.0.1.50", {{"10.0.1.10", RELEASED, 5}}, "10.0.1.10 10.0.1.50", 1},
	{"10.0.1.10\n10.0.1.50", {{"10.0.1.50", RELEASED, 5}, {"10.0.1.60", ASSIGNED, 5}},
		"10.0.1.10 10.0.1.60", 3},
};

static void test_changes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(changes_cases); i++) {
		_cleanup_(facts_done) struct facts facts;
		_cleanup_(prefix_list_done) struct prefix_list believed = {0};
		const uint64_t now = 1000000;
		struct facts_change changes[2];
		char text[256] = "", one[IP_ADDRESS_TEXT_SIZE];
		unsigned lacking = 0;
		size_t count = 0;

		facts_init(&facts, &(struct mac){{2, 0, 0, 0, 0, 1}});
		assert_int_equal(facts_set(&facts, FACT_LOCAL_IPV4S, changes_cases[i].listed,
					 strlen(changes_cases[i].listed), NULL),
			0);
		for (; count < 2 && changes_cases[i].changes[count].address; count++) {
			uint64_t age = changes_cases[i].changes[count].age;

			changes[count].is_assigned = changes_cases[i].changes[count].is_assigned;
			changes[count].at = age > now ? now + 1 : now - age;
			assert_int_equal(ip_address_parse(changes_cases[i].changes[count].address,
						 &changes[count].address),
				0);
			lacking |= (unsigned)facts_lag_behind_change(&facts, &changes[count], now)
				   << count;
		}
		assert_int_equal(facts_apply_changes(&facts, changes, count, now, &believed), 0);
		for (size_t j = 0; j < believed.count; j++) {
			strcat(text, j ? " " : "");
			strcat(text, ip_address_format(&believed.items[j].address, one));
		}
		assert_string_equal(text, changes_cases[i].believed);
		assert_int_equal(lacking, changes_cases[i].lacking);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_three_states),
		cmocka_unit_test(test_lag),
		cmocka_unit_test(test_lag_of_ids),
		cmocka_unit_test(test_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
