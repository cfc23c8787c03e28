/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which addresses may be taken off this host by name: secondary private IPv4 addresses of its ENIs, and
 * no other, so that a slip of the keyboard does not cut the host off.
 */
#pragma once

#include "base/error.h"
#include "model/netstate.h"
#include "policy/policy.h"

/* All borrowed. */
struct release_input {
	const struct policy *policy;
	const struct netstate *observed;
	struct ip_address address;
	const struct ip_address *primaries; /* of ENIs that were attached here, as recorded */
	size_t n_primaries;
};

/* 0, also where no link has the address; -EINVAL with OUTCOME_USAGE and words where it must stay. */
int release_check(const struct release_input *input, struct error *error);
