/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Serializes the changes of one address on this host, and counts its releases. A move holds the lock of the
 * whole run (lock.h) while it waits for EC2; a release does not wait for it, but raises the count, and
 * the move then gives way.
 *
 * flock(2) on /run/myha/address-ADDRESS-placement.lock, held only while the kernel is changed. The file's
 * length is the count, since a longer file on tmpfs needs no memory.
 */
#pragma once

#include "base/ip.h"
#include "core/lock.h"

#define PLACEMENT_NAME_SIZE (IP_ADDRESS_TEXT_SIZE + 24)

struct placement {
	struct lock lock; /* open; held from placement_begin() to placement_end() */
	const char *directory; /* borrowed */
	char name[PLACEMENT_NAME_SIZE];
	uint64_t releases; /* the count when it was opened */
};

/* Each returns 0 or -errno with words. */
int placement_open(const char *directory, const struct ip_address *address,
	struct placement *ret_placement, struct error *error);
void placement_close(struct placement *placement);

/* Changes of the kernel come between these two. -ETIME at the deadline. */
int placement_begin(
	struct placement *placement, const struct deadline *deadline, struct error *error);
void placement_end(struct placement *placement);

/* Before the address is taken off. */
int placement_count_release(struct placement *placement, struct error *error);

/* Whether the address was released since the count was read. */
bool placement_is_released(const struct placement *placement);
