/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/policy_values.h"

#include "policy/policy.h"
#include "policy/policy_address.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TABLES_FILE "/etc/iproute2/rt_tables.d/myha.conf"
#define EXPECTED_SIZE 128

static const char prefixes_description[] = "a list of prefixes";

static bool is_non_null_scalar(const struct yaml_value *value)
{
	return value->kind == YAML_KIND_SCALAR && !yaml_is_null(value);
}

static size_t count_words(const char *const *words)
{
	size_t count = 0;

	while (words[count])
		count++;
	return count;
}

/* Formats "a, b or ALTERNATIVE". `alternative` may be NULL. */
static const char *list_words(
	const struct policy_key *key, const char *alternative, char buffer[EXPECTED_SIZE])
{
	size_t count = count_words(key->words) + (alternative ? 1 : 0);
	size_t used = 0;

	for (size_t i = 0; i < count && used < EXPECTED_SIZE; i++) {
		const char *word = key->words[i] ? key->words[i] : alternative;
		const char *separator = i == 0 ? "" : i + 1 == count ? " or " : ", ";
		int added = snprintf(buffer + used, EXPECTED_SIZE - used, "%s%s", separator, word);
		used += added > 0 ? (size_t)added : 0;
	}
	return buffer;
}

static bool find_word(
	const struct policy_key *key, const struct yaml_value *value, unsigned *ret_index)
{
	if (!is_non_null_scalar(value))
		return false;
	for (unsigned i = 0; key->words[i]; i++) {
		if (strcmp(key->words[i], value->text) == 0) {
			*ret_index = i;
			return true;
		}
	}
	return false;
}

static int refuse_word(const struct policy_reader *reader, const struct policy_key *key,
	const char *alternative, const struct yaml_value *value)
{
	char expected[EXPECTED_SIZE];

	if (is_non_null_scalar(value)) {
		const char *nearest = parse_nearest(
			value->text, key->words, count_words(key->words), sizeof(key->words[0]));
		if (nearest)
			return yaml_report_error(reader->source, &value->place,
				"unknown value \"%s\", did you mean \"%s\"?", value->text, nearest);
	}
	return policy_refuse_value(
		reader, key->name, list_words(key, alternative, expected), value);
}

static int read_version(const struct policy_reader *reader, const struct policy_key *key,
	const struct yaml_item *item, void *target)
{
	const struct yaml_value *value = &item->value;
	uint32_t version;

	(void)target;
	if (yaml_is_number(value) && parse_u32(value->text, key->min, key->max, &version) == 0)
		return 0;
	if (yaml_is_number(value))
		return yaml_report_error(reader->source, &value->place,
			"version %s is not supported: this program reads version %u", value->text,
			key->max);
	return policy_refuse_value(reader, key->name, "the number 1", value);
}

static int read_word(const struct policy_reader *reader, const struct policy_key *key,
	const struct yaml_item *item, void *target)
{
	unsigned *member = (void *)((char *)target + key->offset);

	if (find_word(key, &item->value, member))
		return 0;
	return refuse_word(reader, key, NULL, &item->value);
}

static int read_number(const struct policy_reader *reader, const struct policy_key *key,
	const struct yaml_item *item, void *target)
{
	uint32_t *member = (void *)((char *)target + key->offset);
	char expected[EXPECTED_SIZE];

	if (yaml_is_number(&item->value) &&
		parse_u32(item->value.text, key->min, key->max, member) == 0)
		return 0;
	snprintf(expected, sizeof(expected), "a number from %u to %u", key->min, key->max);
	return policy_refuse_value(reader, key->name, expected, &item->value);
}

static int read_flag(const struct policy_reader *reader, const struct policy_key *key,
	const struct yaml_item *item, void *target)
{
	int *member = (void *)((char *)target + key->offset);
	bool flag;

	if (!yaml_is_flag(&item->value, &flag))
		return policy_refuse_value(reader, key->name, "true or false", &item->value);
	*member = flag;
	return 0;
}

static int read_text(const struct policy_reader *reader, const struct policy_key *key,
	const struct yaml_item *item, void *target)
{
	char **member = (void *)((char *)target + key->offset);
	const struct yaml_value *value = &item->value;
	bool flag;

	if (key->nullable && yaml_is_null(value))
		return 0;
	if (!is_non_null_scalar(value) || !key->form->holds(value->text))
		return policy_refuse_value(reader, key->name, key->form->what, value);
	if (yaml_is_flag(value, &flag) || yaml_is_number(value))
		return yaml_report_error(reader->source, &value->place,
			"%s must be a string: write \"%s\", with the quotes", key->name,
			value->text);
	char *copy = strdup(value->text);
	if (!copy)
		return -ENOMEM;
	free(*member);
	*member = copy;
	return 0;
}

static int read_mac(const struct policy_reader *reader, const struct policy_key *key,
	const struct yaml_item *item, void *target)
{
	struct policy_match *match = target;

	if (!is_non_null_scalar(&item->value) || parse_mac(item->value.text, &match->mac) < 0)
		return policy_refuse_value(
			reader, key->name, "a MAC address like 0a:1b:2c:3d:4e:5f", &item->value);
	match->has_mac = true;
	return 0;
}

bool policy_table_is_free(uint32_t table)
{
	return table != RT_TABLE_UNSPEC && table != RT_TABLE_DEFAULT && table != RT_TABLE_MAIN &&
	       table != RT_TABLE_LOCAL;
}

/* Returns the lowest number above our default table that has no name. */
static uint32_t find_unnamed_table(const struct table_names *names)
{
	char buffer[16];

	for (uint32_t number = POLICY_TABLE_NUMBER + 1;; number++)
		if (table_names_format(names, number, buffer) == buffer)
			return number;
}

static const char *find_nearest_table(const struct table_names *names, const char *name)
{
	static const char *const default_names[] = {POLICY_TABLE_NAME};
	const char *nearest = parse_nearest(
		name, default_names, ARRAY_SIZE(default_names), sizeof(default_names[0]));

	if (nearest || !names || names->count == 0)
		return nearest;
	return parse_nearest(name, names->items, names->count, sizeof(names->items[0]));
}

static int refuse_table_name(const struct policy_reader *reader, const struct policy_key *key,
	const struct yaml_value *value)
{
	char expected[EXPECTED_SIZE];
	bool flag;

	/* Not a valid name in rt_tables, or probably intended as a number. */
	if (!is_non_null_scalar(value) || yaml_is_flag(value, &flag) || !*value->text ||
		strpbrk(value->text, " \t#") || strchr("+-.0123456789", *value->text)) {
		snprintf(expected, sizeof(expected),
			"a name from rt_tables or a number from %u to %u", key->min, key->max);
		return policy_refuse_value(reader, key->name, expected, value);
	}
	const char *nearest = find_nearest_table(reader->names, value->text);
	if (nearest)
		return yaml_report_error(reader->source, &value->place,
			"unknown table \"%s\", did you mean \"%s\"?", value->text, nearest);
	return yaml_report_error(reader->source, &value->place,
		"table \"%s\" has no number: add the line \"%u %s\" to " TABLES_FILE, value->text,
		find_unnamed_table(reader->names), value->text);
}

static int read_table(const struct policy_reader *reader, const struct policy_key *key,
	const struct yaml_item *item, void *target)
{
	uint32_t *member = (void *)((char *)target + key->offset);
	const struct yaml_value *value = &item->value;
	char buffer[16];
	uint32_t table;
	bool flag;

	if (yaml_is_number(value)) {
		if (parse_u32(value->text, 0, key->max, &table) < 0)
			return refuse_table_name(reader, key, value);
	} else if (!is_non_null_scalar(value) || yaml_is_flag(value, &flag) ||
		   table_names_find(reader->names, value->text, &table) < 0) {
		return refuse_table_name(reader, key, value);
	}
	if (!policy_table_is_free(table))
		return yaml_report_error(reader->source, &value->place,
			"table %u (%s) belongs to the kernel: choose another table", table,
			table_names_format(NULL, table, buffer));
	*member = table;
	return 0;
}

static int read_source(const struct policy_reader *reader, const struct policy_key *key,
	const struct yaml_item *item, void *target)
{
	struct policy_interface *interface = target;
	unsigned word;

	if (find_word(key, &item->value, &word)) {
		interface->source = (enum policy_source)word;
		return 0;
	}
	if (item->value.kind != YAML_KIND_LIST) {
		int err = policy_refuse_single_prefix(reader, key, &item->value);
		return err ? err : refuse_word(reader, key, prefixes_description, &item->value);
	}
	if (item->value.n_items == 0 && !item->value.faulty)
		return yaml_report_error(reader->source, &item->value.place,
			"source is an empty list, so no traffic would use the table: add a prefix, or write subnet");
	interface->source = POLICY_SOURCE_LIST;
	return policy_read_prefixes(
		reader, key, &item->value, &interface->sources, &interface->n_sources);
}

static int read_except(const struct policy_reader *reader, const struct policy_key *key,
	const struct yaml_item *item, void *target)
{
	struct policy_interface *interface = target;

	if (item->value.kind != YAML_KIND_LIST) {
		int err = policy_refuse_single_prefix(reader, key, &item->value);
		return err ? err
			   : policy_refuse_value(
				     reader, key->name, prefixes_description, &item->value);
	}
	return policy_read_prefixes(
		reader, key, &item->value, &interface->except, &interface->n_except);
}

static int read_gateway(const struct policy_reader *reader, const struct policy_key *key,
	const struct yaml_item *item, void *target)
{
	struct ip_address *member = (void *)((char *)target + key->offset);
	struct ip_address address;
	unsigned word;

	if (find_word(key, &item->value, &word))
		return 0;
	if (!is_non_null_scalar(&item->value) || ip_address_parse(item->value.text, &address) < 0)
		return refuse_word(reader, key, "an address", &item->value);
	int err = policy_check_gateway(reader, &item->value, &address);
	if (err)
		return err;
	*member = address;
	return 0;
}

static int read_host(const struct policy_reader *reader, const struct policy_key *key,
	const struct yaml_item *item, void *target)
{
	struct ip_address *member = (void *)((char *)target + key->offset);
	struct ip_prefix prefix;

	if (!is_non_null_scalar(&item->value) || ip_prefix_parse(item->value.text, &prefix) < 0)
		return policy_refuse_value(
			reader, key->name, "an IPv4 or IPv6 address", &item->value);
	int err = policy_check_overlay(reader, &item->value, &prefix);
	if (err)
		return err;
	*member = prefix.address;
	return 0;
}

static int add_route_table(const struct policy_reader *reader, const struct policy_key *key,
	const struct yaml_value *value, struct policy_overlay *overlay)
{
	if (yaml_is_faulty(value))
		return 0;
	if (!is_non_null_scalar(value) || !key->form->holds(value->text))
		return policy_refuse_value(
			reader, "each entry of route-tables", key->form->what, value);
	for (size_t i = 0; i < overlay->n_route_tables; i++)
		if (strcmp(overlay->route_tables[i], value->text) == 0)
			return yaml_report_error(
				reader->source, &value->place, "%s is listed twice", value->text);
	char *copy = strdup(value->text);
	if (!copy)
		return -ENOMEM;
	overlay->route_tables[overlay->n_route_tables++] = copy;
	return 0;
}

static int read_route_tables(const struct policy_reader *reader, const struct policy_key *key,
	const struct yaml_item *item, void *target)
{
	struct policy_overlay *overlay = target;
	const struct yaml_value *value = &item->value;
	unsigned word;

	if (find_word(key, value, &word))
		return 0;
	if (value->kind != YAML_KIND_LIST)
		return refuse_word(reader, key,
			"a list of route table ids like [rtb-0123456789abcdef0]", value);
	if (value->n_items == 0 && !value->faulty)
		return yaml_report_error(reader->source, &value->place,
			"route-tables is an empty list: add route table ids, or write vpc for all route tables of the VPC");

	overlay->route_tables = calloc(value->n_items + 1, sizeof(*overlay->route_tables));
	if (!overlay->route_tables)
		return -ENOMEM;
	int refused = 0;
	for (size_t i = 0; i < value->n_items; i++) {
		int err = add_route_table(reader, key, &value->items[i].value, overlay);
		if (err == -ENOMEM)
			return err;
		refused = err ? err : refused;
	}
	return refused;
}

int policy_value_read(const struct policy_reader *reader, const struct policy_key *key,
	const struct yaml_item *item, void *target)
{
	static int (*const readers[])(const struct policy_reader *reader,
		const struct policy_key *key, const struct yaml_item *item, void *target) = {
		[POLICY_TYPE_VERSION] = read_version,
		[POLICY_TYPE_WORD] = read_word,
		[POLICY_TYPE_NUMBER] = read_number,
		[POLICY_TYPE_FLAG] = read_flag,
		[POLICY_TYPE_TEXT] = read_text,
		[POLICY_TYPE_MAC] = read_mac,
		[POLICY_TYPE_TABLE] = read_table,
		[POLICY_TYPE_SOURCE] = read_source,
		[POLICY_TYPE_GATEWAY] = read_gateway,
		[POLICY_TYPE_EXCEPT] = read_except,
		[POLICY_TYPE_HOST] = read_host,
		[POLICY_TYPE_ROUTE_TABLES] = read_route_tables,
	};

	if (yaml_is_faulty(&item->value))
		return 0;
	return readers[key->type](reader, key, item, target);
}
