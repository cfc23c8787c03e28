/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shared by all floors: the least of netlink that changes and dumps require, and how a
 * floor ends where something is not as it should be.
 */
#pragma once

#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

/* Messages one behind another. All zero: none yet. */
struct floor_batch {
	char bytes[64 * 1024];
	size_t length;
	uint32_t count;
	struct nlmsghdr *message; /* the one that attributes are added to */
};

/* Begins a message; returns its header of `size` bytes behind netlink's own, all zero. */
void *floor_batch_begin(struct floor_batch *batch, uint16_t type, uint16_t flags, size_t size);
/* Adds an attribute to the message begun last; a nest is added without bytes, and ended later. */
struct rtattr *floor_batch_add(
	struct floor_batch *batch, uint16_t type, const void *bytes, size_t size);
void floor_batch_add_u32(struct floor_batch *batch, uint16_t type, uint32_t value);
void floor_batch_end_nest(struct floor_batch *batch, struct rtattr *nest);

/* A whole message that adds an address. */
void floor_batch_put_address(struct floor_batch *batch, unsigned link, struct in_addr address,
	uint8_t prefix_length, uint32_t flags);

int floor_netlink_open(void);
/* Sends all and reads until each message has its acknowledgement. */
void floor_netlink_change(int fd, const struct floor_batch *batch);
/* One dump, read to its end and thrown away. */
void floor_netlink_dump(int fd, const struct floor_batch *batch);

void floor_die(const char *what) __attribute__((noreturn));
