/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds the routing tables and addresses that a detach must clear. The source is the interface's
 * record; if there is none, the policy; if it cannot be read, the policy and the kernel's routes
 * and rules of protocol 77.
 */
#pragma once

#include "core/operation.h"
#include "core/record.h"
#include "kernel/rtnl_socket.h"

/*
 * A record that exists but cannot be read is not an error: ret_read_error gets the reason, and
 * `record` only the tables. If the record was read or does not exist, ret_read_error has
 * OUTCOME_DONE. Returns 0, or -errno with a message.
 */
int detach_record_load_or_rebuild(struct rtnl_socket *rtnl, const struct operation *operation,
	const char *interface, struct record *record, struct error *ret_read_error,
	struct error *error);
