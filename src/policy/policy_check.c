/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/policy_check.h"

#include <string.h>

/* Returns the entries of a section; NULL if it is empty or missing. */
static const struct yaml_item *get_entries(const struct yaml_value *root, const char *section)
{
	const struct yaml_item *item = yaml_find(root, section);

	return item ? item->value.items : NULL;
}

/* Returns the position of the key's value, or of the entry if the key is missing. */
static const struct yaml_position *get_value_position(
	const struct yaml_item *entry, const char *key)
{
	const struct yaml_item *item = yaml_find(&entry->value, key);

	return item ? &item->value.position : &entry->key_position;
}

/* Whether the text has wildcards, so that fnmatch() can match other names. */
static bool is_pattern(const char *text)
{
	return strpbrk(text, "*?[");
}

/* Without "match", the entry's key is the interface's name; with "match", it is only a label. */
static int check_entry_key(const struct policy_reader *reader, const struct yaml_item *entry)
{
	const struct policy_form *form = &policy_form_interface;

	if (yaml_find(&entry->value, "match"))
		form = &policy_form_label;
	else if (is_pattern(entry->key) && policy_form_name_glob.is_valid(entry->key))
		return yaml_report_error(reader->source, &entry->key_position,
			"\"%s\" is a pattern: give the entry another name and add \"match: {name: '%s'}\"",
			entry->key, entry->key);
	if (form->is_valid(entry->key))
		return 0;
	return yaml_report_error(reader->source, &entry->key_position, "\"%s\" is not %s",
		entry->key, form->expected);
}

static int check_match_is_not_empty(
	const struct policy_reader *reader, const struct yaml_item *entry)
{
	const struct yaml_item *match = yaml_find(&entry->value, "match");

	if (!match || match->value.n_items > 0)
		return 0;
	return yaml_report_error(reader->source, &match->value.position,
		"match is empty and would select every interface: add a condition, such as \"name: eth1\"");
}

/* A condition that is not given (NULL) is neither equal to nor different from any value. */
static bool is_equal(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

static bool is_different(const char *a, const char *b)
{
	return a && b && strcmp(a, b) != 0;
}

/*
 * Returns whether both matches select the same interface: they require the same value of a property
 * that one interface owns, and no condition separates them. Two different patterns may match the
 * same name, but this cannot be decided here.
 */
static bool selects_same_interface(const struct policy_match *a, const struct policy_match *b)
{
	bool both_macs = a->has_mac && b->has_mac;
	bool same_mac = memcmp(&a->mac, &b->mac, sizeof(a->mac)) == 0;
	bool both_numbers = a->device_number >= 0 && b->device_number >= 0;

	if ((both_macs && !same_mac) || is_different(a->eni, b->eni) ||
		is_different(a->subnet, b->subnet) ||
		(both_numbers && a->device_number != b->device_number))
		return false;
	if (is_different(a->driver, b->driver) && !is_pattern(a->driver) && !is_pattern(b->driver))
		return false;
	return both_macs || is_equal(a->name, b->name) || is_equal(a->eni, b->eni);
}

/* Two entries may have neither the same interface nor the same table. Returns 0 or -EINVAL. */
static int check_conflict(const struct policy_reader *reader, const struct yaml_item *first_entry,
	const struct policy_interface *first, const struct yaml_item *entry,
	const struct policy_interface *interface)
{
	char buffer[16];

	if (selects_same_interface(&first->match, &interface->match))
		return yaml_report_error(reader->source, get_value_position(entry, "match"),
			"%s matches the same interface as %s (line %zu): change or remove one of the two entries",
			interface->name, first->name, first_entry->key_position.line);
	if (first->table == interface->table)
		return yaml_report_error(reader->source, get_value_position(entry, "table"),
			"%s has the same table as %s (%s, line %zu): give each interface its own table",
			interface->name, first->name,
			table_names_format(reader->names, interface->table, buffer),
			get_value_position(first_entry, "table")->line);
	return 0;
}

/* Compares the entry with all before it. Reports only one error: the first may cause others. */
static int check_interface(const struct policy_reader *reader, const struct yaml_item *items,
	const struct policy_interface *interfaces, size_t index)
{
	int err = check_entry_key(reader, &items[index]);

	if (!err)
		err = check_match_is_not_empty(reader, &items[index]);
	for (size_t i = 0; !err && i < index; i++)
		if (!items[i].value.has_error)
			err = check_conflict(reader, &items[i], &interfaces[i], &items[index],
				&interfaces[index]);
	return err;
}

/* Two overlays may not have the same address. Does not compare with entries that have errors. */
static int check_overlay(const struct policy_reader *reader, const struct yaml_item *items,
	const struct policy_overlay *overlays, size_t index)
{
	const struct policy_overlay *overlay = &overlays[index];

	if (!policy_form_label.is_valid(overlay->name))
		return yaml_report_error(reader->source, &items[index].key_position,
			"\"%s\" is not %s", overlay->name, policy_form_label.expected);
	for (size_t i = 0; i < index; i++) {
		if (items[i].value.has_error ||
			ip_address_compare(&overlay->address, &overlays[i].address) != 0)
			continue;
		return yaml_report_error(reader->source,
			get_value_position(&items[index], "address"),
			"%s has the same address as %s (line %zu): give each overlay its own address",
			overlay->name, overlays[i].name,
			get_value_position(&items[i], "address")->line);
	}
	return 0;
}

/* "fips" or "dualstack" contradicts "endpoint": each selects one. `item` NULL: no aws section. */
static int check_aws(const struct policy_reader *reader, const struct yaml_item *item,
	const struct policy_aws *aws)
{
	const char *selector = aws->fips == 1 ? "fips" : aws->dualstack == 1 ? "dualstack" : NULL;

	if (!aws->endpoint || !selector)
		return 0;
	return yaml_report_error(reader->source, get_value_position(item, selector),
		"%s cannot be combined with endpoint (line %zu): remove one of the two keys",
		selector, get_value_position(item, "endpoint")->line);
}

/* The return values are ignored: the errors are stored with the source. */
void policy_check(const struct policy_reader *reader, const struct yaml_value *root,
	const struct policy *policy)
{
	const struct yaml_item *interfaces = get_entries(root, "interfaces");
	const struct yaml_item *overlays = get_entries(root, "overlays");

	for (size_t i = 0; i < policy->n_interfaces; i++)
		if (!interfaces[i].value.has_error)
			check_interface(reader, interfaces, policy->interfaces, i);
	for (size_t i = 0; i < policy->n_overlays; i++)
		if (!overlays[i].value.has_error)
			check_overlay(reader, overlays, policy->overlays, i);
	check_aws(reader, yaml_find(root, "aws"), &policy->aws);
}
