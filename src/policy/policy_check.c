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

static int check_interfaces(const struct policy_reader *reader, const struct yaml_item *items,
	const struct policy *policy)
{
	for (size_t i = 0; i < policy->n_interfaces; i++) {
		const struct policy_interface *interface = &policy->interfaces[i];
		int err = check_name(reader, &items[i]);
		if (err)
			return err;
		err = check_match(reader, &items[i], &interface->match);
		if (err)
			return err;
		for (size_t j = 0; j < i; j++) {
			err = check_pair(
				reader, &items[j], &policy->interfaces[j], &items[i], interface);
			if (err)
				return err;
		}
	}
	return 0;
}

static int check_overlays(const struct policy_reader *reader, const struct yaml_item *items,
	const struct policy *policy)
{
	for (size_t i = 0; i < policy->n_overlays; i++) {
		const struct policy_overlay *overlay = &policy->overlays[i];
		if (!policy_form_label.holds(overlay->name))
			return yaml_refuse(reader->source, &items[i].key_place, "\"%s\" is not %s",
				overlay->name, policy_form_label.what);
		for (size_t j = 0; j < i; j++) {
			const struct policy_overlay *first = &policy->overlays[j];
			if (ip_address_compare(&overlay->address, &first->address) == 0)
				return yaml_refuse(reader->source, place_of(&items[i], "address"),
					"%s has the same address as %s (line %zu)", overlay->name,
					first->name, place_of(&items[j], "address")->line);
		}
	}
	return 0;
}

static int check_aws(const struct policy_reader *reader, const struct yaml_value *root,
	const struct policy_aws *aws)
{
	const struct yaml_item *item = yaml_find(root, "aws");

	if (!aws->endpoint || (aws->fips != 1 && aws->dualstack != 1))
		return 0;
	return yaml_refuse(reader->source, place_of(item, aws->fips == 1 ? "fips" : "dualstack"),
		"%s chooses an endpoint, and endpoint (line %zu) names one: take either away",
		aws->fips == 1 ? "fips" : "dualstack", place_of(item, "endpoint")->line);
}

int policy_check(const struct policy_reader *reader, const struct yaml_value *root,
	const struct policy *policy)
{
	int err = check_interfaces(reader, entries(root, "interfaces"), policy);
	if (err)
		return err;
	err = check_overlays(reader, entries(root, "overlays"), policy);
	if (err)
		return err;
	return check_aws(reader, root, &policy->aws);
}
