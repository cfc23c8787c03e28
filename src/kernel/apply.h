/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Applies a plan: sends all steps in order and reads every acknowledgement. A refusal may be the
 * result of a concurrent change (EEXIST on an addition, ESRCH, ENOENT, EADDRNOTAVAIL on a
 * deletion). It is not judged here: the caller takes a new snapshot, and the next diff shows the
 * remaining changes.
 */
#pragma once

#include "base/deadline.h"
#include "base/error.h"
#include "kernel/rtnl_socket.h"
#include "model/plan.h"

/*
 * ret_errors (plan->count elements) gets 0 or the kernel's -errno for each step. Returns 0 if the
 * kernel responded to every step, with success or not; else -ETIME, -ENOMEM, -errno of the socket,
 * or -EINVAL or -E2BIG for a step that cannot be encoded.
 */
int apply_plan(struct rtnl_socket *socket, const struct plan *plan, const struct deadline *deadline,
	int *ret_errors, struct error *error);
