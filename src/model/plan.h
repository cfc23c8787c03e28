/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An ordered list of changes to the kernel's network state, each with its reason. The same list is
 * printed by `plan` and --dry-run and walked by the kernel edge, so a preview cannot drift from
 * the deed.
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
	STEP_ADDRESS_REPLACE, /* one that is there, by the same for ever */
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
		struct net_link link; /* index, name, and the one attribute that the kind names */
		struct net_address address;
		struct net_route route;
		struct net_rule rule;
	};
	char interface[IFNAMSIZ]; /* on whose behalf; also the device's name in print */
	char reason[96];
};

struct plan {
	struct step *steps;
	size_t count;
	size_t capacity;
};

void plan_init(struct plan *plan);
void plan_done(struct plan *plan);

/* Copies the step to the end; -ENOMEM. */
int plan_add(struct plan *plan, const struct step *step);

/*
 * The step as the ip(8) (or sysctl(8)) command that does the same, without its reason and without
 * a newline. `names` (may be NULL) gives table names. Returns 0 or -ENOMEM.
 */
int step_print(const struct step *step, const struct table_names *names, struct strbuf *out);
