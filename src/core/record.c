/* SPDX-License-Identifier: Apache-2.0 */
#include "core/record.h"

#include "base/file.h"
#include "base/json_build.h"
#include "base/json_memory.h"

#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RECORD_VERSION 1
#define RECORD_SUFFIX ".json"
#define RECORD_MAX_BYTES (1u << 20)
#define RECORD_PATH_SIZE 256

#define CHANGE_ASSIGNED "assigned"
#define CHANGE_RELEASED "released"

void record_init(struct record *record, const char *interface)
{
	*record = (struct record){.original_rp_filter = -1, .device_number = -1};
	snprintf(record->interface, sizeof(record->interface), "%s", interface);
}

void record_done(struct record *record)
{
	free(record->entry);
	free(record->tables);
	free(record->addresses);
	free(record->changes);
	*record = (struct record){.original_rp_filter = -1, .device_number = -1};
}

bool record_matches_link(const struct record *record, const struct net_link *link)
{
	return record->index == link->index &&
	       memcmp(&record->mac, &link->mac, sizeof(link->mac)) == 0;
}

bool record_has_table(const struct record *record, uint32_t table)
{
	return net_table_is_listed(table, record->tables, record->n_tables);
}

int record_add_table(struct record *record, uint32_t table)
{
	if (record_has_table(record, table))
		return 0;
	return array_add(&record->tables, &record->tables_capacity, &record->n_tables, &table,
		sizeof(table));
}

int record_add_address(struct record *record, const struct ip_prefix *address)
{
	for (size_t i = 0; i < record->n_addresses; i++)
		if (ip_prefix_compare(&record->addresses[i], address) == 0)
			return 0;
	return array_add(&record->addresses, &record->addresses_capacity, &record->n_addresses,
		address, sizeof(*address));
}

bool record_has_address(const struct record *record, const struct ip_address *address)
{
	for (size_t i = 0; i < record->n_addresses; i++)
		if (ip_address_compare(&record->addresses[i].address, address) == 0)
			return true;
	for (size_t i = 0; i < record->n_changes; i++)
		if (ip_address_compare(&record->changes[i].address, address) == 0)
			return record->changes[i].is_assigned;
	return false;
}

/* A change is required only while the metadata lag behind that change. */
bool record_drop_outdated_changes(struct record *record, const struct facts *facts, uint64_t now)
{
	size_t kept = 0, count = record->n_changes;

	for (size_t i = 0; i < count; i++)
		if (facts_lag_behind_change(facts, &record->changes[i], now))
			record->changes[kept++] = record->changes[i];
	record->n_changes = kept;
	return kept != count;
}

int record_set_change(
	struct record *record, const struct ip_address *address, bool is_assigned, uint64_t at)
{
	const struct facts_change change = {*address, is_assigned, at};

	for (size_t i = 0; i < record->n_changes; i++)
		if (ip_address_compare(&record->changes[i].address, address) == 0) {
			record->changes[i] = change;
			return 0;
		}
	return array_add(&record->changes, &record->changes_capacity, &record->n_changes, &change,
		sizeof(change));
}

static void cleanup_json(json_t **json)
{
	json_decref(*json);
}

static int build_path(const char *directory, const char *interface, char path[RECORD_PATH_SIZE],
	struct error *error)
{
	int length = snprintf(path, RECORD_PATH_SIZE, "%s/%s" RECORD_SUFFIX, directory, interface);

	if (length < 0 || length >= RECORD_PATH_SIZE || strchr(interface, '/'))
		return error_set(
			error, OUTCOME_USAGE, EINVAL, "\"%s\" is not an interface name", interface);
	return 0;
}

/* Each read_…() adds the items of a JSON array to the record. Returns 0, -EBADMSG or -ENOMEM. */
static int read_tables(struct record *record, const json_t *array)
{
	size_t i;
	const json_t *item;

	json_array_foreach (array, i, item) {
		json_int_t number = json_integer_value(item);
		if (number < 1 || number > UINT32_MAX)
			return -EBADMSG;
		int err = record_add_table(record, (uint32_t)number);
		if (err)
			return err;
	}
	return 0;
}

static int read_addresses(struct record *record, const json_t *array)
{
	size_t i;
	const json_t *item;

	json_array_foreach (array, i, item) {
		struct ip_prefix address;
		const char *text = json_string_value(item);
		if (!text || ip_prefix_parse(text, &address))
			return -EBADMSG;
		if (!strchr(text, '/'))
			address.length = 0; /* written by an earlier version: not known */
		int err = record_add_address(record, &address);
		if (err)
			return err;
	}
	return 0;
}

static int read_changes(struct record *record, const json_t *array)
{
	size_t i;
	json_t *item;

	json_array_foreach (array, i, item) {
		struct ip_address address;
		const char *text, *change;
		json_int_t at;
		int err;
		err = json_read_members(
			item, "{s:s, s:s, s:I}", "address", &text, "change", &change, "at", &at);
		if (err)
			return err;
		if (ip_address_parse(text, &address) || at < 0 ||
			(strcmp(change, CHANGE_ASSIGNED) != 0 &&
				strcmp(change, CHANGE_RELEASED) != 0))
			return -EBADMSG;
		err = record_set_change(
			record, &address, strcmp(change, CHANGE_ASSIGNED) == 0, (uint64_t)at);
		if (err)
			return err;
	}
	return 0;
}

/*
 * Checks that the record is about the interface that the file is named after. A link's name may
 * have any bytes, which JSON cannot: the record has the result of json_text().
 */
static int check_interface_name(const char *name, const char *interface)
{
	_cleanup_(cleanup_json) json_t *expected = json_text(interface);

	if (!expected)
		return -ENOMEM;
	return strcmp(name, json_string_value(expected)) == 0 ? 0 : -EBADMSG;
}

static int read_record(json_t *root, const char *interface, struct record *record)
{
	json_t *tables, *addresses, *changes = NULL;
	const char *name, *entry, *mac, *primary = NULL, *neighbour = "";
	int version, index, mtu, rp_filter;

	/* "?" marks members that were introduced later: records of earlier programs lack them. */
	int err = json_read_members(root,
		"{s:i, s:s, s:s, s:s, s:i, s:o, s:o, s:{s:i, s:i}, s?:s, s?:o, s?:i, s?:s}",
		"version", &version, "interface", &name, "entry", &entry, "mac", &mac, "index",
		&index, "tables", &tables, "addresses", &addresses, "before", "mtu", &mtu,
		"rp_filter", &rp_filter, "primary", &primary, "changes", &changes, "device-number",
		&record->device_number, "neighbour", &neighbour);
	if (err)
		return err;
	if (primary && ip_address_parse(primary, &record->primary))
		return -EBADMSG;
	err = check_interface_name(name, interface);
	if (err)
		return err;
	if (version != RECORD_VERSION || index < 0 || mtu < 0 || parse_mac(mac, &record->mac))
		return -EBADMSG;
	snprintf(record->neighbour, sizeof(record->neighbour), "%s", neighbour);
	record->index = (unsigned)index;
	record->original_mtu = (uint32_t)mtu;
	record->original_rp_filter = rp_filter;
	record->entry = strdup(entry);
	if (!record->entry)
		return -ENOMEM;
	err = read_tables(record, tables);
	if (!err)
		err = read_addresses(record, addresses);
	if (!err && changes)
		err = read_changes(record, changes);
	return err;
}

int record_load(const char *directory, const char *interface, struct record *ret_record,
	struct error *error)
{
	_cleanup_(strbuf_done) struct strbuf content = {0};
	_cleanup_(cleanup_json) json_t *root = NULL;
	char path[RECORD_PATH_SIZE];
	int err;

	record_init(ret_record, interface);
	err = build_path(directory, interface, path, error);
	if (err)
		return err;
	err = file_read(path, RECORD_MAX_BYTES, &content, NULL);
	if (err == -ENOENT)
		return err;
	if (err)
		return error_set(
			error, OUTCOME_FAILED, -err, "cannot read %s: %s", path, strerror(-err));
	err = json_read(strbuf_text(&content), content.length, JSON_REJECT_DUPLICATES, &root);
	if (!err)
		err = read_record(root, interface, ret_record);
	if (!err)
		return 0;
	record_done(ret_record);
	record_init(ret_record, interface);
	if (err == -ENOMEM)
		return error_oom(error);
	return error_set(error, OUTCOME_FAILED, -err, "%s: %s", path,
		err == -EBADMSG ? "not a state file that this version of myha can read"
				: strerror(-err));
}

/* A build_…() that runs out of memory returns NULL; then record_store()'s json_pack() fails. */
static json_t *build_tables(const struct record *record)
{
	json_t *array = json_array();

	for (size_t i = 0; i < record->n_tables; i++)
		json_add_item(&array, json_integer(record->tables[i]));
	return array;
}

static json_t *build_changes(const struct record *record)
{
	char text[IP_ADDRESS_TEXT_SIZE];
	json_t *array = json_array();

	for (size_t i = 0; i < record->n_changes; i++) {
		const struct facts_change *change = &record->changes[i];
		json_add_item(
			&array, json_pack("{s:s, s:s, s:I}", "address",
					ip_address_format(&change->address, text), "change",
					change->is_assigned ? CHANGE_ASSIGNED : CHANGE_RELEASED,
					"at", (json_int_t)change->at));
	}
	return array;
}

/* Adds the members that were introduced later without a new version, if they have a value. */
static void add_optional_members(const struct record *record, json_t **root)
{
	char text[IP_ADDRESS_TEXT_SIZE];

	if (ip_address_is_set(&record->primary))
		json_add_member(
			root, "primary", json_string(ip_address_format(&record->primary, text)));
	if (record->device_number >= 0)
		json_add_member(root, "device-number", json_integer(record->device_number));
	if (record->neighbour[0])
		json_add_member(root, "neighbour", json_string(record->neighbour));
	if (record->n_changes)
		json_add_member(root, "changes", build_changes(record));
}

/* An address whose length is not known is written without a length, as it was read. */
static json_t *build_addresses(const struct record *record)
{
	char text[IP_PREFIX_TEXT_SIZE];
	json_t *array = json_array();

	for (size_t i = 0; i < record->n_addresses; i++) {
		const struct ip_prefix *address = &record->addresses[i];
		json_add_item(&array,
			json_string(address->length ? ip_prefix_format(address, text)
						    : ip_address_format(&address->address, text)));
	}
	return array;
}

int record_store(const char *directory, const struct record *record, struct error *error)
{
	_cleanup_(cleanup_json) json_t *root = NULL;
	_cleanup_(strbuf_done) struct strbuf text = {0};
	char mac[MAC_TEXT_SIZE];
	char path[RECORD_PATH_SIZE];
	int err;

	err = build_path(directory, record->interface, path, error);
	if (err)
		return err;
	root = json_pack("{s:i, s:o, s:s, s:s, s:i, s:o, s:o, s:{s:i, s:i}}", "version",
		RECORD_VERSION, "interface", json_text(record->interface), "entry",
		record->entry ? record->entry : "", "mac", mac_format(&record->mac, mac), "index",
		(int)record->index, "tables", build_tables(record), "addresses",
		build_addresses(record), "before", "mtu", (int)record->original_mtu, "rp_filter",
		record->original_rp_filter);
	add_optional_members(record, &root);
	if (json_append(root, JSON_COMPACT, &text)) /* fails if `root` is NULL */
		return error_oom(error);
	err = file_replace(path, strbuf_text(&text), text.length, 0644);
	if (err)
		return error_set(
			error, OUTCOME_FAILED, -err, "cannot write %s: %s", path, strerror(-err));
	return 0;
}

int record_remove(const char *directory, const char *interface, struct error *error)
{
	char path[RECORD_PATH_SIZE];
	int err = build_path(directory, interface, path, error);

	if (err)
		return err;
	if (unlink(path) < 0 && errno != ENOENT)
		return error_set(error, OUTCOME_FAILED, errno, "cannot remove %s: %s", path,
			strerror(errno));
	return 0;
}

static int is_record_file(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);
	size_t suffix = strlen(RECORD_SUFFIX);

	/* The temporary files of file_replace() begin with a dot. */
	return entry->d_name[0] != '.' && length > suffix &&
	       strcmp(entry->d_name + length - suffix, RECORD_SUFFIX) == 0;
}

int record_list_interfaces(const char *directory, char ***ret_interfaces, struct error *error)
{
	struct dirent **entries = NULL;
	int count = scandir(directory, &entries, is_record_file, alphasort);
	_cleanup_(record_names_free) char **names = NULL;

	if (count < 0 && errno != ENOENT)
		return error_set(error, OUTCOME_FAILED, errno, "cannot read %s: %s", directory,
			strerror(errno));
	if (count < 0) /* no directory: nothing has been attached yet */
		count = 0;
	names = calloc((size_t)count + 1, sizeof(*names));
	for (int i = 0; i < count; i++) { /* without memory, only frees the entries */
		size_t length = strlen(entries[i]->d_name) - strlen(RECORD_SUFFIX);
		if (names)
			names[i] = strndup(entries[i]->d_name, length);
		if (names && !names[i])
			record_names_free(&names); /* sets `names` to NULL */
		free(entries[i]);
	}
	free(entries);
	if (!names)
		return error_oom(error);
	*ret_interfaces = TAKE_PTR(names);
	return 0;
}

void record_names_free(char ***names)
{
	for (char **name = *names; name && *name; name++)
		free(*name);
	free(*names);
	*names = NULL;
}
