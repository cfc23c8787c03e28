/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/monitor.h"

#include "base/clock.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

static const int multicast_groups[] = {
	RTNLGRP_LINK,
	RTNLGRP_IPV4_IFADDR,
	RTNLGRP_IPV6_IFADDR,
	RTNLGRP_IPV4_ROUTE,
	RTNLGRP_IPV6_ROUTE,
	RTNLGRP_IPV4_RULE,
	RTNLGRP_IPV6_RULE,
};

static int join_multicast_groups(int fd)
{
	struct sockaddr_nl address = {.nl_family = AF_NETLINK};

	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	for (size_t i = 0; i < ARRAY_SIZE(multicast_groups); i++)
		if (setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &multicast_groups[i],
			    sizeof(multicast_groups[i])) < 0)
			return -errno;
	return 0;
}

int monitor_open(struct monitor *ret_monitor, struct error *error)
{
	_cleanup_(cleanup_close) int fd = socket(
		AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
	int err = fd < 0 ? -errno : join_multicast_groups(fd);

	if (err)
		return error_set(error, OUTCOME_FAILED, -err,
			"cannot subscribe to the kernel's network events: %s", strerror(-err));
	ret_monitor->fd = fd;
	fd = -1; /* not closed here: the monitor owns it */
	return 0;
}

void monitor_close(struct monitor *monitor)
{
	cleanup_close(&monitor->fd);
	monitor->fd = -1;
}

/* Discards all pending events. Returns 1 if there were any, else 0, or -errno. */
static int discard_events(int fd)
{
	char discarded; /* recv() drops the bytes of an event that do not fit */
	int had_events = 0;

	for (;;) {
		if (recv(fd, &discarded, sizeof(discarded), MSG_DONTWAIT | MSG_TRUNC) >= 0 ||
			errno == ENOBUFS) /* the queue overran: events were lost */
			had_events = 1;
		else if (errno == EAGAIN)
			return had_events;
		else if (errno != EINTR)
			return -errno;
	}
}

/* A signal, or an event that is already gone, may end poll() early: polls again. */
int monitor_wait(struct monitor *monitor, uint64_t msec)
{
	struct deadline deadline = deadline_after(clock_now(), msec);
	struct pollfd poll_fd = {.fd = monitor->fd, .events = POLLIN};

	for (;;) {
		uint64_t left = deadline_left(&deadline, clock_now());
		int ready = poll(&poll_fd, 1, left < INT32_MAX ? (int)left : INT32_MAX);
		int changed = 0;
		if (ready < 0 && errno != EINTR)
			return -errno;
		if (ready > 0)
			changed = discard_events(monitor->fd); /* or -errno */
		if (changed || left == 0)
			return changed;
	}
}
