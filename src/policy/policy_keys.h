/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Describes the keys of the policy file as tables. The parser, the printer and the JSON Schema use
 * the same tables. A new key requires a row in policy_keys.c and a member in policy.h.
 */
#pragma once

#include "policy/policy_forms.h"

#include <stddef.h>
#include <stdint.h>

/* The type of a key's value. policy_values.c reads each type, policy_print.c prints it. */
enum policy_type {
	POLICY_TYPE_SECTION, /* a mapping of the keys of `section` */
	POLICY_TYPE_MATCH, /* the same; if it is given, the entry's name is not a condition */
	POLICY_TYPE_INTERFACES, /* NAME: a mapping of the keys of `section` */
	POLICY_TYPE_OVERLAYS, /* NAME: a mapping of the keys of `section` */
	POLICY_TYPE_VERSION, /* a number that is not stored */
	POLICY_TYPE_WORD, /* one of `words`; stored as an enum in the same order */
	POLICY_TYPE_NUMBER, /* min..max: uint32_t, or int with -1 for "not given" */
	POLICY_TYPE_FLAG, /* true or false: int, -1 for "not given" */
	POLICY_TYPE_TEXT, /* matches `form`: char *, NULL for "not given" */
	POLICY_TYPE_MAC, /* struct policy_match: mac, has_mac */
	POLICY_TYPE_TABLE, /* a table name or number: uint32_t */
	POLICY_TYPE_SOURCE, /* `words` or prefixes; struct policy_interface: source, sources */
	POLICY_TYPE_GATEWAY, /* `words` or an address: struct ip_address */
	POLICY_TYPE_EXCEPT, /* a list of prefixes; struct policy_interface: except */
	POLICY_TYPE_HOST, /* an address that is valid for an overlay: struct ip_address */
	POLICY_TYPE_ROUTE_TABLES, /* `words` or ids; struct policy_overlay: route_tables */
};

struct policy_key {
	const char *name; /* must be the first member, for parse_nearest() */
	enum policy_type type;
	size_t offset; /* of the value in its structure, in bytes */
	const char *const *words; /* NULL-terminated; NULL: none */
	uint32_t min, max;
	const struct policy_form *form;
	bool nullable; /* null is equivalent to omitting the key */
	const char *missing; /* advice if the key is missing; NULL: the key is optional */
	const char *fallback; /* the default in the file's notation; NULL: no default */
	const struct policy_section *section;
	const char *summary; /* one line of documentation */
};

struct policy_section {
	const struct policy_key *keys;
	size_t count;
};

/* The top level of the file. */
extern const struct policy_key policy_root;
