/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Represents a YAML document as a tree of maps, lists and scalars with their positions in the file.
 * A value owns its text and items; an item owns its key.
 */
#pragma once

#include "policy/policy_errors.h"

enum yaml_kind {
	YAML_KIND_SCALAR,
	YAML_KIND_LIST,
	YAML_KIND_MAP,
};

struct yaml_item;

struct yaml_value {
	enum yaml_kind kind;
	struct yaml_position position; /* of the first character; empty value: of the key */
	char *text; /* of a scalar; NULL: refused or not a scalar */
	bool plain; /* an unquoted scalar: may be null, a boolean or a number */
	/* its error was reported; a list or map may lack items, a scalar has no valid text */
	bool has_error;
	struct yaml_item *items; /* of a list or map, in the order of the file */
	size_t n_items, items_capacity;
};

struct yaml_item {
	char *key; /* NULL in a list */
	struct yaml_position key_position;
	struct yaml_value value;
};

void yaml_value_done(struct yaml_value *value);

/* Returns the map's item with that key; NULL if the key is missing or the value is not a map. */
const struct yaml_item *yaml_find(const struct yaml_value *map, const char *key);

/* Returns whether the value is a scalar whose error is reported: its text must not be checked. */
bool yaml_scalar_has_error(const struct yaml_value *value);

/* Returns whether the value is a scalar other than null. */
bool yaml_is_text(const struct yaml_value *value);

/* Interpret an unquoted scalar as in YAML 1.1. */
bool yaml_is_null(const struct yaml_value *value);
bool yaml_is_flag(const struct yaml_value *value, bool *ret_flag); /* true, no, on, … */
bool yaml_is_number(const struct yaml_value *value); /* decimal digits only */
