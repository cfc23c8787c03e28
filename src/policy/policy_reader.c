/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/policy_reader.h"

#include "policy/yaml_syntax.h"

#include <errno.h>

/* Returns whether the value is a text only because of its quotes. */
static bool is_text_by_quotes(const struct yaml_value *value)
{
	struct yaml_value bare = *value;
	bool flag;

	bare.plain = true;
	return !value->plain && *value->text &&
	       (yaml_is_null(&bare) || yaml_is_flag(&bare, &flag) || yaml_is_number(&bare));
}

int policy_refuse_value(const struct policy_reader *reader, const char *name, const char *expected,
	const struct yaml_value *value)
{
	switch (value->kind) {
	case YAML_KIND_MAP:
		return yaml_report_error(reader->source, &value->place,
			"%s must be %s, not a mapping", name, expected);
	case YAML_KIND_LIST:
		return yaml_report_error(
			reader->source, &value->place, "%s must be %s, not a list", name, expected);
	case YAML_KIND_SCALAR:
		break;
	}
	if (yaml_is_null(value))
		return yaml_report_error(
			reader->source, &value->place, "%s must be %s, not null", name, expected);
	return yaml_report_error(reader->source, &value->place, "%s must be %s, not \"%s\"%s", name,
		expected, value->text, is_text_by_quotes(value) ? " in quotes" : "");
}
