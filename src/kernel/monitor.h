/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Waits for changes of the kernel's network state, on a netlink socket in the multicast groups for
 * links, addresses, routes and rules of both families. It does not report what changed: the caller
 * takes a new snapshot. Open the monitor before the snapshot that shows something missing, or an
 * event in between is lost.
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
 * Returns 1 if something changed, 0 after `msec` milliseconds without a change, or -errno. Discards
 * all pending events at once; an overrun of the socket counts as a change.
 */
int monitor_wait(struct monitor *monitor, uint64_t msec);
