/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/policy_check.h"

#include <string.h>

/* The entries of a section that may be empty or missing; the policy then has none of them. */
static const struct yaml_item *entries(const struct yaml_value *root, const char *section)
{
	const struct yaml_item *item = yaml_find(root, section);

	return item ? item->value.items : NULL;
}

/* Where an entry says it, or the entry itself where it leaves it out. */
static const struct yaml_place *place_of(const struct yaml_item *entry, const char *key)
{
	const struct yaml_item *item = yaml_find(&entry->value, key);

	return item ? &item->value.place : &entry->key_place;
}

static int check_name(const struct policy_reader *reader, const struct yaml_item *entry)
{
	const struct policy_form *form = &policy_form_interface;

	/* Without a match the name is the condition, so it must be one that the kernel can give. */
	if (yaml_find(&entry->value, "match"))
		form = &policy_form_label;
	else if (strpbrk(entry->key, "*?[") && policy_form_name_glob.holds(entry->key))
		return yaml_refuse(reader->source, &entry->key_place,
			"\"%s\" is a pattern: choose a name of your own and add "
			"\"match: {name: '%s'}\"",
			entry->key, entry->key);
	if (form->holds(entry->key))
		return 0;
	return yaml_refuse(
		reader->source, &entry->key_place, "\"%s\" is not %s", entry->key, form->what);
}

static int check_match(const struct policy_reader *reader, const struct yaml_item *entry,
	const struct policy_match *match)
{
	if (match->name || match->has_mac || match->eni || match->subnet || match->driver ||
		match->device_number >= 0)
		return 0;
	return yaml_refuse(reader->source, place_of(entry, "match"),
		"match is empty and would hold for every interface, say which");
}

/* What two matches say of one thing. */
struct likeness {
	bool same; /* both ask the same of what only one interface should have */
	bool different; /* they ask what cannot both hold */
};

static void liken(struct likeness *likeness, bool both, bool equal, bool identifies)
{
	if (both && !equal)
		likeness->different = true;
	if (both && equal && identifies)
		likeness->same = true;
}

static bool equal_texts(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

/* Whether the same interface answers to both: the same name, say, and nothing tells them apart. */
static bool matches_same(const struct policy_match *a, const struct policy_match *b)
{
	struct likeness likeness = {false, false};
	bool same_mac = memcmp(&a->mac, &b->mac, sizeof(a->mac)) == 0;

	/* Two patterns that differ may hold for one name; that is not for us to tell. */
	liken(&likeness, equal_texts(a->name, b->name), true, true);
	liken(&likeness, equal_texts(a->driver, b->driver), true, false);
	liken(&likeness, a->has_mac && b->has_mac, same_mac, true);
	liken(&likeness, a->eni && b->eni, equal_texts(a->eni, b->eni), true);
	liken(&likeness, a->subnet && b->subnet, equal_texts(a->subnet, b->subnet), false);
	liken(&likeness, a->device_number >= 0 && b->device_number >= 0,
		a->device_number == b->device_number, false);
	/* Drivers can tell two entries apart where neither is a pattern. */
	if (a->driver && b->driver && !equal_texts(a->driver, b->driver) &&
		!strpbrk(a->driver, "*?[") && !strpbrk(b->driver, "*?["))
		likeness.different = true;
	return likeness.same && !likeness.different;
}

static int check_pair(const struct policy_reader *reader, const struct yaml_item *first_entry,
	const struct policy_interface *first, const struct yaml_item *entry,
	const struct policy_interface *interface)
{
	char buffer[16];

	if (matches_same(&first->match, &interface->match))
		return yaml_refuse(reader->source, place_of(entry, "match"),
			"%s matches the same interface as %s (line %zu)", interface->name,
			first->name, first_entry->key_place.line);
	if (first->table == interface->table)
		return yaml_refuse(reader->source, place_of(entry, "table"),
			"%s has the same table as %s (%s, line %zu), give each its own",
			interface->name, first->name,
			table_names_format(reader->names, interface->table, buffer),
			place_of(first_entry, "table")->line);
	return 0;
}

/* One error of an entry is enough: the others may come of it. */
static int check_interface(const struct policy_reader *reader, const struct yaml_item *items,
	const struct policy_interface *interfaces, size_t index)
{
	int err = check_name(reader, &items[index]);

	if (!err)
		err = check_match(reader, &items[index], &interfaces[index].match);
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
		return yaml_refuse(reader->source, &items[index].key_place, "\"%s\" is not %s",
			overlay->name, policy_form_label.what);
	for (size_t i = 0; i < index; i++) {
		if (items[i].value.faulty ||
			ip_address_compare(&overlay->address, &overlays[i].address) != 0)
			continue;
		return yaml_refuse(reader->source, place_of(&items[index], "address"),
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
	return yaml_refuse(reader->source, place_of(item, aws->fips == 1 ? "fips" : "dualstack"),
		"%s chooses an endpoint, and endpoint (line %zu) names one: take either away",
		aws->fips == 1 ? "fips" : "dualstack", place_of(item, "endpoint")->line);
}

void policy_check(const struct policy_reader *reader, const struct yaml_value *root,
	const struct policy *policy)
{
	const struct yaml_item *interfaces = entries(root, "interfaces");
	const struct yaml_item *overlays = entries(root, "overlays");

	for (size_t i = 0; i < policy->n_interfaces; i++)
		if (!interfaces[i].value.faulty)
			check_interface(reader, interfaces, policy->interfaces, i);
	for (size_t i = 0; i < policy->n_overlays; i++)
		if (!overlays[i].value.faulty)
			check_overlay(reader, overlays, policy->overlays, i);
	check_aws(reader, yaml_find(root, "aws"), &policy->aws);
}
