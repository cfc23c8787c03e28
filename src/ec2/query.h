/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The body of a request in AWS's Query protocol: Action, Version and flat parameters as a form
 * (application/x-www-form-urlencoded), with lists as Name.1, Name.2. Escaped as Signature V4's
 * rules say: every byte but A-Z, a-z, 0-9, '-', '_', '.' and '~' as %XX.
 *
 * What goes wrong on the way is kept and said by query_end(), so that whoever adds need not ask.
 */
#pragma once

#include "base/strbuf.h"

#include <stdbool.h>
#include <stdint.h>

#define QUERY_CONTENT_TYPE "application/x-www-form-urlencoded; charset=utf-8"
/* Bytes of one body: 50 tags, the longest that EC2 takes, make 240 KiB when they are escaped. */
#define QUERY_MAX (256u << 10)

struct query {
	struct strbuf body;
	int err; /* the first addition that failed */
};

void query_begin(struct query *query, const char *action, const char *version);
void query_done(struct query *query); /* wipes */

/* The format makes the name: "Filter.%zu.Value.%zu". */
void query_add(struct query *query, const char *value, const char *name_format, ...) _printf_(3, 4);
void query_add_flag(struct query *query, const char *name, bool value);
void query_add_number(struct query *query, const char *name, uint32_t value);

/* Hands the body over. 0, or what went wrong first: -E2BIG, -ENOMEM. */
int query_end(struct query *query, struct strbuf *ret_body);
