/* SPDX-License-Identifier: Apache-2.0 */
/* Prints a policy as YAML with all defaults. Parsing the output results in an equal policy. */
#pragma once

#include "policy/policy_types.h"

/* `names` (may be NULL) provides the table names. Returns 0 or -ENOMEM. */
int policy_print(const struct policy *policy, const struct table_names *names, struct strbuf *out);

/* Prints the same as JSON in one line. Parsing it as YAML also results in an equal policy. */
int policy_print_json(
	const struct policy *policy, const struct table_names *names, struct strbuf *out);

/* Returns false if the key has neither a value nor a default: then it cannot be printed. */
bool policy_has_value_or_default(const struct policy_key *key, const void *structure);

/* Prints the value of the key in the structure, or its default. */
void policy_print_value(
	const struct policy_printer *printer, const struct policy_key *key, const void *structure);
