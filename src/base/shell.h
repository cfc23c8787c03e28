/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes commands that sh(1) reads as they were meant, whatever the names in them are. POSIX shells
 * only differ in what is not used here; each command is one line of characters that are shown.
 */
#pragma once

#include "base/cleanup.h"
#include "base/strbuf.h"

#include <stdarg.h>

/*
 * Appends `word` as one word, in quotes where it needs them. Characters that are not shown become
 * "$(printf '\033')". Returns 0; -EINVAL if the word ends in a line break, which a command
 * substitution drops; or as strbuf_add().
 */
int shell_add_word(struct strbuf *out, const char *word);

/* The same, always in quotes. */
int shell_add_quoted(struct strbuf *out, const char *word);

/*
 * As printf(3), but what stands for a %s is quoted. Beside %s and %.*s there are %d, %u, %zu and %%;
 * others are -EINVAL. "-- %s" keeps its "-- " only if the word would be taken for an option. A word
 * that cannot be quoted is -EINVAL, too. After an error `out` is marked as failed.
 */
int shell_printf(struct strbuf *out, const char *format, ...) _printf_(2, 3);
int shell_vprintf(struct strbuf *out, const char *format, va_list arguments) _printf_(2, 0);

/* The word in quotes, for a message; "..." if it cannot be quoted or does not fit. */
#define SHELL_WORD_SIZE 512
const char *shell_quote(const char *word, char buffer[SHELL_WORD_SIZE]);
