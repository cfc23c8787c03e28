/* SPDX-License-Identifier: Apache-2.0 */
/* Moves an ENI to this host: attaches it in EC2, waits for its link, and configures the link. */
#pragma once

#include "eni/eni.h"

struct eni_move_options {
	struct eni_name name;
	bool force; /* detach by force at once */
	uint64_t force_after; /* milliseconds until it is detached by force; 0: never */
	bool no_wait; /* only attach it in EC2; do not wait for the link */
	/*
	 * The name of the ENI as a cluster's resource, borrowed. Its record is written before
	 * anything is changed. NULL: it is not a resource.
	 */
	const char *resource;
};

/*
 * Fills in the result and logs a line for each step. The result's interface is the ENI's link on
 * this host, and `report` has the result of the attach. Returns 0 or -errno; the message is in
 * result->error.
 */
int eni_move(const struct operation *operation, const struct eni_move_options *options,
	struct eni_result *result, struct report *report);
