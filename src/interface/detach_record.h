/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds what a detach has to remove: what the interface's record lists, or without a readable record
 * the routing tables that the policy and the kernel's routes and rules of protocol 77 tell of.
 */
#pragma once

#include "core/operation.h"
#include "core/record.h"
#include "kernel/rtnl_socket.h"

/*
 * Fills in `memory`, which has its interface's name. A record that exists and cannot be read is no
 * error: ret_unreadable gets the reason (OUTCOME_DONE: it was read, or there is none), and only the
 * tables are known. 0 or -errno with words.
 */
int detach_record_find(struct rtnl_socket *rtnl, const struct operation *operation,
	struct record *record, struct error *ret_unreadable, struct error *error);
