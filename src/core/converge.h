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
	/* Reads the kernel and appends the missing steps; none: the work is done. */
	int (*make_plan)(const struct convergence *work, struct plan *plan, struct error *error);
	/* `errors` has 0 or the kernel's -errno for each step. NULL: `result` gets the steps. */
	void (*record_applied)(const struct convergence *work, const int *errors);
	void *data; /* of the two functions */
	struct result *result; /* gets the steps that were done or, in a dry run, would be done */
};

/*
 * Returns 0; an error of make_plan(); -ETIME or -errno of the socket. Without record_applied(),
 * also -EPERM or -ENOMEM of a step, and -EBUSY if the changes keep being reverted. After other
 * refusals it continues, since another program may have been faster; `error` has the message.
 */
int converge(const struct convergence *work, struct error *error);
