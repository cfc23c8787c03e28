/* SPDX-License-Identifier: Apache-2.0 */
#include "model/desired.h"

#include "model/placed_rule.h"
#include "model/router.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Accept packets whose source any route leads to: the check ignores the table of replies. */
#define RP_FILTER_LOOSE 2

static bool has_fact(const struct facts *facts, enum fact fact)
{
	return facts->known & FACT_BIT(fact);
}

/* Finds a link other than the interface's with an address in the subnet; NULL: no such link. */
static const struct net_link *find_other_link_in_subnet(
	const struct desired_input *input, const struct ip_prefix *subnet)
{
	const struct netstate *observed = input->observed;

	for (size_t i = 0; i < observed->n_addresses; i++) {
		const struct net_address *address = &observed->addresses[i];
		if (address->link == input->link->index ||
			!ip_prefix_contains(subnet, &address->prefix.address))
			continue;
		const struct net_link *link = netstate_link_by_index(observed, address->link);
		if (link && !link->loopback)
			return link;
	}
	return NULL;
}

/* Finds a link other than the interface's in any subnet of the ENI; NULL: no such link. */
static const struct net_link *find_link_in_same_subnet(const struct desired_input *input)
{
	const struct facts *facts = input->facts;
	const struct net_link *link = NULL;

	if (has_fact(facts, FACT_SUBNET_IPV4))
		link = find_other_link_in_subnet(input, &facts->subnet4);
	for (size_t i = 0; !link && i < facts->subnets6.count; i++)
		link = find_other_link_in_subnet(input, &facts->subnets6.items[i]);
	return link;
}

/*
 * If another link is in the subnet, the rules match only the ENI's own addresses: a rule for the
 * subnet would also match the other link's traffic.
 */
static enum policy_source choose_source(const struct desired_input *input)
{
	enum policy_source source = input->policy->source;

	if (source == POLICY_SOURCE_SUBNET && find_link_in_same_subnet(input))
		return POLICY_SOURCE_ADDRESSES;
	return source;
}

/* Call it until it returns 0: the values of the first facts decide what else is needed. */
unsigned desired_missing_facts(const struct desired_input *input)
{
	const struct facts *facts = input->facts;
	unsigned queried = facts->known | facts->absent;
	/* The subnet shows whether an ENI without IPv4 addresses is IPv6-only or late. */
	unsigned needed = FACT_BIT(FACT_DEVICE_NUMBER) | FACT_BIT(FACT_LOCAL_IPV4S) |
			  FACT_BIT(FACT_SUBNET_IPV4);

	if (facts_lag_needs_primary_mac(facts))
		needed |= FACT_BIT(FACT_PRIMARY_MAC);
	if (needed & ~queried)
		return needed & ~queried;

	needed |= FACT_BIT(FACT_IPV6S);
	switch (choose_source(input)) {
	case POLICY_SOURCE_SUBNET:
		if (has_fact(facts, FACT_IPV6S))
			needed |= FACT_BIT(FACT_SUBNET_IPV6);
		break;
	case POLICY_SOURCE_ADDRESSES:
		if (has_fact(facts, FACT_LOCAL_IPV4S))
			needed |= FACT_BIT(FACT_IPV4_PREFIX);
		needed |= FACT_BIT(FACT_IPV6_PREFIX);
		break;
	case POLICY_SOURCE_LIST:
		break;
	}
	return needed & ~queried;
}

/* Finds the link of the main table's best default route: EC2's DHCP gave it the VPC's MTU. */
static const struct net_link *find_reference_link(const struct desired_input *input)
{
	const struct netstate *observed = input->observed;
	const struct net_route *best = NULL;

	for (size_t i = 0; i < observed->n_routes; i++) {
		const struct net_route *route = &observed->routes[i];
		if (route->table != RT_TABLE_MAIN || route->type != RTN_UNICAST ||
			!ip_prefix_is_default(&route->destination) ||
			route->link == input->link->index)
			continue;
		const struct net_link *link = netstate_link_by_index(observed, route->link);
		/* A tunnel, which has no MAC address, has an MTU of its own. */
		if (link && mac_is_set(&link->mac) && (!best || route->metric < best->metric))
			best = route;
	}
	return best ? netstate_link_by_index(observed, best->link) : NULL;
}

/* Returns the policy's MTU or the reference link's, up to max_mtu; 0: do not change the MTU. */
static uint32_t choose_mtu(const struct desired_input *input)
{
	const struct net_link *reference = find_reference_link(input);
	uint32_t mtu = input->policy->mtu, max = input->link->max_mtu;

	if (!mtu && reference)
		mtu = reference->mtu;
	return max && mtu > max ? max : mtu;
}

/* With "addresses: none" another program configures the link: myha sets only rp_filter. */
static int add_link(const struct desired_input *input, struct desired *desired)
{
	bool is_configured = input->policy->addresses == POLICY_ADDRESSES_IMDS;
	struct net_link link = *input->link;

	link.mtu = is_configured ? choose_mtu(input) : 0;
	link.rp_filter = RP_FILTER_LOOSE;
	link.up = link.up || is_configured;
	if (!link.up)
		desired->missing =
			"the link is down: another program must bring the link up (addresses: none)";
	return netstate_add_link(&desired->state, &link);
}

static bool has_ipv6(const struct facts *facts)
{
	return facts->ipv6s.count || facts->delegated6.count;
}

static bool uses_ipv6(const struct desired_input *input)
{
	return has_ipv6(input->facts) && !input->link->no_ipv6;
}

static int add_address(const struct desired_input *input, struct desired *desired,
	const struct ip_address *ip, unsigned char length, bool no_prefix_route)
{
	struct net_address address = {
		.link = input->link->index,
		.prefix = {.address = *ip, .length = length},
		.no_prefix_route = no_prefix_route,
	};
	return netstate_add_address(&desired->state, &address);
}

/* Whether it is a primary address of another ENI, or leased by DHCP to another ENI's link. */
static bool belongs_to_other_link(
	const struct desired_input *input, const struct net_address *found)
{
	const struct net_link *link = netstate_link_by_index(input->observed, found->link);
	bool is_host_length = found->prefix.length == ip_family_bits(found->prefix.address.family);
	bool is_primary_or_leased = found->expires || (!is_host_length && !found->secondary);

	return link && link->index != input->link->index && !link->is_virtual && !link->loopback &&
	       is_primary_or_leased;
}

/*
 * Refuses an address of `hosts` that belongs to another link: attach would record it as added by
 * myha, and a later detach could remove it and cut off the host.
 */
static int refuse_addresses_of_other_links(
	const struct desired_input *input, const struct prefix_list *hosts, struct error *error)
{
	const struct netstate *observed = input->observed;
	char text[IP_ADDRESS_TEXT_SIZE];

	for (size_t i = 0; i < observed->n_addresses; i++) {
		const struct net_address *found = &observed->addresses[i];
		const struct ip_prefix host = ip_prefix_of_host(&found->prefix.address);
		if (!prefix_list_has(hosts, &host) || !belongs_to_other_link(input, found))
			continue;
		return error_set(error, OUTCOME_FAILED, EADDRINUSE,
			"EC2's metadata list %s, but this address belongs to %s: compare \"ip address\" with the addresses of both ENIs in EC2",
			ip_address_format(&found->prefix.address, text),
			netstate_link_by_index(observed, found->link)->name);
	}
	return 0;
}

/*
 * The primary address has the subnet's length, so that the kernel adds the connected route to the
 * main table, as with DHCP. If another link is in that subnet, the primary address has host
 * length and adds no route. All others have host length, to not depend on the primary one.
 */
static int add_addresses(const struct desired_input *input, struct desired *desired)
{
	const struct facts *facts = input->facts;
	int err = 0;

	if (input->policy->addresses != POLICY_ADDRESSES_IMDS)
		return 0;
	for (size_t i = 0; !err && i < facts->ipv4s.count; i++) {
		const struct ip_address *ip = &facts->ipv4s.items[i].address;
		bool adds_route = i == 0 && !find_link_in_same_subnet(input);
		unsigned char length = adds_route ? facts->subnet4.length : 32;
		err = add_address(input, desired, ip, length, !adds_route);
	}
	for (size_t i = 0; !err && uses_ipv6(input) && i < facts->ipv6s.count; i++)
		err = add_address(input, desired, &facts->ipv6s.items[i].address, 128, true);
	return err;
}

/* Makes a route of the interface's table. 1024 is the kernel's default metric for IPv6. */
static struct net_route make_route(
	const struct desired_input *input, const struct ip_prefix *destination)
{
	bool ipv6 = destination->address.family == AF_INET6;

	return (struct net_route){
		.family = destination->address.family,
		.type = RTN_UNICAST,
		.protocol = NET_PROTOCOL_MYHA,
		.scope = RT_SCOPE_UNIVERSE,
		.table = input->policy->table,
		.metric = ipv6 ? 1024 : 0,
		.destination = *destination,
		.link = input->link->index,
	};
}

/*
 * A throw route ends the lookup in this table: the kernel continues with the next rules, the main
 * table's among them. It has no link: rtnl_decode_route() ignores the loopback link of IPv6 dumps.
 */
static int add_throw_routes(
	const struct desired_input *input, struct desired *desired, unsigned char family)
{
	int err = 0;

	for (size_t i = 0; !err && i < input->policy->n_except; i++) {
		struct net_route route = make_route(input, &input->policy->except[i]);
		if (route.family != family)
			continue;
		route.type = RTN_THROW;
		route.link = 0;
		err = netstate_add_route(&desired->state, &route);
	}
	return err;
}

/* Throw, subnet and default routes. The kernel refuses a gateway in no subnet unless "onlink". */
static int add_routes_of_family(const struct desired_input *input, struct desired *desired,
	unsigned char family, const struct prefix_list *subnets, const struct ip_address *gateway)
{
	const struct ip_prefix everything = {.address = {.family = family}};
	bool in_subnet = family == AF_INET6 && ip_address_is_link_local(gateway);
	struct net_route route;
	int err = add_throw_routes(input, desired, family);

	for (size_t i = 0; !err && i < subnets->count; i++) {
		in_subnet |= ip_prefix_contains(&subnets->items[i], gateway);
		route = make_route(input, &subnets->items[i]);
		if (family == AF_INET)
			route.scope = RT_SCOPE_LINK;
		err = netstate_add_route(&desired->state, &route);
	}
	if (err)
		return err;
	route = make_route(input, &everything);
	route.gateway = *gateway;
	route.onlink = !in_subnet;
	return netstate_add_route(&desired->state, &route);
}

/* Uses the policy's gateway, or else the VPC's router, which has the subnet's first address. */
static int add_ipv4_routes(
	const struct desired_input *input, struct desired *desired, struct error *error)
{
	struct ip_prefix subnet = input->facts->subnet4;
	struct prefix_list subnets = {.items = &subnet, .count = 1};
	struct ip_address gateway = input->policy->gateway;
	char text[IP_PREFIX_TEXT_SIZE];

	if (gateway.family != AF_INET && ip_prefix_first_host(&subnet, &gateway))
		return error_set(error, OUTCOME_FAILED, EBADMSG,
			"EC2's metadata report the subnet %s, which has no address for a router",
			ip_prefix_format(&subnet, text));
	return add_routes_of_family(input, desired, AF_INET, &subnets, &gateway);
}

/* Uses the policy's gateway or an advertised router; without both, only sets desired->missing. */
static int add_ipv6_routes(const struct desired_input *input, struct desired *desired)
{
	struct ip_address gateway = input->policy->gateway;

	if (gateway.family != AF_INET6 &&
		!router_find(input->observed, input->link->index, input->policy->table, &gateway)) {
		desired->missing = "no IPv6 router has been advertised on the link yet";
		desired->missing_family = AF_INET6;
		return 0;
	}
	return add_routes_of_family(input, desired, AF_INET6, &input->facts->subnets6, &gateway);
}

/* Adds a rule that leads traffic from `source` to the interface's table. */
static int add_rule(
	const struct desired_input *input, struct desired *desired, const struct ip_prefix *source)
{
	struct net_rule rule = {
		.family = source->address.family,
		.protocol = NET_PROTOCOL_MYHA,
		.action = FR_ACT_TO_TBL,
		.priority = input->policy->priority,
		.table = input->policy->table,
		.source = *source,
		.destination = {.address = {.family = source->address.family}},
	};
	return netstate_add_rule(&desired->state, &rule);
}

static int add_rules(const struct desired_input *input, struct desired *desired,
	unsigned char family, const struct ip_prefix *sources, size_t count)
{
	int err = 0;

	for (size_t i = 0; !err && i < count; i++)
		if (sources[i].address.family == family)
			err = add_rule(input, desired, &sources[i]);
	return err;
}

/*
 * Replies from an overlay address must leave through the interface that has the address: only its
 * ENI has the source/destination check off. Also keeps rules of overlays outside of the policy.
 */
static int add_overlay_rules(
	const struct desired_input *input, struct desired *desired, unsigned char family)
{
	const struct netstate *observed = input->observed;
	int err = 0;

	for (size_t i = 0; !err && i < input->n_overlays; i++) {
		const struct policy_overlay *overlay = &input->overlays[i];
		struct ip_prefix host = ip_prefix_of_host(&overlay->address);
		if (overlay->address.family == family &&
			netstate_link_by_name(observed, overlay->interface) == input->link)
			err = add_rule(input, desired, &host);
	}
	for (size_t i = 0; !err && i < observed->n_rules; i++)
		if (observed->rules[i].family == family &&
			placed_rule_matches(&observed->rules[i], input))
			err = add_rule(input, desired, &observed->rules[i].source);
	return err;
}

/* Adds a rule for each prefix of the source: subnet, addresses of the ENI, or the policy's list. */
static int add_source_rules(const struct desired_input *input, struct desired *desired,
	unsigned char family, enum policy_source source)
{
	const struct facts *facts = input->facts;
	bool ipv4 = family == AF_INET;
	const struct prefix_list *hosts = ipv4 ? &facts->ipv4s : &facts->ipv6s;
	const struct prefix_list *delegated = ipv4 ? &facts->delegated4 : &facts->delegated6;
	int err;

	switch (source) {
	case POLICY_SOURCE_SUBNET:
		if (ipv4)
			return add_rules(input, desired, family, &facts->subnet4, 1);
		return add_rules(
			input, desired, family, facts->subnets6.items, facts->subnets6.count);
	case POLICY_SOURCE_ADDRESSES:
		err = add_rules(input, desired, family, hosts->items, hosts->count);
		if (err)
			return err;
		return add_rules(input, desired, family, delegated->items, delegated->count);
	case POLICY_SOURCE_LIST:
		return add_rules(
			input, desired, family, input->policy->sources, input->policy->n_sources);
	}
	return 0;
}

static int add_rules_of_family(const struct desired_input *input, struct desired *desired,
	unsigned char family, enum policy_source source)
{
	int err = add_source_rules(input, desired, family, source);

	return err ? err : add_overlay_rules(input, desired, family);
}

/* If false, no rule would lead to the family's routes: they and a router are not needed. */
static bool has_source_of_family(const struct desired_input *input, unsigned char family)
{
	if (input->policy->source != POLICY_SOURCE_LIST)
		return true;
	for (size_t i = 0; i < input->policy->n_sources; i++)
		if (input->policy->sources[i].address.family == family)
			return true;
	return false;
}

/* Appends to the note, after a semicolon. A note that is too long is cut. */
static _printf_(2, 3) void add_note(struct desired *desired, const char *format, ...)
{
	size_t used = strlen(desired->note);
	va_list arguments;

	if (used && used + 2 < sizeof(desired->note)) {
		memcpy(desired->note + used, "; ", 3); /* 3: with the NUL */
		used += 2;
	}
	va_start(arguments, format);
	vsnprintf(desired->note + used, sizeof(desired->note) - used, format, arguments);
	va_end(arguments);
}

/* Builds only the link if it is down (desired->missing): the kernel refuses routes through it. */
static int build_all(
	const struct desired_input *input, struct desired *desired, struct error *error)
{
	enum policy_source source = choose_source(input);
	const struct facts *facts = input->facts;
	int err;

	if (source != input->policy->source) {
		snprintf(desired->neighbour, sizeof(desired->neighbour), "%s",
			find_link_in_same_subnet(input)->name);
		add_note(desired,
			"%s is in the same subnet: source rules match only the addresses of this ENI",
			desired->neighbour);
	}
	if (has_ipv6(facts) && input->link->no_ipv6)
		add_note(desired,
			"IPv6 is disabled on %s: IPv6 addresses of the ENI are not configured",
			input->link->name);
	err = refuse_addresses_of_other_links(input, &facts->ipv4s, error);
	if (!err)
		err = refuse_addresses_of_other_links(input, &facts->ipv6s, error);
	if (!err)
		err = add_link(input, desired);
	if (err || desired->missing)
		return err;
	err = add_addresses(input, desired);
	if (!err && has_fact(facts, FACT_SUBNET_IPV4) && has_source_of_family(input, AF_INET)) {
		err = add_ipv4_routes(input, desired, error);
		if (!err)
			err = add_rules_of_family(input, desired, AF_INET, source);
	}
	if (!err && uses_ipv6(input) && has_source_of_family(input, AF_INET6)) {
		err = add_ipv6_routes(input, desired);
		/* A rule to a table without a default route would only hide the main table. */
		if (!err && !desired->missing)
			err = add_rules_of_family(input, desired, AF_INET6, source);
	}
	return err;
}

int desired_build(
	const struct desired_input *input, struct desired *ret_desired, struct error *error)
{
	struct desired desired = {0};
	int err = build_all(input, &desired, error);

	if (err)
		desired_done(&desired);
	else
		*ret_desired = desired;
	return err;
}

void desired_done(struct desired *desired)
{
	netstate_done(&desired->state);
}
