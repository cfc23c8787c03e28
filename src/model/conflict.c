/* SPDX-License-Identifier: Apache-2.0 */
#include "model/conflict.h"

#include "base/strbuf.h"
#include "model/plan.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>

/* The object as ip(8) would add it: a form that the reader can look for on the host. */
static const char *describe(struct step step, const struct netstate *observed,
	const struct table_names *names, struct strbuf *out)
{
	const struct net_link *link = NULL;

	if (step.kind == STEP_ROUTE_ADD)
		link = netstate_link_by_index(observed, step.route.link);
	if (link)
		memcpy(step.interface, link->name, sizeof(step.interface));
	if (step_print(&step, names, out))
		return "something";
	const char *text = strbuf_text(out);
	const char *object = strstr(text, " add ");
	return object ? object + strlen(" add ") : text;
}

static bool route_is_in_the_way(
	const struct net_route *route, const struct policy_interface *policy, unsigned link)
{
	if (route->table != policy->table)
		return false;
	if (route->protocol != NET_PROTOCOL_MYHA || route->multipath)
		return true;
	return route->type == RTN_UNICAST && route->link != link;
}

static bool rule_is_in_the_way(const struct net_rule *rule, const struct policy_interface *policy)
{
	if (rule->protocol == NET_PROTOCOL_MYHA)
		return false;
	return rule->table == policy->table || rule->priority == policy->priority;
}

static bool uses_family(const struct netstate *desired, unsigned char family)
{
	for (size_t i = 0; i < desired->n_rules; i++)
		if (desired->rules[i].family == family)
			return true;
	return false;
}

int conflict_find(const struct policy_interface *policy, const struct netstate *desired,
	const struct netstate *observed, unsigned link, const struct table_names *names,
	struct error *error)
{
	_cleanup_(strbuf_done) struct strbuf text = {0};
	char number[16];
	const char *table = table_names_format(names, policy->table, number);

	for (size_t i = 0; i < observed->n_routes; i++) {
		const struct net_route *route = &observed->routes[i];
		if (!uses_family(desired, route->family) ||
			!route_is_in_the_way(route, policy, link))
			continue;
		struct step step = {.kind = STEP_ROUTE_ADD, .route = *route};
		return error_set(error, OUTCOME_FAILED, EBUSY,
			"table %s is used by somebody else, who has the route \"%s\" in it: give "
			"%s "
			"another table in the policy, or remove that route",
			table, describe(step, observed, names, &text), policy->name);
	}
	for (size_t i = 0; i < observed->n_rules; i++) {
		const struct net_rule *rule = &observed->rules[i];
		if (!uses_family(desired, rule->family) || !rule_is_in_the_way(rule, policy))
			continue;
		struct step step = {.kind = STEP_RULE_ADD, .rule = *rule};
		const char *rule_text = describe(step, observed, names, &text);
		if (rule->table == policy->table)
			return error_set(error, OUTCOME_FAILED, EBUSY,
				"table %s is used by somebody else, who has the rule \"%s\": give "
				"%s "
				"another table in the policy, or remove that rule",
				table, rule_text, policy->name);
		return error_set(error, OUTCOME_FAILED, EBUSY,
			"priority %u is used by somebody else, who has the rule \"%s\": give %s "
			"another priority in the policy, or remove that rule",
			(unsigned)policy->priority, rule_text, policy->name);
	}
	return 0;
}
