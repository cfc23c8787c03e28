/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Having the kernel make the changes of a plan, and recording what came of each.
 */
#pragma once

#include "core/operation.h"
#include "kernel/rtnl_socket.h"

/*
 * What was done is logged and added to result->plan. Returns 0 also where a step was refused in a
 * way that may only mean that somebody was quicker: the caller looks again, and `error` then has the
 * words. -EPERM, -ENOMEM, -ETIME or -errno of the socket otherwise.
 */
int apply_and_record(struct rtnl_socket *rtnl, const struct operation *operation,
	const struct plan *plan, struct result *result, struct error *error);
