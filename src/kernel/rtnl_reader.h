/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the messages in the bytes that a NETLINK_ROUTE socket received: objects of a dump, its end,
 * or acknowledgements of changes. Pure: the bytes come from the socket or from a test.
 *
 * Messages with other sequence numbers are ignored: they are responses to an earlier request that
 * timed out.
 */
#pragma once

#include "kernel/rtnl_socket.h"

/* Whether a whole message begins at `bytes`. mnl_nlmsg_ok() accepts any length above 2 GiB. */
bool rtnl_message_is_whole(const void *bytes, size_t length);

struct rtnl_dump_reader {
	uint32_t sequence; /* of the request */
	rtnl_object_fn handle_object;
	void *data;
	bool has_ended; /* the end of the dump was read */
	bool is_inconsistent; /* the objects changed during the dump (NLM_F_DUMP_INTR) */
	int err; /* the first error of the callback, else -errno of the kernel; 0: none */
};

/*
 * Reads received bytes. Returns 0, or -EBADMSG if they are not valid netlink messages. A callback
 * that failed is not called again, but the dump is read to its end: a socket can have only one dump
 * at a time.
 */
int rtnl_dump_reader_feed(struct rtnl_dump_reader *reader, const void *bytes, size_t length);

struct rtnl_ack_reader {
	uint32_t sequence; /* of the first request; the next requests count up from it */
	size_t count; /* of requests */
	size_t n_responses; /* requests that have a response */
	int *errors; /* `count` elements, borrowed; -EINPROGRESS: no response yet */
};

/* Reads received acknowledgements in the same way: stores 0 or the kernel's -errno in `errors`. */
int rtnl_ack_reader_feed(struct rtnl_ack_reader *reader, const void *bytes, size_t length);

/* Returns the kernel's text in a response (extended acknowledgement), or NULL. Borrowed. */
const char *rtnl_ack_text(const struct nlmsghdr *message);
