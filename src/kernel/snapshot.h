/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the kernel's network state: all links and addresses, all IPv4 and IPv6 rules, and the
 * routes of given tables. A dump that the kernel marks as inconsistent (NLM_F_DUMP_INTR) is
 * repeated. A failed dump is an error, never an empty state.
 */
#pragma once

#include "base/deadline.h"
#include "base/error.h"
#include "kernel/rtnl_socket.h"
#include "model/netstate.h"

/*
 * `tables` lists the routing tables to read; the main table is read only if it is listed. A table
 * that does not exist has no routes. Returns 0; -ETIME; -ENOMEM; -errno of the kernel. The caller
 * frees ret_state with netstate_done().
 */
int snapshot_take(struct rtnl_socket *socket, const uint32_t *tables, size_t n_tables,
	const struct deadline *deadline, struct netstate *ret_state, struct error *error);

/* The same, but opens a socket for this snapshot. */
int snapshot_read(const uint32_t *tables, size_t n_tables, const struct deadline *deadline,
	struct netstate *ret_state, struct error *error);
