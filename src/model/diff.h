/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Desired against observed → plan. Additions come first: link, routes, rules, addresses; removals last
 * and in the opposite order: addresses, rules, routes. So no address is there without its table: the
 * main table would send its traffic out by the primary interface, and the kernel would ask there for
 * the router in the name of the address.
 *
 * Only what is ours is ever removed or replaced: routes and rules of protocol 77 in our tables, and
 * addresses that we remember having added, with their lengths.
 */
#pragma once

#include "base/error.h"
#include "model/netstate.h"
#include "model/plan.h"

/* What of the host's state belongs to this interface of ours. Borrowed. */
struct owned {
	const uint32_t *tables; /* this interface's, past and present; never the kernel's own */
	size_t n_tables;
	const struct ip_prefix *addresses; /* added by us to this link; length 0: not known */
	size_t n_addresses;
};

struct diff_input {
	const struct netstate *desired;
	const struct netstate *observed;
	struct owned owned;
	const char *interface;
	unsigned link; /* its index; 0: the device is gone */
	bool additions_only; /* desired is not complete yet: what it does not name may be right */
};

/* Appends to `plan` what turns observed into desired for the interface. Returns 0 or -ENOMEM. */
int diff_plan(const struct diff_input *input, struct plan *plan);
