/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests the problems of a service address: 10.0.1.10 or 2001:db8::10 on eth1 (3), whose table is
 * 100.
 */
#include "model/service.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define ETH0 2
#define ETH1 3

struct found_address {
	unsigned link;
	const char *prefix;
};

struct found_route {
	unsigned link;
	uint32_t table;
	const char *destination;
};

struct found_rule {
	uint32_t table;
	const char *source;
	unsigned char protocol; /* 0: myha */
	bool other_selectors;
};

static const struct {
	const char *name;
	const char *address; /* NULL: 10.0.1.10 */
	bool is_down, no_carrier, is_gone, without_tables;
	struct found_address addresses[2];
	struct found_route routes[3];
	struct found_rule rules[3];
	enum service_missing lack;
} cases[] = {
	{.name = "all in place",
		.addresses = {{ETH1, "10.0.1.10/24"}},
		.routes = {{ETH1, 100, "10.0.1.0/24"}, {ETH1, 100, "0.0.0.0/0"}},
		.rules = {{100, "10.0.1.0/24"}}},
	{.name = "a rule for the address alone, and another length",
		.addresses = {{ETH1, "10.0.1.10/32"}},
		.routes = {{ETH1, 100, "0.0.0.0/0"}},
		.rules = {{100, "10.0.1.11/32"}, {100, "10.0.1.10/32"}}},
	{.name = "an earlier policy's table",
		.addresses = {{ETH1, "10.0.1.10/24"}},
		.routes = {{ETH1, 99, "0.0.0.0/0"}},
		.rules = {{99, "10.0.1.0/24"}}},
	{.name = "a rule into a table whose route is missing, and another that has one",
		.addresses = {{ETH1, "10.0.1.10/24"}},
		.routes = {{ETH1, 99, "0.0.0.0/0"}},
		.rules = {{100, "10.0.1.10/32"}, {99, "10.0.1.0/24"}}},
	{.name = "IPv6",
		.address = "2001:db8::10",
		.addresses = {{ETH1, "2001:db8::10/128"}},
		.routes = {{ETH1, 100, "::/0"}},
		.rules = {{100, "2001:db8::/64"}}},
	{.name = "tables are not known",
		.without_tables = true,
		.addresses = {{ETH1, "10.0.1.10/24"}}},
	{.name = "no link", .is_gone = true, .lack = SERVICE_MISSING_LINK},
	{.name = "a link that is down",
		.is_down = true,
		.addresses = {{ETH1, "10.0.1.10/24"}},
		.routes = {{ETH1, 100, "0.0.0.0/0"}},
		.rules = {{100, "10.0.1.0/24"}},
		.lack = SERVICE_MISSING_LINK},
	{.name = "a link without carrier",
		.no_carrier = true,
		.addresses = {{ETH1, "10.0.1.10/24"}},
		.routes = {{ETH1, 100, "0.0.0.0/0"}},
		.rules = {{100, "10.0.1.0/24"}},
		.lack = SERVICE_MISSING_LINK},
	{.name = "the address is elsewhere",
		.addresses = {{ETH0, "10.0.1.10/24"}, {ETH1, "10.0.1.11/32"}},
		.routes = {{ETH1, 100, "0.0.0.0/0"}},
		.rules = {{100, "10.0.1.0/24"}},
		.lack = SERVICE_MISSING_ADDRESS},
	{.name = "no address, tables not known",
		.without_tables = true,
		.lack = SERVICE_MISSING_ADDRESS},
	{.name = "no rule",
		.addresses = {{ETH1, "10.0.1.10/24"}},
		.routes = {{ETH1, 100, "0.0.0.0/0"}},
		.lack = SERVICE_MISSING_RULE},
	{.name = "rules of others, and for others",
		.addresses = {{ETH1, "10.0.1.10/24"}},
		.routes = {{ETH1, 100, "0.0.0.0/0"}},
		.rules = {{100, "10.0.1.0/24", RTPROT_STATIC},
			{100, "10.0.1.0/24", .other_selectors = true}, {101, "10.0.1.0/24"}},
		.lack = SERVICE_MISSING_RULE},
	{.name = "a rule of the other family",
		.addresses = {{ETH1, "10.0.1.10/24"}},
		.routes = {{ETH1, 100, "0.0.0.0/0"}},
		.rules = {{100, "::/0"}},
		.lack = SERVICE_MISSING_RULE},
	{.name = "no default route",
		.addresses = {{ETH1, "10.0.1.10/24"}},
		.routes = {{ETH1, 100, "10.0.1.0/24"}, {ETH0, 100, "0.0.0.0/0"},
			{ETH1, 254, "0.0.0.0/0"}},
		.rules = {{100, "10.0.1.0/24"}},
		.lack = SERVICE_MISSING_ROUTE},
	{.name = "a default route of the other family",
		.addresses = {{ETH1, "10.0.1.10/24"}},
		.routes = {{ETH1, 100, "::/0"}},
		.rules = {{100, "10.0.1.0/24"}},
		.lack = SERVICE_MISSING_ROUTE},
};

static struct ip_prefix prefix_of(const char *text)
{
	struct ip_prefix prefix;

	assert_int_equal(ip_prefix_parse(text, &prefix), 0);
	return prefix;
}

static void add_links(size_t number, struct netstate *state)
{
	for (unsigned index = ETH0; index <= ETH1; index++) {
		struct net_link link = {.index = index};

		if (index == ETH1 && cases[number].is_gone)
			continue;
		link.up = index != ETH1 || !cases[number].is_down;
		link.no_carrier = index == ETH1 && cases[number].no_carrier;
		assert_int_equal(netstate_add_link(state, &link), 0);
	}
}

static void add_address(const struct found_address *found, struct netstate *state)
{
	const struct net_address address = {
		.link = found->link, .prefix = prefix_of(found->prefix)};

	assert_int_equal(netstate_add_address(state, &address), 0);
}

static void add_route(const struct found_route *found, struct netstate *state)
{
	struct net_route route = {.link = found->link,
		.table = found->table,
		.type = RTN_UNICAST,
		.destination = prefix_of(found->destination)};

	route.family = route.destination.address.family;
	assert_int_equal(netstate_add_route(state, &route), 0);
}

static void add_rule(const struct found_rule *found, struct netstate *state)
{
	struct net_rule rule = {.table = found->table,
		.action = FR_ACT_TO_TBL,
		.protocol = found->protocol ? found->protocol : NET_PROTOCOL_MYHA,
		.source = prefix_of(found->source),
		.other_selectors = found->other_selectors};

	rule.family = rule.source.address.family;
	assert_int_equal(netstate_add_rule(state, &rule), 0);
}

static void make_host(size_t number, struct netstate *state)
{
	*state = (struct netstate){0};
	add_links(number, state);
	for (size_t i = 0; i < 2 && cases[number].addresses[i].link; i++)
		add_address(&cases[number].addresses[i], state);
	for (size_t i = 0; i < 3 && cases[number].routes[i].link; i++)
		add_route(&cases[number].routes[i], state);
	for (size_t i = 0; i < 3 && cases[number].rules[i].table; i++)
		add_rule(&cases[number].rules[i], state);
}

static void test_cases(void **state)
{
	static const uint32_t tables[] = {100, 99};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *text = cases[i].address ? cases[i].address : "10.0.1.10";
		_cleanup_(netstate_done) struct netstate observed;
		struct service service = {.link = ETH1,
			.tables = tables,
			.n_tables = cases[i].without_tables ? 0 : ARRAY_SIZE(tables)};
		enum service_missing lack;

		assert_int_equal(ip_address_parse(text, &service.address), 0);
		make_host(i, &observed);
		lack = service_find_missing(&service, &observed);
		if (lack != cases[i].lack)
			fail_msg("%s: %s", cases[i].name, service_missing_text(lack));
	}
}

static void test_a_list_of_sources(void **state)
{
	struct ip_prefix sources[] = {prefix_of("10.0.1.0/28"), prefix_of("2001:db8::/64")};
	struct policy_interface policy = {
		.source = POLICY_SOURCE_LIST, .sources = sources, .n_sources = ARRAY_SIZE(sources)};
	const struct ip_address listed = prefix_of("10.0.1.10").address;
	const struct ip_address unlisted = prefix_of("10.0.1.77").address;

	(void)state;
	assert_true(service_requires_rule(&policy, &listed));
	assert_false(service_requires_rule(&policy, &unlisted));
	policy.source = POLICY_SOURCE_SUBNET;
	assert_true(service_requires_rule(&policy, &unlisted));
}

static void test_a_plan_that_removes_the_address(void **state)
{
	_cleanup_(plan_done) struct plan plan = {0};
	struct step step = {
		.kind = STEP_ADDRESS_ADD, .address = {.prefix = prefix_of("10.0.1.10")}};
	const struct ip_address address = step.address.prefix.address;
	const struct ip_address other = prefix_of("10.0.1.11").address;

	(void)state;
	assert_int_equal(plan_add(&plan, &step), 0);
	assert_false(plan_deletes_address(&address, &plan));
	step.kind = STEP_ADDRESS_DELETE;
	assert_int_equal(plan_add(&plan, &step), 0);
	assert_true(plan_deletes_address(&address, &plan));
	assert_false(plan_deletes_address(&other, &plan));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_a_list_of_sources),
		cmocka_unit_test(test_a_plan_that_removes_the_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
