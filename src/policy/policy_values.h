/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Single values of the policy file, each checked and put into its place in the policy.
 */
#pragma once

#include "policy/policy_keys.h"
#include "policy/policy_reader.h"

/*
 * Reads the item's value, of a type that is no section, into the structure that holds the key's
 * member. Returns 0; -EINVAL, all that is wrong being in the source's errors; or -ENOMEM.
 */
int policy_value_read(const struct policy_reader *reader, const struct policy_key *key,
	const struct yaml_item *item, void *target);

/* Whether routes of its own can be kept in a table: not in the kernel's. */
bool policy_table_is_free(uint32_t table);
