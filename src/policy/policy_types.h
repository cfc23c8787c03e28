/* SPDX-License-Identifier: Apache-2.0 */
/* Defines the types of values in the policy file: how to read, print and describe them. */
#pragma once

#include "base/strbuf.h"
#include "policy/policy.h"
#include "policy/policy_forms.h"
#include "policy/table_names.h"
#include "policy/yaml_source.h"
#include "policy/yaml_value.h"

#include <jansson.h>

/* A key of the file; the tables are in policy_keys.c. */
struct policy_key {
	const char *name; /* must be the first member, for find_nearest_word() */
	const struct policy_type *type; /* of the value; NULL: a mapping of the keys of `section` */
	/* bytes from the structure to the member; 0: the type stores several members itself */
	size_t offset;
	const char *summary; /* one line of documentation */
	/* NULL-terminated; NULL: none. The first is the default, and means 0 in the structure. */
	const char *const *words;
	uint32_t min, max;
	const struct policy_form *form;
	bool nullable; /* null is equivalent to omitting the key */
	const char *missing_advice; /* advice if the key is missing; NULL: the key is optional */
	const struct policy_section *section;
};

/* Returns the key's member, or the structure if the type stores several members itself. */
static inline void *policy_get_member(const struct policy_key *key, const void *structure)
{
	return (char *)structure + key->offset;
}

struct policy_reader {
	const struct yaml_source *source;
	const struct table_names *names;
	const struct policy_key *key; /* of the value that is read */
	const struct yaml_value *value;
	void *member; /* receives the value */
};

/* Additions to `out` are not checked individually: after one failure all later ones fail. */
struct policy_printer {
	struct strbuf *out;
	const struct table_names *names;
	bool json; /* JSON, which is also YAML; quotes every name and text */
	const struct policy_key *key; /* of the value that is printed */
};

struct policy_type {
	/*
	 * Reads a value other than the key's first word. Returns 0; -EINVAL after reporting all
	 * errors to the source's errors; or -ENOMEM.
	 */
	int (*read)(const struct policy_reader *reader);
	void (*print)(const struct policy_printer *printer, const void *member);
	/* Returns false if the member stands for the first word, null or no key; NULL: never. */
	bool (*is_given)(const struct policy_key *key, const void *member);
	/*
	 * The JSON Schema of values other than words: a new reference, or NULL if memory ran out;
	 * or, if the pointer is NULL, the regular expression of a string. Both NULL: only words.
	 */
	json_t *(*build_schema)(const struct policy_key *key);
	const char *pattern;
};

extern const struct policy_type policy_type_version; /* a number that is not stored */
extern const struct policy_type policy_type_word; /* an enum in the order of `words` */
extern const struct policy_type policy_type_number; /* min..max: uint32_t; others: not given */
extern const struct policy_type policy_type_flag; /* int: 0, 1; -1: not given */
extern const struct policy_type policy_type_text; /* matches `form`: char *; NULL: not given */
extern const struct policy_type policy_type_mac; /* struct policy_match: mac, has_mac */

/* policy_types_route.c */
extern const struct policy_type policy_type_table; /* a table name or number: uint32_t */
extern const struct policy_type policy_type_source; /* struct policy_interface: source, sources */
extern const struct policy_type policy_type_except; /* struct policy_interface: except */
extern const struct policy_type policy_type_gateway; /* struct ip_address */
extern const struct policy_type policy_type_host; /* valid for an overlay: struct ip_address */
extern const struct policy_type policy_type_route_tables; /* struct policy_overlay: route_tables */

/* Reports "NAME must be EXPECTED, not VALUE" and returns -EINVAL. */
int policy_refuse_value(const struct yaml_source *source, const char *name, const char *expected,
	const struct yaml_value *value);

/*
 * Reports the key's value; EXPECTED is one of the key's words or `expected` (NULL: only the words).
 * If the value is similar to a word, suggests that word instead.
 */
int policy_refuse_key_value(const struct policy_reader *reader, const char *expected);

/* Returns whether the value is one of the key's words; if so, sets ret_index to its index. */
bool policy_find_word(const struct policy_reader *reader, unsigned *ret_index);

/* Prints a text, in quotes if necessary. */
void policy_print_text(const struct policy_printer *printer, const char *text);

/* Returns the JSON Schema of a string, as a new reference; NULL if memory ran out. */
json_t *policy_build_string_schema(const char *pattern);
