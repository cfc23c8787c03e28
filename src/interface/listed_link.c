/* SPDX-License-Identifier: Apache-2.0 */
#include "interface/listed_link.h"

#include "kernel/device.h"
#include "model/match.h"

/* Passes no facts of EC2 (NULL): an entry that only the facts can exclude counts as a match. */
bool is_listed_link(const struct policy *policy, const struct net_link *link)
{
	if (link->loopback || !mac_is_set(&link->mac))
		return false;
	for (size_t i = 0; i < policy->n_interfaces; i++) {
		const struct policy_match *match = &policy->interfaces[i].match;
		struct device device = {0};
		if (match->driver && device_find(link->name, &device, NULL /* no message */))
			continue; /* an unknown driver matches no driver of the policy */
		if (match_interface(match, link, device.driver, NULL) != MATCH_NO)
			return true;
	}
	return false;
}
