/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Builds the network state that an interface should have, from the policy, the link and EC2's
 * facts.
 *
 * The result contains only objects of this interface. Objects that cannot be determined yet are
 * omitted, and `missing` names the condition to wait for. Without an advertised IPv6 router, the
 * IPv4 objects are complete.
 */
#pragma once

#include "model/facts.h"
#include "model/netstate.h"
#include "policy/policy.h"

/* Input of desired_missing_facts() and desired_build(). All borrowed. */
struct desired_input {
	const struct policy_interface *policy;
	const struct policy_overlay *overlays; /* all overlays of the policy */
	size_t n_overlays;
	const struct facts *facts;
	/* All links, addresses and rules; routes of the main and the entry's table. */
	const struct netstate *observed;
	const struct net_link *link; /* the interface; an element of `observed` */
};

struct desired {
	struct netstate state;
	const char *missing; /* condition that is not met yet, static; NULL: state is complete */
	unsigned char missing_family; /* AF_INET6: only IPv6 is incomplete; AF_UNSPEC: both are */
	char neighbour[IFNAMSIZ]; /* link in the same subnet: the rules are narrower; "": no link */
	char note[192]; /* deviations from the policy, for the administrator; "": none */
};

/* Returns the facts (FACT_BIT()s) to fetch next; 0: desired_build() has all it needs. */
unsigned desired_missing_facts(const struct desired_input *input);

/*
 * Call it only if facts_find_lag() returns NULL and desired_missing_facts() returns 0. Returns 0;
 * -EBADMSG: no router fits the subnet; -EADDRINUSE: another link has an ENI's address; -ENOMEM.
 */
int desired_build(
	const struct desired_input *input, struct desired *ret_desired, struct error *error);

void desired_done(struct desired *desired);
