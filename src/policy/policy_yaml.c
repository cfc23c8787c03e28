/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/policy_yaml.h"

#include "base/parse.h"
#include "policy/policy_check.h"
#include "policy/policy_keys.h"
#include "policy/yaml_reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BYTE_ORDER_MARK "\xef\xbb\xbf"

static const struct policy_key *find_key(const struct policy_section *section, const char *name)
{
	for (size_t i = 0; i < section->count; i++)
		if (strcmp(section->keys[i].name, name) == 0)
			return &section->keys[i];
	return NULL;
}

/* Returns the key that `text` probably means, or NULL. In "KEY:VALUE" only the space is missing. */
static const char *find_intended_key(
	const struct policy_section *section, const char *text, bool *ret_lacks_space)
{
	for (size_t i = 0; i < section->count; i++) {
		const char *name = section->keys[i].name;
		size_t length = strlen(name);
		*ret_lacks_space = strncmp(text, name, length) == 0 &&
				   (text[length] == ':' || text[length] == ' ');
		if (*ret_lacks_space)
			return name;
	}
	return find_nearest_word(text, section->keys, section->count, sizeof(section->keys[0]));
}

static int refuse_unknown_key(const struct policy_reader *reader,
	const struct policy_section *section, const struct yaml_item *item)
{
	bool lacks_space;
	const char *intended = find_intended_key(section, item->key, &lacks_space);

	if (lacks_space)
		return yaml_report_error(reader->source, &item->key_position,
			"unknown key \"%s\": write \"%s: \" with a space before the value",
			item->key, intended);
	if (intended)
		return yaml_report_error(reader->source, &item->key_position,
			"unknown key \"%s\", did you mean \"%s\"?", item->key, intended);
	return yaml_report_error(
		reader->source, &item->key_position, "unknown key \"%s\"", item->key);
}

/* Returns whether an unknown key, which has been reported, was probably intended as this key. */
static bool was_refused_as_typo(const struct policy_section *section,
	const struct yaml_value *value, const struct policy_key *key)
{
	for (size_t i = 0; i < value->n_items; i++) {
		const char *text = value->items[i].key;
		bool lacks_space; /* not used */
		if (!find_key(section, text) &&
			find_intended_key(section, text, &lacks_space) == key->name)
			return true;
	}
	return false;
}

/* In an incomplete item, the reported error may be the reason why a key is missing. */
static int check_required_keys(const struct policy_reader *reader,
	const struct policy_section *section, const struct yaml_item *item, bool is_complete)
{
	for (size_t i = 0; is_complete && i < section->count; i++) {
		const struct policy_key *key = &section->keys[i];
		if (key->missing_advice && !yaml_find(&item->value, key->name) &&
			!was_refused_as_typo(section, &item->value, key))
			return yaml_report_error(reader->source, &item->key_position,
				"%s has no %s: %s", item->key, key->name, key->missing_advice);
	}
	return 0;
}

/* Reports an item that is not a mapping. `list_advice`: how to write a list as a mapping. */
static int refuse_non_mapping(const struct policy_reader *reader,
	const struct policy_section *section, const struct yaml_item *item, const char *list_advice)
{
	static const char expected[] = "a mapping of keys";
	const struct yaml_value *value = &item->value;

	if (value->kind == YAML_KIND_LIST)
		return yaml_report_error(reader->source, &value->position,
			"%s must be %s, not a list: write %s", item->key, expected, list_advice);
	if (value->plain && strchr(value->text, ':'))
		return yaml_report_error(reader->source, &value->position,
			"%s must be %s, not \"%s\": put a space after the \":\"", item->key,
			expected, value->text);
	/* An entry that is named like a key is probably a line that is not indented enough. */
	if (find_key(section, item->key))
		return yaml_report_error(reader->source, &value->position,
			"%s must be %s, not \"%s\": indent this line more than the name of its entry",
			item->key, expected, value->text);
	return policy_refuse_value(reader->source, item->key, expected, value);
}

/* Accepts a mapping, null (an empty section), or a value whose error is already reported. */
static int check_mapping(const struct policy_reader *reader, const struct policy_section *section,
	const struct yaml_item *item, const char *list_advice)
{
	if (item->value.kind == YAML_KIND_MAP || yaml_scalar_has_error(&item->value) ||
		yaml_is_null(&item->value))
		return 0;
	return refuse_non_mapping(reader, section, item, list_advice);
}

static int read_section(const struct policy_reader *reader, const struct policy_section *section,
	struct yaml_item *item, void *structure);

/*
 * Appends an entry with defaults to the policy's array, which the first call allocates for `max`
 * entries. memcpy(), because the arrays of the sections have different types.
 */
static int add_entry(const struct policy_key *key, struct policy *policy, size_t max,
	const char *name, void **ret_entry)
{
	const struct policy_section *section = key->section;
	size_t *count = (void *)((char *)policy + section->n_entries_offset);
	void *entries;

	memcpy(&entries, policy_get_member(key, policy), sizeof(entries));
	if (!entries)
		entries = calloc(max, section->entry_size);
	if (!entries)
		return -ENOMEM;
	memcpy(policy_get_member(key, policy), &entries, sizeof(entries));
	*ret_entry = (char *)entries + *count * section->entry_size;
	int err = section->init_entry(*ret_entry, name);
	if (!err)
		++*count;
	return err;
}

/* Reads all entries of a section whose keys are their names, even after errors. */
static int read_entries(const struct policy_reader *reader, const struct policy_key *key,
	struct yaml_item *item, struct policy *policy)
{
	struct yaml_value *map = &item->value;
	void *entry;

	int refused = check_mapping(reader, key->section, item, key->section->list_advice);
	if (refused)
		return refused;
	for (size_t i = 0; i < map->n_items; i++) {
		int err = add_entry(key, policy, map->n_items, map->items[i].key, &entry);
		if (!err)
			err = read_section(reader, key->section, &map->items[i], entry);
		if (err == -ENOMEM)
			return err;
		refused = err ? err : refused;
	}
	return refused;
}

/* Reads a value into its member; a value that means the default leaves the member as it is. */
static int read_value(const struct policy_reader *reader, const struct policy_key *key,
	const struct yaml_value *value, void *structure)
{
	struct policy_reader key_reader = *reader;
	unsigned word;

	if (yaml_scalar_has_error(value))
		return 0;
	key_reader.key = key;
	key_reader.value = value;
	key_reader.member = policy_get_member(key, structure);
	bool is_first_word = policy_find_word(&key_reader, &word) && word == 0;
	if (is_first_word || (key->nullable && yaml_is_null(value)))
		return 0;
	return key->type->read(&key_reader);
}

/* Reads the value, the section or the entries of the key item->key into the structure. */
static int read_key(const struct policy_reader *reader, const struct policy_section *section,
	struct yaml_item *item, void *structure)
{
	const struct policy_key *key = find_key(section, item->key);

	if (!key)
		return refuse_unknown_key(reader, section, item);
	if (!key->section)
		return read_value(reader, key, &item->value, structure);
	if (key->section->entry_size)
		return read_entries(reader, key, item, structure);
	void *member = policy_get_member(key, structure);
	if (key->section->is_match) {
		/* A given match replaces the name as the default condition. */
		struct policy_match *match = member;
		free(TAKE_PTR(match->name));
	}
	return read_section(reader, key->section, item, member);
}

/* Reads all keys, even after errors. If a key has an error, marks the item and returns -EINVAL. */
static int read_section(const struct policy_reader *reader, const struct policy_section *section,
	struct yaml_item *item, void *structure)
{
	bool is_complete = !item->value.has_error;

	int refused = check_mapping(reader, section, item, "\"KEY: VALUE\" without \"- \"");
	if (refused) {
		item->value.has_error = true;
		return refused;
	}
	for (size_t i = 0; i < item->value.n_items; i++) {
		struct yaml_item *child = &item->value.items[i];
		int err = read_key(reader, section, child, structure);
		if (err == -ENOMEM)
			return err;
		refused = err || child->value.has_error ? -EINVAL : refused;
	}
	if (check_required_keys(reader, section, item, is_complete))
		refused = -EINVAL;
	item->value.has_error |= refused != 0;
	return refused;
}

/* Entries without "table" use the table MYHA, to which rt_tables may assign another number. */
static void resolve_default_tables(
	const struct table_names *names, const struct yaml_value *root, struct policy *policy)
{
	const struct yaml_item *section = yaml_find(root, "interfaces");
	uint32_t table;

	if (table_names_find(names, POLICY_TABLE_NAME, &table) < 0 || table_is_reserved(table))
		return;
	for (size_t i = 0; i < policy->n_interfaces; i++)
		if (!yaml_find(&section->value.items[i].value, "table"))
			policy->interfaces[i].table = table;
}

static int read_policy(const struct policy_reader *reader, struct policy *policy)
{
	_cleanup_(yaml_value_done) struct yaml_value root = {0};
	char name[] = "the policy"; /* for messages: "the policy has no version" */

	/* After other errors, checks what was read: one run reports as much as possible. */
	int err = yaml_read(reader->source, &root);
	if (err == -ENOMEM)
		return err;
	/* Another version may have different keys, so the other keys cannot be checked. */
	const struct yaml_item *version = yaml_find(&root, "version");
	if (version && yaml_is_number(&version->value)) {
		err = read_value(
			reader, find_key(&policy_root, version->key), &version->value, policy);
		if (err)
			return err;
	}

	/* Borrows the items of `root`. */
	struct yaml_item item = {.key = name, .key_position = {1, 1}, .value = root};
	err = read_section(reader, &policy_root, &item, policy);
	if (err == -ENOMEM)
		return err;
	resolve_default_tables(reader->names, &root, policy);
	policy_check(reader, &root, policy);
	return reader->source->errors->count > 0 ? -EINVAL : 0;
}

/* Skips a byte order mark, which YAML permits at the beginning. */
static struct yaml_source make_source(
	const char *file, const char *bytes, size_t length, struct policy_errors *errors)
{
	size_t skipped = strlen(BYTE_ORDER_MARK);

	if (length < skipped || memcmp(bytes, BYTE_ORDER_MARK, skipped) != 0)
		skipped = 0;
	return (struct yaml_source){file, bytes + skipped, length - skipped, errors};
}

int policy_parse(const char *file, const char *bytes, size_t length,
	const struct table_names *names, struct policy *ret_policy,
	struct policy_errors *ret_errors)
{
	struct policy_errors errors = {0};
	const struct yaml_source source = make_source(file, bytes, length, &errors);
	const struct policy_reader reader = {&source, names, .key = NULL /* set per value */};
	struct policy policy;

	policy_init(&policy);
	int err = length > POLICY_MAX_BYTES
			  ? error_set(policy_errors_replace(&errors), OUTCOME_USAGE, EINVAL,
				    "%s: larger than %u bytes", file, POLICY_MAX_BYTES)
			  : read_policy(&reader, &policy);
	if (!err) {
		*ret_policy = policy;
		return 0;
	}
	if (err == -ENOMEM)
		error_set(policy_errors_replace(&errors), OUTCOME_FAILED, ENOMEM,
			"%s: out of memory", file);
	policy_errors_finish(&errors, file);
	policy_done(&policy);
	if (ret_errors)
		*ret_errors = errors;
	return err;
}

/* Returns whether the line begins with a top-level key and ":", also as JSON in one line. */
static bool begins_with_top_key(const char *line, size_t length)
{
	static const char skipped_before[] = "{ \t\"'", skipped_after[] = "\"' \t";
	size_t used = 0;

	while (used < length && strchr(skipped_before, line[used]))
		used++;
	for (size_t i = 0; i < policy_root.count; i++) {
		const char *name = policy_root.keys[i].name;
		size_t at = used + strlen(name);
		if (at >= length || memcmp(line + used, name, strlen(name)) != 0)
			continue;
		while (at < length && strchr(skipped_after, line[at]))
			at++;
		if (at < length && line[at] == ':')
			return true;
	}
	return false;
}

bool policy_is_plausible(const char *bytes, size_t length)
{
	const struct yaml_source source = make_source(NULL, bytes, length, NULL);
	const char *line = source.bytes, *end = source.bytes + source.length;

	while (line < end) {
		const char *newline = memchr(line, '\n', (size_t)(end - line));
		const char *line_end = newline ? newline : end;
		if (begins_with_top_key(line, (size_t)(line_end - line)))
			return true;
		line = newline ? newline + 1 : end;
	}
	return false;
}
