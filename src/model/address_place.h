/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An address that moves between hosts, on this one: on one link, or on none. It is nobody's but the
 * overlay's, so that whoever put it there, on whichever link, it is moved or taken away.
 */
#pragma once

#include "model/netstate.h"
#include "model/plan.h"

struct address_place {
	const char *kind, *name; /* "overlay", "sapascs": for reasons; borrowed */
	const char
		*label; /* appended to the link's name and a colon; "": none; IPv4 alone has such */
	const char *why; /* it is to be here, "is routed to this host", or on no link */
	struct ip_address address;
	bool is_shared; /* it is the service's alone: not for the host's own connections */
	const struct net_link *link; /* that is to have it; NULL: none is; borrowed */
	/*
	 * Of an address that is shared, both borrowed, NULL: none. All other rules of ours for its traffic
	 * are removed.
	 */
	const struct net_rule *rule; /* that is to come with it */
	const struct net_rule *kept_rule; /* that stays, wherever it is */
};

/* Appends what turns observed into that: first where it is to be, then away from elsewhere. -ENOMEM. */
int address_place_plan(
	const struct address_place *place, const struct netstate *observed, struct plan *plan);

/*
 * The address as this host's own, which no overlay is: with the length of a subnet, or leased; where the
 * policy lists the overlay (is_listed) only with a subnet's length, as the first address of a link. NULL:
 * the host has none such.
 */
const struct net_address *address_place_find_own(
	const struct netstate *observed, const struct ip_address *address, bool is_listed);

/* A link's address in whose subnet this one is, which is then an ENI's; NULL: none. */
const struct net_address *address_place_find_subnet(
	const struct netstate *observed, const struct ip_address *address);

/* The link that has the address now, or NULL. */
const struct net_link *address_place_find(
	const struct netstate *observed, const struct ip_address *address);
