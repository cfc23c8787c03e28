/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes commands that sh(1) parses as intended, whatever names they contain. The output uses only
 * syntax that is common to POSIX shells. Each command is one line of printable characters.
 */
#pragma once

#include "base/cleanup.h"
#include "base/strbuf.h"

#include <stdarg.h>

/*
 * Appends `word` as one word, in quotes if required. Characters that are not shown (utf8.h) become
 * "$(printf '\033')". Returns 0; -EINVAL if the word ends with a newline, which a command
 * substitution drops; or an error of strbuf_add().
 */
int shell_add_word(struct strbuf *out, const char *word);

/* The same, but always in quotes. */
int shell_add_quoted(struct strbuf *out, const char *word);

/*
 * Formats like printf(3), but quotes the argument of each %s. Supports %s, %.*s, %d, %u, %zu and
 * %%; any other conversion returns -EINVAL. "-- %s" keeps the "-- " only if the word begins with
 * '-'. A word that cannot be quoted also returns -EINVAL. On error `out` is marked as failed.
 */
int shell_printf(struct strbuf *out, const char *format, ...) _printf_(2, 3);
int shell_vprintf(struct strbuf *out, const char *format, va_list arguments) _printf_(2, 0);

/* Returns the word for a message, in quotes if required; "..." if this fails or does not fit. */
#define SHELL_WORD_SIZE 512
const char *shell_quote(const char *word, char buffer[SHELL_WORD_SIZE]);
