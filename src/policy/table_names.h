/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of routing tables, as iproute2 keeps them: `NUMBER NAME` a line, '#' begins a comment, the
 * number decimal or 0x…; /etc/iproute2/rt_tables and rt_tables.d/ *.conf. Reading the files is
 * somebody else's job; here are bytes in, names out.
 */
#pragma once

#include "base/cleanup.h"

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

/* Adds what a file says; a line that is not of the form is passed over, as iproute2 does. -ENOMEM.
 */
int table_names_add_file(struct table_names *names, const char *bytes, size_t length);

/*
 * 0 or -ENOENT. The kernel's own (local, main, default, unspec) are always known, and so is MYHA:
 * a lost snippet in /etc must not cost anybody an address.
 */
int table_names_find(const struct table_names *names, const char *name, uint32_t *ret_number);

/* The number's name, or the number itself written into the buffer. */
const char *table_names_format(const struct table_names *names, uint32_t number, char buffer[16]);
