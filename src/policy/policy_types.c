/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/policy_types.h"

#include "base/json_build.h"
#include "base/parse.h"
#include "policy/policy_patterns.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPECTED_SIZE 128

/* Returns whether the value would be null, a boolean or a number without its quotes. */
static bool is_text_by_quotes(const struct yaml_value *value)
{
	struct yaml_value unquoted = *value;
	bool flag;

	unquoted.plain = true;
	return !value->plain && *value->text &&
	       (yaml_is_null(&unquoted) || yaml_is_flag(&unquoted, &flag) ||
		       yaml_is_number(&unquoted));
}

int policy_refuse_value(const struct yaml_source *source, const char *name, const char *expected,
	const struct yaml_value *value)
{
	const char *found = value->kind == YAML_KIND_MAP    ? "a mapping"
			    : value->kind == YAML_KIND_LIST ? "a list"
							    : "null";

	if (!yaml_is_text(value))
		return yaml_report_error(
			source, &value->position, "%s must be %s, not %s", name, expected, found);
	return yaml_report_error(source, &value->position, "%s must be %s, not \"%s\"%s", name,
		expected, value->text, is_text_by_quotes(value) ? " in quotes" : "");
}

/* Builds EXPECTED from the words and `expected`: "WORD, WORD or EXPECTED". */
int policy_refuse_key_value(const struct policy_reader *reader, const char *expected)
{
	const struct yaml_value *value = reader->value;
	const char *const *words = reader->key->words;
	const char *nearest = NULL;
	char list[EXPECTED_SIZE] = "";
	size_t n_words = 0, used = 0;

	while (words && words[n_words])
		n_words++;
	if (yaml_is_text(value))
		nearest = find_nearest_word(value->text, words, n_words, sizeof(words[0]));
	if (nearest)
		return yaml_report_error(reader->source, &value->position,
			"unknown value \"%s\", did you mean \"%s\"?", value->text, nearest);

	size_t count = n_words + (expected ? 1 : 0);
	for (size_t i = 0; i < count && used < sizeof(list); i++) {
		const char *separator = i == 0 ? "" : i + 1 == count ? " or " : ", ";
		int added = snprintf(list + used, sizeof(list) - used, "%s%s", separator,
			i < n_words ? words[i] : expected);
		used += added > 0 ? (size_t)added : 0;
	}
	return policy_refuse_value(reader->source, reader->key->name, list, value);
}

bool policy_find_word(const struct policy_reader *reader, unsigned *ret_index)
{
	const char *const *words = reader->key->words;

	for (unsigned i = 0; words && yaml_is_text(reader->value) && words[i]; i++) {
		if (strcmp(words[i], reader->value->text) == 0) {
			*ret_index = i;
			return true;
		}
	}
	return false;
}

/* Returns whether YAML reads the unquoted text, at any place of a file, as the same text. */
static bool can_be_unquoted(const char *text)
{
	static const char leading[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ/_";
	static const char inner[] = "0123456789.-+";
	const struct yaml_value value = {
		.kind = YAML_KIND_SCALAR, .text = (char *)text, .plain = true};
	bool flag;

	if (!*text || !strchr(leading, *text) || yaml_is_null(&value) ||
		yaml_is_flag(&value, &flag))
		return false;
	for (; *text; text++)
		if (!strchr(leading, *text) && !strchr(inner, *text))
			return false;
	return true;
}

/* Texts of a policy have no control characters: only quotes and backslashes are escaped. */
void policy_print_text(const struct policy_printer *printer, const char *text)
{
	struct strbuf *out = printer->out;

	if (!printer->json && can_be_unquoted(text)) {
		strbuf_add_string(out, text);
		return;
	}
	strbuf_add_string(out, "\"");
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			strbuf_add_string(out, "\\");
		strbuf_add(out, text, 1);
	}
	strbuf_add_string(out, "\"");
}

json_t *policy_build_string_schema(const char *pattern)
{
	return json_pack("{s:s, s:s}", "type", "string", "pattern", pattern);
}

/* The version is only checked, not stored: there is one. */
static int read_version(const struct policy_reader *reader)
{
	const struct policy_key *key = reader->key;
	const struct yaml_value *value = reader->value;
	uint32_t version;

	if (!yaml_is_number(value))
		return policy_refuse_key_value(reader, "the number 1");
	if (parse_u32(value->text, key->min, key->max, &version) < 0)
		return yaml_report_error(reader->source, &value->position,
			"version %s is not supported: this program reads version %u", value->text,
			key->max);
	return 0;
}

static void print_version(const struct policy_printer *printer, const void *member)
{
	(void)member;
	strbuf_printf(printer->out, "%u", printer->key->max);
}

static json_t *build_version_schema(const struct policy_key *key)
{
	return json_pack("{s:I}", "const", (json_int_t)key->max);
}

const struct policy_type policy_type_version = {
	read_version, print_version, NULL, build_version_schema};

/* The words are in the order of the enum, so the index of the word is the value. */
static int read_word(const struct policy_reader *reader)
{
	return policy_find_word(reader, reader->member) ? 0 : policy_refuse_key_value(reader, NULL);
}

static void print_word(const struct policy_printer *printer, const void *member)
{
	policy_print_text(printer, printer->key->words[*(const unsigned *)member]);
}

const struct policy_type policy_type_word = {read_word, print_word};

static int read_number(const struct policy_reader *reader)
{
	const struct policy_key *key = reader->key;
	char expected[EXPECTED_SIZE];

	if (yaml_is_number(reader->value) &&
		parse_u32(reader->value->text, key->min, key->max, reader->member) == 0)
		return 0;
	snprintf(expected, sizeof(expected), "a number from %u to %u", key->min, key->max);
	return policy_refuse_key_value(reader, expected);
}

static void print_number(const struct policy_printer *printer, const void *member)
{
	strbuf_printf(printer->out, "%u", *(const uint32_t *)member);
}

/* Whether the number was given: 0 or -1, for one that was not, is outside of the range. */
static bool is_in_range(const struct policy_key *key, const void *member)
{
	uint32_t number = *(const uint32_t *)member;

	return number >= key->min && number <= key->max;
}

static json_t *build_number_schema(const struct policy_key *key)
{
	return json_pack("{s:s, s:I, s:I}", "type", "integer", "minimum", (json_int_t)key->min,
		"maximum", (json_int_t)key->max);
}

const struct policy_type policy_type_number = {
	read_number, print_number, is_in_range, build_number_schema};

static int read_flag(const struct policy_reader *reader)
{
	int *member = reader->member;
	bool flag;

	if (!yaml_is_flag(reader->value, &flag))
		return policy_refuse_key_value(reader, "true or false");
	*member = flag;
	return 0;
}

static void print_flag(const struct policy_printer *printer, const void *member)
{
	strbuf_add_string(printer->out, *(const int *)member ? "true" : "false");
}

static bool has_flag(const struct policy_key *key, const void *member)
{
	(void)key;
	return *(const int *)member >= 0; /* -1: not given */
}

static json_t *build_flag_schema(const struct policy_key *key)
{
	(void)key;
	return json_pack("{s:s}", "type", "boolean");
}

const struct policy_type policy_type_flag = {read_flag, print_flag, has_flag, build_flag_schema};

/* Also refuses an unquoted text that other YAML programs would read as a boolean or a number. */
static int read_text(const struct policy_reader *reader)
{
	const struct yaml_value *value = reader->value;
	const struct policy_key *key = reader->key;
	char **member = reader->member;
	bool flag;

	if (!yaml_is_text(value) || !key->form->is_valid(value->text))
		return policy_refuse_key_value(reader, key->form->expected);
	if (yaml_is_flag(value, &flag) || yaml_is_number(value))
		return yaml_report_error(reader->source, &value->position,
			"%s must be a string: write \"%s\", with the quotes", key->name,
			value->text);
	char *copy = strdup(value->text);
	if (!copy)
		return -ENOMEM;
	free(*member);
	*member = copy;
	return 0;
}

static void print_string(const struct policy_printer *printer, const void *member)
{
	policy_print_text(printer, *(char *const *)member);
}

static bool has_text(const struct policy_key *key, const void *member)
{
	(void)key;
	return *(char *const *)member != NULL;
}

static json_t *build_text_schema(const struct policy_key *key)
{
	json_t *schema = policy_build_string_schema(key->form->pattern);

	if (key->nullable)
		json_add_member(&schema, "type", json_pack("[s, s]", "string", "null"));
	return schema;
}

const struct policy_type policy_type_text = {read_text, print_string, has_text, build_text_schema};

static int read_mac(const struct policy_reader *reader)
{
	struct policy_match *match = reader->member;

	if (!yaml_is_text(reader->value) || parse_mac(reader->value->text, &match->mac) < 0)
		return policy_refuse_key_value(reader, "a MAC address like 0a:1b:2c:3d:4e:5f");
	match->has_mac = true;
	return 0;
}

static void print_mac(const struct policy_printer *printer, const void *member)
{
	const struct policy_match *match = member;
	char text[MAC_TEXT_SIZE];

	strbuf_printf(printer->out, "\"%s\"", mac_format(&match->mac, text));
}

static bool has_mac(const struct policy_key *key, const void *member)
{
	(void)key;
	return ((const struct policy_match *)member)->has_mac;
}

const struct policy_type policy_type_mac = {read_mac, print_mac, has_mac, .pattern = PATTERN_MAC};
