/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plans the changes that turn the observed state into the desired state. Additions come first:
 * link, routes, rules, addresses. Removals come last and in the opposite order: addresses, rules,
 * routes. So an address never exists without its table. Otherwise the main table would send its
 * traffic out through the primary interface, where the kernel would resolve the router with this
 * address as the sender.
 *
 * Replaces and removes only routes and rules of protocol 77 in the interface's tables. Removes only
 * addresses that the record lists, with their lengths. If a desired address expires, replaces it by
 * a permanent one, even if other software added it.
 */
#pragma once

#include "base/error.h"
#include "model/plan.h"

/* The objects on the host that belong to this interface. All borrowed. */
struct owned {
	const uint32_t *tables; /* the interface's current and former ones; never the kernel's */
	size_t n_tables;
	const struct ip_prefix *addresses; /* added by myha to this link; length 0: any length */
	size_t n_addresses;
};

struct diff_input {
	const struct netstate *desired;
	const struct netstate *observed;
	struct owned owned;
	const char *interface; /* for the steps; borrowed */
	unsigned link; /* index of the interface; 0: the device is gone */
	const struct table_names *names; /* for the reasons; NULL: numbers; borrowed */
	bool additions_only; /* `desired` is incomplete: other objects may be right, remove none */
};

/* Appends the steps to `plan`. Returns 0 or -ENOMEM. */
int diff_plan(const struct diff_input *input, struct plan *plan);
