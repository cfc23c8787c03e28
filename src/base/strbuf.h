/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Grows a buffer of text or bytes up to a limit. The limit prevents an external response from
 * exhausting the memory: an addition beyond it stores nothing and marks the buffer as failed.
 *
 * The buffer owns its bytes, in wiped memory (wiped_memory.h): they may be a secret. `data` is NULL
 * until the first addition, then always NUL-terminated; `length` does not include the NUL.
 */
#pragma once

#include "base/cleanup.h"

#include <stdbool.h>

struct strbuf {
	char *data;
	size_t length;
	size_t capacity;
	size_t max; /* upper limit of length, in bytes; 0: STRBUF_DEFAULT_MAX */
	/* an addition exceeded the limit or memory ran out; all later additions fail too */
	bool failed;
};

#define STRBUF_DEFAULT_MAX (16u << 20)

void strbuf_init(struct strbuf *strbuf, size_t max);
void strbuf_done(struct strbuf *strbuf);
/* overwrites all bytes; length 0, not failed, keeps the memory */
void strbuf_clear(struct strbuf *strbuf);

/* Each returns 0; or -E2BIG (beyond the limit, or already failed) or -ENOMEM, and adds nothing. */
int strbuf_add(struct strbuf *strbuf, const void *bytes, size_t length);
int strbuf_add_string(struct strbuf *strbuf, const char *string);
int strbuf_printf(struct strbuf *strbuf, const char *format, ...) _printf_(2, 3);

/* Returns the text, or "" if `data` is NULL. The buffer owns it. */
const char *strbuf_text(const struct strbuf *strbuf);
