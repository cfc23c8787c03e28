/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests properties of the diff on many generated hosts: a plan leads exactly to the desired state,
 * does not change objects of other programs, and adds before it removes; the desired state needs no
 * plan.
 */
#include "golden/golden_apply.h"

#include "base/cleanup.h"
#include "model/diff.h"

#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HOSTS 2000
#define LINK_INDEX 3
#define OTHER_LINK 2

static const uint32_t our_tables[] = {100, 200};

/* A sequence that is the same in every run. */
static uint32_t seed;

static uint32_t below(uint32_t limit)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % limit;
}

static struct ip_prefix some_prefix(unsigned char family, unsigned char length)
{
	struct ip_prefix prefix = {.address = {.family = family}, .length = length};

	prefix.address.bytes[0] = family == AF_INET ? 10 : 0xfd;
	prefix.address.bytes[length / 8 - 1] = (unsigned char)(1 + below(4));
	return prefix;
}

static struct net_route some_route(uint32_t table, unsigned char protocol, unsigned link)
{
	unsigned char family = below(2) ? AF_INET : AF_INET6;
	struct net_route route = {
		.family = family,
		.type = RTN_UNICAST,
		.protocol = protocol,
		.table = table,
		.metric = family == AF_INET6 ? 1024 : 0,
		.destination = some_prefix(family, family == AF_INET ? 24 : 64),
		.link = link,
	};

	if (below(4) == 0) {
		route.type = RTN_THROW;
		route.link = 0;
	} else if (below(2)) {
		route.gateway = some_prefix(family, family == AF_INET ? 32 : 128).address;
	}
	return route;
}

static struct net_rule some_rule(uint32_t table, unsigned char protocol)
{
	unsigned char family = below(2) ? AF_INET : AF_INET6;

	return (struct net_rule){
		.family = family,
		.protocol = protocol,
		.action = FR_ACT_TO_TBL,
		.priority = 100 + below(2),
		.table = table,
		.source = some_prefix(family, family == AF_INET ? 24 : 64),
		.destination = {.address = {.family = family}},
	};
}

static struct net_address some_address(unsigned link)
{
	unsigned char family = below(2) ? AF_INET : AF_INET6;

	return (struct net_address){
		.link = link,
		.prefix = some_prefix(family, family == AF_INET ? 32 : 128),
	};
}

static bool has_route(const struct netstate *state, const struct net_route *route)
{
	for (size_t i = 0; i < state->n_routes; i++)
		if (net_route_same_key(&state->routes[i], route))
			return true;
	return false;
}

static bool has_rule(const struct netstate *state, const struct net_rule *rule)
{
	for (size_t i = 0; i < state->n_rules; i++)
		if (net_rule_equal(&state->rules[i], rule))
			return true;
	return false;
}

static bool has_address(const struct netstate *state, const struct net_address *address)
{
	for (size_t i = 0; i < state->n_addresses; i++)
		if (state->addresses[i].link == address->link &&
			ip_address_compare(
				&state->addresses[i].prefix.address, &address->prefix.address) == 0)
			return true;
	return false;
}

static void add_some(struct netstate *state, uint32_t table, unsigned char protocol, unsigned link)
{
	for (uint32_t i = below(5); i > 0; i--) {
		struct net_route route = some_route(table, protocol, link);
		if (!has_route(state, &route))
			assert_int_equal(netstate_add_route(state, &route), 0);
	}
	for (uint32_t i = below(4); i > 0; i--) {
		struct net_rule rule = some_rule(table, protocol);
		if (!has_rule(state, &rule))
			assert_int_equal(netstate_add_rule(state, &rule), 0);
	}
	for (uint32_t i = below(4); i > 0; i--) {
		struct net_address address = some_address(link);
		if (!has_address(state, &address))
			assert_int_equal(netstate_add_address(state, &address), 0);
	}
}

static void add_link(struct netstate *state, bool is_wanted)
{
	struct net_link link = {
		.index = LINK_INDEX,
		.name = "eth1",
		.up = is_wanted || below(2),
		.mtu = below(2) ? 9001 : 1500,
		.rp_filter = is_wanted ? 2 : (int)below(3),
	};
	assert_int_equal(netstate_add_link(state, &link), 0);
}

/* Objects of other programs on a host: in their tables, by their protocols, on their links. */
static void add_foreign(struct netstate *state)
{
	add_some(state, RT_TABLE_MAIN, RTPROT_KERNEL, OTHER_LINK);
	add_some(state, 300, NET_PROTOCOL_MYHA, OTHER_LINK);
	add_some(state, 301, RTPROT_STATIC, OTHER_LINK);
}

static void take_addresses(const struct netstate *state, struct ip_prefix *addresses, size_t *count)
{
	*count = 0;
	for (size_t i = 0; i < state->n_addresses; i++)
		if (state->addresses[i].link == LINK_INDEX && below(2))
			addresses[(*count)++] = state->addresses[i].prefix;
}

static bool is_removal(enum step_kind kind)
{
	return kind == STEP_ADDRESS_DELETE || kind == STEP_ROUTE_DELETE || kind == STEP_RULE_DELETE;
}

static void check_order(const struct plan *plan)
{
	bool removing = false;

	for (size_t i = 0; i < plan->count; i++) {
		if (is_removal(plan->steps[i].kind))
			removing = true;
		else
			assert_false(removing);
	}
}

/* All of `foreign` is in `state`, as it was. */
static void check_untouched(const struct netstate *foreign, const struct netstate *state)
{
	for (size_t i = 0; i < foreign->n_routes; i++) {
		bool found = false;
		for (size_t j = 0; !found && j < state->n_routes; j++)
			found = net_route_equal(&foreign->routes[i], &state->routes[j]);
		assert_true(found);
	}
	for (size_t i = 0; i < foreign->n_rules; i++)
		assert_true(has_rule(state, &foreign->rules[i]));
	for (size_t i = 0; i < foreign->n_addresses; i++)
		assert_true(has_address(state, &foreign->addresses[i]));
}

static void one_host(void)
{
	_cleanup_(netstate_done) struct netstate desired = {0};
	_cleanup_(netstate_done) struct netstate observed = {0};
	_cleanup_(netstate_done) struct netstate foreign = {0};
	_cleanup_(plan_done) struct plan plan = {0}, again = {0}, rest = {0};
	uint32_t foreign_seed;
	struct ip_prefix addresses[8];
	struct diff_input input = {
		.desired = &desired,
		.observed = &observed,
		.owned = {our_tables, ARRAY_SIZE(our_tables), addresses, 0},
		.interface = "eth1",
		.link = LINK_INDEX,
	};

	add_link(&desired, true);
	add_some(&desired, 100, NET_PROTOCOL_MYHA, LINK_INDEX);
	add_link(&observed, false);
	foreign_seed = seed;
	add_foreign(&observed);
	seed = foreign_seed;
	add_foreign(&foreign);
	add_some(&observed, 100, NET_PROTOCOL_MYHA, LINK_INDEX);
	add_some(&observed, 200, NET_PROTOCOL_MYHA, LINK_INDEX);
	take_addresses(&observed, addresses, &input.owned.n_addresses);

	assert_int_equal(diff_plan(&input, &plan), 0);
	check_order(&plan);
	golden_apply(&observed, &plan);
	check_untouched(&foreign, &observed);
	/*
	 * Routes that the kernel deletes with the last IPv4 address are added again if they are
	 * desired.
	 */
	assert_int_equal(diff_plan(&input, &again), 0);
	for (size_t i = 0; i < again.count; i++)
		assert_int_equal(again.steps[i].kind, STEP_ROUTE_ADD);
	golden_apply(&observed, &again);
	assert_int_equal(diff_plan(&input, &rest), 0);
	assert_int_equal(rest.count, 0);
}

static void test_many_hosts(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < HOSTS; i++) {
		seed = i;
		one_host();
	}
}

static void test_same_state(void **state)
{
	_cleanup_(netstate_done) struct netstate same = {0};
	_cleanup_(plan_done) struct plan plan = {0};
	struct diff_input input = {
		.desired = &same,
		.observed = &same,
		.owned = {our_tables, ARRAY_SIZE(our_tables), NULL, 0},
		.interface = "eth1",
		.link = LINK_INDEX,
	};

	(void)state;
	seed = 7;
	add_link(&same, true);
	for (int i = 0; i < 20; i++)
		add_some(&same, 100, NET_PROTOCOL_MYHA, LINK_INDEX);
	assert_int_equal(diff_plan(&input, &plan), 0);
	assert_int_equal(plan.count, 0);
}

/* As long as desired is not complete, nothing is taken away. */
static void test_additions_only(void **state)
{
	_cleanup_(netstate_done) struct netstate desired = {0};
	_cleanup_(netstate_done) struct netstate observed = {0};
	_cleanup_(plan_done) struct plan plan = {0};
	struct diff_input input = {
		.desired = &desired,
		.observed = &observed,
		.owned = {our_tables, ARRAY_SIZE(our_tables), NULL, 0},
		.interface = "eth1",
		.link = LINK_INDEX,
		.additions_only = true,
	};

	(void)state;
	seed = 11;
	add_link(&desired, true);
	add_link(&observed, true);
	while (!observed.n_rules || !observed.n_routes)
		add_some(&observed, 100, NET_PROTOCOL_MYHA, LINK_INDEX);
	assert_int_equal(diff_plan(&input, &plan), 0);
	for (size_t i = 0; i < plan.count; i++)
		assert_false(is_removal(plan.steps[i].kind));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_many_hosts),
		cmocka_unit_test(test_same_state),
		cmocka_unit_test(test_additions_only),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
