/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/yaml_value.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Frees the value with all nested values; yaml_read() limits the depth of the recursion. */
void yaml_value_done(struct yaml_value *value)
{
	if (!value)
		return;
	for (size_t i = 0; i < value->n_items; i++) {
		free(value->items[i].key);
		yaml_value_done(&value->items[i].value);
	}
	free(value->items);
	free(value->text);
	*value = (struct yaml_value){0};
}

const struct yaml_item *yaml_find(const struct yaml_value *map, const char *key)
{
	if (map->kind != YAML_KIND_MAP)
		return NULL;
	for (size_t i = 0; i < map->n_items; i++)
		if (strcmp(map->items[i].key, key) == 0)
			return &map->items[i];
	return NULL;
}

bool yaml_scalar_has_error(const struct yaml_value *value)
{
	return value->has_error && value->kind == YAML_KIND_SCALAR;
}

/* Returns whether the value is an unquoted scalar without an error. */
static bool is_plain_text(const struct yaml_value *value)
{
	return value->kind == YAML_KIND_SCALAR && value->plain && !value->has_error;
}

bool yaml_is_null(const struct yaml_value *value)
{
	static const char *const words[] = {"", "~", "null", "Null", "NULL"};

	if (!is_plain_text(value))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcmp(value->text, words[i]) == 0)
			return true;
	return false;
}

bool yaml_is_text(const struct yaml_value *value)
{
	return value->kind == YAML_KIND_SCALAR && !yaml_is_null(value);
}

bool yaml_is_flag(const struct yaml_value *value, bool *ret_flag)
{
	static const struct {
		const char *word;
		bool flag;
	} words[] = {
		{"true", true},
		{"false", false},
		{"yes", true},
		{"no", false},
		{"on", true},
		{"off", false},
	};

	if (!is_plain_text(value))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcasecmp(value->text, words[i].word) == 0) {
			*ret_flag = words[i].flag;
			return true;
		}
	}
	return false;
}

bool yaml_is_number(const struct yaml_value *value)
{
	if (!is_plain_text(value) || !*value->text)
		return false;
	return value->text[strspn(value->text, "0123456789")] == '\0';
}
