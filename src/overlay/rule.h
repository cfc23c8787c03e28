/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds the routing rule that makes replies from an overlay address leave through the attached
 * interface that holds the address. Replies must use that ENI because its source/destination check
 * is off.
 */
#pragma once

#include "core/operation.h"

/*
 * Fills in the rule that leads from the address to the table of `link`. False: the link does not
 * exist (NULL), is not attached, or has no table in use for this address family.
 */
bool overlay_rule_find(const struct operation *operation, const struct net_link *link,
	const struct netstate *observed, const struct ip_address *address,
	struct net_rule *ret_rule);
