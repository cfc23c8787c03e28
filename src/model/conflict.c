/* SPDX-License-Identifier: Apache-2.0 */
#include "model/conflict.h"

#include "base/strbuf.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <string.h>

/* In the entry's table, routes conflict unless myha added them for this link (an index). */
static bool route_conflicts(
	const struct net_route *route, const struct policy_interface *policy, unsigned link)
{
	if (route->table != policy->table)
		return false;
	if (route->protocol != NET_PROTOCOL_MYHA || route->multipath)
		return true;
	return route->type == RTN_UNICAST && route->link != link;
}

/*
 * A rule that leads marked packets to the table does not conflict. Administrators add it for the
 * replies of published ports: see myha.policy(5).
 */
static bool leads_marked_packets(const struct net_rule *rule, const struct policy_interface *policy)
{
	const struct net_selectors *selectors = &rule->selectors;

	return rule->action == FR_ACT_TO_TBL && rule->table == policy->table &&
	       rule->priority != policy->priority && !selectors->inverted &&
	       (selectors->mark & selectors->mark_mask);
}

static bool rule_conflicts(const struct net_rule *rule, const struct policy_interface *policy)
{
	if (rule->protocol == NET_PROTOCOL_MYHA || leads_marked_packets(rule, policy))
		return false;
	return rule->table == policy->table || rule->priority == policy->priority;
}

/* Whether the desired rules include the family. `desired` NULL: both families count. */
static bool uses_family(const struct netstate *desired, unsigned char family)
{
	if (!desired)
		return true;
	for (size_t i = 0; i < desired->n_rules; i++)
		if (desired->rules[i].family == family)
			return true;
	return false;
}

/* Routes first, then rules. ret_step adds the object: as a step, it can be printed. */
bool conflict_find_object(const struct policy_interface *policy, const struct netstate *desired,
	const struct netstate *observed, unsigned link, struct step *ret_step)
{
	for (size_t i = 0; i < observed->n_routes; i++) {
		const struct net_route *route = &observed->routes[i];
		if (!uses_family(desired, route->family) || !route_conflicts(route, policy, link))
			continue;
		const struct net_link *found = netstate_link_by_index(observed, route->link);
		*ret_step = (struct step){.kind = STEP_ROUTE_ADD, .route = *route};
		if (found)
			memcpy(ret_step->interface, found->name, sizeof(found->name));
		return true;
	}
	for (size_t i = 0; i < observed->n_rules; i++) {
		const struct net_rule *rule = &observed->rules[i];
		if (uses_family(desired, rule->family) && rule_conflicts(rule, policy)) {
			*ret_step = (struct step){.kind = STEP_RULE_ADD, .rule = *rule};
			return true;
		}
	}
	return false;
}

int conflict_check(const struct policy_interface *policy, const struct netstate *desired,
	const struct netstate *observed, unsigned link, const struct table_names *names,
	struct error *error)
{
	_cleanup_(strbuf_done) struct strbuf text = {0};
	char number[16];
	const char *table = table_names_format(names, policy->table, number);
	const char *object;
	struct step step;

	if (!conflict_find_object(policy, desired, observed, link, &step))
		return 0;
	/* In ip(8)'s syntax, so that an administrator can find the object on the host. */
	object = step_print_object(&step, names, &text) ? "?" /* no memory */ : strbuf_text(&text);
	if (step.kind == STEP_ROUTE_ADD)
		return error_set(error, OUTCOME_FAILED, EBUSY,
			"table %s is in use by another program: route \"%s\": give %s another table in the policy, or remove that route",
			table, object, policy->name);
	if (step.rule.table == policy->table)
		return error_set(error, OUTCOME_FAILED, EBUSY,
			"table %s is in use by another program: rule \"%s\": give %s another table in the policy, or remove that rule",
			table, object, policy->name);
	return error_set(error, OUTCOME_FAILED, EBUSY,
		"priority %u is in use by another program: rule \"%s\": give %s another priority in the policy, or remove that rule",
		(unsigned)policy->priority, object, policy->name);
}
