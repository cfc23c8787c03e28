/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Serializes the changes of one address on this host, and counts the releases of the address. A
 * move holds the address lock (core/lock.h) for its whole run, also while it waits for EC2. A
 * release does not wait for that lock. It increments the count, and a move that finds the count
 * changed gives up.
 *
 * The lock is flock(2) on /run/myha/address-ADDRESS-placement.lock. It is held only while the
 * kernel is changed. The count is the length of that file: extending a file on tmpfs needs no
 * memory.
 */
#pragma once

#include "base/ip.h"
#include "core/lock.h"

#define PLACEMENT_NAME_SIZE (IP_ADDRESS_TEXT_SIZE + 24)

struct placement {
	struct lock lock; /* the open file; locked from placement_begin() to placement_end() */
	const char *directory; /* borrowed */
	char name[PLACEMENT_NAME_SIZE];
	uint64_t releases; /* the count when the file was opened */
};

/* Opens the file and reads the count. Borrows `directory`. Returns 0 or -errno with a message. */
int placement_open(const char *directory, const struct ip_address *address,
	struct placement *ret_placement, struct error *error);
void placement_close(struct placement *placement);

/*
 * A caller changes the kernel only between these two calls. placement_begin() waits for the lock
 * and returns -ETIME with a message at the deadline. It does nothing if the file is not open
 * (lock.fd is -1).
 */
int placement_begin(
	struct placement *placement, const struct deadline *deadline, struct error *error);
void placement_end(struct placement *placement);

/* Increments the count, before the address is removed. Returns 0 or -errno with a message. */
int placement_count_release(struct placement *placement, struct error *error);

/* Whether the count has changed since placement_open(). No open file: false; not readable: true. */
bool placement_is_released(const struct placement *placement);
