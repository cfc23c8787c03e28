/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds the object that the kernel lacks to serve an address of an attached ENI: the link, the
 * address, a rule that leads from the address to the ENI's table, or that table's default route.
 */
#pragma once

#include "model/plan.h"
#include "policy/policy.h"

/* All borrowed. */
struct service {
	struct ip_address address;
	unsigned link; /* index of the link */
	const uint32_t *tables; /* the interface's current table and those it used before */
	size_t n_tables; /* 0: tables not known; rule and route are not checked */
};

enum service_missing {
	SERVICE_MISSING_NOTHING,
	SERVICE_MISSING_LINK, /* the link is down, without carrier, or gone */
	SERVICE_MISSING_ADDRESS,
	SERVICE_MISSING_RULE,
	SERVICE_MISSING_ROUTE,
};

/* `observed` must contain the routes of the tables. */
enum service_missing service_find_missing(
	const struct service *service, const struct netstate *observed);

/* Returns a static text, such as "the rule for this address is missing". */
const char *service_missing_text(enum service_missing missing);

/* Whether the policy's sources include the address. A list may omit it: then it has no rule. */
bool service_requires_rule(const struct policy_interface *policy, const struct ip_address *address);

bool plan_deletes_address(const struct ip_address *address, const struct plan *plan);
