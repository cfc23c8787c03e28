/* SPDX-License-Identifier: Apache-2.0 */
#include "app/address_record.h"

#include "app/lock.h"
#include "app/memory.h"
#include "base/clock.h"

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

/* Whether the interface's record speaks of the address, or the interface carries it. */
static bool is_concerned(const struct deed *deed, const char *interface, const char *carrier,
	const struct ip_address *address)
{
	_cleanup_(memory_done) struct memory memory;

	memory_init(&memory, interface);
	if (strcmp(interface, carrier) == 0)
		return true;
	return memory_load(deed->run_directory, interface, &memory, NULL) == 0 &&
	       memory_has_address(&memory, address);
}

static int release_but(const struct deed *deed, const char *carrier, const char *but,
	const struct ip_address *address, struct error *error)
{
	_cleanup_(memory_names_free) char **names = NULL;
	int err = memory_list(deed->run_directory, &names, error);

	for (char **name = names; !err && *name; name++)
		if (strcmp(*name, but) != 0 && is_concerned(deed, *name, carrier, address))
			err = update(deed, *name, NULL, RELEASED, address, error);
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

bool address_record_exists(const struct deed *deed, const struct ip_address *address)
{
	_cleanup_(memory_names_free) char **names = NULL;

	if (memory_list(deed->run_directory, &names, NULL))
		return false;
	for (char **name = names; *name; name++)
		if (is_concerned(deed, *name, "", address))
			return true;
	return false;
}
