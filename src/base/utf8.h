/* SPDX-License-Identifier: Apache-2.0 */
/* Decodes UTF-8 (RFC 3629), and masks, shortens and counts text for terminals. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UTF8_MAX_BYTES 4 /* per character */

/* Returns the length of the character in bytes; 0 if it is not valid UTF-8, or `left` is 0. */
size_t utf8_decode(const char *bytes, size_t left, uint32_t *ret_character);

/*
 * Returns whether a terminal shows the character in its place: it is not a control character, a
 * line break to some programs, invisible, or a character that reorders the text around it.
 */
bool utf8_is_shown(uint32_t character);

/* Returns whether the complete text is UTF-8 and each character is shown. */
bool utf8_is_shown_text(const char *text);

/* Returns whether there are bytes, and all are from `first` (' ', or '!' to exclude it) to '~'. */
bool ascii_is_printable(const char *bytes, size_t length, char first);

/* Replaces with '?' each byte that is not UTF-8 or belongs to a character that is not shown. */
void utf8_mask(char *text);

/*
 * Reduces text to the shown ASCII characters: an ellipsis (U+2026) becomes "..."; '?' replaces each
 * other character and each byte that is not UTF-8. The text never grows.
 */
void utf8_reduce_to_ascii(char *text);

/* Returns the number of characters; each byte that is not UTF-8 counts as one. */
size_t utf8_count(const char *text);

/* Copies the text for a message; cuts off what does not fit and ends it with "...". */
#define UTF8_SHORT_SIZE 96
const char *utf8_shorten(const char *text, char buffer[UTF8_SHORT_SIZE]);

/* Ends a text that was cut to `size` bytes with "...", without splitting a character. */
void utf8_mark_cut(char *text, size_t size);
