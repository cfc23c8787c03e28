/* SPDX-License-Identifier: Apache-2.0 */
#include "model/netstate.h"

#include "base/cleanup.h"

#include <stdlib.h>
#include <string.h>

void netstate_done(struct netstate *state)
{
	if (!state)
		return;
	free(state->links);
	free(state->addresses);
	free(state->routes);
	free(state->rules);
	*state = (struct netstate){0};
}

int netstate_add_link(struct netstate *state, const struct net_link *link)
{
	return array_add(
		&state->links, &state->links_capacity, &state->n_links, link, sizeof(*link));
}

int netstate_add_address(struct netstate *state, const struct net_address *address)
{
	return array_add(&state->addresses, &state->addresses_capacity, &state->n_addresses,
		address, sizeof(*address));
}

int netstate_add_route(struct netstate *state, const struct net_route *route)
{
	return array_add(
		&state->routes, &state->routes_capacity, &state->n_routes, route, sizeof(*route));
}

int netstate_add_rule(struct netstate *state, const struct net_rule *rule)
{
	return array_add(
		&state->rules, &state->rules_capacity, &state->n_rules, rule, sizeof(*rule));
}

static bool has_altname(const struct net_link *link, const char *name)
{
	for (size_t i = 0; i < NET_ALTNAMES_MAX && link->altnames[i][0]; i++)
		if (strcmp(link->altnames[i], name) == 0)
			return true;
	return false;
}

const struct net_link *netstate_link_by_name(const struct netstate *state, const char *name)
{
	for (size_t i = 0; i < state->n_links; i++)
		if (strcmp(state->links[i].name, name) == 0)
			return &state->links[i];
	for (size_t i = 0; i < state->n_links; i++)
		if (has_altname(&state->links[i], name))
			return &state->links[i];
	return NULL;
}

const struct net_link *netstate_link_by_index(const struct netstate *state, unsigned index)
{
	for (size_t i = 0; i < state->n_links; i++)
		if (state->links[i].index == index)
			return &state->links[i];
	return NULL;
}

const struct net_link *netstate_link_of_eni(const struct netstate *state, const struct mac *mac)
{
	for (size_t i = 0; i < state->n_links; i++)
		if (!state->links[i].is_virtual &&
			memcmp(&state->links[i].mac, mac, sizeof(*mac)) == 0)
			return &state->links[i];
	return NULL;
}

const char *net_link_fault(const struct net_link *link)
{
	if (!link->up)
		return "is down";
	return link->no_carrier ? "has no carrier" : NULL;
}

const struct net_address *netstate_find_address_on_link(
	const struct netstate *state, unsigned link, const struct ip_address *address)
{
	const struct net_address *found = NULL;

	/* After an address that expires, looks for one that does not. */
	for (size_t i = 0; i < state->n_addresses && (!found || found->expires); i++)
		if (state->addresses[i].link == link &&
			ip_address_compare(&state->addresses[i].prefix.address, address) == 0)
			found = &state->addresses[i];
	return found;
}

const struct net_address *netstate_find_address(
	const struct netstate *state, const struct ip_address *address)
{
	for (size_t i = 0; i < state->n_addresses; i++)
		if (ip_address_compare(&state->addresses[i].prefix.address, address) == 0)
			return &state->addresses[i];
	return NULL;
}

size_t netstate_count_addresses(const struct netstate *state, unsigned link, unsigned char family)
{
	size_t count = 0;

	for (size_t i = 0; i < state->n_addresses; i++)
		count += /* 0 or 1 */ state->addresses[i].link == link &&
			 state->addresses[i].prefix.address.family == family;
	return count;
}

bool netstate_has_rule(const struct netstate *state, const struct net_rule *rule)
{
	for (size_t i = 0; i < state->n_rules; i++)
		if (net_rule_equal(&state->rules[i], rule))
			return true;
	return false;
}

bool netstate_uses_table(const struct netstate *state, uint32_t table, unsigned char family)
{
	for (size_t i = 0; i < state->n_rules; i++)
		if (state->rules[i].family == family && state->rules[i].table == table &&
			state->rules[i].protocol == NET_PROTOCOL_MYHA)
			return true;
	return false;
}

bool net_route_equal(const struct net_route *a, const struct net_route *b)
{
	return net_route_same_key(a, b) && a->type == b->type && a->protocol == b->protocol &&
	       a->scope == b->scope && ip_address_compare(&a->gateway, &b->gateway) == 0 &&
	       a->link == b->link && a->onlink == b->onlink && a->multipath == b->multipath;
}

/* Does not compare `selectors`: a rule of myha has none, which other_selectors shows. */
bool net_rule_equal(const struct net_rule *a, const struct net_rule *b)
{
	return a->family == b->family && a->protocol == b->protocol && a->action == b->action &&
	       a->priority == b->priority && a->table == b->table &&
	       ip_prefix_compare(&a->source, &b->source) == 0 &&
	       ip_prefix_compare(&a->destination, &b->destination) == 0 &&
	       a->other_selectors == b->other_selectors;
}

bool net_route_same_key(const struct net_route *a, const struct net_route *b)
{
	return a->family == b->family && a->table == b->table && a->tos == b->tos &&
	       a->metric == b->metric && ip_prefix_compare(&a->destination, &b->destination) == 0;
}

bool net_table_is_listed(uint32_t table, const uint32_t *tables, size_t n_tables)
{
	for (size_t i = 0; i < n_tables; i++)
		if (tables[i] == table)
			return true;
	return false;
}

int netstate_copy_interface(struct netstate *state, const struct netstate *from, unsigned link,
	const uint32_t *tables, size_t n_tables)
{
	int err = 0;

	for (size_t i = 0; !err && i < from->n_links; i++)
		if (from->links[i].index == link)
			err = netstate_add_link(state, &from->links[i]);
	for (size_t i = 0; !err && i < from->n_addresses; i++)
		if (from->addresses[i].link == link)
			err = netstate_add_address(state, &from->addresses[i]);
	for (size_t i = 0; !err && i < from->n_routes; i++)
		if (net_table_is_listed(from->routes[i].table, tables, n_tables))
			err = netstate_add_route(state, &from->routes[i]);
	for (size_t i = 0; !err && i < from->n_rules; i++)
		if (net_table_is_listed(from->rules[i].table, tables, n_tables))
			err = netstate_add_rule(state, &from->rules[i]);
	return err;
}
