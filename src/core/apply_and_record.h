/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Applies a plan to the kernel, and records the result of each step in the operation's result.
 */
#pragma once

#include "core/operation.h"
#include "kernel/rtnl_socket.h"

/*
 * Logs each step that succeeded and adds it to result->plan. Returns 0; -EPERM; -ENOMEM; -ETIME; or
 * -errno of the socket. Also returns 0, with a message in `error`, if the kernel refused a step
 * with an errno other than EPERM: another program may have changed the kernel first. So the caller
 * must read a new snapshot.
 */
int apply_and_record(struct rtnl_socket *rtnl, const struct operation *operation,
	const struct plan *plan, struct result *result, struct error *error);
