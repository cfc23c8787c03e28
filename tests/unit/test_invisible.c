/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/invisible.h"
#include "base/utf8.h"

static void test_names(void **state)
{
	static const struct {
		uint32_t character;
		const char *text; /* NULL: it can be seen */
	} cases[] = {
		{' ', NULL},
		{'a', NULL},
		{0xe4, NULL},
		{0x3042, NULL},
		{0x1f600, NULL},
		{0x0300, NULL},
		{0x00, "U+0000 (NUL)"},
		{'\t', "U+0009 (TAB)"},
		{0x9b, "U+009B (control character)"},
		{0xa0, "U+00A0 (NO-BREAK SPACE)"},
		{0xad, "U+00AD (SOFT HYPHEN)"},
		{0x115f, "U+115F (HANGUL CHOSEONG FILLER)"},
		{0x1160, "U+1160 (HANGUL JUNGSEONG FILLER)"},
		{0x180e, "U+180E (MONGOLIAN VOWEL SEPARATOR)"},
		{0x2004, "U+2004 (THREE-PER-EM SPACE)"},
		{0x200b, "U+200B (ZERO WIDTH SPACE)"},
		{0x2028, "U+2028 (LINE SEPARATOR)"},
		{0x202e, "U+202E (RIGHT-TO-LEFT OVERRIDE)"},
		{0x2060, "U+2060 (WORD JOINER)"},
		{0x2800, "U+2800 (BRAILLE PATTERN BLANK)"},
		{0x3000, "U+3000 (IDEOGRAPHIC SPACE)"},
		{0x3164, "U+3164 (HANGUL FILLER)"},
		{0xfe0f, "U+FE0F (VARIATION SELECTOR)"},
		{0xfeff, "U+FEFF (BYTE ORDER MARK)"},
		{0xe0041, "U+E0041 (TAG)"},
		{0xe0100, "U+E0100 (VARIATION SELECTOR)"},
		{0xe0fff, "U+E0FFF (invisible character)"},
	};
	char text[INVISIBLE_TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(is_invisible(cases[i].character), cases[i].text != NULL);
		if (cases[i].text)
			assert_string_equal(
				invisible_format(cases[i].character, text), cases[i].text);
	}
}

/* Characters that are masked in outputs are refused in inputs. */
static void test_all_that_is_not_shown(void **state)
{
	(void)state;
	for (uint32_t character = 0; character <= 0x10ffff; character++)
		assert_true(utf8_is_shown(character) || is_invisible(character));
}

static void test_find(void **state)
{
	static const struct {
		const char *text;
		size_t offset, position; /* 0: there is none */
	} cases[] = {
		{"", 0, 0},
		{"sap ascs", 0, 0},
		{"\342\200\213", 0, 1},
		{"\303\244b\342\200\213\302\240", 3, 3},
		{"\377\377a\302\240", 3, 4},
		{"\377\342\200", 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct invisible invisible = {0};
		bool found = invisible_find(cases[i].text, strlen(cases[i].text), &invisible);

		assert_int_equal(found, cases[i].position > 0);
		assert_int_equal(invisible.offset, cases[i].offset);
		assert_int_equal(invisible.position, cases[i].position);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_all_that_is_not_shown),
		cmocka_unit_test(test_find),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
