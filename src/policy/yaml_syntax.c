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
	line.length = yaml_line_content_length(line.text, line.length);
	while (line.indent < line.length && strchr(BLANKS, line.text[line.indent]))
		line.indent++;
	return line;
}

/* Finds the nearest line above `number` with content and an indentation up to `max_indent`. */
static struct line get_line_above(
	const struct yaml_source *source, size_t number, size_t max_indent)
{
	while (number-- > 1) {
		struct line line = get_line(source, number);
		if (line.length > 0 && line.indent <= max_indent)
			return line;
	}
	return (struct line){.text = ""}; /* there is none: number 0 */
}

static bool begins_character(char byte)
{
	return ((unsigned char)byte & 0xc0) != 0x80; /* not a continuation byte of UTF-8 */
}

/* Returns the byte at that column, or NULL after the line's end. Columns count characters. */
static const char *find_column(const struct line *line, size_t column)
{
	for (size_t i = 0; i < line->length; i++)
		if (begins_character(line->text[i]) && column-- == 1)
			return line->text + i;
	return NULL;
}

/* Returns the position of the byte at that offset. Columns count characters. */
static struct yaml_position get_position(const struct line *line, size_t offset)
{
	struct yaml_position position = {line->number, 1};

	for (size_t i = 0; i < offset; i++)
		position.column += begins_character(line->text[i]);
	return position;
}

/* Returns the byte at that position, or '\0' if the source has no such position. */
static char byte_at(const struct yaml_source *source, const struct yaml_position *position)
{
	struct line line = get_line(source, position->line);
	const char *at = find_column(&line, position->column);

	return at ? *at : '\0';
}

/* Returns the offset of the ":" after a key (a blank or line end follows); line->length: none. */
static size_t find_colon(const struct line *line)
{
	for (size_t i = line->indent; i < line->length; i++)
		if (line->text[i] == ':' &&
			(i + 1 == line->length || strchr(BLANKS, line->text[i + 1])))
			return i;
	return line->length;
}

/* Each explain_…() returns -EINVAL if it found the cause of the problem and reported it, else 0. */

/* Searches from the line where libyaml began the failed token, or the line above the problem. */
static int explain_invisible(const struct yaml_problem *problem)
{
	struct line above = get_line_above(problem->source, problem->position.line, SIZE_MAX);
	size_t number = above.number ? above.number : problem->position.line;
	int refused = 0;

	if (problem->context && problem->context_position.line < number)
		number = problem->context_position.line;
	for (; !refused && number <= problem->position.line; number++) {
		struct line line = get_line(problem->source, number);
		struct yaml_position from = get_position(&line, line.indent);
		struct yaml_position end = get_position(&line, line.length);
		if (line.length > 0)
			refused = yaml_refuse_invisible(problem->source, &from, &end);
	}
	return refused;
}

/* Explains a tab in the line's indentation. */
static int explain_tab(const struct yaml_problem *problem)
{
	struct line line = get_line(problem->source, problem->position.line);
	const char *tab = memchr(line.text, '\t', line.indent);

	if (!tab)
		return 0;
	struct yaml_position position = get_position(&line, (size_t)(tab - line.text));
	return yaml_report_error(
		problem->source, &position, "tab in the indentation: indent with spaces");
}

/* Explains a wrong indentation, with the indentations that the preceding lines permit. */
static int explain_indentation(const struct yaml_problem *problem)
{
	struct line line = get_line(problem->source, problem->position.line);
	struct line above = get_line_above(problem->source, line.number, SIZE_MAX), outer = {0};
	struct yaml_position position = get_position(&line, line.indent);

	if (line.length == 0 || above.length == 0 || above.indent == line.indent)
		return 0;
	if (above.indent > line.indent && line.indent > 0)
		outer = get_line_above(problem->source, above.number, line.indent - 1);
	if (outer.number)
		return yaml_report_error(problem->source, &position,
			"line is indented by %zu: indent it by %zu like line %zu, or by %zu like line %zu",
			line.indent, above.indent, above.number, outer.indent, outer.number);
	return yaml_report_error(problem->source, &position,
		"line is indented by %zu: indent it by %zu like line %zu", line.indent,
		above.indent, above.number);
}

/* Explains a line that lacks the ":" of "key:", or the blank after it. */
static int explain_missing_colon(const struct yaml_source *source, const struct line *line)
{
	const char *word = line->text + line->indent;
	size_t length = line->length - line->indent;

	if (length == 0 || find_colon(line) < line->length)
		return 0;
	const char *colon = memchr(word, ':', length);
	if (colon) {
		struct yaml_position position = get_position(
			line, (size_t)(colon + 1 - line->text));
		return yaml_report_error(source, &position, "put a space after \"%.*s\"",
			(int)(colon + 1 - word), word);
	}
	for (size_t i = 0; i < length; i++)
		if (strchr(BLANKS, word[i]))
			length = i;
	struct yaml_position position = get_position(line, line->indent + length);
	return yaml_report_error(
		source, &position, "\":\" is missing after \"%.*s\"", (int)length, word);
}

/*
 * Explains "mapping values are not allowed": the value contains a ":"; or, if the problem is at the
 * line's first ":", the preceding line lacks its ":" or is indented differently.
 */
static int explain_unexpected_colon(const struct yaml_problem *problem)
{
	struct line line = get_line(problem->source, problem->position.line);
	size_t colon = find_colon(&line), value = colon + 1;

	while (value < line.length && strchr(BLANKS, line.text[value]))
		value++;
	if (colon == line.length || problem->position.column <= get_position(&line, colon).column) {
		struct line above = get_line_above(problem->source, line.number, SIZE_MAX);
		int refused = explain_missing_colon(problem->source, &above);
		return refused || !above.number ? refused : explain_indentation(problem);
	}
	struct yaml_position position = get_position(&line, value);
	if (line.text[line.length - 1] == ':')
		return yaml_report_error(
			problem->source, &position, "value ends in \":\": put the value in quotes");
	return yaml_report_error(problem->source, &position,
		"value contains \": \": put the value in quotes, or begin a new line after \"%.*s\"",
		(int)(colon + 1 - line.indent), line.text + line.indent);
}

/* Explains "could not find expected ':'": the context is a key, or a list item without its "- ". */
static int explain_key_without_colon(const struct yaml_problem *problem)
{
	struct line line = get_line(problem->source, problem->context_position.line);
	struct line above = get_line_above(problem->source, line.number, line.indent);

	if (!above.number || above.indent != line.indent || above.text[above.indent] != '-')
		return explain_missing_colon(problem->source, &line);
	struct yaml_position position = get_position(&line, line.indent);
	return yaml_report_error(problem->source, &position,
		"\"- \" is missing: line %zu begins a list", above.number);
}

/* The context position is that of the opening quote. */
static int explain_open_quote(const struct yaml_problem *problem)
{
	return yaml_report_error(problem->source, &problem->context_position,
		"quote is not closed: add %c at the end of the value",
		byte_at(problem->source, &problem->context_position));
}

/* Explains text directly after a closing quote. */
static int explain_text_after_quote(const struct yaml_problem *problem)
{
	struct line line = get_line(problem->source, problem->position.line);
	const char *end = find_column(&line, problem->scalar_end.column);
	const char *at = find_column(&line, problem->position.column);
	bool is_after_quote = problem->is_quoted && problem->scalar_end.line == line.number;

	if (!is_after_quote || !end || !at || at != end + strspn(end, BLANKS))
		return 0;
	if (problem->scalar.line < problem->scalar_end.line)
		return yaml_report_error(problem->source, &problem->scalar,
			"quote is closed only in line %zu: add %c at the end of the value",
			problem->scalar_end.line, byte_at(problem->source, &problem->scalar));
	return yaml_report_error(problem->source, &problem->scalar,
		"text after the closing quote: put the whole value in \"\", or in '' if it contains \"");
}

static char get_closing_bracket(char opening)
{
	return opening == '{' ? '}' : ']';
}

/* Explains a "}" or "]" without its opening bracket. */
static int explain_closing_bracket(const struct yaml_problem *problem)
{
	char found = byte_at(problem->source, &problem->position);
	char opening = byte_at(problem->source, &problem->open_bracket);

	if (found != '}' && found != ']')
		return 0;
	if (!opening)
		return yaml_report_error(problem->source, &problem->position,
			"\"%c\" has no opening bracket: remove it", found);
	if (found == get_closing_bracket(opening))
		return 0;
	return yaml_report_error(problem->source, &problem->position,
		"\"%c\" cannot close \"%c\": write \"%c\"", found, opening,
		get_closing_bracket(opening));
}

/* Explains a bracket that is not closed in its line: it may cause any error in later lines. */
static int explain_open_bracket(const struct yaml_problem *problem)
{
	char opening = byte_at(problem->source, &problem->open_bracket);

	if (!opening || problem->open_bracket.line == problem->position.line)
		return 0;
	return yaml_report_error(problem->source, &problem->open_bracket,
		"\"%c\" is not closed: add \"%c\", or a \",\" between its entries", opening,
		get_closing_bracket(opening));
}

/* Explains an error between brackets, {} or [], by the character at the position. */
static int explain_text_in_brackets(const struct yaml_problem *problem)
{
	char found = byte_at(problem->source, &problem->position);

	if (!found)
		return 0;
	if (found == ':')
		return yaml_report_error(problem->source, &problem->position,
			"unexpected \":\": put the value in quotes, or add \",\" before the next key");
	if (found == '{' || found == '[')
		return yaml_report_error(problem->source, &problem->position,
			"unexpected \"%c\": put the value in quotes, or add \",\" before the bracket",
			found);
	return yaml_report_error(problem->source, &problem->position,
		"unexpected text: add \",\" before this text, or put the value in quotes");
}

/* Explains "did not find expected key" in a block mapping, by the text at the position. */
static int explain_not_a_key(const struct yaml_problem *problem)
{
	struct line line = get_line(problem->source, problem->position.line);
	const char *at = find_column(&line, problem->position.column);

	if (!at)
		return 0;
	if (at > line.text + line.indent)
		return yaml_report_error(problem->source, &problem->position,
			"unexpected text: put the whole value in quotes");
	if (*at == ':')
		return yaml_report_error(
			problem->source, &problem->position, "the key before \":\" is missing");
	if (*at != '-' || !problem->context)
		return 0;
	return yaml_report_error(problem->source, &problem->position,
		"\"-\" begins a list, but line %zu begins a mapping: write \"KEY: VALUE\" without \"-\"",
		problem->context_position.line);
}

/* Explains a line in a list that does not begin with "-". */
static int explain_missing_dash(const struct yaml_problem *problem)
{
	struct line line = get_line(problem->source, problem->position.line);

	if (line.length == line.indent)
		return 0;
	if (problem->context && line.indent + 1 == problem->context_position.column)
		return yaml_report_error(problem->source, &problem->position,
			"\"- \" is missing: line %zu begins a list",
			problem->context_position.line);
	return explain_indentation(problem);
}

/* Explains "did not find expected node content": a value begins with a ":" or ",". */
static int explain_missing_value(const struct yaml_problem *problem)
{
	char found = byte_at(problem->source, &problem->position);

	if (found == ':')
		return yaml_report_error(problem->source, &problem->position,
			"value contains \":\": put the value in quotes");
	if (found == ',')
		return yaml_report_error(problem->source, &problem->position,
			"a value is missing before \",\": add the value, or remove the \",\"");
	return 0;
}

/* Explains a character with a special meaning at the beginning of a value. */
static int explain_character(
	const struct yaml_problem *problem, const struct yaml_position *position)
{
	char found = byte_at(problem->source, position);

	if (!found || !strchr("@`%*&!|>?", found))
		return 0;
	if (found == '%' && position->column == 1)
		return yaml_report_error(problem->source, position,
			"YAML directives (%%) are not allowed: remove this line");
	return yaml_report_error(
		problem->source, position, "value contains \"%c\": put the value in quotes", found);
}

/* The value begins at libyaml's context, if it has a position, or else at the problem. */
static int explain_first_character(const struct yaml_problem *problem)
{
	return explain_character(problem,
		problem->context_position.line ? &problem->context_position : &problem->position);
}

static int explain_problem_character(const struct yaml_problem *problem)
{
	return explain_character(problem, &problem->position);
}

static int explain_list_after_key(const struct yaml_problem *problem)
{
	return yaml_report_error(problem->source, &problem->position,
		"a list with \"- \" cannot begin in the line of its key: begin the list in the next line, or write [A, B]");
}

static int explain_escape(const struct yaml_problem *problem)
{
	return yaml_report_error(problem->source, &problem->position,
		"unknown escape sequence: write \"\\\\\" for each \"\\\", or put the value in ''");
}

/* Explains text after the document: a line with less indentation, or a second document. */
static int explain_text_after_document(const struct yaml_problem *problem)
{
	struct line first = get_line(problem->source, 1);
	int refused = explain_problem_character(problem);

	if (refused)
		return refused;
	while (first.number && first.length == 0)
		first = get_line(problem->source, first.number + 1);
	if (first.indent > 0)
		return explain_indentation(problem);
	return yaml_report_error(problem->source, &problem->position,
		"a second YAML document is not allowed: keep only one");
}

/*
 * The explanations by fragments of libyaml's message (scanner.c and parser.c of 0.1.7 to 0.2.5) and
 * of its context. They are tried in this order; the first that finds a cause reports it.
 */
static const struct {
	const char *message; /* NULL: any */
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
	{"mapping values are not allowed", NULL, explain_unexpected_colon},
	{"block sequence entries are not allowed", NULL, explain_list_after_key},
	{NULL, NULL, explain_text_after_quote},
	{"expected ':'", NULL, explain_key_without_colon},
	{"expected <document start>", NULL, explain_text_after_document},
	{NULL, NULL, explain_closing_bracket},
	{NULL, NULL, explain_open_bracket},
	{"expected '-' indicator", NULL, explain_missing_dash},
	{"expected key", NULL, explain_not_a_key},
	{"expected key", NULL, explain_indentation},
	{"expected node content", NULL, explain_missing_value},
	/* libyaml before 0.2.1 does not accept a1:b2 in {} and []. */
	{"unexpected ':'", NULL, explain_text_in_brackets},
	{"expected ','", NULL, explain_text_in_brackets},
};

static bool has_fragment(const char *text, const char *fragment)
{
	return !fragment || (text && strstr(text, fragment));
}

int yaml_refuse_syntax(const struct yaml_problem *problem)
{
	for (size_t i = 0; i < ARRAY_SIZE(explanations); i++)
		if (has_fragment(problem->message, explanations[i].message) &&
			has_fragment(problem->context, explanations[i].context) &&
			explanations[i].explain(problem))
			return -EINVAL;
	return yaml_report_error(problem->source, &problem->position, "invalid YAML: %s",
		problem->message ? problem->message : "unknown syntax error");
}
