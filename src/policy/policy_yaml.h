/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes in, policy or all of `file:line:column: what is wrong` out.
 *
 * The format is YAML 1.1 as libyaml reads it, without aliases, anchors and tags; its keys are the
 * tables in policy_keys.c, which the JSON Schema is made of and myha.policy(5) must agree with.
 */
#pragma once

#include "policy/policy.h"
#include "policy/policy_errors.h"
#include "policy/table_names.h"

#define POLICY_MAX_BYTES (1u << 20)

/*
 * `file` is for messages alone. `names` resolves table names. Returns 0; -EINVAL with OUTCOME_USAGE
 * in each error (text: "FILE:LINE:COLUMN: …", quote: the line and a caret); -ENOMEM. `ret_errors` is
 * set on failure alone, and may be NULL.
 */
int policy_parse(const char *file, const char *bytes, size_t length,
	const struct table_names *names, struct policy *ret_policy,
	struct policy_errors *ret_errors);

/* Whether the bytes seem to be a policy, if perhaps one with errors: a line has a key of the top level. */
bool policy_is_likely(const char *bytes, size_t length);
