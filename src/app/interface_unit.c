/* SPDX-License-Identifier: Apache-2.0 */
#include "app/interface_unit.h"

#include "app/service_manager.h"
#include "base/cleanup.h"
#include "base/log.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static const char plain[] = "0123456789abcdefghijklmnopqrstuvwxyz"
			    "ABCDEFGHIJKLMNOPQRSTUVWXYZ:_.";

void interface_unit_name(const char *prefix, const char *interface, const char *suffix,
	char ret_name[INTERFACE_UNIT_SIZE])
{
	int length = snprintf(ret_name, INTERFACE_UNIT_SIZE, "%s", prefix);

	for (const char *c = interface; *c && length < INTERFACE_UNIT_SIZE - 5; c++) {
		bool is_plain = strchr(plain, *c) && (*c != '.' || c != interface);

		length += snprintf(ret_name + length, (size_t)(INTERFACE_UNIT_SIZE - length),
			is_plain ? "%c" : "\\x%02x", (unsigned char)*c);
	}
	snprintf(ret_name + length, (size_t)(INTERFACE_UNIT_SIZE - length), "%s", suffix);
}

static void name_unit(const char *interface, char ret_name[INTERFACE_UNIT_SIZE])
{
	interface_unit_name("myha@", interface, ".service", ret_name);
}

/* Whether the device is there, and since when; and whether its unit is down, and its latest start. */
struct view {
	bool has_device, is_down;
	uint64_t came, started;
};

static int look(struct service_manager *manager, const char *interface, struct view *ret_view,
	struct error *error)
{
	char device[INTERFACE_UNIT_SIZE], unit[INTERFACE_UNIT_SIZE];
	struct view view = {0};
	bool is_active, is_down;
	int err;

	interface_unit_name("sys-subsystem-net-devices-", interface, ".device", device);
	name_unit(interface, unit);
	err = service_manager_read_state(manager, device, &view.has_device, &is_down, error);
	if (!err)
		err = service_manager_read_time(
			manager, device, "ActiveEnterTimestampMonotonic", &view.came, error);
	if (!err)
		err = service_manager_read_state(manager, unit, &is_active, &view.is_down, error);
	if (!err)
		err = service_manager_read_time(
			manager, unit, "InactiveExitTimestampMonotonic", &view.started, error);
	*ret_view = view;
	return err;
}

int interface_unit_start_missed(
	const char *interface, const struct deadline *deadline, struct error *error)
{
	_cleanup_(service_manager_close) struct service_manager manager;
	char unit[INTERFACE_UNIT_SIZE];
	struct view view;
	int err = service_manager_open(SERVICE_MANAGER_SOCKET, deadline, &manager, error);

	if (err)
		return err;
	err = look(&manager, interface, &view, error);
	if (err || !view.has_device || !view.is_down || view.came <= view.started)
		return err;
	name_unit(interface, unit);
	log_line(LOG_INFO, interface, "its device came while %s was stopping: starting it", unit);
	return service_manager_queue(&manager, "StartUnit", unit, error);
}

void interface_unit_look_again(const char *interface, const struct deadline *deadline)
{
	_cleanup_(service_manager_close) struct service_manager manager;
	char unit[INTERFACE_UNIT_SIZE];
	struct error error = {0};
	int err = service_manager_open(SERVICE_MANAGER_SOCKET, deadline, &manager, &error);

	interface_unit_name("myha-again@", interface, ".service", unit);
	if (!err)
		err = service_manager_queue(&manager, "RestartUnit", unit, &error);
	/* While the host shuts down, systemd refuses each start. */
	if (err)
		log_line(LOG_DEBUG, interface, "%s", error.text);
}
