/* SPDX-License-Identifier: Apache-2.0 */
#include "model/shadow.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <string.h>

/* How many of the packets that match a rule of myha also match another rule. */
enum overlap {
	OVERLAP_NONE,
	OVERLAP_SOME,
	OVERLAP_ALL,
};

static enum overlap min_overlap(enum overlap a, enum overlap b)
{
	return a < b ? a : b;
}

/* Of two prefixes that overlap, the shorter contains the longer. */
static enum overlap overlap_of_sources(const struct ip_prefix *theirs, const struct ip_prefix *ours)
{
	if (ip_prefix_is_default(theirs))
		return OVERLAP_ALL;
	if (!ip_prefix_overlaps(theirs, ours))
		return OVERLAP_NONE;
	return theirs->length <= ours->length ? OVERLAP_ALL : OVERLAP_SOME;
}

/*
 * For rules, the input interface of packets from this host is lo. A reply has no mark, and its
 * socket need not be bound to a link, so a rule with an output interface need not match.
 */
static enum overlap overlap_of_selectors(const struct net_selectors *selectors)
{
	if ((selectors->mark & selectors->mark_mask) || selectors->tos || selectors->l3mdev ||
		selectors->output[0] ||
		(selectors->input[0] && strcmp(selectors->input, "lo") != 0))
		return OVERLAP_NONE;
	return selectors->has_users || selectors->ip_protocol || selectors->source_ports[1] ||
			       selectors->destination_ports[1] || selectors->has_more
		       ? OVERLAP_SOME
		       : OVERLAP_ALL;
}

/*
 * A rule for certain destinations does not count, unless it is inverted: then it matches all other
 * destinations. For the rest, inversion exchanges ALL and NONE.
 */
static enum overlap overlap_of_rules(const struct net_rule *ours, const struct net_rule *other)
{
	bool has_destination = !ip_prefix_is_default(&other->destination);
	enum overlap match = min_overlap(overlap_of_sources(&other->source, &ours->source),
		overlap_of_selectors(&other->selectors));

	if (!other->selectors.inverted)
		return has_destination ? OVERLAP_NONE : match;
	if (match != OVERLAP_NONE && has_destination)
		match = OVERLAP_SOME;
	return match == OVERLAP_ALL    ? OVERLAP_NONE
	       : match == OVERLAP_NONE ? OVERLAP_ALL
				       : OVERLAP_SOME;
}

enum shadow shadow_classify(const struct net_rule *ours, const struct net_rule *other)
{
	if (other->family != ours->family || other->protocol == NET_PROTOCOL_MYHA)
		return SHADOW_NONE;
	/* The kernel's rule for its local addresses normally has priority 0, before all others. */
	if (other->action == FR_ACT_TO_TBL && other->table == RT_TABLE_LOCAL)
		return other->priority > ours->priority && !other->other_selectors
			       ? SHADOW_LOCAL_LATER
			       : SHADOW_NONE;
	if (other->priority >= ours->priority || overlap_of_rules(ours, other) == OVERLAP_NONE)
		return SHADOW_NONE;
	switch (other->action) {
	case FR_ACT_TO_TBL:
		return other->table == ours->table ? SHADOW_NONE : SHADOW_OTHER_TABLE;
	case FR_ACT_GOTO:
		return other->selectors.go_to > ours->priority ? SHADOW_SKIPS : SHADOW_NONE;
	case FR_ACT_BLACKHOLE:
	case FR_ACT_UNREACHABLE:
	case FR_ACT_PROHIBIT:
		return SHADOW_DROPS;
	}
	return SHADOW_NONE; /* FR_ACT_NOP: the lookup continues */
}

void shadow_explain(const struct net_rule *ours, const struct net_rule *other, struct error *error)
{
	static const char *const effects[] = {
		[SHADOW_NONE] = "",
		[SHADOW_OTHER_TABLE] = "sends the interface's traffic to another table",
		[SHADOW_DROPS] = "drops the interface's traffic",
		[SHADOW_SKIPS] = "skips the interface's table",
	};
	enum shadow shadow = shadow_classify(ours, other);

	if (shadow == SHADOW_LOCAL_LATER)
		error_set(error, OUTCOME_DIFFERS, EBUSY,
			"the rule for table local has priority %u and comes after the interface's rule with priority %u: traffic from the interface's addresses to this host itself leaves through the interface",
			(unsigned)other->priority, (unsigned)ours->priority);
	else
		error_set(error, OUTCOME_DIFFERS, EBUSY,
			"another program's rule with priority %u comes before the interface's rule with priority %u, and %s",
			(unsigned)other->priority, (unsigned)ours->priority, effects[shadow]);
}

int shadow_check(const struct netstate *own, const struct netstate *observed, struct error *error)
{
	for (size_t i = 0; i < own->n_rules; i++)
		for (size_t j = 0; j < observed->n_rules; j++) {
			const struct net_rule *ours = &own->rules[i], *other = &observed->rules[j];
			enum shadow shadow = shadow_classify(ours, other);
			if (ours->protocol != NET_PROTOCOL_MYHA || shadow == SHADOW_NONE ||
				shadow == SHADOW_LOCAL_LATER)
				continue;
			shadow_explain(ours, other, error);
			return -EBUSY;
		}
	return 0;
}
