/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks the complete policy: entries that conflict, and keys that depend on each other. The tree
 * that the policy was read from provides the places: its entries have the same order as the
 * policy's.
 */
#pragma once

#include "policy/policy_types.h"

/*
 * Reports conflicts to the source's errors, at most one per entry. Skips entries that already have
 * an error.
 */
void policy_check(const struct policy_reader *reader, const struct yaml_value *root,
	const struct policy *policy);
