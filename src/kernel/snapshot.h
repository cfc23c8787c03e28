/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel's network state, read in one go: all links and addresses, all IPv4 and IPv6 rules, and
 * the routes of the tables that matter. A dump that the kernel marks as torn (NLM_F_DUMP_INTR) is
 * read again; a dump that failed is an error and never an empty state.
 */
#pragma once

#include "base/deadline.h"
#include "base/error.h"
#include "kernel/rtnl_socket.h"
#include "model/netstate.h"

/*
 * `tables`: the routing tables to read, main among them where it is wanted. Tables that do not
 * exist have no routes. Returns 0; -ETIME; -ENOMEM; -errno of the kernel.
 */
int snapshot_take(struct rtnl_socket *socket, const uint32_t *tables, size_t n_tables,
	const struct deadline *deadline, struct netstate *ret_state, struct error *error);
