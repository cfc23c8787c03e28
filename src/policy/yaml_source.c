/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/yaml_source.h"

#include "base/invisible.h"
#include "base/utf8.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define QUOTE_COLUMNS 80 /* of a longer line, only the part around the position is quoted */
#define REPLACEMENT '?' /* of invisible characters */

const char *yaml_source_line(const struct yaml_source *source, size_t line, size_t *ret_length)
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

/* As in YAML, a "#" begins a comment only at the beginning of the line or after a blank. */
size_t yaml_line_content_length(const char *line, size_t length)
{
	size_t content = 0; /* the end of the last character that is not blank */

	for (size_t i = 0; i < length; i++) {
		bool is_blank = line[i] == ' ' || line[i] == '\t';
		bool may_begin_comment = i == 0 || content < i;
		if (line[i] == '#' && may_begin_comment)
			break;
		if (!is_blank)
			content = i + 1;
	}
	return content;
}

/* Quotes the line in the error, cut to QUOTE_COLUMNS, with a caret below the position. */
static void set_quote(
	const struct yaml_source *source, const struct yaml_position *position, struct error *error)
{
	size_t first_column = 1, length, used = 0, indent = 0;
	char shown[QUOTE_COLUMNS * UTF8_MAX_BYTES + 1];
	char caret_line[QUOTE_COLUMNS + 1];

	const char *line = yaml_source_line(source, position->line, &length);
	if (!line || length == 0)
		return;
	if (position->column > QUOTE_COLUMNS)
		first_column = position->column - QUOTE_COLUMNS / 2;
	size_t end_column = first_column + QUOTE_COLUMNS;
	for (size_t column = 1, i = 0; i < length && column < end_column; column++) {
		uint32_t character = 0;
		size_t bytes = utf8_decode(line + i, length - i, &character);
		bool is_visible = bytes && (!is_invisible(character) || character == '\t');
		if (column >= first_column && is_visible) {
			memcpy(shown + used, line + i, bytes);
			used += bytes;
		} else if (column >= first_column) {
			shown[used++] = REPLACEMENT;
		}
		/* A tab below a tab aligns the caret for any tab width of the terminal. */
		if (column >= first_column && column < position->column)
			caret_line[indent++] = character == '\t' ? '\t' : ' ';
		i += bytes ? bytes : 1; /* a byte that is not UTF-8 counts as one column */
	}
	shown[used] = '\0';
	caret_line[indent] = '\0';
	snprintf(error->quote, sizeof(error->quote), "%s\n%s^", shown, caret_line);
}

int yaml_report_error(const struct yaml_source *source, const struct yaml_position *position,
	const char *format, ...)
{
	struct error *error = policy_errors_add(source->errors, position);
	/* longer than the text, so that error_set() marks a cut */
	char text[sizeof(error->text) + UTF8_MAX_BYTES];
	va_list arguments;

	if (!error)
		return -EINVAL;
	va_start(arguments, format);
	int length = vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);

	error_set(error, OUTCOME_USAGE, EINVAL, "%s", length < 0 ? "?" : text);
	error_prefix(error, "%s:%zu:%zu", source->file, position->line, position->column);
	set_quote(source, position, error);
	return -EINVAL;
}

/* Whether the byte is LF, or CR before LF. */
static bool is_line_end(const struct yaml_source *source, size_t at)
{
	if (source->bytes[at] == '\r' && at + 1 < source->length)
		at++;
	return source->bytes[at] == '\n';
}

/* `bytes` is the character's length; 0: not UTF-8. Of line ends, permits LF and CR LF. */
static bool is_forbidden(
	const struct yaml_source *source, size_t at, size_t bytes, uint32_t character)
{
	if (bytes == 0)
		return true;
	if (character < 0x20)
		return character != '\t' && !is_line_end(source, at);
	return (character >= 0x7f && character <= 0x9f) || character == 0x2028 ||
	       character == 0x2029 || character == 0xfeff || character == 0xfffe ||
	       character == 0xffff;
}

static void refuse_character(const struct yaml_source *source, const struct yaml_position *position,
	size_t at, size_t bytes, uint32_t character)
{
	char name[INVISIBLE_TEXT_SIZE];

	if (bytes == 0)
		yaml_report_error(source, position,
			"byte 0x%02x is not UTF-8: save the file as UTF-8",
			(unsigned char)source->bytes[at]);
	else
		yaml_report_error(source, position, "character %s is not allowed here: remove it",
			invisible_format(character, name));
}

static bool is_utf16(const struct yaml_source *source)
{
	return source->length >= 2 && (memcmp(source->bytes, "\xff\xfe", 2) == 0 ||
					      memcmp(source->bytes, "\xfe\xff", 2) == 0);
}

int yaml_source_check(const struct yaml_source *source)
{
	struct yaml_position position = {1, 1};
	size_t refused_line = 0; /* the last line with an error; only one is reported per line */

	if (is_utf16(source))
		return yaml_report_error(source, &position, "the file is UTF-16: save it as UTF-8");
	for (size_t i = 0, bytes; i < source->length; i += bytes, position.column++) {
		uint32_t character = 0;
		bytes = utf8_decode(source->bytes + i, source->length - i, &character);
		if (bytes > 0 && character == '\n') {
			position.line++;
			position.column = 0; /* the loop adds 1 */
		} else if (position.line != refused_line &&
			   is_forbidden(source, i, bytes, character)) {
			refuse_character(source, &position, i, bytes, character);
			refused_line = position.line;
		}
		bytes = bytes ? bytes : 1;
	}
	return refused_line ? -EINVAL : 0;
}

/* Returns the offset of that position, or the source's length. */
static size_t find_offset(const struct yaml_source *source, const struct yaml_position *position)
{
	size_t length, column = 1;
	const char *line = yaml_source_line(source, position->line, &length);
	uint32_t character;

	if (!line)
		return source->length;
	size_t at = (size_t)(line - source->bytes);
	for (; column < position->column && at < source->length; column++)
		at += utf8_decode(source->bytes + at, source->length - at, &character);
	return at;
}

int yaml_refuse_invisible(const struct yaml_source *source, const struct yaml_position *from,
	const struct yaml_position *end)
{
	struct yaml_position position = *from;
	char name[INVISIBLE_TEXT_SIZE];
	uint32_t character;

	for (size_t i = find_offset(source, from), bytes; i < source->length; i += bytes) {
		if (yaml_position_compare(&position, end) >= 0)
			return 0;
		bytes = utf8_decode(source->bytes + i, source->length - i, &character);
		if (character == '\n') {
			position = (struct yaml_position){position.line + 1, 1};
			continue;
		}
		if (!is_invisible(character) || is_line_end(source, i)) {
			position.column++;
			continue;
		}
		/* The same character may already have been reported, for another value. */
		if (!policy_errors_has(source->errors, &position))
			yaml_report_error(source, &position,
				"invisible character %s in a key or value: remove it",
				invisible_format(character, name));
		return -EINVAL;
	}
	return 0;
}
