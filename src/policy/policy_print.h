/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prints a policy as YAML with all defaults filled in. Parsing the output results in an equal
 * policy.
 */
#pragma once

#include "base/strbuf.h"
#include "policy/policy.h"
#include "policy/table_names.h"

/* `names` (may be NULL) provides the table names. Returns 0 or -ENOMEM. */
int policy_print(const struct policy *policy, const struct table_names *names, struct strbuf *out);

/* Prints the same as JSON in one line. Parsing it as YAML also results in an equal policy. */
int policy_print_json(
	const struct policy *policy, const struct table_names *names, struct strbuf *out);
