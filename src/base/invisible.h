/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds and names characters that are invisible or look like a blank. A name that contains such a
 * character looks like a different name.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Size of "U+200B (ZERO WIDTH SPACE)" with the longest name. */
#define INVISIBLE_TEXT_SIZE 64

struct invisible {
	size_t offset; /* of its first byte */
	size_t position; /* in characters, from 1 */
	uint32_t character;
};

/* Returns whether the character is not shown (utf8.h), or is a blank other than U+0020. */
bool is_invisible(uint32_t character);

/* Finds the first invisible character. Bytes that are not UTF-8 count as characters. */
bool invisible_find(const char *text, size_t length, struct invisible *ret_invisible);

/* Formats the code point and its Unicode name, or a description of its class. */
const char *invisible_format(uint32_t character, char buffer[INVISIBLE_TEXT_SIZE]);
