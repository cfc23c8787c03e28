/* SPDX-License-Identifier: Apache-2.0 */
/* Detects routes and rules of other software that use an interface's table or rule priority. */
#pragma once

#include "model/plan.h"
#include "policy/policy.h"

/*
 * Two kinds of objects conflict. First, a route in the entry's table that myha did not add, or that
 * leads to another link than `link` (an index). Second, a rule of other software that looks up the
 * table or has the entry's priority. A rule that leads packets with a mark to the table, with
 * another priority, does not conflict. Only families that `desired` uses count; NULL: both.
 *
 * Returns 0, or -EBUSY with a message that names the conflicting object and the remedy.
 */
int conflict_check(const struct policy_interface *policy, const struct netstate *desired,
	const struct netstate *observed, unsigned link, const struct table_names *names,
	struct error *error);

/*
 * Finds the same conflicts without a message: ret_step is the step that would add the object.
 * Returns false if there is no conflict.
 */
bool conflict_find_object(const struct policy_interface *policy, const struct netstate *desired,
	const struct netstate *observed, unsigned link, struct step *ret_step);
