/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks the complete policy: entries that conflict, and keys that depend on each other. The tree
 * that the policy was read from provides the positions: its entries have the same order as the
 * policy's.
 */
#pragma once

#include "policy/policy_types.h"

/* Reports at most one conflict per entry, to the source's errors. Skips entries with errors. */
void policy_check(const struct policy_reader *reader, const struct yaml_value *root,
	const struct policy *policy);
