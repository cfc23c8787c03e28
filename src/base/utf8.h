/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Characters of UTF-8 (RFC 3629), and what of them may be shown to a terminal.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UTF8_MAX_BYTES 4 /* of one character */

/* The bytes that the character at `bytes` takes; 0 where they are not UTF-8, or `left` is 0. */
size_t utf8_decode(const char *bytes, size_t left, uint32_t *ret_character);

/*
 * Whether a terminal shows it, and in its place: neither a control character, nor one that some take
 * for a line end, nor an invisible one, nor one that reorders the text around it.
 */
bool utf8_is_shown(uint32_t character);

/* Whether the whole text is UTF-8, and each character is shown. */
bool utf8_is_shown_text(const char *text);

/* Shows every byte of what is not UTF-8, or must not be shown, as '?'. */
void utf8_mask(char *text);

/*
 * Leaves only what is shown of ASCII: "..." for an ellipsis (U+2026), '?' for each other character, or
 * byte of what is not UTF-8. The text never grows.
 */
void utf8_reduce(char *text);

/* How many characters the text has; each byte of what is not UTF-8 counts as one. */
size_t utf8_count(const char *text);

/* The text for a message: what does not fit is cut off, and "..." stands for it. */
#define UTF8_SHORT_SIZE 96
const char *utf8_shorten(const char *text, char buffer[UTF8_SHORT_SIZE]);

/* Ends a text that was cut to fill `size` bytes in "...", not in half a character. */
void utf8_mark_cut(char *text, size_t size);
