/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes the body of a request in AWS's Query protocol. It is a form of Action, Version and flat
 * parameters (application/x-www-form-urlencoded), with lists as Name.1, Name.2. Escaped by the
 * rules of Signature V4: every byte except A-Z, a-z, 0-9, '-', '_', '.' and '~' becomes %XX.
 *
 * The first error is kept and returned by query_end(), so callers do not check each addition.
 */
#pragma once

#include "base/strbuf.h"

#define QUERY_CONTENT_TYPE "application/x-www-form-urlencoded; charset=utf-8"
/* Bytes of one body: 50 tags of EC2's maximum length are 240 KiB when they are escaped. */
#define QUERY_MAX (256u << 10)

struct query {
	struct strbuf body;
	int err; /* of the first addition that failed; 0: no addition failed */
};

void query_begin(struct query *query, const char *action, const char *version);
void query_done(struct query *query);

/* `name_format` is the format of the name: "Filter.%zu.Value.%zu". */
void query_add(struct query *query, const char *value, const char *name_format, ...) _printf_(3, 4);

/* Returns 0, and the caller owns the body; or the first error: -E2BIG, -ENOMEM. */
int query_end(struct query *query, struct strbuf *ret_body);
