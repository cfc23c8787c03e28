/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Holds an ordered list of changes to the kernel's network state, each with its reason, and prints
 * them as commands. `plan` and --dry-run print the same list that the kernel edge applies, so a
 * preview cannot differ from the operation.
 */
#pragma once

#include "base/strbuf.h"
#include "model/netstate.h"
#include "policy/table_names.h"

enum step_kind {
	STEP_LINK_UP,
	STEP_LINK_MTU,
	STEP_LINK_RP_FILTER,
	STEP_LINK_PROMOTE_SECONDARIES,
	STEP_ADDRESS_ADD,
	STEP_ADDRESS_REPLACE, /* replaces an existing address by the same address, permanent */
	STEP_ADDRESS_DELETE,
	STEP_ROUTE_ADD,
	STEP_ROUTE_REPLACE,
	STEP_ROUTE_DELETE,
	STEP_RULE_ADD,
	STEP_RULE_DELETE,
};

struct step {
	enum step_kind kind;
	union {
		struct net_link link; /* index, name, and the attribute that `kind` names */
		struct net_address address;
		struct net_route route;
		struct net_rule rule;
	};
	char interface[IFNAMSIZ]; /* the step is for this interface; printed as the device */
	char reason[96];
};

struct plan {
	struct step *steps;
	size_t count;
	size_t capacity;
};

void plan_done(struct plan *plan);

/* Copies the step to the end of the plan. Returns 0 or -ENOMEM. */
int plan_add(struct plan *plan, const struct step *step);

/*
 * Appends the ip(8) or sysctl(8) command that does the same as the step, without the reason and
 * without a newline. `names` has the names of tables; NULL: print numbers. Returns 0 or -ENOMEM.
 */
int step_print(const struct step *step, const struct table_names *names, struct strbuf *out);

/* For a step that adds an object: the same without "ip route add", "ip rule add" and so on. */
int step_print_object(const struct step *step, const struct table_names *names, struct strbuf *out);
