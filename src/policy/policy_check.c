/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/policy_check.h"

#include <string.h>

/*
 * Returns the entries of a section; NULL if it is empty or missing. The policy then has no such
 * entries.
 */
static const struct yaml_item *get_entries(const struct yaml_value *root, const char *section)
{
	const struct yaml_item *item = yaml_find(root, section);

	return item ? item->value.items : NULL;
}

/* Returns the place of the key's value, or of the entry if the key is missing. */
static const struct yaml_place *place_of(const struct yaml_item *entry, const char *key)
{
	const struct yaml_item *item = yaml_find(&entry->value, key);

	return item ? &item->value.place : &entry->key_place;
}

static bool is_pattern(const char *text)
{
	return strpbrk(text, "*?[");
}

static int check_name(const struct policy_reader *reader, const struct yaml_item *entry)
{
	const struct policy_form *form = &policy_form_interface;

	/* Without "match" the name is the condition, so it must be a valid interface name. */
	if (yaml_find(&entry->value, "match"))
		form = &policy_form_label;
	else if (is_pattern(entry->key) && policy_form_name_glob.holds(entry->key))
		return yaml_report_error(reader->source, &entry->key_place,
			"\"%s\" is a pattern: give the entry another name and add \"match: {name: '%s'}\"",
			entry->key, entry->key);
	if (form->holds(entry->key))
		return 0;
	return yaml_report_error(
		reader->source, &entry->key_place, "\"%s\" is not %s", entry->key, form->what);
}

static int check_match(const struct policy_reader *reader, const struct yaml_item *entry)
{
	const struct yaml_item *match = yaml_find(&entry->value, "match");

	if (!match || match->value.n_items > 0)
		return 0;
	return yaml_report_error(reader->source, &match->value.place,
		"match is empty and would select every interface: add a condition, such as \"name: eth1\"");
}

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

static int check_pair(const struct policy_reader *reader, const struct yaml_item *first_entry,
	const struct policy_interface *first, const struct yaml_item *entry,
	const struct policy_interface *interface)
{
	char buffer[16];

	if (selects_same_interface(&first->match, &interface->match))
		return yaml_report_error(reader->source, place_of(entry, "match"),
			"%s matches the same interface as %s (line %zu)", interface->name,
			first->name, first_entry->key_place.line);
	if (first->table == interface->table)
		return yaml_report_error(reader->source, place_of(entry, "table"),
			"%s has the same table as %s (%s, line %zu): give each interface its own table",
			interface->name, first->name,
			table_names_format(reader->names, interface->table, buffer),
			place_of(first_entry, "table")->line);
	return 0;
}

/* Report only one error per entry, because others may be its consequences. */
static int check_interface(const struct policy_reader *reader, const struct yaml_item *items,
	const struct policy_interface *interfaces, size_t index)
{
	int err = check_name(reader, &items[index]);

	if (!err)
		err = check_match(reader, &items[index]);
	for (size_t i = 0; !err && i < index; i++)
		if (!items[i].value.faulty)
			err = check_pair(reader, &items[i], &interfaces[i], &items[index],
				&interfaces[index]);
	return err;
}

static int check_overlay(const struct policy_reader *reader, const struct yaml_item *items,
	const struct policy_overlay *overlays, size_t index)
{
	const struct policy_overlay *overlay = &overlays[index];

	if (!policy_form_label.holds(overlay->name))
		return yaml_report_error(reader->source, &items[index].key_place,
			"\"%s\" is not %s", overlay->name, policy_form_label.what);
	for (size_t i = 0; i < index; i++) {
		if (items[i].value.faulty ||
			ip_address_compare(&overlay->address, &overlays[i].address) != 0)
			continue;
		return yaml_report_error(reader->source, place_of(&items[index], "address"),
			"%s has the same address as %s (line %zu)", overlay->name, overlays[i].name,
			place_of(&items[i], "address")->line);
	}
	return 0;
}

static int check_aws(const struct policy_reader *reader, const struct yaml_item *item,
	const struct policy_aws *aws)
{
	if (!aws->endpoint || (aws->fips != 1 && aws->dualstack != 1))
		return 0;
	return yaml_report_error(reader->source,
		place_of(item, aws->fips == 1 ? "fips" : "dualstack"),
		"%s cannot be combined with endpoint (line %zu): remove one of the two keys",
		aws->fips == 1 ? "fips" : "dualstack", place_of(item, "endpoint")->line);
}

void policy_check(const struct policy_reader *reader, const struct yaml_value *root,
	const struct policy *policy)
{
	const struct yaml_item *interfaces = get_entries(root, "interfaces");
	const struct yaml_item *overlays = get_entries(root, "overlays");

	for (size_t i = 0; i < policy->n_interfaces; i++)
		if (!interfaces[i].value.faulty)
			check_interface(reader, interfaces, policy->interfaces, i);
	for (size_t i = 0; i < policy->n_overlays; i++)
		if (!overlays[i].value.faulty)
			check_overlay(reader, overlays, policy->overlays, i);
	check_aws(reader, yaml_find(root, "aws"), &policy->aws);
}
