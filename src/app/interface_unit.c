/* SPDX-License-Identifier: Apache-2.0 */
#include "app/interface_unit.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* For systemd to answer a host where all is attached already. */
#define PATIENCE_MSEC 5000

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

static void name_device(const char *interface, char ret_name[INTERFACE_UNIT_SIZE])
{
	interface_unit_name("sys-subsystem-net-devices-", interface, ".device", ret_name);
}

int interface_unit_has_device(struct service_manager *manager, const char *interface,
	bool *ret_has_device, struct error *error)
{
	char device[INTERFACE_UNIT_SIZE];
	bool is_down;

	name_device(interface, device);
	return service_manager_read_state(manager, device, ret_has_device, &is_down, error);
}

static int look(struct service_manager *manager, const char *interface, struct view *ret_view,
	struct error *error)
{
	char device[INTERFACE_UNIT_SIZE], unit[INTERFACE_UNIT_SIZE];
	struct view view = {0};
	bool is_active;
	int err;

	name_device(interface, device);
	name_unit(interface, unit);
	err = interface_unit_has_device(manager, interface, &view.has_device, error);
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

int interface_unit_queue(struct service_manager *manager, const char *method, const char *interface,
	struct error *error)
{
	char unit[INTERFACE_UNIT_SIZE];

	name_unit(interface, unit);
	return service_manager_queue(manager, method, unit, error);
}

/* Its own start is under way where the unit attaches it itself. */
static int start_if_down(
	struct service_manager *manager, const char *interface, struct error *error)
{
	struct view view;
	int err = look(manager, interface, &view, error);

	if (err || !view.has_device || !view.is_down)
		return err;
	return interface_unit_queue(manager, "StartUnit", interface, error);
}

void interface_unit_start_attached(const struct report *report, const struct deadline *deadline)
{
	_cleanup_(service_manager_close) struct service_manager manager = {.fd = -1};
	struct deadline until = deadline_sooner(
		*deadline, deadline_after(clock_now(), PATIENCE_MSEC));
	struct error error = {0};
	int err = 0;

	for (size_t i = 0; !err && i < report->count; i++) {
		const struct result *result = &report->results[i];

		if (!result->policy ||
			result_outcome(result->state, &result->error) != OUTCOME_DONE)
			continue;
		if (manager.fd < 0)
			err = service_manager_open(
				SERVICE_MANAGER_SOCKET, &until, &manager, &error);
		if (!err)
			err = start_if_down(&manager, result->interface, &error);
	}
	/* Where systemd does not run, there are no units. */
	if (err)
		log_line(LOG_DEBUG, "units", "%s", error.text);
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
	return interface_unit_queue(&manager, "StartUnit", interface, error);
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
