/* SPDX-License-Identifier: Apache-2.0 */
#include "model/match.h"

#include <fnmatch.h>
#include <string.h>

/* `glob` NULL: no condition. */
static bool glob_matches(const char *glob, const char *text)
{
	return !glob || fnmatch(glob, text, 0) == 0;
}

static bool name_matches(const char *glob, const struct net_link *link)
{
	bool matches = glob_matches(glob, link->name);

	for (size_t i = 0; !matches && i < NET_ALTNAMES_MAX && link->altnames[i][0]; i++)
		matches = glob_matches(glob, link->altnames[i]);
	return matches;
}

static bool has_fact(const struct facts *facts, enum fact fact)
{
	return facts && (facts->known & FACT_BIT(fact));
}

unsigned match_required_facts(const struct policy_match *match)
{
	unsigned needed = 0;

	if (match->eni)
		needed |= FACT_BIT(FACT_INTERFACE_ID);
	if (match->device_number >= 0)
		needed |= FACT_BIT(FACT_DEVICE_NUMBER);
	if (match->subnet)
		needed |= FACT_BIT(FACT_SUBNET_ID);
	return needed;
}

enum match match_interface(const struct policy_match *match, const struct net_link *link,
	const char *driver, const struct facts *facts)
{
	if (!name_matches(match->name, link) || !glob_matches(match->driver, driver))
		return MATCH_NO;
	/* A bridge or macvlan copies its ENI's MAC address: the entry means the ENI. */
	if (link->is_virtual && !match->name && (match->has_mac || match_required_facts(match)))
		return MATCH_NO;
	if (match->has_mac && memcmp(&match->mac, &link->mac, sizeof(link->mac)) != 0)
		return MATCH_NO;

	/* A single fact that differs decides, even if other facts are not known yet. */
	if (match->eni && has_fact(facts, FACT_INTERFACE_ID) &&
		strcmp(match->eni, facts->interface_id) != 0)
		return MATCH_NO;
	if (match->subnet && has_fact(facts, FACT_SUBNET_ID) &&
		strcmp(match->subnet, facts->subnet_id) != 0)
		return MATCH_NO;
	if (match->device_number >= 0 && has_fact(facts, FACT_DEVICE_NUMBER) &&
		(uint32_t)match->device_number != facts->device_number)
		return MATCH_NO;

	unsigned known = facts ? facts->known : 0;
	return match_required_facts(match) & ~known ? MATCH_UNDECIDED : MATCH_YES;
}
