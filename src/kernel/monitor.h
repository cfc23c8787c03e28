/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Waiting for the kernel to say that something changed: a socket in the multicast groups for links,
 * addresses, routes and rules of both families. What changed is not told; the caller looks again.
 * Open it before the look that finds something missing, or the event may fall between.
 */
#pragma once

#include "base/deadline.h"
#include "base/error.h"

struct monitor {
	int fd; /* -1: not open */
};

int monitor_open(struct monitor *ret_monitor, struct error *error);
void monitor_close(struct monitor *monitor);

/*
 * Waits until something changed (1), `msec` have passed (0), or -errno. All pending events are
 * taken at once (an overrun of the socket counts as a change).
 */
int monitor_wait(struct monitor *monitor, uint64_t msec);
