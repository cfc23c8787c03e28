/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds and names the characters that a reader cannot see, or takes for a blank. A name that contains
 * one looks like another name.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "U+200B (ZERO WIDTH SPACE)"; the longest name fits. */
#define INVISIBLE_TEXT_SIZE 64

struct invisible {
	size_t offset; /* of its first byte */
	size_t position; /* counts characters, from 1 */
	uint32_t character;
};

/* Whether the character is not shown (utf8.h), or is a blank other than U+0020. */
bool invisible_is(uint32_t character);

/* Finds the first one. Bytes that are not UTF-8 are passed over. */
bool invisible_find(const char *text, size_t length, struct invisible *ret_invisible);

/* The code point and its name in Unicode. */
const char *invisible_format(uint32_t character, char buffer[INVISIBLE_TEXT_SIZE]);
