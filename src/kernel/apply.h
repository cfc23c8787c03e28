/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Carries a plan out: all steps in order, every acknowledgement read. What the kernel refuses
 * because somebody else was quicker (EEXIST on an addition, ESRCH, ENOENT, EADDRNOTAVAIL on a
 * deletion) is not judged here: the caller looks again and the next diff tells.
 */
#pragma once

#include "base/deadline.h"
#include "base/error.h"
#include "kernel/rtnl_socket.h"
#include "model/plan.h"

/*
 * ret_errors (plan->count of them) gets each step's 0 or -errno. Returns 0 where every step was
 * answered, whatever the answers; -ETIME, -ENOMEM or -errno of the socket otherwise.
 */
int apply_plan(struct rtnl_socket *socket, const struct plan *plan, const struct deadline *deadline,
	int *ret_errors, struct error *error);
