/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text or bytes that grow up to a cap. The cap is what keeps an answer from outside from eating
 * the machine: past it nothing is stored and the buffer is marked.
 *
 * The buffer owns its bytes; data is always NUL-terminated once anything was added (the NUL is not
 * counted in length), and NULL before.
 */
#pragma once

#include "base/cleanup.h"

#include <stdbool.h>

struct strbuf {
	char *data;
	size_t length;
	size_t capacity;
	size_t max; /* most bytes that length may reach; 0: STRBUF_DEFAULT_MAX */
	bool failed; /* an addition did not fit or memory ran out; all later ones fail too */
};

#define STRBUF_DEFAULT_MAX (16u << 20)

void strbuf_init(struct strbuf *strbuf, size_t max);
void strbuf_done(struct strbuf *strbuf); /* also wipes nothing: for secrets use strbuf_wipe first */
void strbuf_wipe(struct strbuf *strbuf); /* overwrites all bytes and empties, keeps the memory */
void strbuf_clear(struct strbuf *strbuf); /* length 0, not failed, keeps the memory */

/* Each returns 0, -E2BIG past the cap or -ENOMEM; on failure the content is as it was. */
int strbuf_add(struct strbuf *strbuf, const void *bytes, size_t length);
int strbuf_add_string(struct strbuf *strbuf, const char *string);
int strbuf_printf(struct strbuf *strbuf, const char *format, ...) _printf_(2, 3);

/* The text, "" where nothing was added. Owned by the buffer. */
const char *strbuf_text(const struct strbuf *strbuf);
