/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A policy as YAML with every default filled in; reading it again gives an equal policy.
 */
#pragma once

#include "base/strbuf.h"
#include "policy/policy.h"
#include "policy/table_names.h"

/* `names` (may be NULL) gives the tables' names. Returns 0, or -ENOMEM. */
int policy_print(const struct policy *policy, const struct table_names *names, struct strbuf *out);

/* The same as JSON, in one line; read as YAML it gives an equal policy, too. */
int policy_print_json(
	const struct policy *policy, const struct table_names *names, struct strbuf *out);
