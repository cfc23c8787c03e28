/* SPDX-License-Identifier: Apache-2.0 */
#include "core/link_wait.h"

#include "base/clock.h"
#include "kernel/monitor.h"
#include "kernel/snapshot.h"

#include <errno.h>
#include <string.h>

/* Reads the kernel's links. Returns -ENODEV without a message if none has this MAC address. */
static int find_link(struct rtnl_socket *rtnl, const struct operation *operation,
	const struct mac *mac, struct net_link *ret_link, struct error *error)
{
	_cleanup_(netstate_done) struct netstate observed = {0};
	const struct net_link *link;
	int err = snapshot_take(rtnl, NULL, 0 /* tables */, &operation->deadline, &observed, error);

	if (err)
		return err;
	link = netstate_link_of_eni(&observed, mac);
	if (!link)
		return -ENODEV;
	*ret_link = *link;
	return 0;
}

int link_wait_for_mac(const struct operation *operation, const struct mac *mac,
	struct net_link *ret_link, struct error *error)
{
	_cleanup_(rtnl_socket_close) struct rtnl_socket rtnl = {0};
	_cleanup_(monitor_close) struct monitor monitor = {.fd = -1};
	char text[MAC_TEXT_SIZE];
	/* Opened before the first snapshot, so that no link can appear unnoticed. */
	int err = monitor_open(&monitor, error);

	if (!err)
		err = rtnl_socket_open(&rtnl, error);
	if (!err)
		err = find_link(&rtnl, operation, mac, ret_link, error);
	while (err == -ENODEV) {
		uint64_t left = deadline_left(&operation->deadline, clock_now());
		if (!left)
			return error_set(error, OUTCOME_TIMEOUT, ETIME,
				"timed out: no link with MAC address %s appeared on this host: see \"ip link\" and the kernel log",
				mac_format(mac, text));
		err = monitor_wait(&monitor, left);
		if (err < 0)
			return error_set(error, OUTCOME_FAILED, -err,
				"cannot wait for kernel events: %s", strerror(-err));
		err = find_link(&rtnl, operation, mac, ret_link, error);
	}
	return err;
}

int link_check_presence(const struct operation *operation, const struct mac *mac,
	bool *ret_is_present, struct error *error)
{
	_cleanup_(rtnl_socket_close) struct rtnl_socket rtnl = {0};
	struct net_link link;
	int err = rtnl_socket_open(&rtnl, error);

	if (!err)
		err = find_link(&rtnl, operation, mac, &link, error);
	*ret_is_present = !err;
	return err == -ENODEV ? 0 : err;
}
