/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/yaml_syntax.h"

#include <errno.h>
#include <string.h>

#define BLANKS " \t"

/* A line without its comment. `text` is borrowed from the source. */
struct line {
	size_t number;
	const char *text;
	size_t length;
	size_t indent; /* bytes of leading blanks and tabs */
};

/* Each explain_…() returns true if it found the cause of the problem and reported it. */

static bool get_line(const struct yaml_source *source, size_t number, struct line *ret_line)
{
	struct line line = {.number = number};

	line.text = number > 0 ? yaml_source_line(source, number, &line.length) : NULL;
	if (!line.text)
		return false;
	line.length = yaml_line_content(line.text, line.length);
	while (line.indent < line.length && strchr(BLANKS, line.text[line.indent]))
		line.indent++;
	*ret_line = line;
	return true;
}

/*
 * Finds the last line before line `number` that is not empty or a comment, and has at most that
 * indentation.
 */
static bool get_line_before(
	const struct yaml_source *source, size_t number, size_t max_indent, struct line *ret_line)
{
	while (number-- > 1)
		if (get_line(source, number, ret_line) && ret_line->length > 0 &&
			ret_line->indent <= max_indent)
			return true;
	return false;
}

/* Returns the byte at that column, or NULL after the line's end. Columns count characters. */
static const char *find_column(const struct line *line, size_t column)
{
	for (size_t i = 0; i < line->length; i++)
		if (((unsigned char)line->text[i] & 0xc0) != 0x80 && column-- == 1)
			return line->text + i;
	return NULL;
}

static size_t get_column(const struct line *line, size_t at)
{
	size_t column = 1;

	for (size_t i = 0; i < at; i++)
		column += ((unsigned char)line->text[i] & 0xc0) != 0x80;
	return column;
}

static char character_at(const struct yaml_source *source, const struct yaml_place *place)
{
	struct line line;
	const char *at = get_line(source, place->line, &line) ? find_column(&line, place->column)
							      : NULL;

	return at ? *at : '\0';
}

/*
 * Returns the offset of the ":" after a key, which precedes a blank or the line's end;
 * line->length: no such ":".
 */
static size_t find_separator(const struct line *line, size_t from)
{
	for (size_t i = from; i < line->length; i++)
		if (line->text[i] == ':' &&
			(i + 1 == line->length || strchr(BLANKS, line->text[i + 1])))
			return i;
	return line->length;
}

static bool explain_invisible(const struct yaml_source *source, const struct yaml_problem *problem)
{
	struct line line;
	size_t first = problem->place.line;

	if (get_line_before(source, first, SIZE_MAX, &line))
		first = line.number;
	if (problem->context && problem->context_place.line < first)
		first = problem->context_place.line;
	for (; first <= problem->place.line; first++) {
		struct yaml_place place, from = {first, 1};
		uint32_t character;

		if (!get_line(source, first, &line))
			return false;
		struct yaml_place end = {first, get_column(&line, line.length)};
		from.column = get_column(&line, line.indent);
		if (!yaml_find_invisible(source, &from, &end, &place, &character))
			continue;
		/* The reader may have reported it as part of the last value. */
		if (!policy_errors_has(source->errors, &place))
			yaml_refuse_invisible(source, &place, character);
		return true;
	}
	return false;
}

static bool explain_tab(const struct yaml_source *source, const struct yaml_problem *problem)
{
	struct line line;
	const char *tab = get_line(source, problem->place.line, &line)
				  ? memchr(line.text, '\t', line.indent)
				  : NULL;

	if (!tab)
		return false;
	struct yaml_place place = {line.number, (size_t)(tab - line.text) + 1};
	yaml_report_error(source, &place, "tab in the indentation: indent with spaces");
	return true;
}

/* Reports the indentations that the preceding lines permit. */
static bool explain_indentation(
	const struct yaml_source *source, const struct yaml_problem *problem)
{
	struct line line, before, outer;

	if (!get_line(source, problem->place.line, &line) || line.length == 0 ||
		!get_line_before(source, line.number, SIZE_MAX, &before) ||
		before.indent == line.indent)
		return false;
	struct yaml_place place = {line.number, line.indent + 1};
	if (before.indent > line.indent && line.indent > 0 &&
		get_line_before(source, before.number, line.indent - 1, &outer))
		yaml_report_error(source, &place,
			"wrong indentation (%zu): indent like line %zu (%zu) or line %zu (%zu)",
			line.indent, before.number, before.indent, outer.number, outer.indent);
	else
		yaml_report_error(source, &place,
			"wrong indentation (%zu): indent like line %zu (%zu)", line.indent,
			before.number, before.indent);
	return true;
}

/* Explains a line that lacks the ":" of "key:", or the blank after it. */
static bool explain_no_colon(const struct yaml_source *source, size_t number)
{
	struct line line;

	if (!get_line(source, number, &line) || line.length == line.indent ||
		find_separator(&line, line.indent) < line.length)
		return false;
	const char *word = line.text + line.indent;
	size_t length = line.length - line.indent;
	const char *colon = memchr(word, ':', length);
	if (colon) {
		size_t at = (size_t)(colon - line.text) + 1;
		struct yaml_place place = {number, get_column(&line, at)};
		yaml_report_error(source, &place, "put a space after \"%.*s\"",
			(int)(colon + 1 - word), word);
		return true;
	}
	for (size_t i = 0; i < length; i++)
		if (strchr(BLANKS, word[i]))
			length = i;
	struct yaml_place place = {number, get_column(&line, line.indent + length)};
	yaml_report_error(source, &place, "\":\" is missing after \"%.*s\"", (int)length, word);
	return true;
}

/* Explains "mapping values are not allowed": a ":" in an invalid position. */
static bool explain_second_colon(
	const struct yaml_source *source, const struct yaml_problem *problem)
{
	struct line line, before;

	if (!get_line(source, problem->place.line, &line))
		return false;
	size_t first = find_separator(&line, line.indent), value = first + 1;
	while (value < line.length && strchr(BLANKS, line.text[value]))
		value++;
	if (first < line.length && problem->place.column > get_column(&line, first)) {
		struct yaml_place place = {line.number, get_column(&line, value)};
		if (line.text[line.length - 1] == ':')
			yaml_report_error(
				source, &place, "value ends in \":\": put the value in quotes");
		else
			yaml_report_error(source, &place,
				"value contains \": \": put the value in quotes, or begin a new line after \"%.*s\"",
				(int)(first + 1 - line.indent), line.text + line.indent);
		return true;
	}
	if (!get_line_before(source, line.number, SIZE_MAX, &before))
		return false;
	return explain_no_colon(source, before.number) || explain_indentation(source, problem);
}

/* Explains "could not find expected ':'": the context is the key that lacks it. */
static bool explain_key(const struct yaml_source *source, const struct yaml_problem *problem)
{
	struct line line, before;

	if (!problem->context || !get_line(source, problem->context_place.line, &line))
		return false;
	if (get_line_before(source, line.number, line.indent, &before) &&
		before.indent == line.indent && before.text[before.indent] == '-') {
		struct yaml_place place = {line.number, line.indent + 1};
		yaml_report_error(
			source, &place, "\"- \" is missing: line %zu begins a list", before.number);
		return true;
	}
	return explain_no_colon(source, line.number);
}

static bool explain_open_quote(const struct yaml_source *source, const struct yaml_problem *problem)
{
	if (!problem->context)
		return false;
	yaml_report_error(source, &problem->context_place,
		"quote is not closed: add %c at the end of the value",
		character_at(source, &problem->context_place));
	return true;
}

/* Explains text after a quoted scalar. */
static bool explain_after_quote(
	const struct yaml_source *source, const struct yaml_problem *problem)
{
	struct line line;

	if (!problem->is_quoted || problem->text_end.line != problem->place.line ||
		!get_line(source, problem->place.line, &line))
		return false;
	const char *from = find_column(&line, problem->text_end.column);
	const char *at = find_column(&line, problem->place.column);
	if (!from || !at || at != from + strspn(from, BLANKS))
		return false;
	if (problem->text.line < problem->text_end.line)
		yaml_report_error(source, &problem->text,
			"quote is closed only in line %zu: add %c at the end of the value",
			problem->text_end.line, character_at(source, &problem->text));
	else
		yaml_report_error(source, &problem->text,
			"text after the closing quote: put the whole value in quotes, a value with ' in \"\", a value with \" in ''");
	return true;
}

static char get_closing_bracket(char opening)
{
	return opening == '{' ? '}' : ']';
}

/* Explains an unexpected "}" or "]". */
static bool explain_bracket(const struct yaml_source *source, const struct yaml_problem *problem)
{
	char found = character_at(source, &problem->place);
	char opening = problem->opened.line ? character_at(source, &problem->opened) : '\0';

	if (found != '}' && found != ']')
		return false;
	if (!opening)
		yaml_report_error(
			source, &problem->place, "\"%c\" has no opening bracket: remove it", found);
	else if (found != get_closing_bracket(opening))
		yaml_report_error(source, &problem->place,
			"\"%c\" cannot close \"%c\": write \"%c\"", found, opening,
			get_closing_bracket(opening));
	else
		return false;
	return true;
}

/* Explains a bracket that is not closed in its line: it may cause any error in later lines. */
static bool explain_open_bracket(
	const struct yaml_source *source, const struct yaml_problem *problem)
{
	char opening = problem->opened.line ? character_at(source, &problem->opened) : '\0';

	if (!opening || problem->opened.line == problem->place.line)
		return false;
	yaml_report_error(source, &problem->opened,
		"\"%c\" is not closed: add \"%c\", or a \",\" between its entries", opening,
		get_closing_bracket(opening));
	return true;
}

/* Explains an error between brackets, {} or [], in one line. */
static bool explain_entry(const struct yaml_source *source, const struct yaml_problem *problem)
{
	char found = character_at(source, &problem->place);

	switch (found) {
	case ':':
		yaml_report_error(source, &problem->place,
			"unexpected \":\": put the value in quotes, or add \",\" before the next key");
		return true;
	case '{':
	case '[':
		yaml_report_error(source, &problem->place,
			"unexpected \"%c\": put the value in quotes, or add \",\" before the bracket",
			found);
		return true;
	case '\0':
		return false;
	}
	yaml_report_error(source, &problem->place,
		"unexpected text: add \",\" before this text, or put the value in quotes");
	return true;
}

/* Explains "did not find expected key" in a block mapping, by the text at the place. */
static bool explain_not_a_key(const struct yaml_source *source, const struct yaml_problem *problem)
{
	struct line line;
	const char *at;

	if (!get_line(source, problem->place.line, &line))
		return false;
	at = find_column(&line, problem->place.column);
	if (!at)
		return false;
	if (at > line.text + line.indent) {
		yaml_report_error(
			source, &problem->place, "unexpected text: put the whole value in quotes");
		return true;
	}
	if (*at == ':')
		yaml_report_error(source, &problem->place, "the key before \":\" is missing");
	else if (*at == '-' && problem->context)
		yaml_report_error(source, &problem->place,
			"\"-\" begins a list, but line %zu begins a mapping: write \"KEY: VALUE\" without \"-\"",
			problem->context_place.line);
	else
		return false;
	return true;
}

static bool explain_missing_dash(
	const struct yaml_source *source, const struct yaml_problem *problem)
{
	struct line line;

	if (!get_line(source, problem->place.line, &line) || line.length == line.indent)
		return false;
	if (problem->context && line.indent + 1 == problem->context_place.column) {
		yaml_report_error(source, &problem->place,
			"\"- \" is missing: line %zu begins a list", problem->context_place.line);
		return true;
	}
	return explain_indentation(source, problem);
}

static bool explain_no_value(const struct yaml_source *source, const struct yaml_problem *problem)
{
	char found = character_at(source, &problem->place);

	if (found == ':')
		yaml_report_error(
			source, &problem->place, "value contains \":\": put the value in quotes");
	else if (found == ',')
		yaml_report_error(source, &problem->place,
			"a value is missing before \",\": add the value, or remove the \",\"");
	else
		return false;
	return true;
}

/* Explains a character with a special meaning at the beginning of a value. */
static bool explain_first_character(
	const struct yaml_source *source, const struct yaml_problem *problem)
{
	const struct yaml_place *place = problem->context && problem->context_place.line
						 ? &problem->context_place
						 : &problem->place;
	char found = character_at(source, place);

	if (!found || !strchr("@`%*&!|>?", found))
		return false;
	if (found == '%' && place->column == 1)
		yaml_report_error(
			source, place, "YAML directives (%%) are not allowed: remove this line");
	else
		yaml_report_error(
			source, place, "value contains \"%c\": put the value in quotes", found);
	return true;
}

static bool explain_problem_character(
	const struct yaml_source *source, const struct yaml_problem *problem)
{
	struct yaml_problem here = *problem;

	here.context = NULL;
	return explain_first_character(source, &here);
}

static bool explain_list(const struct yaml_source *source, const struct yaml_problem *problem)
{
	yaml_report_error(source, &problem->place,
		"a list with \"- \" cannot begin in the line of its key: begin the list in the next line, or write [A, B]");
	return true;
}

static bool explain_escape(const struct yaml_source *source, const struct yaml_problem *problem)
{
	yaml_report_error(source, &problem->place,
		"unknown escape sequence: put the value in '', or write \"\\\\\" for \"\\\"");
	return true;
}

/* Explains text after the document: a line with less indentation, or a second document. */
static bool explain_document(const struct yaml_source *source, const struct yaml_problem *problem)
{
	struct line first;

	if (explain_problem_character(source, problem))
		return true;
	for (size_t number = 1; get_line(source, number, &first); number++)
		if (first.length > 0)
			break;
	if (first.text && first.indent > 0)
		return explain_indentation(source, problem);
	yaml_report_error(
		source, &problem->place, "a second YAML document is not allowed: keep only one");
	return true;
}

/*
 * The explanations by fragments of libyaml's message (scanner.c and parser.c of 0.1.7 to 0.2.5) and
 * of its context. They are tried in this order; the first that finds a cause reports it.
 */
static const struct {
	const char *words; /* NULL: any */
	const char *context; /* NULL: any, or none */
	bool (*explain)(const struct yaml_source *source, const struct yaml_problem *problem);
} explanations[] = {
	{NULL, NULL, explain_invisible},
	{NULL, NULL, explain_tab},
	{"unexpected end of stream", "quoted scalar", explain_open_quote},
	{"unexpected document indicator", "quoted scalar", explain_open_quote},
	{NULL, "quoted scalar", explain_escape},
	{NULL, "directive", explain_first_character},
	{NULL, "an alias", explain_first_character},
	{NULL, "an anchor", explain_first_character},
	{NULL, " tag", explain_first_character},
	{NULL, "block scalar", explain_first_character},
	{"cannot start any token", NULL, explain_problem_character},
	{"mapping keys are not allowed", NULL, explain_problem_character},
	{"mapping values are not allowed", NULL, explain_second_colon},
	{"block sequence entries are not allowed", NULL, explain_list},
	{NULL, NULL, explain_after_quote},
	{"expected ':'", NULL, explain_key},
	{"expected <document start>", NULL, explain_document},
	{NULL, NULL, explain_bracket},
	{NULL, NULL, explain_open_bracket},
	{"expected '-' indicator", NULL, explain_missing_dash},
	{"expected key", NULL, explain_not_a_key},
	{"expected key", NULL, explain_indentation},
	{"expected node content", NULL, explain_no_value},
	/* libyaml before 0.2.1 does not accept a1:b2 in {} and []. */
	{"unexpected ':'", NULL, explain_entry},
	{"expected ','", NULL, explain_entry},
};

static bool has_words(const char *text, const char *words)
{
	return !words || (text && strstr(text, words));
}

int yaml_refuse_syntax(const struct yaml_source *source, const struct yaml_problem *problem)
{
	for (size_t i = 0; i < ARRAY_SIZE(explanations); i++)
		if (has_words(problem->words, explanations[i].words) &&
			has_words(problem->context, explanations[i].context) &&
			explanations[i].explain(source, problem))
			return -EINVAL;
	return yaml_report_error(source, &problem->place, "invalid YAML: %s",
		problem->words ? problem->words : "unknown syntax error");
}
