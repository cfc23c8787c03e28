/* SPDX-License-Identifier: Apache-2.0 */
#include "interface/missed_devices.h"

#include "base/log.h"
#include "core/interface_unit.h"
#include "core/record.h"
#include "interface/detach.h"
#include "interface/listed_link.h"
#include "interface/reconcile.h"
#include "kernel/device.h"
#include "kernel/snapshot.h"

#include <errno.h>
#include <string.h>

/* The unit of an overlay's interface also starts the unit of the overlay. */
static bool is_managed(const struct policy *policy, const struct net_link *link)
{
	if (link->loopback)
		return false;
	for (size_t i = 0; i < policy->n_overlays; i++)
		if (strcmp(policy->overlays[i].interface, link->name) == 0)
			return true;
	return is_listed_link(policy, link);
}

/* udev may know a device, but may have been killed before it announced the device to systemd. */
static int announce_missed(struct service_manager *manager, const struct policy *policy,
	const struct netstate *links, struct error *error)
{
	int err = 0;

	for (size_t i = 0; !err && i < links->n_links; i++) {
		const struct net_link *link = &links->links[i];
		struct device device;
		bool has_device = false;

		if (!is_managed(policy, link))
			continue;
		err = device_find(link->name, &device, error);
		if (!err)
			err = interface_unit_has_device(manager, link->name, &has_device, error);
		if (!err && (!device.is_known || !has_device)) {
			log_line(LOG_NOTICE, link->name,
				"udev missed the arrival of this device: sending its \"add\" event again");
			err = device_announce(link->name, error);
		}
		if (err == -ENODEV)
			err = 0;
	}
	return err;
}

/*
 * Handles an interface that had a record when the run began. If another device has its name now,
 * restarts the unit. Otherwise adds the interface to *present if its unit is active: the same
 * device may have gone and come back without its addresses.
 */
static int renew_interface(struct service_manager *manager, const struct net_link *link,
	bool is_exchanged, struct report *present, struct error *error)
{
	enum unit_state state;
	int err;

	if (is_exchanged) {
		log_line(LOG_NOTICE, link->name,
			"udev missed that another device has this name now: restarting its unit");
		return interface_unit_queue(manager, "RestartUnit", link->name, error);
	}
	err = interface_unit_read_state(manager, link->name, &state, error);
	if (err || state != UNIT_ACTIVE)
		return err;
	if (report_add(present, link->name))
		return error_oom(error);
	return 0;
}

static int renew_all(struct service_manager *manager, char *const *names,
	const struct netstate *links, const struct report *gone, struct report *present,
	struct error *error)
{
	bool is_stale = false;
	int err = 0;

	for (; !err && *names; names++) {
		const struct net_link *link = netstate_link_by_name(links, *names);

		if (link)
			err = renew_interface(
				manager, link, report_has(gone, *names), present, error);
		else
			is_stale = true;
	}
	/*
	 * systemd still has the device, and would not start the unit for the next device of that
	 * name.
	 */
	return !err && is_stale ? service_manager_reload(manager, error) : err;
}

static int attach_again(const struct operation *operation, struct report *present,
	struct report *report, struct error *error)
{
	struct operation attached = *operation;

	attached.ignore_missing = attached.only_attached = true;
	/* Failures are in the results. */
	if (present->count)
		reconcile(&attached, present);
	if (report_append_all(report, present))
		return error_oom(error);
	return 0;
}

int missed_devices_catch_up(
	const struct operation *operation, struct report *report, struct error *error)
{
	_cleanup_(record_names_free) char **names = NULL;
	_cleanup_(netstate_done) struct netstate links = {0};
	_cleanup_(service_manager_close) struct service_manager manager = {.fd = -1};
	_cleanup_(report_done) struct report present = {0};
	int err = record_list(operation->run_directory, &names, error);

	if (!err)
		err = detach_gone(operation, report, error);
	if (err || operation->dry_run)
		return err;
	err = service_manager_open(SERVICE_MANAGER_SOCKET, &operation->deadline, &manager, error);
	if (!err)
		err = snapshot_read(NULL, 0, &operation->deadline, &links, error);
	if (!err)
		err = announce_missed(&manager, operation->policy, &links, error);
	if (!err)
		err = renew_all(&manager, names, &links, report, &present, error);
	return err ? err : attach_again(operation, &present, report, error);
}
