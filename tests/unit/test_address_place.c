/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the place of an overlay address and the steps to get there, as printed commands. */
#include "model/address_place.h"

#include <linux/fib_rules.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define LO 1
#define ETH0 2
#define ETH1 3

static const char *const names[] = {NULL, "lo", "eth0", "eth1"};

static const struct {
	const char *address;
	unsigned link; /* that is to have it; 0: none */
	struct {
		unsigned link;
		const char *prefix;
		bool expires;
	} found[4];
	const char *steps;
} cases[] = {
	{"192.168.10.16", 0, {{ETH0, "10.0.0.5/24"}}, ""},
	{"192.168.10.16", ETH0, {{ETH0, "10.0.0.5/24"}},
		"ip address add 192.168.10.16/32 dev eth0 noprefixroute label eth0:sap"
		"  # overlay sapascs is routed to this host\n"},
	{"192.168.10.16", LO, {{LO, "192.168.10.16/32"}}, ""},
	/* An address that another program added is in place too, with any prefix length. */
	{"192.168.10.16", ETH0, {{ETH0, "192.168.10.16/24"}}, ""},
	/* An address with a finite lifetime is not in place. */
	{"192.168.10.16", ETH0, {{ETH0, "192.168.10.16/24", true}},
		"ip address replace 192.168.10.16/24 dev eth0 valid_lft forever preferred_lft "
		"forever"
		"  # overlay sapascs is routed to this host\n"},
	{"192.168.10.16", ETH0, {{ETH0, "192.168.10.16/24", true}, {ETH0, "192.168.10.16/32"}}, ""},
	{"192.168.10.16", LO, {{ETH0, "192.168.10.16/32"}},
		"ip address add 192.168.10.16/32 dev lo noprefixroute"
		"  # overlay sapascs is routed to this host\n"
		"ip address delete 192.168.10.16/32 dev eth0"
		"  # overlay sapascs belongs on another interface\n"},
	{"192.168.10.16", 0,
		{{ETH0, "192.168.10.16/32"}, {ETH1, "192.168.10.16/24"}, {LO, "192.168.10.1/24"}},
		"ip address delete 192.168.10.16/32 dev eth0"
		"  # overlay sapascs is elsewhere\n"
		"ip address delete 192.168.10.16/24 dev eth1"
		"  # overlay sapascs is elsewhere\n"},
	{"fd12::16", ETH0, {{ETH0, "fd12::17/128"}},
		"ip -6 address add fd12::16/128 dev eth0 nodad noprefixroute "
		"valid_lft forever preferred_lft 0"
		"  # overlay sapascs is routed to this host\n"},
	{"fd12::16", 0, {{ETH0, "fd12::16/64"}},
		"ip -6 address delete fd12::16/64 dev eth0"
		"  # overlay sapascs is elsewhere\n"},
};

static void make_host(size_t number, struct netstate *state)
{
	*state = (struct netstate){0};
	for (unsigned i = LO; i <= ETH1; i++) {
		struct net_link link = {.index = i};
		snprintf(link.name, sizeof(link.name), "%s", names[i]);
		assert_int_equal(netstate_add_link(state, &link), 0);
	}
	for (size_t i = 0; cases[number].found[i].link; i++) {
		struct net_address address = {.link = cases[number].found[i].link};
		assert_int_equal(
			ip_prefix_parse(cases[number].found[i].prefix, &address.prefix), 0);
		address.expires = cases[number].found[i].expires;
		assert_int_equal(netstate_add_address(state, &address), 0);
	}
}

static void test_plans(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(netstate_done) struct netstate host;
		_cleanup_(plan_done) struct plan plan = {0};
		_cleanup_(strbuf_done) struct strbuf steps = {0};
		struct address_placement place = {.kind = "overlay",
			.is_overlay = true,
			.name = "sapascs",
			.label = i == 1 ? "sap" : "",
			.reason = cases[i].link ? "is routed to this host" : "is elsewhere"};

		make_host(i, &host);
		assert_int_equal(ip_address_parse(cases[i].address, &place.address), 0);
		place.link = netstate_link_by_index(&host, cases[i].link);
		assert_int_equal(address_place_plan(&place, &host, &plan), 0);
		for (size_t j = 0; j < plan.count; j++) {
			assert_int_equal(step_print(&plan.steps[j], NULL, &steps), 0);
			strbuf_printf(&steps, "  # %s\n", plan.steps[j].reason);
		}
		assert_string_equal(strbuf_text(&steps), cases[i].steps);
	}
}

static void test_find(void **state)
{
	_cleanup_(netstate_done) struct netstate host;
	struct ip_address address;

	(void)state;
	make_host(ARRAY_SIZE(cases) - 3, &host);
	assert_int_equal(ip_address_parse("192.168.10.16", &address), 0);
	assert_string_equal(address_place_find(&host, &address)->name, "eth0");
	assert_int_equal(ip_address_parse("192.168.10.17", &address), 0);
	assert_null(address_place_find(&host, &address));
}

/* The owner that prevents an address from being an overlay, on a host with these addresses. */
static const struct {
	const char *address;
	bool is_listed;
	const char *own, *subnet; /* as found; NULL: none */
} owners[] = {
	{"192.168.10.16", false, NULL, NULL},
	/* The ENI's primary address, and others of its subnet. */
	{"10.0.0.5", false, "10.0.0.5/24", "10.0.0.5/24"},
	{"10.0.0.5", true, "10.0.0.5/24", "10.0.0.5/24"},
	{"10.0.0.77", false, NULL, "10.0.0.5/24"},
	{"10.0.0.78", false, NULL, "10.0.0.5/24"},
	/*
	 * Another program added the address with a prefix length. Valid only if the policy lists
	 * the overlay.
	 */
	{"192.168.9.1", true, NULL, "192.168.9.1/24"},
	{"192.168.9.1", false, "192.168.9.1/24", "192.168.9.1/24"},
	{"192.168.8.1", true, NULL, "192.168.8.1/24"},
	/* A bridge's network is none of the VPC's, but the bridge's own address stays. */
	{"172.17.3.4", false, NULL, NULL},
	{"172.17.0.1", false, "172.17.0.1/16", NULL},
	{"172.17.0.1", true, "172.17.0.1/16", NULL},
	/* Leased, as by DHCPv6. */
	{"2001:db8::5", false, "2001:db8::5/128", NULL},
	{"2001:db8::5", true, NULL, NULL},
	{"2001:db8::6", false, NULL, NULL},
};

static void add(struct netstate *host, unsigned link, const char *prefix, bool expires)
{
	struct net_address address = {.link = link, .expires = expires};

	assert_int_equal(ip_prefix_parse(prefix, &address.prefix), 0);
	assert_int_equal(netstate_add_address(host, &address), 0);
}

static void check_found(const struct net_address *found, const char *wanted)
{
	char text[IP_PREFIX_TEXT_SIZE];

	assert_string_equal(
		found ? ip_prefix_format(&found->prefix, text) : "none", wanted ? wanted : "none");
}

static void test_own_addresses(void **state)
{
	_cleanup_(netstate_done) struct netstate host = {0};
	struct net_link lo = {.index = LO, .name = "lo", .loopback = true};
	struct net_link eth0 = {.index = ETH0, .name = "eth0"};
	struct net_link docker0 = {.index = ETH1, .name = "docker0", .is_virtual = true};

	(void)state;
	assert_int_equal(netstate_add_link(&host, &lo), 0);
	assert_int_equal(netstate_add_link(&host, &eth0), 0);
	assert_int_equal(netstate_add_link(&host, &docker0), 0);
	add(&host, LO, "192.168.8.1/24", false);
	add(&host, ETH0, "10.0.0.5/24", true);
	add(&host, ETH0, "10.0.0.78/32", false);
	add(&host, ETH0, "192.168.9.1/24", false);
	add(&host, ETH0, "2001:db8::5/128", true);
	add(&host, ETH0, "2001:db8::6/128", false);
	add(&host, ETH1, "172.17.0.1/16", false);
	for (size_t i = 0; i < ARRAY_SIZE(owners); i++) {
		struct ip_address address;

		assert_int_equal(ip_address_parse(owners[i].address, &address), 0);
		check_found(address_place_find_own(&host, &address, owners[i].is_listed),
			owners[i].own);
		check_found(address_place_find_subnet(&host, &address), owners[i].subnet);
	}
}

#define SOURCE_RULE(priority_, table_, last)                                                       \
	{                                                                                          \
		.family = AF_INET, .protocol = NET_PROTOCOL_MYHA, .action = FR_ACT_TO_TBL,         \
		.priority = priority_, .table = table_,                                            \
		.source = {{AF_INET, {192, 168, 10, last}}, 32}, .destination = {                  \
			.address = {.family = AF_INET}                                             \
		}                                                                                  \
	}

/* The rule for its replies comes before the address, and goes after it. */
static void test_rules(void **state)
{
	static const struct net_rule rule = SOURCE_RULE(100, 100, 16),
				     other = SOURCE_RULE(101, 101, 16),
				     neighbour = SOURCE_RULE(100, 100, 17);
	static const struct {
		unsigned link;
		bool is_secondary;
		const struct net_rule *rule, *kept, *found[3];
		const char *steps;
	} rules[] = {
		{ETH1, false, &rule, NULL, {&neighbour},
			"ip rule add from 192.168.10.16 lookup MYHA priority 100 protocol 77\n"
			"ip address add 192.168.10.16/32 dev eth1 noprefixroute\n"},
		{ETH1, false, &rule, &rule, {&rule},
			"ip address add 192.168.10.16/32 dev eth1 noprefixroute\n"},
		{ETH1, false, &rule, NULL, {&other},
			"ip rule add from 192.168.10.16 lookup MYHA priority 100 protocol 77\n"
			"ip address add 192.168.10.16/32 dev eth1 noprefixroute\n"
			"ip rule delete from 192.168.10.16 lookup 101 priority 101 protocol 77\n"},
		{0, false, NULL, NULL, {&rule, &neighbour},
			"ip rule delete from 192.168.10.16 lookup MYHA priority 100 protocol 77\n"},
		{0, false, NULL, &rule, {&rule, &other},
			"ip rule delete from 192.168.10.16 lookup 101 priority 101 protocol 77\n"},
		{0, true, NULL, NULL, {&rule}, ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		_cleanup_(netstate_done) struct netstate host;
		_cleanup_(plan_done) struct plan plan = {0};
		_cleanup_(strbuf_done) struct strbuf steps = {0};
		struct address_placement place = {.kind = "overlay",
			.name = "sapascs",
			.label = "",
			.reason = "",
			.is_overlay = !rules[i].is_secondary,
			.rule = rules[i].rule,
			.kept_rule = rules[i].kept};

		make_host(0, &host);
		for (size_t j = 0; rules[i].found[j]; j++)
			assert_int_equal(netstate_add_rule(&host, rules[i].found[j]), 0);
		assert_int_equal(ip_address_parse("192.168.10.16", &place.address), 0);
		place.link = netstate_link_by_index(&host, rules[i].link);
		assert_int_equal(address_place_plan(&place, &host, &plan), 0);
		for (size_t j = 0; j < plan.count; j++) {
			assert_int_equal(step_print(&plan.steps[j], NULL, &steps), 0);
			strbuf_add_string(&steps, "\n");
		}
		assert_string_equal(strbuf_text(&steps), rules[i].steps);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plans),
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_own_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
