/* SPDX-License-Identifier: Apache-2.0 */
#include "model/placed_rule.h"

/* Whether the address is in the ENI's subnet: then it cannot be an overlay. */
static bool is_in_subnet(const struct facts *facts, const struct ip_address *address)
{
	if (facts->known & FACT_BIT(FACT_SUBNET_IPV4) &&
		ip_prefix_contains(&facts->subnet4, address))
		return true;
	for (size_t i = 0; i < facts->subnets6.count; i++)
		if (ip_prefix_contains(&facts->subnets6.items[i], address))
			return true;
	return false;
}

/*
 * Whether the rule belongs to an overlay on the interface. Such a rule is like those of attach, but
 * its source is an address of the interface that belongs neither to the ENI nor to its subnet.
 */
bool placed_rule_matches(const struct net_rule *rule, const struct desired_input *input)
{
	const struct ip_prefix *source = &rule->source;
	const struct net_address *found = netstate_find_address_on_link(
		input->observed, input->link->index, &source->address);

	bool is_like_attach = rule->protocol == NET_PROTOCOL_MYHA &&
			      rule->table == input->policy->table &&
			      rule->priority == input->policy->priority && !rule->other_selectors &&
			      ip_prefix_is_default(&rule->destination);
	bool is_from_host = source->length == ip_family_bits(rule->family);

	return is_like_attach && is_from_host && found && found->prefix.length == source->length &&
	       !is_in_subnet(input->facts, &source->address) &&
	       !prefix_list_has(&input->facts->ipv4s, source) &&
	       !prefix_list_has(&input->facts->ipv6s, source);
}
