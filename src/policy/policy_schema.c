/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/policy_schema.h"

#include "base/cleanup.h"
#include "base/json_build.h"
#include "base/json_memory.h"
#include "policy/policy_keys.h"
#include "policy/policy_patterns.h"
#include "policy/policy_values.h"
#include "policy/table_names.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define KERNEL_TABLES_END 256 /* the kernel's own tables have lower numbers */

/* Each function returns a new reference, or NULL if memory ran out. */
static json_t *build_section(const struct policy_section *section);

static json_t *build_pattern(const char *pattern)
{
	return json_pack("{s:s, s:s}", "type", "string", "pattern", pattern);
}

static json_t *build_words(const char *const *words)
{
	json_t *array = json_array();

	for (; *words; words++)
		json_add_item(&array, json_string(*words));
	return json_pack("{s:o}", "enum", array);
}

static json_t *build_number(const struct policy_key *key)
{
	if (key->min == key->max)
		return json_pack("{s:I}", "const", (json_int_t)key->min);
	return json_pack("{s:s, s:I, s:I}", "type", "integer", "minimum", (json_int_t)key->min,
		"maximum", (json_int_t)key->max);
}

static json_t *build_list(const char *pattern, int min_items)
{
	return json_pack("{s:s, s:o, s:i, s:b}", "type", "array", "items", build_pattern(pattern),
		"minItems", min_items, "uniqueItems", 1);
}

static json_t *build_either(json_t *first, json_t *second)
{
	return json_pack("{s:[o, o]}", "anyOf", first, second);
}

/* The names of tables depend on the host, so the schema excludes only the kernel's tables. */
static json_t *build_table(const struct policy_key *key)
{
	json_t *numbers = json_array(), *names = json_array();
	json_t *number = build_number(key), *name = build_pattern("^[^ \\t#][^ \\t]*$");
	char buffer[16];

	for (uint32_t table = 0; table < KERNEL_TABLES_END; table++) {
		if (policy_table_is_free(table))
			continue;
		json_add_item(&numbers, json_integer(table));
		json_add_item(&names, json_string(table_names_format(NULL, table, buffer)));
	}
	json_add_member(&number, "not", json_pack("{s:o}", "enum", numbers));
	json_add_member(&name, "not", json_pack("{s:o}", "enum", names));
	return build_either(name, number);
}

static json_t *build_text(const struct policy_key *key)
{
	json_t *schema = build_pattern(key->form->pattern);

	if (key->nullable)
		json_add_member(&schema, "type", json_pack("[s, s]", "string", "null"));
	return schema;
}

static json_t *build_interface_reference(void)
{
	return json_pack("{s:s}", "$ref", "#/definitions/interface");
}

/* An entry name that is not a valid interface name requires "match" to select the interface. */
static json_t *build_interfaces(void)
{
	return json_pack("{s:[s, s], s:{s:s}, s:{s:o}, s:{s:[o, {s:s, s:[s]}]}}", "type", "object",
		"null", "propertyNames", "pattern", policy_form_label.pattern, "patternProperties",
		policy_form_interface.pattern, build_interface_reference(), "additionalProperties",
		"allOf", build_interface_reference(), "type", "object", "required", "match");
}

static json_t *build_overlays(const struct policy_key *key)
{
	return json_pack("{s:[s, s], s:{s:s}, s:o}", "type", "object", "null", "propertyNames",
		"pattern", policy_form_label.pattern, "additionalProperties",
		build_section(key->section));
}

static json_t *build_match(const struct policy_key *key)
{
	json_t *schema = build_section(key->section);

	json_add_member(&schema, "type", json_string("object"));
	json_add_member(&schema, "minProperties", json_integer(1));
	return schema;
}

static json_t *build_type(const struct policy_key *key)
{
	switch (key->type) {
	case POLICY_TYPE_SECTION:
		return build_section(key->section);
	case POLICY_TYPE_MATCH:
		return build_match(key);
	case POLICY_TYPE_INTERFACES:
		return build_interfaces();
	case POLICY_TYPE_OVERLAYS:
		return build_overlays(key);
	case POLICY_TYPE_VERSION:
	case POLICY_TYPE_NUMBER:
		return build_number(key);
	case POLICY_TYPE_WORD:
		return build_words(key->words);
	case POLICY_TYPE_FLAG:
		return json_pack("{s:s}", "type", "boolean");
	case POLICY_TYPE_TEXT:
		return build_text(key);
	case POLICY_TYPE_MAC:
		return build_pattern(PATTERN_MAC);
	case POLICY_TYPE_TABLE:
		return build_table(key);
	case POLICY_TYPE_SOURCE:
		return build_either(build_words(key->words), build_list(PATTERN_PREFIX, 1));
	case POLICY_TYPE_GATEWAY:
		return build_either(build_words(key->words), build_pattern(PATTERN_ADDRESS));
	case POLICY_TYPE_EXCEPT:
		return build_list(PATTERN_PREFIX, 0);
	case POLICY_TYPE_HOST:
		return build_pattern(PATTERN_HOST);
	case POLICY_TYPE_ROUTE_TABLES:
		return build_either(build_words(key->words), build_list(key->form->pattern, 1));
	}
	return NULL;
}

/* "[]", "100" and "null" are parsed as JSON; other words become strings. */
static json_t *build_default(const char *fallback)
{
	json_t *value = NULL;
	int err = json_read(fallback, strlen(fallback), JSON_DECODE_ANY, &value);

	return err == -EBADMSG ? json_string(fallback) : value;
}

static json_t *build_key(const struct policy_key *key)
{
	json_t *schema = build_type(key);
	char description[256];

	snprintf(description, sizeof(description), "%s%s%s%s", key->summary, key->form ? " (" : "",
		key->form ? key->form->what : "", key->form ? ")" : "");
	json_add_member(&schema, "description", json_string(description));
	if (key->fallback)
		json_add_member(&schema, "default", build_default(key->fallback));
	return schema;
}

/* An empty section is null in YAML. It is valid if no key is required. */
static json_t *build_section(const struct policy_section *section)
{
	json_t *properties = json_object(), *required = json_array(), *schema;

	for (size_t i = 0; i < section->count; i++) {
		const struct policy_key *key = &section->keys[i];
		json_add_member(&properties, key->name, build_key(key));
		if (key->missing)
			json_add_item(&required, json_string(key->name));
	}
	if (!required || json_array_size(required))
		return json_pack("{s:s, s:o, s:b, s:o}", "type", "object", "properties", properties,
			"additionalProperties", 0, "required", required);
	schema = json_pack("{s:[s, s], s:o, s:b}", "type", "object", "null", "properties",
		properties, "additionalProperties", 0);
	json_decref(required);
	return schema;
}

json_t *policy_schema(void)
{
	const struct policy_section *top = policy_root.section;
	json_t *schema = json_pack("{s:s, s:s, s:s}", "$schema",
		"http://json-schema.org/draft-07/schema#", "title", "myha policy", "description",
		policy_root.summary);
	json_t *section = build_section(top);

	if (json_object_update(schema, section)) {
		json_decref(schema);
		schema = NULL;
	}
	json_decref(section);
	for (size_t i = 0; i < top->count; i++)
		if (top->keys[i].type == POLICY_TYPE_INTERFACES)
			json_add_member(&schema, "definitions",
				json_pack(
					"{s:o}", "interface", build_section(top->keys[i].section)));
	return schema;
}
