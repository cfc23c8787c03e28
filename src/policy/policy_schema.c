/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/policy_schema.h"

#include "base/json_build.h"
#include "base/json_memory.h"
#include "policy/policy_keys.h"
#include "policy/policy_print.h"
#include "policy/policy_yaml.h"

#include <stdio.h>
#include <string.h>

/* Each function returns a new reference, or NULL if memory ran out. */
static json_t *build_mapping(const struct policy_section *section, const void *defaults);

static json_t *build_enum(const char *const *words)
{
	json_t *array = json_array();

	for (; *words; words++)
		json_add_item(&array, json_string(*words));
	return json_pack("{s:o}", "enum", array);
}

/* A value is one of the key's words, or a value of its type; some keys accept both. */
static json_t *build_value(const struct policy_key *key)
{
	const struct policy_type *type = key->type;
	bool has_only_words = !type->build_schema && !type->pattern;

	if (has_only_words)
		return build_enum(key->words);
	json_t *value = type->build_schema ? type->build_schema(key)
					   : policy_build_string_schema(type->pattern);
	return key->words ? json_pack("{s:[o, o]}", "anyOf", build_enum(key->words), value) : value;
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

/* No key of a match has a default (NULL), and an empty match is invalid. */
static json_t *build_match(const struct policy_section *section)
{
	json_t *schema = build_mapping(section, NULL);

	json_add_member(&schema, "type", json_string("object"));
	json_add_member(&schema, "minProperties", json_integer(1));
	return schema;
}

/* `defaults` is the structure that contains the section, with default values. */
static json_t *build_section(const struct policy_key *key, const void *defaults)
{
	const struct policy_section *section = key->section;

	if (section->is_match)
		return build_match(section);
	if (section->has_match)
		return build_interfaces();
	if (section->entry_size)
		return json_pack("{s:[s, s], s:{s:s}, s:o}", "type", "object", "null",
			"propertyNames", "pattern", policy_form_label.pattern,
			"additionalProperties",
			build_mapping(section, policy_get_entry(key, defaults, 0)));
	return build_mapping(section, policy_get_member(key, defaults));
}

/* Returns the key's value in `defaults` as JSON. */
static json_t *build_default(const struct policy_key *key, const void *defaults)
{
	_cleanup_(strbuf_done) struct strbuf text = {0};
	const struct policy_printer printer = {&text, .json = true};
	json_t *value = NULL;

	if (key->section)
		return json_object();
	policy_print_value(&printer, key, defaults);
	/* If memory ran out, the text is not valid JSON, and `value` remains NULL. */
	json_read(strbuf_text(&text), text.length, JSON_DECODE_ANY, &value);
	return value;
}

static json_t *build_key(const struct policy_key *key, const void *defaults)
{
	json_t *schema = key->section ? build_section(key, defaults) : build_value(key);
	bool is_match = key->section && key->section->is_match;
	char description[256];

	snprintf(description, sizeof(description), "%s%s%s%s", key->summary, key->form ? " (" : "",
		key->form ? key->form->expected : "", key->form ? ")" : "");
	json_add_member(&schema, "description", json_string(description));
	if (defaults && !key->missing_advice && !is_match &&
		policy_has_value_or_default(key, defaults))
		json_add_member(&schema, "default", build_default(key, defaults));
	return schema;
}

/*
 * Builds the schema of a mapping with the section's keys. `defaults` is a structure with default
 * values; NULL: no key has a default. A mapping without required keys may be empty: null in YAML.
 */
static json_t *build_mapping(const struct policy_section *section, const void *defaults)
{
	json_t *properties = json_object(), *required = json_array(), *schema;

	for (size_t i = 0; i < section->count; i++) {
		const struct policy_key *key = &section->keys[i];
		json_add_member(&properties, key->name, build_key(key, defaults));
		if (key->missing_advice)
			json_add_item(&required, json_string(key->name));
	}
	/* json_pack() returns NULL if `required` is NULL because memory ran out. */
	if (!required || json_array_size(required))
		return json_pack("{s:s, s:o, s:b, s:o}", "type", "object", "properties", properties,
			"additionalProperties", 0, "required", required);
	schema = json_pack("{s:[s, s], s:o, s:b}", "type", "object", "null", "properties",
		properties, "additionalProperties", 0);
	json_decref(required);
	return schema;
}

json_t *policy_build_schema(void)
{
	/* Has only keys that lack a default, so that parsing sets all other members to defaults. */
	static const char text[] =
		"version: 1\ninterfaces: {a: {}}\noverlays: {a: {address: 10.0.0.1}}\n";
	_cleanup_(policy_done) struct policy defaults = {0};

	if (policy_parse("", text, strlen(text), NULL, &defaults, NULL /* no errors */))
		return NULL;
	json_t *schema = json_pack("{s:s, s:s, s:s}", "$schema",
		"http://json-schema.org/draft-07/schema#", "title", "myha policy", "description",
		"the interfaces and overlay addresses that myha manages");
	json_t *section = build_mapping(&policy_root, &defaults);
	if (json_object_update(schema, section)) {
		json_decref(schema);
		schema = NULL;
	}
	json_decref(section);
	for (size_t i = 0; i < policy_root.count; i++) {
		const struct policy_key *key = &policy_root.keys[i];
		if (key->section && key->section->has_match)
			json_add_member(&schema, "definitions",
				json_pack("{s:o}", "interface",
					build_mapping(key->section,
						policy_get_entry(key, &defaults, 0))));
	}
	return schema;
}
