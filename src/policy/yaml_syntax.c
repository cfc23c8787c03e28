/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/yaml_syntax.h"

#include <errno.h>
#include <string.h>

#define BLANKS " \t"

/* A line without its comment. `text` is borrowed from the source. */
struct line {
	size_t number; /* 0: there is no such line */
	const char *text;
	size_t length;
	size_t indent; /* bytes of leading blanks and tabs */
};

static struct line get_line(const struct yaml_source *source, size_t number)
{
	struct line line = {.number = number};

	line.text = number > 0 ? yaml_source_line(source, number, &line.length) : NULL;
	if (!line.text)
		return (struct line){.text = ""};
	line.length = yaml_line_content(line.text, line.length);
	while (line.indent < line.length && strchr(BLANKS, line.text[line.indent]))
		line.indent++;
	return line;
}

/*
 * Finds the last line before line `number` that is not empty or a comment, and has at most that
 * indentation.
 */
static struct line get_line_before(
	const struct yaml_source *source, size_t number, size_t max_indent)
{
	while (number-- > 1) {
		struct line line = get_line(source, number);
		if (line.length > 0 && line.indent <= max_indent)
			return line;
	}
	return (struct line){.text = ""};
}

/* Returns the byte at that column, or NULL after the line's end. Columns count characters. */
static const char *find_column(const struct line *line, size_t column)
{
	for (size_t i = 0; i < line->length; i++)
		if (((unsigned char)line->text[i] & 0xc0) != 0x80 && column-- == 1)
			return line->text + i;
	return NULL;
}

static struct yaml_place get_place(const struct line *line, size_t at)
{
	struct yaml_place place = {line->number, 1};

	for (size_t i = 0; i < at; i++)
		place.column += ((unsigned char)line->text[i] & 0xc0) != 0x80;
	return place;
}

/* Returns '\0' if the place is not in the source. */
static char character_at(const struct yaml_source *source, const struct yaml_place *place)
{
	struct line line = get_line(source, place->line);
	const char *at = find_column(&line, place->column);

	return at ? *at : '\0';
}

/*
 * Returns the offset of the ":" after a key, which precedes a blank or the line's end;
 * line->length: no such ":".
 */
static size_t find_separator(const struct line *line)
{
	for (size_t i = line->indent; i < line->length; i++)
		if (line->text[i] == ':' &&
			(i + 1 == line->length || strchr(BLANKS, line->text[i + 1])))
			return i;
	return line->length;
}

/* Each explain_…() returns -EINVAL if it found the cause of the problem and reported it, else 0. */

static int explain_invisible(const struct yaml_problem *problem)
{
	struct line line = get_line_before(problem->source, problem->place.line, SIZE_MAX);
	size_t number = line.number ? line.number : problem->place.line;
	int refused = 0;

	if (problem->context && problem->context_place.line < number)
		number = problem->context_place.line;
	for (; !refused && number <= problem->place.line; number++) {
		line = get_line(problem->source, number);
		struct yaml_place from = get_place(&line, line.indent);
		struct yaml_place end = get_place(&line, line.length);
		if (line.length > 0)
			refused = yaml_refuse_invisible(problem->source, &from, &end);
	}
	return refused;
}

static int explain_tab(const struct yaml_problem *problem)
{
	struct line line = get_line(problem->source, problem->place.line);
	const char *tab = memchr(line.text, '\t', line.indent);

	if (!tab)
		return 0;
	struct yaml_place place = get_place(&line, (size_t)(tab - line.text));
	return yaml_report_error(
		problem->source, &place, "tab in the indentation: indent with spaces");
}

/* Reports the indentations that the preceding lines permit. */
static int explain_indentation(const struct yaml_problem *problem)
{
	struct line line = get_line(problem->source, problem->place.line);
	struct line before = get_line_before(problem->source, line.number, SIZE_MAX), outer = {0};
	struct yaml_place place = get_place(&line, line.indent);

	if (line.length == 0 || before.length == 0 || before.indent == line.indent)
		return 0;
	if (before.indent > line.indent && line.indent > 0)
		outer = get_line_before(problem->source, before.number, line.indent - 1);
	if (outer.number)
		return yaml_report_error(problem->source, &place,
			"wrong indentation (%zu): indent like line %zu (%zu) or line %zu (%zu)",
			line.indent, before.number, before.indent, outer.number, outer.indent);
	return yaml_report_error(problem->source, &place,
		"wrong indentation (%zu): indent like line %zu (%zu)", line.indent, before.number,
		before.indent);
}

/* Explains a line that lacks the ":" of "key:", or the blank after it. */
static int explain_no_colon(const struct yaml_source *source, const struct line *line)
{
	const char *word = line->text + line->indent;
	size_t length = line->length - line->indent;

	if (length == 0 || find_separator(line) < line->length)
		return 0;
	const char *colon = memchr(word, ':', length);
	if (colon) {
		struct yaml_place place = get_place(line, (size_t)(colon + 1 - line->text));
		return yaml_report_error(source, &place, "put a space after \"%.*s\"",
			(int)(colon + 1 - word), word);
	}
	for (size_t i = 0; i < length; i++)
		if (strchr(BLANKS, word[i]))
			length = i;
	struct yaml_place place = get_place(line, line->indent + length);
	return yaml_report_error(
		source, &place, "\":\" is missing after \"%.*s\"", (int)length, word);
}

/* Explains "mapping values are not allowed": a ":" in an invalid position. */
static int explain_second_colon(const struct yaml_problem *problem)
{
	struct line line = get_line(problem->source, problem->place.line);
	size_t first = find_separator(&line), value = first + 1;

	while (value < line.length && strchr(BLANKS, line.text[value]))
		value++;
	if (first == line.length || problem->place.column <= get_place(&line, first).column) {
		struct line before = get_line_before(problem->source, line.number, SIZE_MAX);
		int refused = explain_no_colon(problem->source, &before);
		return refused || !before.number ? refused : explain_indentation(problem);
	}
	struct yaml_place place = get_place(&line, value);
	if (line.text[line.length - 1] == ':')
		return yaml_report_error(
			problem->source, &place, "value ends in \":\": put the value in quotes");
	return yaml_report_error(problem->source, &place,
		"value contains \": \": put the value in quotes, or begin a new line after \"%.*s\"",
		(int)(first + 1 - line.indent), line.text + line.indent);
}

/* Explains "could not find expected ':'": the context is the key that lacks it. */
static int explain_key(const struct yaml_problem *problem)
{
	struct line line = get_line(problem->source, problem->context_place.line);
	struct line before = get_line_before(problem->source, line.number, line.indent);

	if (!before.number || before.indent != line.indent || before.text[before.indent] != '-')
		return explain_no_colon(problem->source, &line);
	struct yaml_place place = get_place(&line, line.indent);
	return yaml_report_error(problem->source, &place,
		"\"- \" is missing: line %zu begins a list", before.number);
}

static int explain_open_quote(const struct yaml_problem *problem)
{
	return yaml_report_error(problem->source, &problem->context_place,
		"quote is not closed: add %c at the end of the value",
		character_at(problem->source, &problem->context_place));
}

/* Explains text after a quoted scalar. */
static int explain_after_quote(const struct yaml_problem *problem)
{
	struct line line = get_line(problem->source, problem->place.line);
	const char *from = find_column(&line, problem->text_end.column);
	const char *at = find_column(&line, problem->place.column);

	if (!problem->is_quoted || problem->text_end.line != line.number || !from || !at ||
		at != from + strspn(from, BLANKS))
		return 0;
	if (problem->text.line < problem->text_end.line)
		return yaml_report_error(problem->source, &problem->text,
			"quote is closed only in line %zu: add %c at the end of the value",
			problem->text_end.line, character_at(problem->source, &problem->text));
	return yaml_report_error(problem->source, &problem->text,
		"text after the closing quote: put the whole value in quotes, a value with ' in \"\", a value with \" in ''");
}

static char get_closing_bracket(char opening)
{
	return opening == '{' ? '}' : ']';
}

/* Explains an unexpected "}" or "]". */
static int explain_bracket(const struct yaml_problem *problem)
{
	char found = character_at(problem->source, &problem->place);
	char opening = character_at(problem->source, &problem->opened);

	if (found != '}' && found != ']')
		return 0;
	if (!opening)
		return yaml_report_error(problem->source, &problem->place,
			"\"%c\" has no opening bracket: remove it", found);
	if (found == get_closing_bracket(opening))
		return 0;
	return yaml_report_error(problem->source, &problem->place,
		"\"%c\" cannot close \"%c\": write \"%c\"", found, opening,
		get_closing_bracket(opening));
}

/* Explains a bracket that is not closed in its line: it may cause any error in later lines. */
static int explain_open_bracket(const struct yaml_problem *problem)
{
	char opening = character_at(problem->source, &problem->opened);

	if (!opening || problem->opened.line == problem->place.line)
		return 0;
	return yaml_report_error(problem->source, &problem->opened,
		"\"%c\" is not closed: add \"%c\", or a \",\" between its entries", opening,
		get_closing_bracket(opening));
}

/* Explains an error between brackets, {} or [], in one line. */
static int explain_entry(const struct yaml_problem *problem)
{
	char found = character_at(problem->source, &problem->place);

	if (!found)
		return 0;
	if (found == ':')
		return yaml_report_error(problem->source, &problem->place,
			"unexpected \":\": put the value in quotes, or add \",\" before the next key");
	if (found == '{' || found == '[')
		return yaml_report_error(problem->source, &problem->place,
			"unexpected \"%c\": put the value in quotes, or add \",\" before the bracket",
			found);
	return yaml_report_error(problem->source, &problem->place,
		"unexpected text: add \",\" before this text, or put the value in quotes");
}

/* Explains "did not find expected key" in a block mapping, by the text at the place. */
static int explain_not_a_key(const struct yaml_problem *problem)
{
	struct line line = get_line(problem->source, problem->place.line);
	const char *at = find_column(&line, problem->place.column);

	if (!at)
		return 0;
	if (at > line.text + line.indent)
		return yaml_report_error(problem->source, &problem->place,
			"unexpected text: put the whole value in quotes");
	if (*at == ':')
		return yaml_report_error(
			problem->source, &problem->place, "the key before \":\" is missing");
	if (*at != '-' || !problem->context)
		return 0;
	return yaml_report_error(problem->source, &problem->place,
		"\"-\" begins a list, but line %zu begins a mapping: write \"KEY: VALUE\" without \"-\"",
		problem->context_place.line);
}

static int explain_missing_dash(const struct yaml_problem *problem)
{
	struct line line = get_line(problem->source, problem->place.line);

	if (line.length == line.indent)
		return 0;
	if (problem->context && line.indent + 1 == problem->context_place.column)
		return yaml_report_error(problem->source, &problem->place,
			"\"- \" is missing: line %zu begins a list", problem->context_place.line);
	return explain_indentation(problem);
}

static int explain_no_value(const struct yaml_problem *problem)
{
	char found = character_at(problem->source, &problem->place);

	if (found == ':')
		return yaml_report_error(problem->source, &problem->place,
			"value contains \":\": put the value in quotes");
	if (found == ',')
		return yaml_report_error(problem->source, &problem->place,
			"a value is missing before \",\": add the value, or remove the \",\"");
	return 0;
}

/* Explains a character with a special meaning at the beginning of a value. */
static int explain_character(const struct yaml_problem *problem, const struct yaml_place *place)
{
	char found = character_at(problem->source, place);

	if (!found || !strchr("@`%*&!|>?", found))
		return 0;
	if (found == '%' && place->column == 1)
		return yaml_report_error(problem->source, place,
			"YAML directives (%%) are not allowed: remove this line");
	return yaml_report_error(
		problem->source, place, "value contains \"%c\": put the value in quotes", found);
}

static int explain_first_character(const struct yaml_problem *problem)
{
	return explain_character(
		problem, problem->context_place.line ? &problem->context_place : &problem->place);
}

static int explain_problem_character(const struct yaml_problem *problem)
{
	return explain_character(problem, &problem->place);
}

static int explain_list(const struct yaml_problem *problem)
{
	return yaml_report_error(problem->source, &problem->place,
		"a list with \"- \" cannot begin in the line of its key: begin the list in the next line, or write [A, B]");
}

static int explain_escape(const struct yaml_problem *problem)
{
	return yaml_report_error(problem->source, &problem->place,
		"unknown escape sequence: put the value in '', or write \"\\\\\" for \"\\\"");
}

/* Explains text after the document: a line with less indentation, or a second document. */
static int explain_document(const struct yaml_problem *problem)
{
	struct line first = get_line(problem->source, 1);
	int refused = explain_problem_character(problem);

	if (refused)
		return refused;
	while (first.number && first.length == 0)
		first = get_line(problem->source, first.number + 1);
	if (first.indent > 0)
		return explain_indentation(problem);
	return yaml_report_error(problem->source, &problem->place,
		"a second YAML document is not allowed: keep only one");
}

/*
 * The explanations by fragments of libyaml's message (scanner.c and parser.c of 0.1.7 to 0.2.5) and
 * of its context. They are tried in this order; the first that finds a cause reports it.
 */
static const struct {
	const char *words; /* NULL: any */
	const char *context; /* NULL: any, or none */
	int (*explain)(const struct yaml_problem *problem);
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

int yaml_refuse_syntax(const struct yaml_problem *problem)
{
	for (size_t i = 0; i < ARRAY_SIZE(explanations); i++)
		if (has_words(problem->words, explanations[i].words) &&
			has_words(problem->context, explanations[i].context) &&
			explanations[i].explain(problem))
			return -EINVAL;
	return yaml_report_error(problem->source, &problem->place, "invalid YAML: %s",
		problem->words ? problem->words : "unknown syntax error");
}
