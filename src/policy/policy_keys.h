/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Describes the keys of the policy file as tables. The parser, the printer and the JSON Schema use
 * the same tables. A new key requires a row in policy_keys.c and a member in policy.h.
 */
#pragma once

#include "policy/policy_types.h"

struct policy_section {
	const struct policy_key *keys;
	size_t count;
	bool is_match; /* selects an interface: at least one of its keys must be given */
	/* Of a section whose keys are names of entries, which have the keys above; else 0: */
	size_t entry_size; /* in bytes; each entry begins with its name, a char * */
	size_t n_entries_offset; /* in struct policy */
	int (*init_entry)(void *entry, const char *name);
	const char *list_advice; /* how to write a mapping instead of a list */
	bool has_match; /* an entry whose name is not an interface name requires "match" */
};

/* The keys at the top level of the file. */
extern const struct policy_section policy_root;

/* Returns the entry of the key's section, or NULL after the last one. */
const void *policy_get_entry(
	const struct policy_key *key, const struct policy *policy, size_t index);
