/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads and checks single values of the policy file and stores them in the policy.
 */
#pragma once

#include "policy/policy_keys.h"
#include "policy/policy_reader.h"

/*
 * Reads the item's value into the structure that contains the key's member. The key must not be a
 * section. Returns 0; -EINVAL after reporting all errors to the source's errors; or -ENOMEM.
 */
int policy_value_read(const struct policy_reader *reader, const struct policy_key *key,
	const struct yaml_item *item, void *target);

/* Returns whether a table may contain our routes: it is not one of the kernel's tables. */
bool policy_table_is_free(uint32_t table);
