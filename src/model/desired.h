/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Policy, link and facts → what the kernel should have for one interface.
 *
 * The result speaks of this interface alone. What cannot be known yet (the router that IPv6
 * advertises) is left out and named in `waiting`; everything that is known is there, so that IPv4
 * does not wait for IPv6.
 */
#pragma once

#include "base/error.h"
#include "model/facts.h"
#include "model/netstate.h"
#include "policy/policy.h"

/* What desired_build() thinks from. All borrowed. */
struct desired_input {
	const struct policy_interface *policy;
	const struct policy_overlay *overlays; /* all of the policy's */
	size_t n_overlays;
	const struct facts *facts;
	const struct netstate *observed; /* the host: all links, addresses, and the main table */
	const struct net_link *link; /* of `observed` */
};

struct desired {
	struct netstate state;
	const char *waiting; /* what has to come before the rest can be said; NULL: nothing */
	unsigned char waiting_family; /* AF_INET6: only that family waits; AF_UNSPEC: all does */
	char neighbour
		[IFNAMSIZ]; /* another link in the ENI's subnet, where that changed anything; "" */
	char note[192]; /* where the policy's word was not taken as it stands; else "" */
};

/* The facts (FACT_BIT()s) that have to be asked next before desired_build() can say all; 0: none.
 */
unsigned desired_facts(const struct desired_input *input);

/*
 * 0; -EBADMSG where the facts contradict themselves; -ENOMEM. The facts must be settled
 * (facts_lag()) and desired_facts() must be 0.
 */
int desired_build(
	const struct desired_input *input, struct desired *ret_desired, struct error *error);

void desired_done(struct desired *desired);
