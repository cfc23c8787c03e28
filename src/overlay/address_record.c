/* SPDX-License-Identifier: Apache-2.0 */
#include "overlay/address_record.h"

#include "base/clock.h"
#include "core/lock.h"
#include "core/record.h"

#include <errno.h>
#include <string.h>

enum kind {
	PLACED,
	ASSIGNED,
	RELEASED,
};

static int note(struct memory *memory, enum kind kind, const struct ip_address *address)
{
	const struct ip_prefix host = ip_prefix_of_host(address);

	if (kind == PLACED)
		return memory_add_address(memory, &host);
	return memory_note_change(memory, address, kind == ASSIGNED, clock_boottime());
}

/* `link` is the device that the record must be about; NULL: whichever it is about. */
static int update(const struct deed *deed, const char *interface, const struct net_link *link,
	enum kind kind, const struct ip_address *address, struct error *error)
{
	const char *directory = deed->run_directory;
	_cleanup_(lock_release) struct lock lock = {.fd = -1};
	_cleanup_(memory_done) struct memory memory;
	int err;

	memory_init(&memory, interface);
	if (deed->dry_run)
		return 0;
	err = lock_take(directory, interface, &deed->deadline, &lock, error);
	if (!err)
		err = memory_load(directory, interface, &memory, error);
	if (err == -ENOENT) {
		*error = (struct error){0};
		return 0;
	}
	if (err || (link && !memory_is_about(&memory, link)))
		return err;
	if (note(&memory, kind, address))
		return error_set(error, OUTCOME_FAILED, ENOMEM, "out of memory");
	return memory_store(directory, &memory, error);
}

/* Whether the interface's record has the address. One that cannot be read has none. */
static int find_in_record(const struct deed *deed, const char *interface,
	const struct ip_address *address, bool *ret_found, struct error *error)
{
	_cleanup_(memory_done) struct memory memory;
	int err;

	memory_init(&memory, interface);
	err = memory_load(deed->run_directory, interface, &memory, NULL);
	if (err == -ENOMEM)
		return error_set(error, OUTCOME_FAILED, ENOMEM, "out of memory");
	*ret_found = !err && memory_has_address(&memory, address);
	return 0;
}

static int release_but(const struct deed *deed, const char *carrier, const char *but,
	const struct ip_address *address, struct error *error)
{
	_cleanup_(memory_names_free) char **names = NULL;
	int err = memory_list(deed->run_directory, &names, error);

	for (char **name = names; !err && *name; name++) {
		bool is_concerned = strcmp(*name, carrier) == 0;

		if (strcmp(*name, but) == 0)
			continue;
		if (!is_concerned)
			err = find_in_record(deed, *name, address, &is_concerned, error);
		if (!err && is_concerned)
			err = update(deed, *name, NULL, RELEASED, address, error);
	}
	return err;
}

int address_record_placed(const struct deed *deed, const struct net_link *link,
	const struct ip_address *address, struct error *error)
{
	return update(deed, link->name, link, PLACED, address, error);
}

int address_record_assigned(const struct deed *deed, const struct net_link *link,
	const struct ip_address *address, struct error *error)
{
	int err = update(deed, link->name, link, ASSIGNED, address, error);

	return err ? err : release_but(deed, "", link->name, address, error);
}

int address_record_released(const struct deed *deed, const char *carrier,
	const struct ip_address *address, struct error *error)
{
	return release_but(deed, carrier, "", address, error);
}

int address_record_exists(const struct deed *deed, const struct ip_address *address,
	bool *ret_exists, struct error *error)
{
	_cleanup_(memory_names_free) char **names = NULL;
	bool exists = false;
	int err = memory_list(deed->run_directory, &names, error);

	for (char **name = names; !err && !exists && *name; name++)
		err = find_in_record(deed, *name, address, &exists, error);
	*ret_exists = exists;
	return err;
}
