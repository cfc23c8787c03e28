/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every reader of a value of the policy file gets, and how it refuses one.
 */
#pragma once

#include "policy/table_names.h"
#include "policy/yaml_source.h"
#include "policy/yaml_value.h"

struct policy_reader {
	const struct yaml_source *source;
	const struct table_names *names;
};

/* "NAME must be WANTED, not what it is." -EINVAL. */
int policy_refuse_value(const struct policy_reader *reader, const char *name, const char *wanted,
	const struct yaml_value *value);
