/* SPDX-License-Identifier: Apache-2.0 */
#include "ec2/query.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define NAME_SIZE 96

static const char unreserved[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~";

static void add_bytes(struct query *query, const char *bytes, size_t length)
{
	if (!query->err)
		query->err = strbuf_add(&query->body, bytes, length);
}

static void add_percent_encoded(struct query *query, const char *text)
{
	static const char digits[] = "0123456789ABCDEF";

	while (*text) {
		size_t length = strspn(text, unreserved);

		add_bytes(query, text, length);
		text += length;
		if (*text) {
			unsigned char byte = (unsigned char)*text++;
			const char escaped[] = {'%', digits[byte >> 4], digits[byte & 0xf]};

			add_bytes(query, escaped, sizeof(escaped));
		}
	}
}

void query_begin(struct query *query, const char *action, const char *version)
{
	*query = (struct query){0};
	strbuf_init(&query->body, QUERY_MAX);
	query_add(query, action, "Action");
	query_add(query, version, "Version");
}

void query_done(struct query *query)
{
	if (query)
		strbuf_done(&query->body);
}

void query_add(struct query *query, const char *value, const char *name_format, ...)
{
	char name[NAME_SIZE];
	va_list arguments;

	va_start(arguments, name_format);
	int length = vsnprintf(name, sizeof(name), name_format, arguments);
	va_end(arguments);
	if (length < 0 || (size_t)length >= sizeof(name)) { /* the first error counts */
		query->err = query->err ? query->err : -E2BIG;
		return;
	}
	if (query->body.length > 0)
		add_bytes(query, "&", 1);
	add_percent_encoded(query, name);
	add_bytes(query, "=", 1);
	add_percent_encoded(query, value);
}

int query_end(struct query *query, struct strbuf *ret_body)
{
	if (query->err)
		return query->err;
	*ret_body = TAKE_STRUCT(query->body);
	return 0;
}
