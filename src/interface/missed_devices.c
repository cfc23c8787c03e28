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

/*
 * Whether the link's arrival must start a unit. An overlay's interface needs no entry of its own:
 * its unit starts the unit of the overlay.
 */
static bool requires_unit(const struct policy *policy, const struct net_link *link)
{
	if (link->loopback)
		return false;
	for (size_t i = 0; i < policy->n_overlays; i++)
		if (strcmp(policy->overlays[i].interface, link->name) == 0)
			return true;
	return is_listed_link(policy, link);
}

/* udev may know a device, but may have been killed before it announced the device to systemd. */
static int resend_add_events(struct service_manager *manager, const struct policy *policy,
	const struct netstate *links, struct error *error)
{
	int err = 0;

	for (size_t i = 0; !err && i < links->n_links; i++) {
		const struct net_link *link = &links->links[i];
		struct device device;
		bool systemd_has_device = false;
		if (!requires_unit(policy, link))
			continue;
		err = device_find(link->name, &device, error);
		if (!err)
			err = interface_unit_has_device(
				manager, link->name, &systemd_has_device, error);
		if (!err && (!device.is_initialized || !systemd_has_device)) {
			log_line(LOG_NOTICE, link->name,
				"udev missed the arrival of this device: sending its \"add\" event again");
			err = device_resend_add_event(link->name, error);
		}
		if (err == -ENODEV) /* the device has gone meanwhile */
			err = 0;
	}
	return err;
}

/*
 * Handles an interface that had a record when the run began. If another device has its name now,
 * restarts the unit. Otherwise adds the interface to *reattach if its unit is active: the same
 * device may have gone and come back without its addresses.
 */
static int restart_or_reattach(struct service_manager *manager, const struct net_link *link,
	bool is_another_device, struct report *reattach, struct error *error)
{
	enum unit_state state;
	int err;

	if (is_another_device) {
		log_line(LOG_NOTICE, link->name,
			"udev missed that another device has this name now: restarting its unit");
		return interface_unit_queue_job(manager, "RestartUnit", link->name, error);
	}
	err = interface_unit_read_state(manager, link->name, &state, error);
	if (err || state != UNIT_ACTIVE)
		return err;
	return report_add(reattach, link->name) ? error_oom(error) : 0;
}

/*
 * Handles all interfaces that had a record when the run began. `detached` has the results of those
 * whose recorded device was gone: if such an interface exists, it is another device.
 */
static int handle_recorded(struct service_manager *manager, char *const *recorded_names,
	const struct netstate *links, const struct report *detached, struct report *reattach,
	struct error *error)
{
	bool has_stale_device = false;
	int err = 0;

	for (; !err && *recorded_names; recorded_names++) {
		const struct net_link *link = netstate_link_by_name(links, *recorded_names);
		bool is_another_device = link && report_has_interface(detached, *recorded_names);
		if (link)
			err = restart_or_reattach(
				manager, link, is_another_device, reattach, error);
		else
			has_stale_device = true;
	}
	/* Without a reload, systemd keeps a gone device and starts no unit for its successor. */
	return !err && has_stale_device ? service_manager_reload(manager, error) : err;
}

static int reattach_interfaces(const struct operation *operation, struct report *reattach,
	struct report *report, struct error *error)
{
	struct operation attached_only = *operation;

	attached_only.ignore_missing = true;
	attached_only.only_attached = true;
	/* The return value is ignored: failures are in the results. */
	if (reattach->count)
		reconcile(&attached_only, reattach);
	return report_move_results(report, reattach) ? error_oom(error) : 0;
}

/* Lists the records before detach_gone(), which removes the records of devices that are gone. */
int missed_devices_catch_up(
	const struct operation *operation, struct report *report, struct error *error)
{
	_cleanup_(record_names_free) char **recorded_names = NULL;
	_cleanup_(netstate_done) struct netstate links = {0};
	_cleanup_(service_manager_close) struct service_manager manager = {.fd = -1};
	_cleanup_(report_done) struct report reattach = {0};
	int err = record_list_interfaces(operation->run_directory, &recorded_names, error);

	if (!err)
		err = detach_gone(operation, report, error);
	if (err || operation->dry_run)
		return err;
	err = service_manager_open(SERVICE_MANAGER_SOCKET, &operation->deadline, &manager, error);
	if (!err)
		err = snapshot_read(NULL, 0 /* tables */, &operation->deadline, &links, error);
	if (!err)
		err = resend_add_events(&manager, operation->policy, &links, error);
	if (!err)
		err = handle_recorded(&manager, recorded_names, &links, report, &reattach, error);
	return err ? err : reattach_interfaces(operation, &reattach, report, error);
}
