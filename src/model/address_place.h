/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plans the placement of an address that moves between hosts: on one link of this host, or on none.
 * The address belongs to myha, on every link, even if other software added it.
 */
#pragma once

#include "model/plan.h"

struct address_placement {
	const char *kind, *name; /* "overlay", "sapascs": for the steps' reasons; borrowed */
	const char *label; /* IPv4 only: the kernel's label is LINK:LABEL; "": no label; borrowed */
	const char *reason; /* to place ("is routed to this host") or to remove; borrowed */
	struct ip_address address;
	bool is_overlay; /* connections that this host opens should not use it as source address */
	const struct net_link *link; /* target link; NULL: remove from all links; borrowed */
	/*
	 * Rules for an overlay's address; borrowed; NULL: no rule. All other rules of protocol 77
	 * (NET_PROTOCOL_MYHA) whose source is exactly this address are removed.
	 */
	const struct net_rule *rule; /* added before the address */
	const struct net_rule *kept_rule; /* kept, on whichever link the address is */
};

/*
 * Appends the steps that place the address: first additions on the target link, then deletions on
 * all other links. Returns 0 or -ENOMEM.
 */
int address_place_plan(const struct address_placement *placement, const struct netstate *observed,
	struct plan *plan);

/*
 * Finds `address` among the addresses that EC2 or DHCP gave to this host, which cannot be overlays.
 * Such an address has a subnet's prefix length or a finite lifetime. If is_policy_overlay, the
 * policy has an overlay with the address: then only a subnet's length counts, on the first address
 * of its family on a link other than loopback. NULL: no such address. Borrowed from `observed`.
 */
const struct net_address *address_place_find_own(
	const struct netstate *observed, const struct ip_address *address, bool is_policy_overlay);

/*
 * Finds an address of a non-virtual link whose subnet contains `address`: then `address` belongs to
 * an ENI. NULL: there is no such address. Borrowed from `observed`.
 */
const struct net_address *address_place_find_subnet(
	const struct netstate *observed, const struct ip_address *address);

/* Returns the first link that has the address, or NULL. Borrowed from `observed`. */
const struct net_link *address_place_find(
	const struct netstate *observed, const struct ip_address *address);
