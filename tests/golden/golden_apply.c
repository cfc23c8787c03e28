/* SPDX-License-Identifier: Apache-2.0 */
#include "golden/golden_apply.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

static void change_link(struct netstate *state, const struct step *step)
{
	struct net_link *link = NULL;

	for (size_t i = 0; i < state->n_links; i++)
		if (state->links[i].index == step->link.index)
			link = &state->links[i];
	assert_non_null(link);
	if (step->kind == STEP_LINK_UP)
		link->up = true;
	else if (step->kind == STEP_LINK_MTU)
		link->mtu = step->link.mtu;
	else if (step->kind == STEP_LINK_PROMOTE_SECONDARIES)
		link->promote_secondaries = step->link.promote_secondaries;
	else
		link->rp_filter = step->link.rp_filter;
}

/* With the last IPv4 address of a link the kernel deletes the IPv4 routes through it. */
static void delete_address(struct netstate *state, size_t at)
{
	const struct net_address gone = state->addresses[at];

	state->addresses[at] = state->addresses[--state->n_addresses];
	if (gone.prefix.address.family != AF_INET ||
		netstate_count_addresses(state, gone.link, AF_INET))
		return;
	for (size_t i = state->n_routes; i-- > 0;)
		if (state->routes[i].family == AF_INET && state->routes[i].link == gone.link)
			state->routes[i] = state->routes[--state->n_routes];
}

static bool is_same_address(const struct net_address *a, const struct net_address *b)
{
	return a->link == b->link && ip_prefix_compare(&a->prefix, &b->prefix) == 0 &&
	       a->no_prefix_route == b->no_prefix_route;
}

static void change_address(struct netstate *state, const struct step *step)
{
	for (size_t i = 0; i < state->n_addresses; i++) {
		if (!is_same_address(&state->addresses[i], &step->address))
			continue;
		assert_int_not_equal(step->kind, STEP_ADDRESS_ADD);
		if (step->kind == STEP_ADDRESS_REPLACE)
			state->addresses[i].expires = false;
		else
			delete_address(state, i);
		return;
	}
	assert_int_equal(step->kind, STEP_ADDRESS_ADD);
	assert_int_equal(netstate_add_address(state, &step->address), 0);
}

static void change_route(struct netstate *state, const struct step *step)
{
	for (size_t i = 0; i < state->n_routes; i++) {
		if (!net_route_same_key(&state->routes[i], &step->route))
			continue;
		assert_int_not_equal(step->kind, STEP_ROUTE_ADD);
		if (step->kind == STEP_ROUTE_REPLACE)
			state->routes[i] = step->route;
		else
			state->routes[i] = state->routes[--state->n_routes];
		return;
	}
	assert_int_equal(step->kind, STEP_ROUTE_ADD);
	assert_int_equal(netstate_add_route(state, &step->route), 0);
}

static void change_rule(struct netstate *state, const struct step *step)
{
	for (size_t i = 0; i < state->n_rules; i++) {
		if (!net_rule_equal(&state->rules[i], &step->rule))
			continue;
		assert_int_equal(step->kind, STEP_RULE_DELETE);
		state->rules[i] = state->rules[--state->n_rules];
		return;
	}
	assert_int_equal(step->kind, STEP_RULE_ADD);
	assert_int_equal(netstate_add_rule(state, &step->rule), 0);
}

void golden_apply(struct netstate *state, const struct plan *plan)
{
	for (size_t i = 0; i < plan->count; i++) {
		const struct step *step = &plan->steps[i];
		switch (step->kind) {
		case STEP_LINK_UP:
		case STEP_LINK_MTU:
		case STEP_LINK_RP_FILTER:
		case STEP_LINK_PROMOTE_SECONDARIES:
			change_link(state, step);
			break;
		case STEP_ADDRESS_ADD:
		case STEP_ADDRESS_REPLACE:
		case STEP_ADDRESS_DELETE:
			change_address(state, step);
			break;
		case STEP_ROUTE_ADD:
		case STEP_ROUTE_REPLACE:
		case STEP_ROUTE_DELETE:
			change_route(state, step);
			break;
		case STEP_RULE_ADD:
		case STEP_RULE_DELETE:
			change_rule(state, step);
			break;
		}
	}
}
