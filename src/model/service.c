/* SPDX-License-Identifier: Apache-2.0 */
#include "model/service.h"

#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>

static bool has_route(
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

enum service_lack service_find_lack(const struct service *service, const struct netstate *observed)
{
	const struct net_link *link = netstate_link_by_index(observed, service->link);
	enum service_lack lack = service->n_tables ? SERVICE_LACKS_RULE : SERVICE_LACKS_NOTHING;

	if (!link || net_link_fault(link))
		return SERVICE_LACKS_LINK;
	if (!netstate_address_on(observed, link->index, &service->address))
		return SERVICE_LACKS_ADDRESS;
	for (size_t i = 0; i < observed->n_rules; i++) {
		const struct net_rule *rule = &observed->rules[i];
		if (!leads_to_table(service, rule))
			continue;
		if (has_route(service, observed, rule->table))
			return SERVICE_LACKS_NOTHING;
		lack = SERVICE_LACKS_ROUTE;
	}
	return lack;
}

const char *service_lack_text(enum service_lack lack)
{
	static const char *const texts[] = {
		[SERVICE_LACKS_NOTHING] = "nothing is missing",
		[SERVICE_LACKS_LINK] = "the link is down, or has no carrier",
		[SERVICE_LACKS_ADDRESS] = "the address is missing",
		[SERVICE_LACKS_RULE] = "the rule for this address is missing",
		[SERVICE_LACKS_ROUTE] = "the default route for this address is missing",
	};
	return texts[lack];
}

bool service_has_rule(const struct policy_interface *policy, const struct ip_address *address)
{
	if (policy->source != POLICY_SOURCE_LIST)
		return true;
	for (size_t i = 0; i < policy->n_sources; i++)
		if (ip_prefix_contains(&policy->sources[i], address))
			return true;
	return false;
}

bool service_is_removed(const struct ip_address *address, const struct plan *plan)
{
	for (size_t i = 0; i < plan->count; i++)
		if (plan->steps[i].kind == STEP_ADDRESS_DELETE &&
			ip_address_compare(&plan->steps[i].address.prefix.address, address) == 0)
			return true;
	return false;
}
