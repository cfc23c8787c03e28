/* SPDX-License-Identifier: Apache-2.0 */
#include "app/boot.h"

#include "app/detach.h"
#include "app/reconcile.h"
#include "kernel/device.h"
#include "kernel/snapshot.h"
#include "model/match.h"

#include <errno.h>
#include <string.h>

static bool may_be_listed(const struct policy *policy, const struct net_link *link)
{
	if (link->loopback || !mac_is_set(&link->mac))
		return false;
	for (size_t i = 0; i < policy->n_interfaces; i++) {
		const struct policy_match *match = &policy->interfaces[i].match;
		struct device device = {0};

		if (match->driver && device_find(link->name, &device, NULL))
			continue;
		if (match_interface(match, link, device.driver, NULL) != MATCH_NO)
			return true;
	}
	return false;
}

/*
 * The interfaces of the host that an entry of the policy may be about (EC2's facts may still say
 * otherwise): an open result each.
 */
static int list_interfaces(const struct deed *deed, struct report *report, struct error *error)
{
	_cleanup_(rtnl_socket_close) struct rtnl_socket rtnl = {0};
	_cleanup_(netstate_done) struct netstate observed = {0};
	int err = rtnl_socket_open(&rtnl, error);

	if (!err)
		err = snapshot_take(&rtnl, NULL, 0, &deed->deadline, &observed, error);
	for (size_t i = 0; !err && i < observed.n_links; i++) {
		const struct net_link *link = &observed.links[i];
		if (!may_be_listed(deed->policy, link))
			continue;
		if (report_add(report, link->name))
			err = error_set(error, OUTCOME_FAILED, ENOMEM, "out of memory");
	}
	return err;
}

int boot(const struct deed *deed, struct report *report, struct error *error)
{
	_cleanup_(report_done) struct report present;
	struct deed scan = *deed;
	int err;

	report_init(&present);
	scan.by_scan = true;
	err = detach_gone(deed, report, error);
	if (!err)
		err = list_interfaces(deed, &present, error);
	if (err)
		return error_complete(error, err);
	/* What fails there is in the results. */
	if (present.count)
		reconcile(&scan, &present);
	if (report_join(report, &present))
		return error_set(error, OUTCOME_FAILED, ENOMEM, "out of memory");
	return 0;
}
