/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A NETLINK_ROUTE socket: dumps that are whole, and batches of changes of which every
 * acknowledgement is read. Linux's rtnetlink(7); strict dump filters are asked for where the kernel
 * has them (NETLINK_GET_STRICT_CHK, 4.20) and done here where it has not.
 */
#pragma once

#include "base/deadline.h"
#include "base/error.h"

#include <libmnl/libmnl.h>
#include <stdbool.h>

struct rtnl_socket {
	struct mnl_socket *mnl; /* NULL: not open */
	uint32_t sequence;
	bool strict; /* the kernel filters dumps */
	size_t batch_bytes; /* most that one sending may have */
	size_t batch_count; /* most requests whose answers surely fit our receive buffer */
};

int rtnl_socket_open(struct rtnl_socket *ret_socket, struct error *error);
void rtnl_socket_close(struct rtnl_socket *socket);

/* Called for each object of a dump; a negative return ends the dump with it. */
typedef int (*rtnl_object_fn)(const struct nlmsghdr *message, void *data);
/* Called before a torn dump is read again: forget what came so far. */
typedef void (*rtnl_restart_fn)(void *data);

/*
 * Sends the prepared dump request (its sequence is set here) and reads it to the end; repeated
 * while the kernel says that it was torn. Returns 0, -ETIME, -errno of the kernel or of the
 * callback.
 */
int rtnl_dump(struct rtnl_socket *socket, struct nlmsghdr *request, rtnl_object_fn object,
	rtnl_restart_fn restart, void *data, const struct deadline *deadline);

/*
 * Sends `count` change requests, laid out one behind another (NLMSG_ALIGNed) in `bytes`, in as few
 * sendings as fit, and reads every acknowledgement. ret_errors[i] is 0 or the -errno that the
 * kernel gave for request i. Returns 0 once all were answered; -ETIME or -errno where answers are
 * missing, and then ret_errors of the unanswered is -EINPROGRESS.
 */
int rtnl_change(struct rtnl_socket *socket, void *bytes, size_t length, size_t count,
	const struct deadline *deadline, int *ret_errors);
