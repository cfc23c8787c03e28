/* SPDX-License-Identifier: Apache-2.0 */
#include "model/diff.h"

#include "model/address_delete.h"

#include <linux/rtnetlink.h>
#include <stdio.h>

static void describe_step(struct step *step, const struct diff_input *input, const char *reason)
{
	snprintf(step->interface, sizeof(step->interface), "%s", input->interface);
	snprintf(step->reason, sizeof(step->reason), "%s", reason);
}

static int add_step(
	const struct diff_input *input, struct plan *plan, struct step step, const char *reason)
{
	describe_step(&step, input, reason);
	return plan_add(plan, &step);
}

/* A recorded address of length 0 matches any prefix length. */
static bool owns_address(const struct owned *owned, const struct ip_prefix *found)
{
	for (size_t i = 0; i < owned->n_addresses; i++) {
		const struct ip_prefix *recorded = &owned->addresses[i];
		if (ip_address_compare(&recorded->address, &found->address) == 0 &&
			(!recorded->length || recorded->length == found->length))
			return true;
	}
	return false;
}

static bool owns_route(const struct diff_input *input, const struct net_route *route)
{
	return route->protocol == NET_PROTOCOL_MYHA && !route->multipath &&
	       net_table_is_listed(route->table, input->owned.tables, input->owned.n_tables);
}

static bool owns_rule(const struct diff_input *input, const struct net_rule *rule)
{
	return rule->protocol == NET_PROTOCOL_MYHA && !rule->other_selectors &&
	       net_table_is_listed(rule->table, input->owned.tables, input->owned.n_tables);
}

static const struct net_route *find_route_with_key(
	const struct netstate *state, const struct net_route *route)
{
	for (size_t i = 0; i < state->n_routes; i++)
		if (net_route_same_key(&state->routes[i], route))
			return &state->routes[i];
	return NULL;
}

/* MTU 0 and rp_filter -1 mean unknown (`found`) or not to be changed (`target`). */
static int add_link_steps(
	const struct diff_input *input, const struct net_link *target, struct plan *plan)
{
	const struct net_link *found = netstate_link_by_index(input->observed, target->index);
	struct step step = {.link = *target};
	char reason[sizeof(step.reason)];
	int err = 0;

	if (!found)
		return 0;
	if (target->mtu && target->mtu != found->mtu) {
		step.kind = STEP_LINK_MTU;
		snprintf(reason, sizeof(reason), "MTU is %u", (unsigned)found->mtu);
		err = add_step(input, plan, step, reason);
	}
	if (!err && target->rp_filter >= 0 && found->rp_filter >= 0 &&
		target->rp_filter != found->rp_filter) {
		step.kind = STEP_LINK_RP_FILTER;
		snprintf(reason, sizeof(reason), "rp_filter is %d", found->rp_filter);
		err = add_step(input, plan, step, reason);
	}
	if (!err && target->up && !found->up) {
		step.kind = STEP_LINK_UP;
		err = add_step(input, plan, step, "link is down");
	}
	return err;
}

static int add_addresses(const struct diff_input *input, struct plan *plan)
{
	const struct netstate *desired = input->desired;
	int err = 0;

	for (size_t i = 0; !err && i < desired->n_addresses; i++) {
		const struct net_address *target = &desired->addresses[i];
		/* Any prefix length counts: other software may have added the address. */
		const struct net_address *found = netstate_find_address_on_link(
			input->observed, target->link, &target->prefix.address);
		struct step step = {.kind = found ? STEP_ADDRESS_REPLACE : STEP_ADDRESS_ADD,
			.address = found ? *found : *target};
		if (found && !found->expires)
			continue;
		err = add_step(input, plan, step,
			found ? "address expires, like a DHCP lease"
			      : "EC2 assigned this address to the ENI");
	}
	return err;
}

static const char *route_purpose(const struct net_route *route)
{
	if (route->type == RTN_THROW)
		return "listed under \"except\" in the policy";
	if (ip_prefix_is_default(&route->destination))
		return "replies leave through the interface the request arrived on";
	return "subnet of the ENI";
}

/* Never replaces other software's route with the same key: then the kernel refuses our route. */
static int add_routes(const struct diff_input *input, struct plan *plan)
{
	const struct netstate *desired = input->desired;
	int err = 0;

	for (size_t i = 0; !err && i < desired->n_routes; i++) {
		const struct net_route *target = &desired->routes[i];
		const struct net_route *found = find_route_with_key(input->observed, target);
		struct step step = {.kind = STEP_ROUTE_ADD, .route = *target};
		if (found && net_route_equal(found, target))
			continue;
		if (found && owns_route(input, found))
			step.kind = STEP_ROUTE_REPLACE;
		err = add_step(input, plan, step, route_purpose(target));
	}
	return err;
}

static int add_rules(const struct diff_input *input, struct plan *plan)
{
	const struct netstate *desired = input->desired;
	int err = 0;

	for (size_t i = 0; !err && i < desired->n_rules; i++) {
		const struct net_rule *rule = &desired->rules[i];
		struct step step = {.kind = STEP_RULE_ADD, .rule = *rule};
		bool is_host = rule->source.length == ip_family_bits(rule->family);
		char number[16], reason[sizeof(step.reason)];
		if (netstate_has_rule(input->observed, rule))
			continue;
		snprintf(reason, sizeof(reason), "traffic from this %s uses table %s",
			is_host ? "address" : "subnet",
			table_names_format(input->names, rule->table, number));
		err = add_step(input, plan, step, reason);
	}
	return err;
}

static int remove_rules(const struct diff_input *input, struct plan *plan)
{
	const struct netstate *observed = input->observed;
	int err = 0;

	for (size_t i = 0; !err && i < observed->n_rules; i++) {
		const struct net_rule *found = &observed->rules[i];
		if (!owns_rule(input, found) || netstate_has_rule(input->desired, found))
			continue;
		struct step step = {.kind = STEP_RULE_DELETE, .rule = *found};
		err = add_step(input, plan, step, "no longer needed");
	}
	return err;
}

/* Whether myha added the address to the interface, and it is no longer desired. */
static bool is_obsolete_address(const struct diff_input *input, const struct net_address *found)
{
	return found->link == input->link && owns_address(&input->owned, &found->prefix) &&
	       !netstate_find_address_on_link(input->desired, input->link, &found->prefix.address);
}

/* Whether no IPv4 address remains: then the kernel deletes the link's IPv4 routes in all tables. */
static bool removes_last_ipv4(const struct diff_input *input)
{
	const struct netstate *observed = input->observed;

	for (size_t i = 0; i < observed->n_addresses; i++) {
		const struct net_address *found = &observed->addresses[i];
		if (found->link == input->link && found->prefix.address.family == AF_INET &&
			!is_obsolete_address(input, found))
			return false;
	}
	return netstate_count_addresses(observed, input->link, AF_INET) &&
	       !netstate_count_addresses(input->desired, input->link, AF_INET);
}

/* A step for a route that the kernel deletes by itself would fail, so there is none. */
static int remove_routes(const struct diff_input *input, struct plan *plan)
{
	const struct netstate *observed = input->observed;
	bool removes_ipv4 = removes_last_ipv4(input);
	int err = 0;

	for (size_t i = 0; !err && i < observed->n_routes; i++) {
		const struct net_route *found = &observed->routes[i];
		if (!owns_route(input, found) || find_route_with_key(input->desired, found) ||
			(removes_ipv4 && found->family == AF_INET && found->link == input->link))
			continue;
		struct step step = {.kind = STEP_ROUTE_DELETE, .route = *found};
		err = add_step(input, plan, step, "no longer needed");
	}
	return err;
}

static int remove_addresses(const struct diff_input *input, struct plan *plan)
{
	const struct netstate *observed = input->observed;
	int err = 0;

	for (size_t i = 0; !err && i < observed->n_addresses; i++) {
		const struct net_address *found = &observed->addresses[i];
		struct step step = {.kind = STEP_ADDRESS_DELETE, .address = *found};
		if (!is_obsolete_address(input, found))
			continue;
		describe_step(&step, input, "no longer needed");
		err = address_delete_plan(&step, observed, plan);
	}
	return err;
}

/* In this order an address never exists without its table: see diff.h. */
static int plan_changes(const struct diff_input *input, struct plan *plan)
{
	int err = 0;

	for (size_t i = 0; !err && i < input->desired->n_links; i++)
		err = add_link_steps(input, &input->desired->links[i], plan);
	if (!err)
		err = add_routes(input, plan);
	if (!err)
		err = add_rules(input, plan);
	if (!err)
		err = add_addresses(input, plan);
	if (err || input->additions_only)
		return err; /* `desired` is incomplete: observed objects may be right */
	err = remove_addresses(input, plan);
	if (!err)
		err = remove_rules(input, plan);
	if (!err)
		err = remove_routes(input, plan);
	return err;
}

/*
 * Plans with a copy of only the interface's objects: each search passes all objects, and the host
 * may have thousands of others.
 */
int diff_plan(const struct diff_input *input, struct plan *plan)
{
	_cleanup_(netstate_done) struct netstate interface_state = {0};
	struct diff_input interface_input = *input;
	int err = netstate_copy_interface(&interface_state, input->observed, input->link,
		input->owned.tables, input->owned.n_tables);

	interface_input.observed = &interface_state;
	return err ? err : plan_changes(&interface_input, plan);
}
