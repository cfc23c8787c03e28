/* SPDX-License-Identifier: Apache-2.0 */
#include "overlay/rule.h"

#include "core/record.h"

#include <linux/fib_rules.h>

/* Returns the policy entry that the link was attached with. NULL: not attached, or no policy. */
static const struct policy_interface *find_entry(
	const struct operation *operation, const struct net_link *link)
{
	_cleanup_(record_done) struct record record = {0};

	if (!operation->policy ||
		record_load(operation->run_directory, link->name, &record, NULL) ||
		!record_matches_link(&record, link))
		return NULL;
	return policy_find_interface(operation->policy, record.entry);
}

bool overlay_rule_find(const struct operation *operation, const struct net_link *link,
	const struct netstate *observed, const struct ip_address *address,
	struct net_rule *ret_rule)
{
	const struct policy_interface *entry = link ? find_entry(operation, link) : NULL;

	/*
	 * A table that no rule of myha uses may have no default route. A rule for the address would
	 * then only hide the main table.
	 */
	if (!entry || !netstate_uses_table(observed, entry->table, address->family))
		return false;
	*ret_rule = (struct net_rule){
		.family = address->family,
		.protocol = NET_PROTOCOL_MYHA,
		.action = FR_ACT_TO_TBL,
		.priority = entry->priority,
		.table = entry->table,
		.source = ip_prefix_of_host(address),
		.destination = {.address = {.family = address->family}}, /* length 0: any */
	};
	return true;
}
