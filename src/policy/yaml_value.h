/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A YAML document as a small tree of maps, lists and scalars, each with its place in the file.
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
	struct yaml_place place; /* of its first character; of its key where it is left out */
	char *text; /* of a scalar */
	bool plain; /* a scalar without quotes: may mean null, a truth value or a number */
	bool faulty; /* errors in it have been reported: a scalar has no text, others may lack items */
	struct yaml_item *items; /* of a list or map, in the file's order */
	size_t n_items, items_capacity;
};

struct yaml_item {
	char *key; /* NULL in a list */
	struct yaml_place key_place;
	struct yaml_value value;
};

void yaml_value_done(struct yaml_value *value);

/* The map's item of that key, or NULL; NULL also where the value is no map. */
const struct yaml_item *yaml_find(const struct yaml_value *map, const char *key);

/* Whether there is nothing to judge: a scalar whose error has been reported. */
bool yaml_is_faulty(const struct yaml_value *value);

/* What an unquoted scalar means in YAML 1.1. */
bool yaml_is_null(const struct yaml_value *value);
bool yaml_is_flag(const struct yaml_value *value, bool *ret_flag); /* true, no, on, … */
bool yaml_is_number(const struct yaml_value *value); /* decimal digits alone */
