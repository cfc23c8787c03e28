/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changes the kernel until no change is missing: makes a plan, applies it, and repeats both. So
 * success means that the state was read back.
 */
#pragma once

#include "core/operation.h"
#include "kernel/rtnl_socket.h"

/* All pointers are borrowed. */
struct convergence {
	const struct operation *operation;
	struct rtnl_socket *rtnl;
	/* Reads the kernel and appends the missing steps. If it appends none, the work is done. */
	int (*make_plan)(const struct convergence *work, struct plan *plan, struct error *error);
	/* May be NULL: then `result` gets the steps. `errors` has 0 or -errno for each step. */
	void (*record_applied)(const struct convergence *work, const int *errors);
	void *data; /* for the two functions */
	struct result *result; /* gets the steps that were done or, in a dry run, would be done */
};

/*
 * Returns 0; an error of make_plan(); -ETIME or -errno of the socket. Without record_applied(),
 * also -EPERM or -ENOMEM of a step, and -EBUSY if the changes keep being reverted. If the kernel
 * refuses a step for another reason, another program may have been faster: sets `error`, continues.
 */
int converge(const struct convergence *work, struct error *error);
