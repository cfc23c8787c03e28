/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What only the policy as a whole can show: two entries at odds, and what belongs together. The
 * tree that it was read from says where: its entries are the policy's, in the same order.
 */
#pragma once

#include "policy/policy.h"
#include "policy/policy_values.h"

/* Reports all of it to the source's errors; an entry with an error of its own is not judged. */
void policy_check(const struct policy_reader *reader, const struct yaml_value *root,
	const struct policy *policy);
