/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/policy_yaml.h"

#include "policy/policy_check.h"
#include "policy/policy_values.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BYTE_ORDER_MARK "\xef\xbb\xbf"

static int add_interface(struct policy *policy, const struct yaml_value *section, const char *name,
	void **ret_interface)
{
	if (!policy->interfaces)
		policy->interfaces = calloc(section->n_items, sizeof(*policy->interfaces));
	if (!policy->interfaces)
		return -ENOMEM;
	struct policy_interface *interface = &policy->interfaces[policy->n_interfaces];
	int err = policy_interface_init(interface, name);
	if (err)
		return err;
	policy->n_interfaces++;
	*ret_interface = interface;
	return 0;
}

static int add_overlay(struct policy *policy, const struct yaml_value *section, const char *name,
	void **ret_overlay)
{
	if (!policy->overlays)
		policy->overlays = calloc(section->n_items, sizeof(*policy->overlays));
	if (!policy->overlays)
		return -ENOMEM;
	struct policy_overlay *overlay = &policy->overlays[policy->n_overlays];
	int err = policy_overlay_init(overlay, name);
	if (err)
		return err;
	policy->n_overlays++;
	*ret_overlay = overlay;
	return 0;
}

static const struct policy_key *find_key(const struct policy_section *section, const char *name)
{
	for (size_t i = 0; i < section->count; i++)
		if (strcmp(section->keys[i].name, name) == 0)
			return &section->keys[i];
	return NULL;
}

static int refuse_key(const struct policy_reader *reader, const struct policy_section *section,
	const struct yaml_item *item)
{
	const char *nearest = parse_nearest(
		item->key, section->keys, section->count, sizeof(section->keys[0]));

	if (nearest)
		return yaml_refuse(reader->source, &item->key_place,
			"unknown key \"%s\", did you mean \"%s\"?", item->key, nearest);
	return yaml_refuse(reader->source, &item->key_place, "unknown key \"%s\"", item->key);
}

static int check_missing(const struct policy_reader *reader, const struct policy_section *section,
	const struct yaml_item *item)
{
	for (size_t i = 0; i < section->count; i++) {
		const struct policy_key *key = &section->keys[i];
		if (key->missing && !yaml_find(&item->value, key->name))
			return yaml_refuse(reader->source, &item->key_place, "%s has no %s, %s",
				item->key, key->name, key->missing);
	}
	return 0;
}

/* A section without anything in it reads as null, and that is fine. */
static int check_mapping(const struct policy_reader *reader, const struct yaml_item *item)
{
	if (item->value.kind == YAML_KIND_MAP || yaml_is_null(&item->value))
		return 0;
	return policy_refuse_value(reader, item->key, "a mapping of keys", &item->value);
}

/* The items that hold the key's section: the entries of a section with names, or the one item. */
static int find_holders(const struct policy_reader *reader, const struct policy_key *key,
	const struct yaml_item *item, const struct yaml_item **ret_items, size_t *ret_count)
{
	if (key->type != POLICY_TYPE_INTERFACES && key->type != POLICY_TYPE_OVERLAYS) {
		*ret_items = item;
		*ret_count = 1;
		return 0;
	}
	int err = check_mapping(reader, item);
	if (err)
		return err;
	*ret_items = item->value.items;
	*ret_count = item->value.n_items;
	return 0;
}

/* The structure that a holder of the key's section is read into. */
static int open_target(const struct policy_key *key, const struct yaml_item *item,
	const struct yaml_item *holder, void *structure, void **ret_target)
{
	void *member = (char *)structure + key->offset;

	if (key->type == POLICY_TYPE_INTERFACES)
		return add_interface(structure, &item->value, holder->key, ret_target);
	if (key->type == POLICY_TYPE_OVERLAYS)
		return add_overlay(structure, &item->value, holder->key, ret_target);
	if (key->type == POLICY_TYPE_MATCH) {
		/* A match that is given says all: the entry's name is then only a name. */
		struct policy_match *match = member;
		free(TAKE_PTR(match->name));
	}
	*ret_target = member;
	return 0;
}

static int read_section(const struct policy_reader *reader, const struct policy_section *section,
	const struct yaml_item *item, void *structure)
{
	int err = check_mapping(reader, item);
	if (err)
		return err;
	for (size_t i = 0; i < item->value.n_items; i++) {
		const struct yaml_item *child = &item->value.items[i], *holders;
		const struct policy_key *key = find_key(section, child->key);
		size_t n_holders = 0;

		if (!key)
			return refuse_key(reader, section, child);
		err = key->section ? find_holders(reader, key, child, &holders, &n_holders)
				   : policy_value_read(reader, key, child, structure);
		for (size_t j = 0; !err && j < n_holders; j++) {
			void *target;
			err = open_target(key, child, &holders[j], structure, &target);
			if (!err)
				err = read_section(reader, key->section, &holders[j], target);
		}
		if (err)
			return err;
	}
	return check_missing(reader, section, item);
}

/* Another version may have other keys: it is said first, wherever it stands. */
static int check_version(const struct policy_reader *reader, const struct yaml_value *root)
{
	const struct yaml_item *item = yaml_find(root, "version");
	const struct policy_key *key = find_key(policy_root.section, "version");

	return item ? policy_value_read(reader, key, item, NULL) : 0;
}

/* The default table is a name too, and rt_tables may give it another number than ours. */
static void number_default_tables(
	const struct table_names *names, const struct yaml_value *root, struct policy *policy)
{
	const struct yaml_item *section = yaml_find(root, "interfaces");
	uint32_t table;

	if (table_names_find(names, POLICY_TABLE_NAME, &table) < 0 || !policy_table_is_free(table))
		return;
	for (size_t i = 0; i < policy->n_interfaces; i++)
		if (!yaml_find(&section->value.items[i].value, "table"))
			policy->interfaces[i].table = table;
}

static int read_policy(const struct policy_reader *reader, struct policy *policy)
{
	_cleanup_(yaml_value_done) struct yaml_value root = {0};

	int err = yaml_read(reader->source, &root);
	if (err)
		return err;
	err = check_version(reader, &root);
	if (err)
		return err;

	char name[] = "the policy";
	struct yaml_item item = {.key = name, .key_place = {1, 1}, .value = root};
	err = read_section(reader, policy_root.section, &item, policy);
	if (err)
		return err;
	number_default_tables(reader->names, &root, policy);
	return policy_check(reader, &root, policy);
}

int policy_parse(const char *file, const char *bytes, size_t length,
	const struct table_names *names, struct policy *ret_policy, struct error *error)
{
	struct yaml_source source = {file, bytes, length, error};
	const struct policy_reader reader = {&source, names};
	struct policy policy;

	if (length > POLICY_MAX_BYTES)
		return error_set(error, OUTCOME_USAGE, EINVAL, "%s: more than %u bytes", file,
			POLICY_MAX_BYTES);
	if (length >= strlen(BYTE_ORDER_MARK) &&
		memcmp(bytes, BYTE_ORDER_MARK, strlen(BYTE_ORDER_MARK)) == 0) {
		source.bytes += strlen(BYTE_ORDER_MARK);
		source.length -= strlen(BYTE_ORDER_MARK);
	}

	policy_init(&policy);
	int err = read_policy(&reader, &policy);
	if (err) {
		policy_done(&policy);
		if (err == -ENOMEM)
			error_set(error, OUTCOME_FAILED, ENOMEM, "%s: out of memory", file);
		return err;
	}
	*ret_policy = policy;
	return 0;
}
