/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parses bytes into a policy, or into a list of errors `file:line:column: description`.
 *
 * The format is YAML 1.1 as libyaml reads it, without aliases, anchors and tags. The tables in
 * policy_keys.c define its keys. The JSON Schema is built from them, and myha.policy(5) must match
 * them.
 */
#pragma once

#include "policy/policy.h"
#include "policy/policy_errors.h"
#include "policy/table_names.h"

#define POLICY_MAX_BYTES (1u << 20)

/*
 * `file` is used only in messages. `names` resolves table names. `ret_errors` may be NULL and is
 * set only on failure. The caller owns *ret_policy.
 *
 * Returns 0; -EINVAL with OUTCOME_USAGE in each error (text: "FILE:LINE:COLUMN: …", or "FILE: …"
 * for an error without a position; quote: the line and a caret); or -ENOMEM with OUTCOME_FAILED.
 */
int policy_parse(const char *file, const char *bytes, size_t length,
	const struct table_names *names, struct policy *ret_policy,
	struct policy_errors *ret_errors);

/* Returns whether the bytes look like a policy, valid or not: a line begins with a known key. */
bool policy_is_plausible(const char *bytes, size_t length);
