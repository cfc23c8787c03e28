/* SPDX-License-Identifier: Apache-2.0 */
#include "hazard/config_text.h"

#include <errno.h>
#include <fnmatch.h>
#include <string.h>
#include <strings.h>
#include <yaml.h>

#define BLANKS " \t\r"

/* A part of a text; borrowed. */
struct span {
	const char *at;
	size_t length;
};

static struct span trim(const char *at, const char *end)
{
	while (at < end && strchr(BLANKS, *at))
		at++;
	while (at < end && strchr(BLANKS, end[-1]))
		end--;
	return (struct span){at, (size_t)(end - at)};
}

static bool span_equals(const struct span *span, const char *text)
{
	return span->length == strlen(text) && memcmp(span->at, text, span->length) == 0;
}

/* Returns the line at *text without surrounding blanks, and moves *text behind it; false: end. */
static bool next_line(const char **text, struct span *ret_line)
{
	const char *end = *text + strcspn(*text, "\n");

	if (!**text)
		return false;
	*ret_line = trim(*text, end);
	*text = *end ? end + 1 : end;
	return true;
}

static int copy_value(const struct span *value, struct strbuf *ret_value)
{
	strbuf_clear(ret_value);
	return strbuf_add(ret_value, value->at, value->length);
}

int config_find_key(
	const char *text, const char *section, const char *key, struct strbuf *ret_value)
{
	bool is_in_section = !section, has_backslash = false;
	int err = -ENOENT;
	struct span line;

	while (err != -ENOMEM && next_line(&text, &line)) {
		/* A line that ends in '\\' continues on the line below, which then has no key. */
		bool is_continuation = has_backslash;
		const char *equals;
		struct span name, value;

		has_backslash = line.length && line.at[line.length - 1] == '\\';
		if (is_continuation || !line.length || strchr("#;", *line.at))
			continue;
		if (*line.at == '[' && line.at[line.length - 1] == ']') {
			name = trim(line.at + 1, line.at + line.length - 1);
			is_in_section = !section || span_equals(&name, section);
			continue;
		}
		equals = memchr(line.at, '=', line.length);
		if (!is_in_section || !equals)
			continue;
		name = trim(line.at, equals);
		if (span_equals(&name, key)) {
			value = trim(equals + 1, line.at + line.length - has_backslash);
			err = copy_value(&value, ret_value); /* the last match counts */
		}
	}
	return err;
}

/* Returns the text between quotes; without quotes, the text before a blank or ';'. */
static struct span unquote(const char *at, const char *end)
{
	char quote = at < end && strchr("'\"", *at) ? *at : '\0';
	const char *from = at + (quote != '\0');
	const char *to = from;

	while (to < end && (quote ? *to != quote : !strchr(BLANKS ";", *to)))
		to++;
	return (struct span){from, (size_t)(to - from)};
}

int config_find_variable(const char *text, const char *name, struct strbuf *ret_value)
{
	static const char export[] = "export ";
	int err = -ENOENT;
	struct span line;

	while (err != -ENOMEM && next_line(&text, &line)) {
		size_t length = strlen(name);
		const char *end = line.at + line.length;

		if (line.length > strlen(export) && memcmp(line.at, export, strlen(export)) == 0)
			line = trim(line.at + strlen(export), end);
		if (line.length <= length || memcmp(line.at, name, length) != 0 ||
			line.at[length] != '=')
			continue;
		line = unquote(line.at + length + 1, end);
		err = copy_value(&line, ret_value); /* the last assignment counts */
	}
	return err;
}

int config_parse_boolean(const char *text, bool *ret_value)
{
	static const char *const spellings[][2] = {{"0", "1"}, {"no", "yes"}, {"n", "y"},
		{"false", "true"}, {"f", "t"}, {"off", "on"}};

	for (size_t i = 0; i < ARRAY_SIZE(spellings); i++)
		for (int value = false; value <= true; value++) /* the second index */
			if (strcasecmp(text, spellings[i][value]) == 0) {
				*ret_value = value;
				return 0;
			}
	return -EINVAL;
}

static bool scalar_equals(const yaml_node_t *node, const char *text)
{
	return node && node->type == YAML_SCALAR_NODE && node->data.scalar.length == strlen(text) &&
	       memcmp(node->data.scalar.value, text, node->data.scalar.length) == 0;
}

/* NULL: not in the mapping, or no mapping. Like PyYAML, uses the last one of duplicate keys. */
static yaml_node_t *find_yaml_value(yaml_document_t *document, yaml_node_t *node, const char *key)
{
	yaml_node_t *found = NULL;

	if (!node || node->type != YAML_MAPPING_NODE)
		return NULL;
	for (yaml_node_pair_t *pair = node->data.mapping.pairs.start;
		pair < node->data.mapping.pairs.top; pair++)
		if (scalar_equals(yaml_document_get_node(document, pair->key), key))
			found = yaml_document_get_node(document, pair->value);
	return found;
}

/* Adds the text of a scalar node and a blank. Nodes of other types are skipped. */
static int add_yaml_word(const yaml_node_t *node, struct strbuf *words)
{
	if (!node || node->type != YAML_SCALAR_NODE)
		return 0;
	return strbuf_printf(words, "%.*s ", (int)node->data.scalar.length,
		(const char *)node->data.scalar.value);
}

/* Adds the text of a scalar node, or of each scalar in a sequence. */
static int add_yaml_words(yaml_document_t *document, const yaml_node_t *node, struct strbuf *words)
{
	int err = 0;

	if (node->type != YAML_SEQUENCE_NODE)
		return add_yaml_word(node, words);
	for (yaml_node_item_t *item = node->data.sequence.items.start;
		!err && item < node->data.sequence.items.top; item++)
		err = add_yaml_word(yaml_document_get_node(document, *item), words);
	return err;
}

int config_find_yaml_words(
	const char *text, size_t length, const char *const *keys, struct strbuf *ret_words)
{
	yaml_document_t document;
	yaml_parser_t parser;
	yaml_node_t *node;
	int err = -EINVAL;

	if (!yaml_parser_initialize(&parser))
		return -ENOMEM;
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, length);
	if (yaml_parser_load(&parser, &document)) {
		node = yaml_document_get_root_node(&document);
		for (; node && *keys; keys++)
			node = find_yaml_value(&document, node, *keys);
		err = node ? 0 : -ENOENT;
		strbuf_clear(ret_words);
		if (node)
			err = add_yaml_words(&document, node, ret_words);
		yaml_document_delete(&document);
	}
	yaml_parser_delete(&parser);
	return err;
}

bool config_has_word(const char *words, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = words; (at = strstr(at, word)); at += length)
		if ((at == words || at[-1] == ' ') && (at[length] == ' ' || !at[length]))
			return true;
	return false;
}

bool config_matches_pattern(char *patterns, const char *separators, char prefix, const char *name)
{
	char *rest = NULL;

	for (char *pattern = strtok_r(patterns, separators, &rest); pattern;
		pattern = strtok_r(NULL, separators, &rest))
		if (fnmatch(pattern + (*pattern == prefix), name, 0) == 0)
			return true;
	return false;
}
