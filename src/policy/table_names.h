/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Maps routing table names to numbers, in iproute2's format: one `NUMBER NAME` per line, comments
 * begin with '#', the number is decimal or 0x…. The files are /etc/iproute2/rt_tables and the
 * *.conf files in rt_tables.d; the caller reads them, this module parses the bytes. The structure
 * owns the names.
 */
#pragma once

#include "base/cleanup.h"

#include <stdbool.h>
#include <stdint.h>

struct table_name {
	char *name;
	uint32_t number;
};

struct table_names {
	struct table_name *items;
	size_t count;
	size_t capacity;
};

void table_names_done(struct table_names *names);

/* Adds the names of a file. Ignores malformed lines, like iproute2. Returns 0 or -ENOMEM. */
int table_names_parse(struct table_names *names, const char *bytes, size_t length);

/*
 * Returns 0 or -ENOENT. The kernel's tables (local, main, default, unspec) always resolve, and so
 * does MYHA: a missing snippet in /etc must not make an address unavailable.
 */
int table_names_find(const struct table_names *names, const char *name, uint32_t *ret_number);

/* Returns the name of the table, or, if it has none, the number formatted into the buffer. */
const char *table_names_format(const struct table_names *names, uint32_t number, char buffer[16]);

/* Returns whether the table is one of the kernel's, which must not contain our routes. */
bool table_is_reserved(uint32_t table);
