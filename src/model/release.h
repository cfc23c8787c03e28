/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks whether an address may be released from this host by name. Only secondary private IPv4
 * addresses of its ENIs may, so that a typing error does not cut off the host.
 */
#pragma once

#include "model/netstate.h"
#include "policy/policy.h"

/* All borrowed. */
struct release_input {
	const struct policy *policy;
	const struct netstate *observed;
	struct ip_address address;
	const struct ip_address *primaries; /* of attached ENIs, from the records */
	size_t n_primaries;
};

/* Returns 0, even if no link has the address; or -EINVAL (OUTCOME_USAGE) with the reason. */
int release_check(const struct release_input *input, struct error *error);
