/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Moving an ENI to this host: EC2's half, then the link, then what the policy says of it.
 */
#pragma once

#include "eni/eni.h"

struct eni_move_options {
	struct eni_name name;
	bool force;
	uint64_t force_after; /* milliseconds; 0: never */
	bool no_wait; /* EC2's half alone */
	/* Name of a cluster's resource, whose record is written before anything is changed; NULL: none. */
	const char *resource;
};

/*
 * Logs a line a step. The result's interface is the link that the ENI is here, and `report` has what
 * attaching it came to. 0 or -errno as result->error says.
 */
int eni_move(const struct operation *operation, const struct eni_move_options *options,
	struct eni_result *result, struct report *report);
