/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keys of the policy file as tables: what reads the file, what prints it and what describes it
 * to editors walk the same ones. A new key is a line in policy_keys.c and a member in policy.h.
 */
#pragma once

#include "policy/policy_forms.h"

#include <stddef.h>
#include <stdint.h>

#define POLICY_OVERLAY_INTERFACE "primary"

/* What a key holds. Each type is read in policy_values.c and printed in policy_print.c. */
enum policy_type {
	POLICY_TYPE_SECTION, /* a mapping of the keys of `section` */
	POLICY_TYPE_MATCH, /* the same; where it is given, the entry's name is no condition */
	POLICY_TYPE_INTERFACES, /* NAME: a mapping of the keys of `section` */
	POLICY_TYPE_OVERLAYS, /* NAME: a mapping of the keys of `section` */
	POLICY_TYPE_VERSION, /* a number that is not kept */
	POLICY_TYPE_WORD, /* one of `words`: an enum of that order */
	POLICY_TYPE_NUMBER, /* min..max: uint32_t, or int with -1 for "not given" */
	POLICY_TYPE_FLAG, /* true or false: int, -1 for "not given" */
	POLICY_TYPE_TEXT, /* of `form`: char *, NULL for "not given" */
	POLICY_TYPE_MAC, /* struct policy_match: mac, has_mac */
	POLICY_TYPE_TABLE, /* a name or number: uint32_t */
	POLICY_TYPE_SOURCE, /* `words` or prefixes; struct policy_interface: source, sources */
	POLICY_TYPE_GATEWAY, /* `words` or an address: struct ip_address */
	POLICY_TYPE_EXCEPT, /* a list of prefixes; struct policy_interface: except */
	POLICY_TYPE_HOST, /* an address that an overlay may have: struct ip_address */
	POLICY_TYPE_ROUTE_TABLES, /* `words` or ids; struct policy_overlay: route_tables */
};

struct policy_key {
	const char *name; /* first, for parse_nearest() */
	enum policy_type type;
	size_t offset; /* of the value in its structure */
	const char *const *words; /* NULL-terminated */
	uint32_t min, max;
	const struct policy_form *form;
	bool nullable; /* an explicit null is the same as leaving it out */
	const char *missing; /* what to say where it is left out; NULL: it may be */
	const char *fallback; /* the default as the file would say it; NULL: not given */
	const struct policy_section *section;
	const char *summary; /* one line for people */
};

struct policy_section {
	const struct policy_key *keys;
	size_t count;
};

/* The file as a whole. */
extern const struct policy_key policy_root;

/* The words of an enum's values, in its order; NULL-terminated. */
extern const char *const policy_source_words[];
extern const char *const policy_addresses_words[];
extern const char *const policy_at_boot_words[];
extern const char *const policy_manager_words[];
extern const char *const policy_check_words[];
