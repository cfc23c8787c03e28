/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/yaml_reader.h"

#include "base/invisible.h"
#include "policy/yaml_syntax.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#define DEPTH_MAX 8
#define ITEMS_MAX 1024 /* per list or map */
#define MERGE_KEY "<<"

/*
 * Functions that return an int return 0; -EINVAL if the remaining file cannot be read; or -ENOMEM.
 * They also return 0 after reporting an error that does not prevent reading the remaining file.
 */
struct tree_reader {
	const struct yaml_source *source;
	yaml_parser_t parser;
	yaml_event_t event; /* the current event */
	/* the innermost "{" or "[" that contains the current event; line 0: none */
	struct yaml_position open_bracket;
	struct yaml_position scalar, scalar_end; /* beginning and end of the last scalar */
	bool is_quoted; /* the last scalar is in quotes */
	bool has_refused_property; /* the current event has an anchor or the like (reported) */
};

static void tree_reader_done(struct tree_reader *reader)
{
	yaml_event_delete(&reader->event);
	yaml_parser_delete(&reader->parser);
}

static struct yaml_position convert_mark(const yaml_mark_t *mark)
{
	return (struct yaml_position){mark->line + 1, mark->column + 1};
}

static int refuse_syntax(const struct tree_reader *reader)
{
	const yaml_parser_t *parser = &reader->parser;
	struct yaml_problem problem = {
		.source = reader->source,
		.message = parser->problem,
		.context = parser->context,
		.position = convert_mark(&parser->problem_mark),
		.open_bracket = reader->open_bracket,
		.scalar = reader->scalar,
		.scalar_end = reader->scalar_end,
		.is_quoted = reader->is_quoted,
	};

	if (parser->error == YAML_MEMORY_ERROR)
		return -ENOMEM;
	if (parser->context)
		problem.context_position = convert_mark(&parser->context_mark);
	return yaml_refuse_syntax(&problem);
}

/* Returns why a property of the event is refused; NULL: it has no refused property. */
static const char *find_refused_property(const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT:
		if (event->data.document_start.version_directive ||
			event->data.document_start.tag_directives.start !=
				event->data.document_start.tag_directives.end)
			return "YAML directives (%) are not allowed: remove this line";
		return NULL;
	case YAML_ALIAS_EVENT:
		return "YAML aliases (*) are not allowed: write the value itself, or put it in quotes";
	case YAML_SCALAR_EVENT:
	case YAML_SEQUENCE_START_EVENT:
	case YAML_MAPPING_START_EVENT:
		/* The data of all three begin with anchor and tag. */
		if (event->data.scalar.anchor)
			return "YAML anchors (&) are not allowed: remove the anchor, or put the value in quotes";
		if (event->data.scalar.tag)
			return "YAML tags (!) are not allowed: remove the tag, or put the value in quotes";
		return NULL;
	default: /* libyaml's enum: all other events have neither */
		return NULL;
	}
}

/* Replaces the current event by the next one. Reports an anchor, alias, tag or directive in it. */
static int next_event(struct tree_reader *reader)
{
	yaml_event_t *event = &reader->event;

	yaml_event_delete(event);
	if (!yaml_parser_parse(&reader->parser, event))
		return refuse_syntax(reader);

	struct yaml_position position = convert_mark(&event->start_mark);
	const char *refused = find_refused_property(event);
	reader->has_refused_property = refused;
	if (refused)
		yaml_report_error(reader->source, &position, "%s", refused);
	if (event->type == YAML_SCALAR_EVENT) {
		reader->scalar = position;
		reader->scalar_end = convert_mark(&event->end_mark);
		reader->is_quoted = event->data.scalar.style == YAML_SINGLE_QUOTED_SCALAR_STYLE ||
				    event->data.scalar.style == YAML_DOUBLE_QUOTED_SCALAR_STYLE;
	}
	return 0;
}

/* Returns whether the scalar contains an invisible character, after reporting the first. */
static bool refuse_invisible(const struct tree_reader *reader)
{
	const char *text = (const char *)reader->event.data.scalar.value;
	const struct yaml_source *source = reader->source;
	char name[INVISIBLE_TEXT_SIZE];
	struct invisible invisible;

	if (!invisible_find(text, reader->event.data.scalar.length, &invisible))
		return false;
	/* The exact position is not needed if the error is only counted (POLICY_ERRORS_MAX). */
	if (!policy_errors_is_full(source->errors, &reader->scalar) &&
		yaml_refuse_invisible(source, &reader->scalar, &reader->scalar_end))
		return true;
	if (invisible.character == '\n')
		yaml_report_error(
			source, &reader->scalar, "a key or a value must not contain a line break");
	else
		yaml_report_error(source, &reader->scalar,
			"invisible character %s in a key or value: remove its escape sequence",
			invisible_format(invisible.character, name));
	return true;
}

/* Copies the text of the current scalar; *ret_text is NULL if the text has been refused. */
static int read_text(const struct tree_reader *reader, char **ret_text)
{
	*ret_text = NULL;
	if (refuse_invisible(reader))
		return 0;
	*ret_text = strndup(
		(const char *)reader->event.data.scalar.value, reader->event.data.scalar.length);
	return *ret_text ? 0 : -ENOMEM;
}

static bool is_start(yaml_event_type_t type)
{
	return type == YAML_SEQUENCE_START_EVENT || type == YAML_MAPPING_START_EVENT;
}

static bool is_end(yaml_event_type_t type)
{
	return type == YAML_SEQUENCE_END_EVENT || type == YAML_MAPPING_END_EVENT;
}

/* Skips the value that begins with the current event. A scalar or alias is only one event. */
static int skip_value(struct tree_reader *reader)
{
	size_t depth = is_start(reader->event.type);

	while (depth > 0) {
		int err = next_event(reader);
		if (err)
			return err;
		depth += is_start(reader->event.type); /* 0 or 1 */
		depth -= is_end(reader->event.type);
	}
	return 0;
}

/* Returns 0, or -EINVAL after reporting why the map cannot contain the key. */
static int check_key(
	const struct tree_reader *reader, const struct yaml_value *map, const char *key)
{
	const struct yaml_item *first = yaml_find(map, key);

	if (!*key)
		return yaml_report_error(
			reader->source, &reader->scalar, "the key before \":\" is missing");
	if (strcmp(key, MERGE_KEY) == 0)
		return yaml_report_error(reader->source, &reader->scalar,
			"YAML merge keys (<<) are not allowed: write the keys themselves");
	if (first)
		return yaml_report_error(reader->source, &reader->scalar,
			"duplicate key \"%s\": remove it here or in line %zu", key,
			first->key_position.line);
	return 0;
}

/* Reads a key from the current event; item->key remains NULL if the key has been refused. */
static int read_key(
	struct tree_reader *reader, const struct yaml_value *map, struct yaml_item *item)
{
	_cleanup_(cleanup_free) char *key = NULL;

	item->key_position = convert_mark(&reader->event.start_mark);
	if (reader->event.type == YAML_ALIAS_EVENT)
		return 0; /* next_event() has reported it */
	if (reader->event.type != YAML_SCALAR_EVENT) {
		yaml_report_error(reader->source, &item->key_position,
			"a key must be a single word, not a list or a mapping");
		return skip_value(reader);
	}
	int err = read_text(reader, &key);
	if (err || !key)
		return err;
	if (!check_key(reader, map, key))
		item->key = TAKE_PTR(key);
	return 0;
}

static int read_value(struct tree_reader *reader, unsigned depth, struct yaml_value *value);

/* Reads one item of a map or list. Its value has an error until it has been read completely. */
static int read_item(struct tree_reader *reader, unsigned depth, const struct yaml_value *parent,
	struct yaml_item *item)
{
	item->value.has_error = true;
	if (parent->kind == YAML_KIND_MAP) {
		int err = read_key(reader, parent, item);
		if (err)
			return err;
		item->value.position = item->key_position;
		err = next_event(reader);
		if (err)
			return err;
	}
	int err = read_value(reader, depth, &item->value);
	/* An empty value has no position of its own, so use the key's. */
	bool is_empty = item->value.plain && item->value.text && !*item->value.text;
	if (item->key && is_empty)
		item->value.position = item->key_position;
	return err;
}

/* Moves the item into the map or list, unless its key has been refused or the limit is reached. */
static int append_item(
	const struct tree_reader *reader, struct yaml_value *parent, struct yaml_item *item)
{
	bool is_full = parent->n_items == ITEMS_MAX;
	bool is_key_refused = parent->kind == YAML_KIND_MAP && !item->key;

	if (is_full && !parent->has_error)
		yaml_report_error(reader->source, &item->key_position,
			"more than %d entries in one list or mapping", ITEMS_MAX);
	if (is_full || is_key_refused) {
		parent->has_error = true;
		return 0;
	}
	int err = array_reserve(
		&parent->items, &parent->items_capacity, parent->n_items, sizeof(*parent->items));
	if (err)
		return err;
	parent->items[parent->n_items++] = TAKE_STRUCT(*item);
	return 0;
}

static int read_scalar(const struct tree_reader *reader, struct yaml_value *value)
{
	value->plain = reader->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	int err = read_text(reader, &value->text);
	if (!err)
		value->has_error = !value->text || reader->has_refused_property;
	return err;
}

/* Discards the value if it ends in the line of the syntax error: it is probably not as intended. */
static void discard_if_on_error_line(const struct tree_reader *reader, struct yaml_value *value)
{
	struct yaml_position position = value->position;
	size_t line = value->kind == YAML_KIND_SCALAR ? reader->scalar_end.line : position.line;

	if (line != reader->parser.problem_mark.line + 1)
		return;
	yaml_value_done(value);
	value->position = position;
	value->has_error = true;
}

/* Reads the items of a map or list. If reading fails, keeps the items up to the error. */
static int read_items(
	struct tree_reader *reader, unsigned depth, yaml_event_type_t end, struct yaml_value *value)
{
	for (;;) {
		struct yaml_item item = {0};
		int err = next_event(reader);
		if (err && value->n_items > 0)
			discard_if_on_error_line(reader, &value->items[value->n_items - 1].value);
		if (err)
			return err;
		if (reader->event.type == end)
			return 0;
		item.key_position = convert_mark(&reader->event.start_mark);
		err = read_item(reader, depth + 1, value, &item);
		if (err != -ENOMEM) {
			int failed = append_item(reader, value, &item); /* even if incomplete */
			err = failed ? failed : err;
		}
		free(item.key);
		yaml_value_done(&item.value);
		if (err)
			return err;
	}
}

/* Returns whether the list or map is written in brackets: [] or {}. */
static bool is_in_brackets(const yaml_event_t *event)
{
	if (event->type == YAML_SEQUENCE_START_EVENT)
		return event->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE;
	return event->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE;
}

/* Reads the value that begins with the current event into a zeroed value. */
static int read_value(struct tree_reader *reader, unsigned depth, struct yaml_value *value)
{
	struct yaml_position outer_bracket = reader->open_bracket;
	bool is_map = reader->event.type == YAML_MAPPING_START_EVENT;

	value->has_error = true;
	value->position = convert_mark(&reader->event.start_mark);
	if (reader->event.type == YAML_SCALAR_EVENT)
		return read_scalar(reader, value);
	if (!is_start(reader->event.type)) /* an alias, which next_event() has reported */
		return 0;
	if (depth == DEPTH_MAX) {
		yaml_report_error(reader->source, &value->position,
			"nested more than %d levels deep", DEPTH_MAX);
		return skip_value(reader);
	}

	value->kind = is_map ? YAML_KIND_MAP : YAML_KIND_LIST;
	value->has_error = false;
	if (is_in_brackets(&reader->event))
		reader->open_bracket = value->position;
	int err = read_items(
		reader, depth, is_map ? YAML_MAPPING_END_EVENT : YAML_SEQUENCE_END_EVENT, value);
	if (err) {
		value->has_error = true;
		return err;
	}
	reader->open_bracket = outer_bracket;
	return 0;
}

/* Reads the only document of the file; an empty file is null. */
static int read_document(struct tree_reader *reader, struct yaml_value *root)
{
	int err = next_event(reader); /* start of the stream */
	if (!err)
		err = next_event(reader);
	if (err)
		return err;
	if (reader->event.type == YAML_STREAM_END_EVENT) {
		root->plain = true;
		root->text = strdup("");
		root->has_error = !root->text;
		return root->text ? 0 : -ENOMEM;
	}

	err = next_event(reader); /* the document's content */
	if (!err)
		err = read_value(reader, 0 /* depth */, root);
	if (err)
		return err;
	err = next_event(reader); /* end of the document */
	if (!err)
		err = next_event(reader);
	if (err) {
		discard_if_on_error_line(reader, root);
		return err;
	}
	if (reader->event.type != YAML_STREAM_END_EVENT) {
		struct yaml_position position = convert_mark(&reader->event.start_mark);
		return yaml_report_error(reader->source, &position,
			"a second YAML document is not allowed: keep only one");
	}
	return 0;
}

int yaml_read(const struct yaml_source *source, struct yaml_value *ret_root)
{
	_cleanup_(tree_reader_done) struct tree_reader reader = {.source = source};

	*ret_root = (struct yaml_value){.has_error = true, .position = {1, 1}};
	int err = yaml_source_check(source);
	if (err)
		return err;
	if (!yaml_parser_initialize(&reader.parser))
		return -ENOMEM;
	yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(
		&reader.parser, (const unsigned char *)source->bytes, source->length);
	return read_document(&reader, ret_root);
}
