/* SPDX-License-Identifier: Apache-2.0 */
#include "model/address_place.h"

#include "model/address_delete.h"

#include <stdio.h>
#include <string.h>

static bool address_matches(const struct net_address *found, const struct ip_address *address)
{
	return ip_address_compare(&found->prefix.address, address) == 0;
}

const struct net_link *address_place_find(
	const struct netstate *observed, const struct ip_address *address)
{
	const struct net_address *found = netstate_find_address(observed, address);

	return found ? netstate_link_by_index(observed, found->link) : NULL;
}

static bool has_host_length(const struct net_address *found)
{
	return found->prefix.length == ip_family_bits(found->prefix.address.family);
}

/* Whether no earlier address of the link has the family of `found`, which always ends the loop. */
static bool is_first_on_link(const struct netstate *observed, const struct net_address *found)
{
	const struct net_address *first = observed->addresses;

	while (first->link != found->link ||
		first->prefix.address.family != found->prefix.address.family)
		first++;
	return first == found;
}

/* Whether EC2 or DHCP gave the address to the host, so that it cannot be an overlay. */
static bool is_given_to_host(
	const struct netstate *observed, const struct net_address *found, bool is_policy_overlay)
{
	const struct net_link *link = netstate_link_by_index(observed, found->link);

	if (has_host_length(found))
		return found->expires && !is_policy_overlay;
	return !is_policy_overlay || (link && !link->loopback && is_first_on_link(observed, found));
}

const struct net_address *address_place_find_own(
	const struct netstate *observed, const struct ip_address *address, bool is_policy_overlay)
{
	for (size_t i = 0; i < observed->n_addresses; i++)
		if (address_matches(&observed->addresses[i], address) &&
			is_given_to_host(observed, &observed->addresses[i], is_policy_overlay))
			return &observed->addresses[i];
	return NULL;
}

const struct net_address *address_place_find_subnet(
	const struct netstate *observed, const struct ip_address *address)
{
	/* A length shorter than /32 or /128 is that of the ENI's subnet. */
	for (size_t i = 0; i < observed->n_addresses; i++) {
		const struct net_address *found = &observed->addresses[i];
		const struct net_link *link = netstate_link_by_index(observed, found->link);
		if (!has_host_length(found) && link && !link->is_virtual &&
			ip_prefix_contains(&found->prefix, address))
			return found;
	}
	return NULL;
}

/* Sets the reason "KIND NAME REASON". A long name is cut, so that the reason fits. */
static void set_reason(struct step *step, const struct address_placement *placement,
	const char *interface, const char *reason)
{
	snprintf(step->interface, sizeof(step->interface), "%s", interface);
	snprintf(step->reason, sizeof(step->reason), "%s %.40s %s", placement->kind,
		placement->name, reason);
}

/* Sets LINK:LABEL (IPv4 only), or no label if it would be too long: it is only informational. */
static void set_label(const struct address_placement *placement, struct net_address *address)
{
	char label[2 * IFNAMSIZ];
	int length = snprintf(
		label, sizeof(label), "%s:%s", placement->link->name, placement->label);

	if (placement->label[0] && placement->address.family == AF_INET && length < IFNAMSIZ)
		memcpy(address->label, label, (size_t)length + 1);
}

/* A permanent address that the link already has, with any prefix length, is not changed. */
static int add_address(const struct address_placement *placement, const struct netstate *observed,
	struct plan *plan)
{
	const struct net_address *found = netstate_find_address_on_link(
		observed, placement->link->index, &placement->address);
	struct step step = {
		.kind = STEP_ADDRESS_ADD,
		.address = {.link = placement->link->index,
			.prefix = ip_prefix_of_host(&placement->address),
			.no_prefix_route = true},
	};

	if (found && !found->expires)
		return 0;
	if (found) { /* it expires: make it permanent */
		step.kind = STEP_ADDRESS_REPLACE;
		step.address = *found;
	} else {
		set_label(placement, &step.address);
	}
	/* Else the kernel may use the overlay as source address of this host's connections. */
	step.address.not_preferred = placement->is_overlay && placement->address.family == AF_INET6;
	set_reason(&step, placement, placement->link->name, placement->reason);
	return plan_add(plan, &step);
}

/* Call it before add_address(): without the rule, replies would leave through another link. */
static int add_rule(const struct address_placement *placement, const struct netstate *observed,
	struct plan *plan)
{
	struct step step = {.kind = STEP_RULE_ADD};

	if (!placement->rule /* none needed */ || netstate_has_rule(observed, placement->rule))
		return 0;
	step.rule = *placement->rule;
	set_reason(&step, placement, placement->link->name, "uses the table of its interface");
	return plan_add(plan, &step);
}

/* Whether myha added `found` for exactly this address, and the placement has no such rule. */
static bool is_obsolete_rule(
	const struct address_placement *placement, const struct net_rule *found)
{
	const struct ip_prefix host = ip_prefix_of_host(&placement->address);

	return found->protocol == NET_PROTOCOL_MYHA && !found->other_selectors &&
	       ip_prefix_compare(&found->source, &host) == 0 &&
	       !(placement->rule && net_rule_equal(found, placement->rule)) &&
	       !(placement->kept_rule && net_rule_equal(found, placement->kept_rule));
}

/* Only for overlays: attach and detach manage the rules of an ENI's addresses. */
static int remove_obsolete_rules(const struct address_placement *placement,
	const struct netstate *observed, struct plan *plan)
{
	int err = 0;

	for (size_t i = 0; !err && placement->is_overlay && i < observed->n_rules; i++) {
		struct step step = {.kind = STEP_RULE_DELETE, .rule = observed->rules[i]};
		if (!is_obsolete_rule(placement, &observed->rules[i]))
			continue;
		set_reason(&step, placement, placement->link ? placement->link->name : "",
			placement->link ? "uses another table" : placement->reason);
		err = plan_add(plan, &step);
	}
	return err;
}

int address_place_plan(const struct address_placement *placement, const struct netstate *observed,
	struct plan *plan)
{
	int err = 0;

	if (placement->link)
		err = add_rule(placement, observed, plan);
	if (!err && placement->link)
		err = add_address(placement, observed, plan);
	for (size_t i = 0; !err && i < observed->n_addresses; i++) {
		const struct net_address *found = &observed->addresses[i];
		const struct net_link *link = netstate_link_by_index(observed, found->link);
		struct step step = {.kind = STEP_ADDRESS_DELETE, .address = *found};
		if (!link || !address_matches(found, &placement->address) ||
			(placement->link && link->index == placement->link->index))
			continue;
		set_reason(&step, placement, link->name,
			placement->link ? "belongs on another interface" : placement->reason);
		err = address_delete_plan(&step, observed, plan);
	}
	return err ? err : remove_obsolete_rules(placement, observed, plan);
}
