/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/yaml_source.h"

#include "base/utf8.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define QUOTE_COLUMNS 80 /* of a longer line only the part around the place is shown */
#define REPLACEMENT '?'

/* The line without its end, or NULL where the source has no such line. */
static const char *find_line(const struct yaml_source *source, size_t line, size_t *ret_length)
{
	const char *at = source->bytes, *end = source->bytes + source->length;

	if (source->length == 0)
		return NULL;
	while (--line > 0) {
		at = memchr(at, '\n', (size_t)(end - at));
		if (!at)
			return NULL;
		at++;
	}
	const char *newline = memchr(at, '\n', (size_t)(end - at));
	size_t length = (size_t)((newline ? newline : end) - at);
	if (length > 0 && at[length - 1] == '\r')
		length--;
	*ret_length = length;
	return at;
}

static void quote(const struct yaml_source *source, const struct yaml_place *place)
{
	size_t first = 1, length, used = 0, indent = 0;
	char shown[QUOTE_COLUMNS * UTF8_MAX_BYTES + 1];
	char below[QUOTE_COLUMNS + 1];

	const char *line = find_line(source, place->line, &length);
	if (!line || length == 0)
		return;
	if (place->column > QUOTE_COLUMNS)
		first = place->column - QUOTE_COLUMNS / 2;

	for (size_t column = 1, i = 0; i < length && column < first + QUOTE_COLUMNS; column++) {
		uint32_t character = 0;
		size_t bytes = utf8_decode(line + i, length - i, &character);
		if (column >= first && (utf8_is_shown(character) || character == '\t')) {
			memcpy(shown + used, line + i, bytes);
			used += bytes;
		} else if (column >= first) {
			shown[used++] = REPLACEMENT;
		}
		/* A tab below a tab: the caret is right however wide the terminal shows it. */
		if (column >= first && column < place->column)
			below[indent++] = character == '\t' ? '\t' : ' ';
		i += bytes ? bytes : 1;
	}
	shown[used] = '\0';
	below[indent] = '\0';
	snprintf(source->error->quote, sizeof(source->error->quote), "%s\n%s^", shown, below);
}

int yaml_refuse(
	const struct yaml_source *source, const struct yaml_place *place, const char *format, ...)
{
	char words[sizeof(source->error->text) + UTF8_MAX_BYTES]; /* error_set() marks a cut */
	va_list arguments;

	if (!source->error)
		return -EINVAL;
	va_start(arguments, format);
	int length = vsnprintf(words, sizeof(words), format, arguments);
	va_end(arguments);

	error_set(source->error, OUTCOME_USAGE, EINVAL, "%s", length < 0 ? "?" : words);
	error_prefix(source->error, "%s:%zu:%zu", source->file, place->line, place->column);
	quote(source, place);
	return -EINVAL;
}

int yaml_source_check(const struct yaml_source *source)
{
	struct yaml_place place = {1, 1};
	size_t bytes;

	for (size_t i = 0; i < source->length; i += bytes, place.column++) {
		uint32_t character;
		bytes = utf8_decode(source->bytes + i, source->length - i, &character);
		if (bytes == 0)
			return yaml_refuse(source, &place, "byte 0x%02x is not UTF-8",
				(unsigned char)source->bytes[i]);
		if (character == '\n') {
			place.line++;
			place.column = 0;
			continue;
		}
		if (character == '\t' || utf8_is_shown(character))
			continue;
		if (character == '\r' && i + 1 < source->length && source->bytes[i + 1] == '\n')
			continue;
		return yaml_refuse(source, &place, "character U+%04X is not allowed here",
			(unsigned)character);
	}
	return 0;
}

bool yaml_text_is_clean(const char *text, size_t length)
{
	size_t bytes;

	for (size_t i = 0; i < length; i += bytes) {
		uint32_t character;
		bytes = utf8_decode(text + i, length - i, &character);
		if (bytes == 0 || !utf8_is_shown(character))
			return false;
	}
	return true;
}
