/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/print.h"

#include "base/log_secrets.h"
#include "base/utf8.h"
#include "cli/streams.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Masks all except `kept` characters, and prints. Returns the length before masking, in bytes. */
static _printf_(2, 0) int print_masked(const char *kept, const char *format, va_list arguments)
{
	_cleanup_(cleanup_free) char *text = NULL;
	int length = vasprintf(&text, format, arguments);

	if (length < 0) {
		text = NULL;
		streams_mark_output_lost();
		return 0;
	}
	log_secrets_mask(text);
	for (char *at = text; *at;) {
		size_t length_to_mask = strcspn(at, kept);
		char kept_character = at[length_to_mask];
		at[length_to_mask] = '\0';
		utf8_mask(at);
		at[length_to_mask] = kept_character;
		at += length_to_mask + (kept_character != '\0');
	}
	fputs(text, stdout);
	return length;
}

void print_line(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	print_masked("" /* keep none */, format, arguments);
	va_end(arguments);
	putchar('\n');
}

int print_text(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	int length = print_masked("" /* keep none */, format, arguments);
	va_end(arguments);
	return length;
}

void print_coloured(const char *colour, const char *text)
{
	printf("\033[%sm", colour);
	print_text("%s", text);
	fputs("\033[0m", stdout);
}

void print_lines(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	print_masked("\n\t", format, arguments);
	va_end(arguments);
}

/* Prints \uXXXX or, beyond U+FFFF, a UTF-16 surrogate pair: RFC 8259, section 7. */
static void print_escaped(uint32_t character)
{
	if (character < 0x10000) {
		printf("\\u%04X", (unsigned)character);
		return;
	}
	character -= 0x10000;
	printf("\\u%04X\\u%04X", 0xd800 + (unsigned)(character >> 10),
		0xdc00 + (unsigned)(character & 0x3ff));
}

void print_json_text(char *text)
{
	log_secrets_mask(text);
	size_t left = strlen(text);

	while (left > 0) {
		uint32_t character = 0;
		size_t length = utf8_decode(text, left, &character);
		bool is_valid = length > 0;
		/* jansson has escaped the line breaks in strings; those that are left are layout. */
		if (is_valid && !utf8_is_shown(character) && character != '\n')
			print_escaped(character);
		else
			fwrite(text, 1, is_valid ? length : 1, stdout);
		text += is_valid ? length : 1;
		left -= is_valid ? length : 1;
	}
	putchar('\n');
}
