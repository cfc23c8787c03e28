/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/policy_reader.h"

#include "policy/yaml_syntax.h"

#include <errno.h>

/* Whether it is the quotes that make it a text. */
static bool quotes_matter(const struct yaml_value *value)
{
	struct yaml_value bare = *value;
	bool flag;

	bare.plain = true;
	return !value->plain && *value->text &&
	       (yaml_is_null(&bare) || yaml_is_flag(&bare, &flag) || yaml_is_number(&bare));
}

int policy_refuse_value(const struct policy_reader *reader, const char *name, const char *wanted,
	const struct yaml_value *value)
{
	switch (value->kind) {
	case YAML_KIND_MAP:
		return yaml_refuse(reader->source, &value->place, "%s must be %s, not a mapping",
			name, wanted);
	case YAML_KIND_LIST:
		return yaml_refuse(
			reader->source, &value->place, "%s must be %s, not a list", name, wanted);
	case YAML_KIND_SCALAR:
		break;
	}
	if (yaml_is_null(value))
		return yaml_refuse(
			reader->source, &value->place, "%s must be %s, not null", name, wanted);
	return yaml_refuse(reader->source, &value->place, "%s must be %s, not \"%s\"%s", name,
		wanted, value->text, quotes_matter(value) ? " in quotes" : "");
}
