/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/yaml_reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <yaml.h>

#define DEPTH_MAX 8
#define ITEMS_MAX 1024 /* of one list or map */
#define MERGE_KEY "<<"

struct tree_reader {
	const struct yaml_source *source;
	yaml_parser_t parser;
	yaml_event_t event; /* the current one */
};

static void tree_reader_done(struct tree_reader *reader)
{
	yaml_event_delete(&reader->event);
	yaml_parser_delete(&reader->parser);
}

static struct yaml_place place_of(const yaml_mark_t *mark)
{
	return (struct yaml_place){mark->line + 1, mark->column + 1};
}

/* The character there, or 0 behind the end. Columns of a well-formed source, hence the stepping. */
static char byte_at(const struct yaml_source *source, const yaml_mark_t *mark)
{
	const char *at = source->bytes, *end = source->bytes + source->length;

	for (size_t line = 0; line < mark->line; line++) {
		at = memchr(at, '\n', (size_t)(end - at));
		if (!at)
			return 0;
		at++;
	}
	for (size_t column = 0; at < end; at++) {
		if (((unsigned char)*at & 0xc0) == 0x80)
			continue;
		if (column++ == mark->column)
			return *at;
	}
	return 0;
}

static int refuse_syntax(struct tree_reader *reader)
{
	const yaml_parser_t *parser = &reader->parser;
	struct yaml_place place = place_of(&parser->problem_mark);

	if (parser->error == YAML_MEMORY_ERROR)
		return -ENOMEM;
	if (byte_at(reader->source, &parser->problem_mark) == '\t')
		return yaml_refuse(reader->source, &place, "a tab cannot indent, use blanks");
	/* Before 0.2.1 libyaml does not take a1:b2 inside of {} and []. */
	if (parser->problem && strcmp(parser->problem, "found unexpected ':'") == 0)
		return yaml_refuse(reader->source, &place, "put what has a \":\" in quotes");
	if (parser->context && parser->context_mark.line != parser->problem_mark.line)
		return yaml_refuse(reader->source, &place, "%s %s that begins in line %zu",
			parser->problem, parser->context, parser->context_mark.line + 1);
	return yaml_refuse(reader->source, &place, "%s",
		parser->problem ? parser->problem : "this is not YAML");
}

/* What an event carries besides its value, and why it is refused; NULL: nothing. */
static const char *event_extra(const yaml_event_t *event)
{
	const yaml_char_t *anchor = NULL, *tag = NULL;

	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT:
		if (event->data.document_start.version_directive ||
			event->data.document_start.tag_directives.start !=
				event->data.document_start.tag_directives.end)
			return "directives (%) are not allowed";
		return NULL;
	case YAML_ALIAS_EVENT:
		return "aliases (*) are not allowed, write the value out";
	case YAML_SCALAR_EVENT:
		anchor = event->data.scalar.anchor;
		tag = event->data.scalar.tag;
		break;
	case YAML_SEQUENCE_START_EVENT:
		anchor = event->data.sequence_start.anchor;
		tag = event->data.sequence_start.tag;
		break;
	case YAML_MAPPING_START_EVENT:
		anchor = event->data.mapping_start.anchor;
		tag = event->data.mapping_start.tag;
		break;
	default: /* libyaml's enum: the others have neither */
		return NULL;
	}
	if (anchor)
		return "anchors (&) are not allowed";
	return tag ? "tags (!) are not allowed" : NULL;
}

static int next_event(struct tree_reader *reader)
{
	yaml_event_delete(&reader->event);
	if (!yaml_parser_parse(&reader->parser, &reader->event))
		return refuse_syntax(reader);

	const char *extra = event_extra(&reader->event);
	if (extra) {
		struct yaml_place place = place_of(&reader->event.start_mark);
		return yaml_refuse(reader->source, &place, "%s", extra);
	}
	return 0;
}

static int read_text(struct tree_reader *reader, char **ret_text)
{
	const char *text = (const char *)reader->event.data.scalar.value;
	size_t length = reader->event.data.scalar.length;
	struct yaml_place place = place_of(&reader->event.start_mark);

	if (!yaml_text_is_clean(text, length))
		return yaml_refuse(reader->source, &place,
			"keys and values must be one line without control characters");
	char *copy = strndup(text, length);
	if (!copy)
		return -ENOMEM;
	*ret_text = copy;
	return 0;
}

static int read_key(
	struct tree_reader *reader, const struct yaml_value *map, struct yaml_item *ret_item)
{
	_cleanup_(cleanup_free) char *key = NULL;
	struct yaml_place place = place_of(&reader->event.start_mark);

	if (reader->event.type != YAML_SCALAR_EVENT)
		return yaml_refuse(reader->source, &place, "a key must be a word");
	int err = read_text(reader, &key);
	if (err)
		return err;
	if (!*key)
		return yaml_refuse(reader->source, &place, "the key before \":\" is missing");
	if (strcmp(key, MERGE_KEY) == 0)
		return yaml_refuse(reader->source, &place, "merge keys (<<) are not allowed");

	const struct yaml_item *first = yaml_find(map, key);
	if (first)
		return yaml_refuse(reader->source, &place,
			"duplicate key \"%s\", the first one is in line %zu", key,
			first->key_place.line);
	ret_item->key = TAKE_PTR(key);
	ret_item->key_place = place;
	return 0;
}

static int add_item(
	struct tree_reader *reader, struct yaml_value *value, struct yaml_item **ret_item)
{
	struct yaml_place place = place_of(&reader->event.start_mark);
	struct yaml_item item = {0};

	if (value->n_items == ITEMS_MAX)
		return yaml_refuse(reader->source, &place,
			"more than %d entries in one list or mapping", ITEMS_MAX);
	int err = array_reserve(
		&value->items, &value->items_capacity, value->n_items, sizeof(*value->items));
	if (err)
		return err;
	if (value->kind == YAML_KIND_MAP) {
		err = read_key(reader, value, &item);
		if (err)
			return err;
	}
	value->items[value->n_items] = item;
	*ret_item = &value->items[value->n_items++];
	return 0;
}

/* Reads what begins with the current event into `value`, which is zeroed; half-made on failure. */
static int read_value(struct tree_reader *reader, unsigned depth, struct yaml_value *value)
{
	struct yaml_item *item = NULL;
	yaml_event_type_t end;

	value->place = place_of(&reader->event.start_mark);
	if (reader->event.type == YAML_SCALAR_EVENT) {
		value->kind = YAML_KIND_SCALAR;
		value->plain = reader->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
		return read_text(reader, &value->text);
	}
	if (reader->event.type == YAML_SEQUENCE_START_EVENT) {
		value->kind = YAML_KIND_LIST;
		end = YAML_SEQUENCE_END_EVENT;
	} else {
		value->kind = YAML_KIND_MAP;
		end = YAML_MAPPING_END_EVENT;
	}
	if (depth == DEPTH_MAX)
		return yaml_refuse(reader->source, &value->place, "nested more than %d levels deep",
			DEPTH_MAX);

	for (;;) {
		int err = next_event(reader);
		if (err)
			return err;
		if (reader->event.type == end)
			return 0;
		err = add_item(reader, value, &item);
		if (err)
			return err;
		if (item->key) {
			err = next_event(reader);
			if (err)
				return err;
		}
		err = read_value(reader, depth + 1, &item->value);
		if (err)
			return err;
		/* Where nothing is written there is nothing to point at. */
		if (item->key && item->value.plain && !*item->value.text)
			item->value.place = item->key_place;
	}
}

static int read_document(struct tree_reader *reader, struct yaml_value *root)
{
	int err = next_event(reader); /* the stream's start */
	if (!err)
		err = next_event(reader);
	if (err)
		return err;
	if (reader->event.type == YAML_STREAM_END_EVENT) {
		root->place = (struct yaml_place){1, 1};
		root->plain = true;
		root->text = strdup("");
		return root->text ? 0 : -ENOMEM;
	}

	err = next_event(reader); /* what the document holds */
	if (!err)
		err = read_value(reader, 0, root);
	if (!err)
		err = next_event(reader); /* the document's end */
	if (!err)
		err = next_event(reader);
	if (err)
		return err;
	if (reader->event.type != YAML_STREAM_END_EVENT) {
		struct yaml_place place = place_of(&reader->event.start_mark);
		return yaml_refuse(reader->source, &place, "a second document is not allowed");
	}
	return 0;
}

int yaml_read(const struct yaml_source *source, struct yaml_value *ret_root)
{
	_cleanup_(tree_reader_done) struct tree_reader reader = {.source = source};
	_cleanup_(yaml_value_done) struct yaml_value root = {0};

	int err = yaml_source_check(source);
	if (err)
		return err;
	if (!yaml_parser_initialize(&reader.parser))
		return -ENOMEM;
	yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(
		&reader.parser, (const unsigned char *)source->bytes, source->length);

	err = read_document(&reader, &root);
	if (err)
		return err;
	*ret_root = root;
	root = (struct yaml_value){0};
	return 0;
}

void yaml_value_done(struct yaml_value *value)
{
	if (!value)
		return;
	for (size_t i = 0; i < value->n_items; i++) {
		free(value->items[i].key);
		yaml_value_done(&value->items[i].value);
	}
	free(value->items);
	free(value->text);
	*value = (struct yaml_value){0};
}

const struct yaml_item *yaml_find(const struct yaml_value *map, const char *key)
{
	if (map->kind != YAML_KIND_MAP)
		return NULL;
	for (size_t i = 0; i < map->n_items; i++)
		if (strcmp(map->items[i].key, key) == 0)
			return &map->items[i];
	return NULL;
}

bool yaml_is_null(const struct yaml_value *value)
{
	static const char *const words[] = {"", "~", "null", "Null", "NULL"};

	if (value->kind != YAML_KIND_SCALAR || !value->plain)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcmp(value->text, words[i]) == 0)
			return true;
	return false;
}

bool yaml_is_flag(const struct yaml_value *value, bool *ret_flag)
{
	static const struct {
		const char *word;
		bool flag;
	} words[] = {
		{"true", true},
		{"false", false},
		{"yes", true},
		{"no", false},
		{"on", true},
		{"off", false},
	};

	if (value->kind != YAML_KIND_SCALAR || !value->plain)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcasecmp(value->text, words[i].word) == 0) {
			*ret_flag = words[i].flag;
			return true;
		}
	}
	return false;
}

bool yaml_is_number(const struct yaml_value *value)
{
	if (value->kind != YAML_KIND_SCALAR || !value->plain || !*value->text)
		return false;
	return value->text[strspn(value->text, "0123456789")] == '\0';
}
