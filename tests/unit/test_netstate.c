/* SPDX-License-Identifier: Apache-2.0 */
#include "model/netstate.h"

#include "base/cleanup.h"

#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct net_address address = {
	.link = 3,
	.prefix = {{AF_INET, {10, 0, 1, 10}}, 24},
};

static const struct net_route route = {
	.family = AF_INET,
	.type = RTN_UNICAST,
	.protocol = NET_PROTOCOL_MYHA,
	.table = 100,
	.destination = {{AF_INET, {0}}, 0},
	.gateway = {AF_INET, {10, 0, 1, 1}},
	.link = 3,
};

static const struct net_rule rule = {
	.family = AF_INET,
	.protocol = NET_PROTOCOL_MYHA,
	.action = FR_ACT_TO_TBL,
	.priority = 100,
	.table = 100,
	.source = {{AF_INET, {10, 0, 1}}, 24},
	.destination = {{AF_INET, {0}}, 0},
};

static void test_add_and_find(void **state)
{
	_cleanup_(netstate_done) struct netstate net = {0};

	(void)state;
	assert_null(netstate_link_by_index(&net, 1));
	assert_null(netstate_link_by_name(&net, "lo"));

	/* More than the arrays begin with. */
	for (unsigned i = 0; i < 20; i++) {
		struct net_link link = {.index = 1 + i, .rp_filter = -1};
		struct net_address more_address = address;
		struct net_route more_route = route;
		struct net_rule more_rule = rule;

		snprintf(link.name, sizeof(link.name), "eth%u", i);
		more_address.link = i;
		more_route.metric = i;
		more_rule.priority = i;
		assert_int_equal(netstate_add_link(&net, &link), 0);
		assert_int_equal(netstate_add_address(&net, &more_address), 0);
		assert_int_equal(netstate_add_route(&net, &more_route), 0);
		assert_int_equal(netstate_add_rule(&net, &more_rule), 0);
	}
	assert_int_equal(net.n_links, 20);
	assert_int_equal(net.n_addresses, 20);
	assert_int_equal(net.n_routes, 20);
	assert_int_equal(net.n_rules, 20);
	for (unsigned i = 0; i < 20; i++) {
		char name[IFNAMSIZ];

		snprintf(name, sizeof(name), "eth%u", i);
		assert_ptr_equal(netstate_link_by_name(&net, name), &net.links[i]);
		assert_ptr_equal(netstate_link_by_index(&net, 1 + i), &net.links[i]);
		assert_int_equal(net.addresses[i].link, i);
		assert_int_equal(net.routes[i].metric, i);
		assert_int_equal(net.rules[i].priority, i);
	}
	assert_null(netstate_link_by_name(&net, "eth"));
	assert_null(netstate_link_by_name(&net, "eth20"));
	assert_null(netstate_link_by_index(&net, 0));
	assert_null(netstate_link_by_index(&net, 21));

	netstate_done(&net);
	assert_int_equal(net.n_links, 0);
	assert_null(net.rules);
	netstate_done(NULL);
}

/* An object with one different attribute is another object. */
static void test_routes(void **state)
{
	struct net_route uncovered[12];
	const size_t keys = 5; /* the first ones differ in what makes it a route of its own */

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(uncovered); i++)
		uncovered[i] = route;
	uncovered[0].family = AF_INET6;
	uncovered[1].table = 101;
	uncovered[2].tos = 8;
	uncovered[3].metric = 1;
	uncovered[4].destination.length = 1;
	uncovered[5].type = RTN_THROW;
	uncovered[6].protocol = RTPROT_STATIC;
	uncovered[7].scope = RT_SCOPE_LINK;
	uncovered[8].gateway = (struct ip_address){0};
	uncovered[9].link = 4;
	uncovered[10].onlink = true;
	uncovered[11].multipath = true;
	for (size_t i = 0; i < ARRAY_SIZE(uncovered); i++) {
		assert_false(net_route_equal(&route, &uncovered[i]));
		assert_int_equal(net_route_same_key(&route, &uncovered[i]), i >= keys);
		assert_true(net_route_equal(&uncovered[i], &uncovered[i]));
	}
	assert_true(net_route_same_key(&route, &route));
}

static void test_rules(void **state)
{
	struct net_rule uncovered[8];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(uncovered); i++)
		uncovered[i] = rule;
	uncovered[0].family = AF_INET6;
	uncovered[1].protocol = RTPROT_STATIC;
	uncovered[2].action = FR_ACT_BLACKHOLE;
	uncovered[3].priority = 99;
	uncovered[4].table = 101;
	uncovered[5].source.length = 25;
	uncovered[6].destination.length = 1;
	uncovered[7].other_selectors = true;
	for (size_t i = 0; i < ARRAY_SIZE(uncovered); i++) {
		assert_false(net_rule_equal(&rule, &uncovered[i]));
		assert_true(net_rule_equal(&uncovered[i], &uncovered[i]));
	}
	assert_true(net_rule_equal(&rule, &rule));
}

static void test_the_link_of_an_eni(void **state)
{
	static const struct mac mac = {{0x0a, 0, 0, 0, 0, 1}}, other = {{0x0a, 0, 0, 0, 0, 2}};
	const struct net_link links[] = {
		{.index = 2, .name = "br-1", .mac = mac, .is_virtual = true},
		{.index = 3, .name = "eth1", .mac = mac},
		{.index = 4, .name = "mv-1", .mac = mac, .is_virtual = true},
	};
	_cleanup_(netstate_done) struct netstate host = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(links); i++)
		assert_int_equal(netstate_add_link(&host, &links[i]), 0);
	assert_string_equal(netstate_link_of_eni(&host, &mac)->name, "eth1");
	assert_null(netstate_link_of_eni(&host, &other));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_add_and_find),
		cmocka_unit_test(test_the_link_of_an_eni),
		cmocka_unit_test(test_routes),
		cmocka_unit_test(test_rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
