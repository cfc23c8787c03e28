/* SPDX-License-Identifier: Apache-2.0 */
#include "overlay/address_record.h"

#include "base/clock.h"
#include "core/lock.h"
#include "core/record.h"

#include <errno.h>
#include <string.h>

enum address_change {
	PLACED,
	ASSIGNED,
	RELEASED,
};

/* A placed address is listed for detach; the other changes override EC2's older metadata. */
static int change_record(
	struct record *record, enum address_change change, const struct ip_address *address)
{
	const struct ip_prefix host = ip_prefix_of_host(address);

	if (change == PLACED)
		return record_add_address(record, &host);
	return record_set_change(record, address, change == ASSIGNED, clock_boottime());
}

/* Changes the interface's record, if there is one and `link` (NULL: any device) is its device. */
static int update_record(const struct operation *operation, const char *interface,
	const struct net_link *link, enum address_change change, const struct ip_address *address,
	struct error *error)
{
	const char *directory = operation->run_directory;
	_cleanup_(lock_release) struct lock lock = {.fd = -1};
	_cleanup_(record_done) struct record record = {0};
	int err;

	if (operation->dry_run)
		return 0;
	err = lock_acquire(directory, interface, &operation->deadline, &lock, error);
	if (!err)
		err = record_load(directory, interface, &record, error);
	if (err == -ENOENT) {
		*error = (struct error){0};
		return 0;
	}
	if (err || (link && !record_matches_link(&record, link)))
		return err;
	if (change_record(&record, change, address))
		return error_oom(error);
	return record_store(directory, &record, error);
}

/* Whether the interface's record has the address. False if the record cannot be read. */
static int find_in_record(const struct operation *operation, const char *interface,
	const struct ip_address *address, bool *ret_found, struct error *error)
{
	_cleanup_(record_done) struct record record;
	int err = record_load(operation->run_directory, interface, &record, NULL);

	if (err == -ENOMEM) /* all other errors count as "does not have it" */
		return error_oom(error);
	*ret_found = !err && record_has_address(&record, address);
	return 0;
}

/* Records the release for `holder` and records with the address, not for `except`. "": none. */
static int store_released(const struct operation *operation, const char *holder, const char *except,
	const struct ip_address *address, struct error *error)
{
	_cleanup_(record_names_free) char **names = NULL;
	int err = record_list_interfaces(operation->run_directory, &names, error);

	for (char **name = names; !err && *name; name++) {
		bool must_change = strcmp(*name, holder) == 0;

		if (strcmp(*name, except) == 0)
			continue;
		if (!must_change)
			err = find_in_record(operation, *name, address, &must_change, error);
		if (!err && must_change)
			err = update_record(operation, *name, NULL, RELEASED, address, error);
	}
	return err;
}

int address_record_store_placed(const struct operation *operation, const struct net_link *link,
	const struct ip_address *address, struct error *error)
{
	return update_record(operation, link->name, link, PLACED, address, error);
}

int address_record_store_assigned(const struct operation *operation, const struct net_link *link,
	const struct ip_address *address, struct error *error)
{
	int err = update_record(operation, link->name, link, ASSIGNED, address, error);

	return err ? err : store_released(operation, "", link->name, address, error);
}

int address_record_store_released(const struct operation *operation, const char *holder,
	const struct ip_address *address, struct error *error)
{
	return store_released(operation, holder, "", address, error);
}

int address_record_exists(const struct operation *operation, const struct ip_address *address,
	bool *ret_exists, struct error *error)
{
	_cleanup_(record_names_free) char **names = NULL;
	bool exists = false;
	int err = record_list_interfaces(operation->run_directory, &names, error);

	for (char **name = names; !err && !exists && *name; name++)
		err = find_in_record(operation, *name, address, &exists, error);
	*ret_exists = exists;
	return err;
}
