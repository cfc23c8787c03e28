/* SPDX-License-Identifier: Apache-2.0 */
#include "model/service.h"

#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>

static bool has_default_route(
	const struct service *service, const struct netstate *observed, uint32_t table)
{
	for (size_t i = 0; i < observed->n_routes; i++) {
		const struct net_route *route = &observed->routes[i];
		if (route->table == table && route->family == service->address.family &&
			route->link == service->link && route->type == RTN_UNICAST &&
			ip_prefix_is_default(&route->destination))
			return true;
	}
	return false;
}

static bool leads_to_table(const struct service *service, const struct net_rule *rule)
{
	return rule->protocol == NET_PROTOCOL_MYHA && rule->action == FR_ACT_TO_TBL &&
	       !rule->other_selectors &&
	       net_table_is_listed(rule->table, service->tables, service->n_tables) &&
	       rule->family == service->address.family &&
	       ip_prefix_contains(&rule->source, &service->address);
}

/* Checks rules only if the tables are known. One rule's table with a default route is enough. */
enum service_missing service_find_missing(
	const struct service *service, const struct netstate *observed)
{
	const struct net_link *link = netstate_link_by_index(observed, service->link);
	enum service_missing missing = service->n_tables ? SERVICE_MISSING_RULE
							 : SERVICE_MISSING_NOTHING;

	if (!link || net_link_fault(link))
		return SERVICE_MISSING_LINK;
	if (!netstate_find_address_on_link(observed, link->index, &service->address))
		return SERVICE_MISSING_ADDRESS;
	for (size_t i = 0; i < observed->n_rules; i++) {
		const struct net_rule *rule = &observed->rules[i];
		if (!leads_to_table(service, rule))
			continue;
		if (has_default_route(service, observed, rule->table))
			return SERVICE_MISSING_NOTHING;
		missing = SERVICE_MISSING_ROUTE;
	}
	return missing;
}

const char *service_missing_text(enum service_missing missing)
{
	static const char *const texts[] = {
		[SERVICE_MISSING_NOTHING] = "nothing is missing",
		[SERVICE_MISSING_LINK] = "the link is down, or has no carrier",
		[SERVICE_MISSING_ADDRESS] = "the address is missing",
		[SERVICE_MISSING_RULE] = "the rule for this address is missing",
		[SERVICE_MISSING_ROUTE] = "the default route for this address is missing",
	};
	return texts[missing];
}

bool service_requires_rule(const struct policy_interface *policy, const struct ip_address *address)
{
	if (policy->source != POLICY_SOURCE_LIST)
		return true;
	for (size_t i = 0; i < policy->n_sources; i++)
		if (ip_prefix_contains(&policy->sources[i], address))
			return true;
	return false;
}

bool plan_deletes_address(const struct ip_address *address, const struct plan *plan)
{
	for (size_t i = 0; i < plan->count; i++)
		if (plan->steps[i].kind == STEP_ADDRESS_DELETE &&
			ip_address_compare(&plan->steps[i].address.prefix.address, address) == 0)
			return true;
	return false;
}
