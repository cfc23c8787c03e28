/* SPDX-License-Identifier: Apache-2.0 */
#include "base/invisible.h"

#include "base/cleanup.h"
#include "base/utf8.h"

#include <stdio.h>

struct named_range {
	uint32_t first, last;
	const char *name;
};

/* General_Category=Zs without U+0020, and the Braille pattern without dots. */
static const struct named_range blanks[] = {
	{0x00a0, 0x00a0, "NO-BREAK SPACE"},
	{0x1680, 0x1680, "OGHAM SPACE MARK"},
	{0x2000, 0x2000, "EN QUAD"},
	{0x2001, 0x2001, "EM QUAD"},
	{0x2002, 0x2002, "EN SPACE"},
	{0x2003, 0x2003, "EM SPACE"},
	{0x2004, 0x2004, "THREE-PER-EM SPACE"},
	{0x2005, 0x2005, "FOUR-PER-EM SPACE"},
	{0x2006, 0x2006, "SIX-PER-EM SPACE"},
	{0x2007, 0x2007, "FIGURE SPACE"},
	{0x2008, 0x2008, "PUNCTUATION SPACE"},
	{0x2009, 0x2009, "THIN SPACE"},
	{0x200a, 0x200a, "HAIR SPACE"},
	{0x202f, 0x202f, "NARROW NO-BREAK SPACE"},
	{0x205f, 0x205f, "MEDIUM MATHEMATICAL SPACE"},
	{0x2800, 0x2800, "BRAILLE PATTERN BLANK"},
	{0x3000, 0x3000, "IDEOGRAPHIC SPACE"},
};

/* Names of the characters that utf8_is_shown() rejects (UnicodeData.txt). The first match counts. */
static const struct named_range hidden[] = {
	{0x0000, 0x0000, "NUL"},
	{0x0009, 0x0009, "TAB"},
	{0x000a, 0x000a, "LINE FEED"},
	{0x000d, 0x000d, "CARRIAGE RETURN"},
	{0x001b, 0x001b, "ESCAPE"},
	{0x007f, 0x007f, "DELETE"},
	{0x0085, 0x0085, "NEXT LINE"},
	{0x0000, 0x009f, "control character"},
	{0x00ad, 0x00ad, "SOFT HYPHEN"},
	{0x034f, 0x034f, "COMBINING GRAPHEME JOINER"},
	{0x061c, 0x061c, "ARABIC LETTER MARK"},
	{0x115f, 0x115f, "HANGUL CHOSEONG FILLER"},
	{0x1160, 0x1160, "HANGUL JUNGSEONG FILLER"},
	{0x17b4, 0x17b4, "KHMER VOWEL INHERENT AQ"},
	{0x17b5, 0x17b5, "KHMER VOWEL INHERENT AA"},
	{0x180e, 0x180e, "MONGOLIAN VOWEL SEPARATOR"},
	{0x180b, 0x180f, "MONGOLIAN FREE VARIATION SELECTOR"},
	{0x200b, 0x200b, "ZERO WIDTH SPACE"},
	{0x200c, 0x200c, "ZERO WIDTH NON-JOINER"},
	{0x200d, 0x200d, "ZERO WIDTH JOINER"},
	{0x200e, 0x200e, "LEFT-TO-RIGHT MARK"},
	{0x200f, 0x200f, "RIGHT-TO-LEFT MARK"},
	{0x2028, 0x2028, "LINE SEPARATOR"},
	{0x2029, 0x2029, "PARAGRAPH SEPARATOR"},
	{0x202a, 0x202a, "LEFT-TO-RIGHT EMBEDDING"},
	{0x202b, 0x202b, "RIGHT-TO-LEFT EMBEDDING"},
	{0x202c, 0x202c, "POP DIRECTIONAL FORMATTING"},
	{0x202d, 0x202d, "LEFT-TO-RIGHT OVERRIDE"},
	{0x202e, 0x202e, "RIGHT-TO-LEFT OVERRIDE"},
	{0x2060, 0x2060, "WORD JOINER"},
	{0x2061, 0x2064, "invisible operator"},
	{0x2066, 0x2066, "LEFT-TO-RIGHT ISOLATE"},
	{0x2067, 0x2067, "RIGHT-TO-LEFT ISOLATE"},
	{0x2068, 0x2068, "FIRST STRONG ISOLATE"},
	{0x2069, 0x2069, "POP DIRECTIONAL ISOLATE"},
	{0x3164, 0x3164, "HANGUL FILLER"},
	{0xfe00, 0xfe0f, "VARIATION SELECTOR"},
	{0xfeff, 0xfeff, "BYTE ORDER MARK"},
	{0xffa0, 0xffa0, "HALFWIDTH HANGUL FILLER"},
	{0xfff9, 0xfffb, "INTERLINEAR ANNOTATION"},
	{0xfffe, 0xffff, "noncharacter"},
	{0xe0000, 0xe00ff, "TAG"},
	{0xe0100, 0xe01ef, "VARIATION SELECTOR"},
};

static const char *find_name(const struct named_range *ranges, size_t count, uint32_t character)
{
	for (size_t i = 0; i < count; i++)
		if (character >= ranges[i].first && character <= ranges[i].last)
			return ranges[i].name;
	return NULL;
}

bool is_invisible(uint32_t character)
{
	return !utf8_is_shown(character) || find_name(blanks, ARRAY_SIZE(blanks), character);
}

bool invisible_find(const char *text, size_t length, struct invisible *ret_invisible)
{
	size_t position = 1; /* in characters; `offset` is in bytes */

	for (size_t offset = 0, bytes; offset < length; offset += bytes, position++) {
		uint32_t character;

		bytes = utf8_decode(text + offset, length - offset, &character);
		if (bytes == 0) { /* not UTF-8: counts as one character */
			bytes = 1;
			continue;
		}
		if (is_invisible(character)) {
			*ret_invisible = (struct invisible){offset, position, character};
			return true;
		}
	}
	return false;
}

const char *invisible_format(uint32_t character, char buffer[INVISIBLE_TEXT_SIZE])
{
	const char *name = find_name(blanks, ARRAY_SIZE(blanks), character);

	if (!name)
		name = find_name(hidden, ARRAY_SIZE(hidden), character);
	snprintf(buffer, INVISIBLE_TEXT_SIZE, "U+%04X (%s)", (unsigned)character,
		name ? name : "invisible character");
	return buffer;
}
