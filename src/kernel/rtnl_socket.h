/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sends requests on a NETLINK_ROUTE socket, see rtnetlink(7). A dump that it reports is complete,
 * and every acknowledgement of a change is read. Requests strict dump filters if the kernel has
 * them (NETLINK_GET_STRICT_CHK, 4.20); without them the caller must filter the objects.
 */
#pragma once

#include "base/deadline.h"
#include "base/error.h"

#include <libmnl/libmnl.h>
#include <stdbool.h>

struct rtnl_socket {
	struct mnl_socket *mnl; /* NULL: not open */
	uint32_t sequence; /* number of the latest request */
	bool has_dump_filter; /* the kernel can dump the routes of a single table */
	size_t batch_max_bytes;
	size_t batch_max_count; /* requests whose responses the socket can queue */
};

int rtnl_socket_open(struct rtnl_socket *ret_socket, struct error *error);
void rtnl_socket_close(struct rtnl_socket *socket);

/* Handles one object of a dump. A negative return value makes rtnl_dump() fail with it. */
typedef int (*rtnl_object_fn)(const struct nlmsghdr *message, void *data);
/* Drops all objects of this dump, which is inconsistent and will be repeated. */
typedef void (*rtnl_drop_objects_fn)(void *data);

/*
 * Sends the prepared dump request, whose sequence number is set here, and reads the dump to its
 * end. Repeats the dump while the kernel reports it as inconsistent. Returns 0, -ETIME, or -errno
 * of the kernel or of the callback.
 */
int rtnl_dump(struct rtnl_socket *socket, struct nlmsghdr *request, rtnl_object_fn handle_object,
	rtnl_drop_objects_fn drop_objects, void *data, const struct deadline *deadline);

/*
 * Sends the `count` change requests in `bytes`, each NLMSG_ALIGNed, in as few batches as possible,
 * and reads every acknowledgement. ret_errors[i] gets 0 or the kernel's -errno for request i.
 * Returns 0 if the kernel responded to all requests; else -ETIME or -errno, and ret_errors of
 * requests without a response is -EINPROGRESS.
 */
int rtnl_send_changes(struct rtnl_socket *socket, void *bytes, size_t length, size_t count,
	const struct deadline *deadline, int *ret_errors);
