/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/policy_types.h"

#include "base/json_build.h"
#include "base/parse.h"
#include "policy/policy_address.h"
#include "policy/policy_patterns.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TABLES_FILE "/etc/iproute2/rt_tables.d/myha.conf"
#define KERNEL_TABLES_END 256 /* the kernel's own tables have lower numbers */

/* Returns the lowest number above our default table that has no name in rt_tables. */
static uint32_t find_unnamed_table(const struct table_names *names)
{
	char buffer[16];

	for (uint32_t number = POLICY_TABLE_NUMBER + 1;; number++)
		/* A table without a name is formatted as a number, in the buffer. */
		if (table_names_format(names, number, buffer) == buffer)
			return number;
}

/* Returns the table name that `name` probably means: MYHA or one of `names`; NULL: no such name. */
static const char *find_nearest_table(const struct table_names *names, const char *name)
{
	static const char *const default_name = POLICY_TABLE_NAME;
	const char *nearest = find_nearest_word(name, &default_name, 1, sizeof(default_name));

	if (nearest || !names)
		return nearest;
	return find_nearest_word(name, names->items, names->count, sizeof(names->items[0]));
}

/* Reports why the table is unknown: not a valid name, a typing error, or a name without number. */
static int refuse_table(const struct policy_reader *reader)
{
	const struct yaml_value *value = reader->value;
	char expected[80];
	bool flag;
	bool is_name = yaml_is_text(value) && !yaml_is_flag(value, &flag) && *value->text &&
		       !strpbrk(value->text, " \t#") &&
		       !strchr("+-.0123456789", *value->text); /* probably meant as a number */

	if (!is_name) {
		snprintf(expected, sizeof(expected),
			"a name from rt_tables or a number from %u to %u", reader->key->min,
			reader->key->max);
		return policy_refuse_key_value(reader, expected);
	}
	const char *nearest = find_nearest_table(reader->names, value->text);
	if (nearest)
		return yaml_report_error(reader->source, &value->position,
			"unknown table \"%s\", did you mean \"%s\"?", value->text, nearest);
	return yaml_report_error(reader->source, &value->position,
		"table \"%s\" has no number: add the line \"%u %s\" to " TABLES_FILE, value->text,
		find_unnamed_table(reader->names), value->text);
}

/* Accepts a number, or a name that rt_tables defines. The kernel's own tables are refused. */
static int read_table(const struct policy_reader *reader)
{
	const struct yaml_value *value = reader->value;
	uint32_t *member = reader->member, table;
	char buffer[16];
	bool flag;

	if (yaml_is_number(value)) {
		/* From 0, not `min`: table 0 is the kernel's, and is refused below. */
		if (parse_u32(value->text, 0, reader->key->max, &table) < 0)
			return refuse_table(reader);
	} else if (!yaml_is_text(value) || yaml_is_flag(value, &flag) ||
		   table_names_find(reader->names, value->text, &table) < 0) {
		return refuse_table(reader);
	}
	if (table_is_reserved(table))
		return yaml_report_error(reader->source, &value->position,
			"table %u (%s) belongs to the kernel: choose another table", table,
			table_names_format(NULL, table, buffer));
	*member = table;
	return 0;
}

static void print_table(const struct policy_printer *printer, const void *member)
{
	char buffer[16];
	const char *name = table_names_format(printer->names, *(const uint32_t *)member, buffer);

	if (name == buffer)
		strbuf_add_string(printer->out, name);
	else
		policy_print_text(printer, name);
}

/* The names of tables depend on the host, so the schema excludes only the kernel's tables. */
static json_t *build_table_schema(const struct policy_key *key)
{
	json_t *numbers = json_array(), *names = json_array();
	json_t *number = policy_type_number.build_schema(key);
	json_t *name = policy_build_string_schema("^[^ \\t#][^ \\t]*$");
	char buffer[16];

	for (uint32_t table = 0; table < KERNEL_TABLES_END; table++) {
		if (!table_is_reserved(table))
			continue;
		json_add_item(&numbers, json_integer(table));
		json_add_item(&names, json_string(table_names_format(NULL, table, buffer)));
	}
	json_add_member(&number, "not", json_pack("{s:o}", "enum", numbers));
	json_add_member(&name, "not", json_pack("{s:o}", "enum", names));
	return json_pack("{s:[o, o]}", "anyOf", name, number);
}

const struct policy_type policy_type_table = {read_table, print_table, NULL, build_table_schema};

/* If the default is a word of the key, an empty list has no meaning and is invalid. */
static json_t *build_list_schema(const struct policy_key *key)
{
	json_t *item = policy_build_string_schema(key->form ? key->form->pattern : PATTERN_PREFIX);

	return json_pack("{s:s, s:o, s:i, s:b}", "type", "array", "items", item, "minItems",
		key->words ? 1 : 0, "uniqueItems", 1);
}

static int refuse_list_item(const struct policy_reader *item, const char *expected)
{
	char name[64];

	snprintf(name, sizeof(name), "each entry of %s", item->key->name);
	return policy_refuse_value(item->source, name, expected, item->value);
}

static int refuse_duplicate(const struct policy_reader *item)
{
	return yaml_report_error(
		item->source, &item->value->position, "%s is listed twice", item->value->text);
}

/* Calls `read_item` for each item, even after errors. Skips items whose error is reported. */
static int read_list_items(
	const struct policy_reader *reader, int (*read_item)(const struct policy_reader *item))
{
	struct policy_reader item = *reader;
	int refused = 0;

	for (size_t i = 0; i < reader->value->n_items; i++) {
		item.value = &reader->value->items[i].value;
		int err = yaml_scalar_has_error(item.value) ? 0 : read_item(&item);
		if (err == -ENOMEM)
			return err;
		refused = err ? err : refused;
	}
	return refused;
}

struct prefixes {
	struct ip_prefix *items;
	size_t count;
};

/* Checks one item of a list and appends it to the `struct prefixes` that receives the list. */
static int read_prefix(const struct policy_reader *item)
{
	const struct yaml_value *value = item->value;
	struct prefixes *prefixes = item->member;
	char text[IP_PREFIX_TEXT_SIZE];
	struct ip_prefix prefix;

	if (value->kind != YAML_KIND_SCALAR || ip_prefix_parse(value->text, &prefix) < 0)
		return refuse_list_item(item, "an address or a prefix");
	if (ip_prefix_has_host_bits(&prefix)) {
		struct ip_prefix network = ip_prefix_network(&prefix);
		return yaml_report_error(item->source, &value->position,
			"%s has host bits set, did you mean %s?", value->text,
			ip_prefix_format(&network, text));
	}
	if (ip_prefix_is_default(&prefix))
		return yaml_report_error(item->source, &value->position,
			"\"%s\" cannot contain the default route", item->key->name);
	for (size_t i = 0; i < prefixes->count; i++)
		if (ip_prefix_compare(&prefixes->items[i], &prefix) == 0)
			return refuse_duplicate(item);
	prefixes->items[prefixes->count++] = prefix;
	return 0;
}

/* Reads a list of prefixes; refuses host bits, duplicates and the default route in it. */
static int read_prefixes(
	const struct policy_reader *reader, struct ip_prefix **prefixes, size_t *count)
{
	const struct yaml_value *list = reader->value;
	struct policy_reader item_reader = *reader;
	struct prefixes found = {0};
	struct ip_prefix single;

	if (list->kind == YAML_KIND_SCALAR && ip_prefix_parse(list->text, &single) == 0)
		return yaml_report_error(reader->source, &list->position,
			"%s must be a list, also for a single prefix: write [\"%s\"]",
			reader->key->name, list->text);
	if (list->kind != YAML_KIND_LIST)
		return policy_refuse_key_value(reader, "a list of prefixes");

	found.items = calloc(list->n_items + 1, sizeof(*found.items)); /* never of 0 bytes */
	if (!found.items)
		return -ENOMEM;
	item_reader.member = &found;
	int refused = read_list_items(&item_reader, read_prefix);
	*prefixes = found.items;
	*count = found.count;
	return refused;
}

/* Quotes IPv6 addresses: old YAML parsers do not accept colons in brackets. */
static void print_numeric(const struct policy_printer *printer, const char *text)
{
	bool quotes = printer->json || strchr(text, ':');

	strbuf_printf(printer->out, quotes ? "\"%s\"" : "%s", text);
}

static void print_prefixes(
	const struct policy_printer *printer, const struct ip_prefix *prefixes, size_t count)
{
	struct strbuf *out = printer->out;
	char text[IP_PREFIX_TEXT_SIZE];

	strbuf_add_string(out, "[");
	for (size_t i = 0; i < count; i++) {
		strbuf_add_string(out, i > 0 ? ", " : "");
		print_numeric(printer, ip_prefix_format(&prefixes[i], text));
	}
	strbuf_add_string(out, "]");
}

/* The value is a list of prefixes, or a word: the words are in the order of the enum. */
static int read_source(const struct policy_reader *reader)
{
	struct policy_interface *interface = reader->member;
	const struct yaml_value *value = reader->value;
	unsigned word;

	if (policy_find_word(reader, &word)) {
		interface->source = (enum policy_source)word;
		return 0;
	}
	if (value->kind == YAML_KIND_LIST && value->n_items == 0 && !value->has_error)
		return yaml_report_error(reader->source, &value->position,
			"source is an empty list, so no traffic would use the table: add a prefix, or write subnet");
	interface->source = POLICY_SOURCE_LIST;
	return read_prefixes(reader, &interface->sources, &interface->n_sources);
}

static void print_source(const struct policy_printer *printer, const void *member)
{
	const struct policy_interface *interface = member;

	if (interface->source == POLICY_SOURCE_LIST)
		print_prefixes(printer, interface->sources, interface->n_sources);
	else
		policy_print_text(printer, printer->key->words[interface->source]);
}

const struct policy_type policy_type_source = {read_source, print_source, NULL, build_list_schema};

static int read_except(const struct policy_reader *reader)
{
	struct policy_interface *interface = reader->member;

	return read_prefixes(reader, &interface->except, &interface->n_except);
}

static void print_except(const struct policy_printer *printer, const void *member)
{
	const struct policy_interface *interface = member;

	print_prefixes(printer, interface->except, interface->n_except);
}

const struct policy_type policy_type_except = {read_except, print_except, NULL, build_list_schema};

static int read_gateway(const struct policy_reader *reader)
{
	const struct yaml_value *value = reader->value;
	struct ip_address address;

	if (!yaml_is_text(value) || ip_address_parse(value->text, &address) < 0)
		return policy_refuse_key_value(reader, "an address");
	const char *problem = policy_find_gateway_problem(&address);
	if (problem)
		return yaml_report_error(reader->source, &value->position,
			"%s is %s and cannot be a gateway", value->text, problem);
	*(struct ip_address *)reader->member = address;
	return 0;
}

static void print_address(const struct policy_printer *printer, const void *member)
{
	char text[IP_ADDRESS_TEXT_SIZE];

	print_numeric(printer, ip_address_format(member, text));
}

static bool has_address(const struct policy_key *key, const void *member)
{
	(void)key;
	return ip_address_is_set(member);
}

const struct policy_type policy_type_gateway = {
	read_gateway, print_address, has_address, .pattern = PATTERN_ADDRESS};

/* Accepts a single address, with or without its full prefix length (/32, /128). */
static int read_host(const struct policy_reader *reader)
{
	const struct yaml_value *value = reader->value;
	struct ip_prefix prefix;

	if (!yaml_is_text(value) || ip_prefix_parse(value->text, &prefix) < 0)
		return policy_refuse_key_value(reader, "an IPv4 or IPv6 address");
	if (prefix.length != ip_family_bits(prefix.address.family))
		return yaml_report_error(reader->source, &value->position,
			"%s is a network: an overlay is a single address, without a prefix length",
			value->text);
	const char *problem = policy_find_overlay_problem(&prefix.address);
	if (problem)
		return yaml_report_error(reader->source, &value->position,
			"%s is %s and cannot be an overlay", value->text, problem);
	*(struct ip_address *)reader->member = prefix.address;
	return 0;
}

const struct policy_type policy_type_host = {read_host, print_address, .pattern = PATTERN_HOST};

static int read_route_table(const struct policy_reader *item)
{
	struct policy_overlay *overlay = item->member;
	const struct yaml_value *value = item->value;

	if (!yaml_is_text(value) || !item->key->form->is_valid(value->text))
		return refuse_list_item(item, item->key->form->expected);
	for (size_t i = 0; i < overlay->n_route_tables; i++)
		if (strcmp(overlay->route_tables[i], value->text) == 0)
			return refuse_duplicate(item);
	char *copy = strdup(value->text);
	if (!copy)
		return -ENOMEM;
	overlay->route_tables[overlay->n_route_tables++] = copy;
	return 0;
}

static int read_route_tables(const struct policy_reader *reader)
{
	struct policy_overlay *overlay = reader->member;
	const struct yaml_value *value = reader->value;

	if (value->kind != YAML_KIND_LIST)
		return policy_refuse_key_value(
			reader, "a list of route table ids like [rtb-0123456789abcdef0]");
	if (value->n_items == 0 && !value->has_error)
		return yaml_report_error(reader->source, &value->position,
			"route-tables is an empty list: add route table ids, or write vpc for all route tables of the VPC");
	overlay->route_tables = calloc(value->n_items + 1, sizeof(*overlay->route_tables));
	return overlay->route_tables ? read_list_items(reader, read_route_table) : -ENOMEM;
}

static void print_route_tables(const struct policy_printer *printer, const void *member)
{
	const struct policy_overlay *overlay = member;
	struct strbuf *out = printer->out;

	strbuf_add_string(out, "[");
	for (size_t i = 0; i < overlay->n_route_tables; i++) {
		strbuf_add_string(out, i > 0 ? ", " : "");
		policy_print_text(printer, overlay->route_tables[i]);
	}
	strbuf_add_string(out, "]");
}

static bool has_route_tables(const struct policy_key *key, const void *member)
{
	(void)key;
	return ((const struct policy_overlay *)member)->n_route_tables > 0;
}

const struct policy_type policy_type_route_tables = {
	read_route_tables, print_route_tables, has_route_tables, build_list_schema};
