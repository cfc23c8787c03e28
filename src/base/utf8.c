/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"

#include "base/cleanup.h"

#include <string.h>

#define REPLACEMENT '?'
#define CUT_MARK "..."
#define ELLIPSIS 0x2026 /* in UTF-8 as long as CUT_MARK */

struct form {
	unsigned char mask, lead;
	uint32_t min_value; /* a smaller value has a shorter form */
};

/* Indexed by the number of continuation bytes. */
static const struct form forms[UTF8_MAX_BYTES] = {
	{0x80, 0x00, 0},
	{0xe0, 0xc0, 0x80},
	{0xf0, 0xe0, 0x800},
	{0xf8, 0xf0, 0x10000},
};

/* Rejects overlong forms, surrogates, and numbers that Unicode does not have. */
static bool is_valid(uint32_t value, const struct form *form)
{
	return value >= form->min_value && value <= 0x10ffff && (value < 0xd800 || value > 0xdfff);
}

static bool is_continuation(char byte)
{
	return ((unsigned char)byte & 0xc0) == 0x80;
}

/* Returns the length of the first character in bytes; 0 if it is not valid UTF-8. */
size_t utf8_decode(const char *bytes, size_t left, uint32_t *ret_character)
{
	/* Tries the forms of 1 to 4 bytes, as far as bytes are left. */
	for (size_t n_more = 0; n_more < ARRAY_SIZE(forms) && n_more < left; n_more++) {
		unsigned char lead = (unsigned char)bytes[0];
		uint32_t value = lead & (unsigned char)~forms[n_more].mask;

		if ((lead & forms[n_more].mask) != forms[n_more].lead)
			continue;
		for (size_t k = 1; k <= n_more; k++) {
			if (!is_continuation(bytes[k]))
				return 0;
			value = value << 6 | ((unsigned char)bytes[k] & 0x3f);
		}
		if (!is_valid(value, &forms[n_more]))
			return 0;
		*ret_character = value;
		return n_more + 1;
	}
	return 0;
}

/*
 * Control characters, line and paragraph separators, and characters that are invisible or reorder
 * the text around them: Unicode's Default_Ignorable_Code_Point (DerivedCoreProperties.txt), which
 * includes zero-width and bidirectional characters, and interlinear annotations. Sorted.
 */
static const struct {
	uint32_t first, last;
} hidden[] = {
	{0x0000, 0x001f},
	{0x007f, 0x009f},
	{0x00ad, 0x00ad},
	{0x034f, 0x034f},
	{0x061c, 0x061c},
	{0x115f, 0x1160},
	{0x17b4, 0x17b5},
	{0x180b, 0x180f},
	{0x200b, 0x200f},
	{0x2028, 0x202e},
	{0x2060, 0x206f},
	{0x3164, 0x3164},
	{0xfe00, 0xfe0f},
	{0xfeff, 0xfeff},
	{0xffa0, 0xffa0},
	{0xfff0, 0xfffb},
	{0xfffe, 0xffff},
	{0x1bca0, 0x1bca3},
	{0x1d173, 0x1d17a},
	{0xe0000, 0xe0fff},
};

bool utf8_is_shown(uint32_t character)
{
	for (size_t i = 0; i < ARRAY_SIZE(hidden) && character >= hidden[i].first; i++)
		if (character <= hidden[i].last)
			return false;
	return true;
}

bool utf8_is_shown_text(const char *text)
{
	for (size_t left = strlen(text), length; left > 0; text += length, left -= length) {
		uint32_t character = 0;

		length = utf8_decode(text, left, &character);
		if (length == 0 || !utf8_is_shown(character))
			return false;
	}
	return true;
}

bool ascii_is_printable(const char *bytes, size_t length, char first)
{
	for (size_t i = 0; i < length; i++)
		if (bytes[i] < first || bytes[i] > '~')
			return false;
	return length > 0;
}

size_t utf8_count(const char *text)
{
	size_t count = 0;

	for (size_t left = strlen(text), step; left > 0; text += step, left -= step, count++) {
		uint32_t character = 0;
		size_t length = utf8_decode(text, left, &character);

		step = length ? length : 1; /* each byte that is not UTF-8 counts as one */
	}
	return count;
}

void utf8_mask(char *text)
{
	for (size_t left = strlen(text), step; left > 0; text += step, left -= step) {
		uint32_t character = 0;
		size_t length = utf8_decode(text, left, &character);

		step = length ? length : 1; /* 1: a byte that is not UTF-8 */
		if (length == 0 || !utf8_is_shown(character))
			memset(text, REPLACEMENT, step);
	}
}

void utf8_reduce_to_ascii(char *text)
{
	char *end = text; /* of the reduced text */

	for (size_t left = strlen(text), step; left > 0; text += step, left -= step) {
		uint32_t character = 0;
		size_t length = utf8_decode(text, left, &character);

		step = length ? length : 1; /* 1: a byte that is not UTF-8 */
		if (length > 0 && character == ELLIPSIS) {
			memcpy(end, CUT_MARK, step); /* "..." is as long as the character */
			end += step;
		} else {
			bool is_kept = length == 1 && utf8_is_shown(character);

			*end++ = is_kept ? *text : REPLACEMENT;
		}
	}
	*end = '\0';
}

/* `text` was cut to `size` bytes: replaces its end with "...", without splitting a character. */
void utf8_mark_cut(char *text, size_t size)
{
	size_t keep = size - sizeof(CUT_MARK); /* bytes before the mark */

	while (keep > 0 && is_continuation(text[keep]))
		keep--;
	memcpy(text + keep, CUT_MARK, sizeof(CUT_MARK));
}

const char *utf8_shorten(const char *text, char buffer[UTF8_SHORT_SIZE])
{
	size_t length = strnlen(text, UTF8_SHORT_SIZE - 1);

	memcpy(buffer, text, length);
	buffer[length] = '\0';
	if (text[length])
		utf8_mark_cut(buffer, UTF8_SHORT_SIZE);
	return buffer;
}
