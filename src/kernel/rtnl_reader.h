/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the bytes that a NETLINK_ROUTE socket received mean: objects of a dump, its end, or the
 * acknowledgements of changes. Pure: the socket feeds it, and so can a test.
 *
 * Messages of other sequence numbers are passed over: they answer an earlier request that ran out
 * of time.
 */
#pragma once

#include "kernel/rtnl_socket.h"

/* Whether a whole message begins there. libmnl's own test believes lengths from 2 GiB on. */
bool rtnl_message_is_whole(const void *bytes, size_t length);

struct rtnl_dump_reader {
	uint32_t sequence; /* of the request */
	rtnl_object_fn object;
	void *data;
	bool ended; /* nothing more will come */
	bool torn; /* what was dumped changed meanwhile */
	int err; /* the kernel's -errno, or the first one of the callback */
};

/*
 * Takes what was received. Returns 0, or -EBADMSG where it is not netlink's form. After the
 * callback has failed it is not called again, but the dump is read to its end: the socket has but
 * one at a time.
 */
int rtnl_dump_reader_feed(struct rtnl_dump_reader *reader, const void *bytes, size_t length);

struct rtnl_ack_reader {
	uint32_t sequence; /* of the first request; the others count on */
	size_t count;
	size_t answered;
	int *errors; /* `count` of them, -EINPROGRESS until answered */
};

int rtnl_ack_reader_feed(struct rtnl_ack_reader *reader, const void *bytes, size_t length);

/* The kernel's own words in an answer that refuses (extended acknowledgement), or NULL. */
const char *rtnl_ack_words(const struct nlmsghdr *message);
