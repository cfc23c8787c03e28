/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds the object that the kernel lacks to serve an address of an attached ENI: the link, the
 * address, a rule that leads from the address to the ENI's table, or that table's default route.
 */
#pragma once

#include "model/netstate.h"
#include "model/plan.h"
#include "policy/policy.h"

/* All borrowed. */
struct service {
	struct ip_address address;
	unsigned link; /* index of the link */
	const uint32_t *tables; /* of the interface, past and present */
	size_t n_tables; /* 0: tables not known; rule and route are not checked */
};

enum service_lack {
	SERVICE_LACKS_NOTHING,
	SERVICE_LACKS_LINK, /* the link is down, without carrier, or gone */
	SERVICE_LACKS_ADDRESS,
	SERVICE_LACKS_RULE,
	SERVICE_LACKS_ROUTE,
};

/* `observed` must contain the routes of the tables. */
enum service_lack service_find_lack(const struct service *service, const struct netstate *observed);

/* Returns a static text, such as "the rule for this address is missing". */
const char *service_lack_text(enum service_lack lack);

/* Whether the policy's sources include the address: a list may omit it, and it has no rule then. */
bool service_has_rule(const struct policy_interface *policy, const struct ip_address *address);

/* Whether a step of the plan deletes the address. */
bool service_is_removed(const struct ip_address *address, const struct plan *plan);
