/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds the rule that makes replies of an overlay address leave through the attached interface that has
 * it: the source/destination check is off for that ENI only.
 */
#pragma once

#include "core/operation.h"

/*
 * The rule into the table of `link`. False: it has no table of its own in this family, since it is not
 * attached (NULL: there is no such link).
 */
bool overlay_rule_find(const struct operation *operation, const struct net_link *link,
	const struct netstate *observed, const struct ip_address *address,
	struct net_rule *ret_rule);
