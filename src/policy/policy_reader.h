/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Defines the context for reading values of the policy file, and refuses values.
 */
#pragma once

#include "policy/table_names.h"
#include "policy/yaml_source.h"
#include "policy/yaml_value.h"

struct policy_reader {
	const struct yaml_source *source;
	const struct table_names *names;
};

/* Reports "NAME must be EXPECTED, not VALUE" and returns -EINVAL. */
int policy_refuse_value(const struct policy_reader *reader, const char *name, const char *expected,
	const struct yaml_value *value);
