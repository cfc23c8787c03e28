/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether somebody else on the host already uses what an interface is to get.
 */
#pragma once

#include "base/error.h"
#include "model/netstate.h"
#include "model/plan.h"
#include "policy/policy.h"
#include "policy/table_names.h"

/*
 * A route in the entry's table that is not ours, or of another link; a rule of somebody else's that
 * looks the table up, or that has the entry's priority; of the families that `desired` uses. A rule
 * that leads packets with a mark to the table, and has another priority, is in nobody's way. `link` is the interface's index. Returns 0, or -EBUSY with words that say who, and the remedy.
 */
int conflict_find(const struct policy_interface *policy, const struct netstate *desired,
	const struct netstate *observed, unsigned link, const struct table_names *names,
	struct error *error);

/*
 * The same without words: what is in the way, as the step that would add it. `desired` NULL: whatever
 * the family. False: nothing is.
 */
bool conflict_find_object(const struct policy_interface *policy, const struct netstate *desired,
	const struct netstate *observed, unsigned link, struct step *ret_step);
