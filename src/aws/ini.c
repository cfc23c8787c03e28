/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/ini.h"

#include "base/parse.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Against files that are made to use up time. */
#define SECTIONS_MAX 4096
#define KEYS_MAX 1024 /* in each section */

#define BLANKS " \t\v\f"
#define VALUE_BLANKS BLANKS "\r\n"

/* One line of the text, without its line end. */
struct line {
	char *start, *end; /* without leading and trailing blanks */
	size_t indent; /* leading blanks */
	unsigned number;
};

struct reader {
	const char *file;
	struct error *error;
	struct ini *ini;
	char *next_line; /* the rest of the text */
	unsigned lines_read;
	size_t indent; /* of the last key or section; a continuation line has more */
	bool may_continue; /* the last key's value, on the next line */
	char *value_end; /* end of the last key's value so far */
};

static bool is_blank(char character)
{
	return character && strchr(VALUE_BLANKS, character);
}

static void make_lower_case(char *text)
{
	for (; *text; text++)
		*text = ascii_to_lower(*text);
}

static struct ini_section *last_section(struct ini *ini)
{
	return ini->count ? &ini->sections[ini->count - 1] : NULL;
}

static char *trimmed_end(const char *start, char *end)
{
	while (end > start && is_blank(end[-1]))
		end--;
	return end;
}

/* Returns false at the end of the text. Writes no '\0': a value may continue on later lines. */
static bool get_next_line(struct reader *reader, struct line *line)
{
	char *end;

	if (!*reader->next_line)
		return false;
	line->indent = strspn(reader->next_line, BLANKS);
	line->start = reader->next_line + line->indent;
	end = line->start + strcspn(line->start, "\r\n");
	line->end = trimmed_end(line->start, end);
	line->number = ++reader->lines_read;
	if (end[0] == '\r' && end[1] == '\n')
		end++;
	reader->next_line = *end ? end + 1 : end;
	return true;
}

/* Adds the key to the section that was begun last. */
static int add_key(struct reader *reader, struct ini_key key)
{
	struct ini_section *section = last_section(reader->ini);

	if (section->count >= KEYS_MAX)
		return error_set(reader->error, OUTCOME_USAGE, EINVAL,
			"%s:%u: more than %d keys in [%s]", reader->file, key.line, KEYS_MAX,
			section->name);
	if (array_add(&section->keys, &section->capacity, &section->count, &key, sizeof(key)))
		return error_oom(reader->error);
	return 0;
}

/* Adds the key of NAME = VALUE from `start` to `end`. If a name repeats, its last value counts. */
static int parse_nested_key(
	struct reader *reader, const struct ini_key *parent, char *start, char *end)
{
	struct ini_key key = {.parent = parent->name, .line = parent->line, .name = start};
	char *separator = memchr(start, '=', (size_t)(end - start));
	const struct ini_key *existing;

	if (!separator)
		return error_set(reader->error, OUTCOME_USAGE, EINVAL,
			"%s:%u: indented lines under \"%s\" must be NAME = VALUE", reader->file,
			parent->line, parent->name);
	*end = '\0';
	*trimmed_end(start, separator) = '\0';
	key.value = separator + 1 + strspn(separator + 1, BLANKS);
	existing = ini_find_key(last_section(reader->ini), key.parent, key.name);
	if (!existing)
		return add_key(reader, key);
	((struct ini_key *)existing)->value = key.value; /* it is in reader->ini, not const */
	return 0;
}

/* Parses the lines of a value as keys that are nested in `parent`. */
static int parse_nested_keys(struct reader *reader, struct ini_key parent, char *value)
{
	for (char *at = value, *end; *at; at = end) {
		char *start = at + strspn(at, VALUE_BLANKS);
		bool is_last;
		int err;

		end = start + strcspn(start, "\n");
		is_last = !*end; /* parse_nested_key() may write '\0' there */
		err = start == end
			      ? 0
			      : parse_nested_key(reader, &parent, start, trimmed_end(start, end));
		if (err || is_last)
			return err;
		end++;
	}
	return 0;
}

/*
 * Terminates the value of the last key, when no further line continues it. A value that begins with
 * a line end is a list of nested keys.
 */
static int end_value(struct reader *reader)
{
	struct ini_section *section = last_section(reader->ini);
	struct ini_key *key;
	char *value;

	if (!reader->may_continue)
		return 0;
	reader->may_continue = false;
	key = &section->keys[section->count - 1];
	value = (char *)key->value;
	*trimmed_end(value, reader->value_end) = '\0';
	if (*value != '\n')
		return 0;
	key->value = NULL;
	return parse_nested_keys(reader, *key, value);
}

/* Adds the section of a line [NAME]. `bracket` is the line's last ']'. */
static int begin_section(struct reader *reader, const struct line *line, char *bracket)
{
	struct ini *ini = reader->ini;
	struct ini_section section = {.name = line->start + 1, .line = line->number};
	const struct ini_section *existing;

	*bracket = '\0';
	existing = ini_find_section(ini, section.name);
	if (existing)
		return error_set(reader->error, OUTCOME_USAGE, EINVAL,
			"%s:%u: duplicate section [%s], first in line %u", reader->file,
			line->number, section.name, existing->line);
	if (ini->count >= SECTIONS_MAX)
		return error_set(reader->error, OUTCOME_USAGE, EINVAL,
			"%s:%u: more than %d sections", reader->file, line->number, SECTIONS_MAX);
	if (array_add(&ini->sections, &ini->capacity, &ini->count, &section, sizeof(section)))
		return error_oom(reader->error);
	return 0;
}

/* Adds the key of NAME = VALUE or NAME: VALUE. Messages do not show the line, maybe a secret. */
static int begin_key(struct reader *reader, const struct line *line)
{
	struct ini_section *section = last_section(reader->ini);
	struct ini_key key = {.name = line->start, .line = line->number};
	char *separator = line->start + strcspn(line->start, "=:\r\n");
	const struct ini_key *existing;

	if (!section)
		return error_set(reader->error, OUTCOME_USAGE, EINVAL,
			"%s:%u: a [section] must come before the first key", reader->file,
			line->number);
	if (separator >= line->end || separator == line->start)
		return error_set(reader->error, OUTCOME_USAGE, EINVAL,
			"%s:%u: neither a [section] nor NAME = VALUE", reader->file, line->number);
	key.value = separator + 1 + strspn(separator + 1, BLANKS);
	if (key.value > line->end) /* there are only blanks */
		key.value = line->end;
	*trimmed_end(line->start, separator) = '\0';
	make_lower_case(line->start);
	existing = ini_find_key(section, NULL, key.name);
	if (existing)
		return error_set(reader->error, OUTCOME_USAGE, EINVAL,
			"%s:%u: duplicate key \"%s\", first in line %u", reader->file, line->number,
			key.name, existing->line);
	reader->value_end = line->end;
	reader->may_continue = true;
	return add_key(reader, key);
}

/*
 * Appends the line to the last key's value, after '\n', in place. Never overwrites text that is not
 * parsed yet: the '\n' replaces a line end that was at least as long.
 */
static void continue_value(struct reader *reader, const struct line *line)
{
	size_t length = (size_t)(line->end - line->start);

	*reader->value_end++ = '\n';
	memmove(reader->value_end, line->start, length);
	reader->value_end += length;
}

/* Skips comments. A value continues on lines with a deeper indent than its key, or without text. */
static int read_line(struct reader *reader, const struct line *line)
{
	bool is_comment = *line->start == '#' || *line->start == ';';
	bool is_empty = line->start == line->end;
	bool is_continuation = reader->may_continue && (is_empty || line->indent > reader->indent);
	char *bracket;
	int err;

	if (is_comment)
		return 0;
	if (is_continuation)
		continue_value(reader, line);
	if (is_continuation || is_empty)
		return 0;
	err = end_value(reader);
	if (err)
		return err;
	reader->indent = line->indent;
	bracket = memrchr(line->start, ']', (size_t)(line->end - line->start));
	if (*line->start == '[' && bracket && bracket > line->start + 1)
		return begin_section(reader, line, bracket);
	return begin_key(reader, line);
}

static bool begins_with(const struct strbuf *text, const char *bytes)
{
	return text->length >= strlen(bytes) && memcmp(text->data, bytes, strlen(bytes)) == 0;
}

/* Refuses UTF-16, by its byte order mark, and binary files. */
static int check_text(const char *file, const struct strbuf *text, struct error *error)
{
	if (begins_with(text, "\377\376") || begins_with(text, "\376\377"))
		return error_set(error, OUTCOME_USAGE, EINVAL,
			"%s: the text is UTF-16: save it as UTF-8", file);
	if (memchr(strbuf_text(text), '\0', text->length))
		return error_set(error, OUTCOME_USAGE, EINVAL, "%s: not a text file", file);
	return 0;
}

int ini_parse(const char *file, struct strbuf *text, struct ini *ret_ini, struct error *error)
{
	_cleanup_(ini_done) struct ini ini = {.text = *text};
	struct reader reader = {.file = file, .error = error, .ini = &ini};
	struct line line;
	int err = 0;

	*text = (struct strbuf){0}; /* `ini` owns it now, even on failure */
	err = check_text(file, &ini.text, error);
	if (err)
		return err;
	reader.next_line = ini.text.length ? ini.text.data : NULL;
	/* Editors on Windows begin UTF-8 with a byte order mark, which is not part of the text. */
	if (begins_with(&ini.text, "\357\273\277"))
		reader.next_line += 3; /* the mark's bytes */
	while (!err && reader.next_line && get_next_line(&reader, &line))
		err = read_line(&reader, &line);
	if (!err)
		err = end_value(&reader);
	if (err)
		return err;
	*ret_ini = TAKE_STRUCT(ini);
	return 0;
}

void ini_done(struct ini *ini)
{
	if (!ini)
		return;
	for (size_t i = 0; i < ini->count; i++)
		free(ini->sections[i].keys);
	free(ini->sections);
	strbuf_done(&ini->text);
	*ini = (struct ini){0};
}

const struct ini_section *ini_find_section(const struct ini *ini, const char *name)
{
	for (size_t i = 0; i < ini->count; i++)
		if (!strcmp(ini->sections[i].name, name))
			return &ini->sections[i];
	return NULL;
}

const struct ini_key *ini_find_key(
	const struct ini_section *section, const char *parent, const char *name)
{
	for (size_t i = 0; i < section->count; i++) {
		const struct ini_key *key = &section->keys[i];
		bool has_parent = parent ? key->parent && !strcmp(key->parent, parent)
					 : !key->parent;

		if (has_parent && !strcmp(key->name, name))
			return key;
	}
	return NULL;
}
