/* SPDX-License-Identifier: Apache-2.0 */
#include "core/interface_unit.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/unit_name.h"
#include "kernel/device.h"

#include <stdint.h>

/* How long a completed attach may still wait for systemd. */
#define SYSTEMD_TIMEOUT_MSEC 5000

static void format_unit_name(const char *interface, char ret_name[UNIT_NAME_SIZE])
{
	unit_name_format("myha@", interface, ".service", ret_name);
}

static void format_device_name(const char *interface, char ret_name[UNIT_NAME_SIZE])
{
	unit_name_format("sys-subsystem-net-devices-", interface, ".device", ret_name);
}

int interface_unit_has_device(struct service_manager *manager, const char *interface,
	bool *ret_has_device, struct error *error)
{
	enum unit_state state = UNIT_DOWN;
	char device[UNIT_NAME_SIZE];
	int err;

	format_device_name(interface, device);
	err = service_manager_read_state(manager, device, &state, error);
	*ret_has_device = state == UNIT_ACTIVE;
	return err;
}

int interface_unit_read_state(struct service_manager *manager, const char *interface,
	enum unit_state *ret_state, struct error *error)
{
	char unit[UNIT_NAME_SIZE];

	format_unit_name(interface, unit);
	return service_manager_read_state(manager, unit, ret_state, error);
}

/* Whether the device appeared after its unit's latest start (0: never), by systemd's clock. */
static int check_device_is_newer(struct service_manager *manager, const char *interface,
	bool *ret_is_newer, struct error *error)
{
	char device[UNIT_NAME_SIZE], unit[UNIT_NAME_SIZE];
	uint64_t device_time = 0, unit_time = 0;
	int err;

	format_device_name(interface, device);
	format_unit_name(interface, unit);
	err = service_manager_read_time(
		manager, device, "ActiveEnterTimestampMonotonic", &device_time, error);
	if (!err)
		err = service_manager_read_time(
			manager, unit, "InactiveExitTimestampMonotonic", &unit_time, error);
	*ret_is_newer = device_time > unit_time;
	return err;
}

int interface_unit_queue_job(struct service_manager *manager, const char *method,
	const char *interface, struct error *error)
{
	char unit[UNIT_NAME_SIZE];

	format_unit_name(interface, unit);
	return service_manager_queue_job(manager, method, unit, error);
}

/*
 * A unit that itself runs this attach is "activating", so it is not down. If systemd does not know
 * the device yet, because udev has not reported it, the start waits for the device.
 */
static int start_unit_if_down(
	struct service_manager *manager, const char *interface, struct error *error)
{
	enum unit_state state;
	int err;

	if (!device_gets_unit(interface))
		return 0;
	err = interface_unit_read_state(manager, interface, &state, error);
	if (err || state != UNIT_DOWN)
		return err;
	return interface_unit_queue_job(manager, "StartUnit", interface, error);
}

void interface_unit_start_attached(const struct report *report, const struct deadline *deadline)
{
	_cleanup_(service_manager_close) struct service_manager manager = {.fd = -1};
	struct deadline limit = deadline_min(
		*deadline, deadline_after(clock_now(), SYSTEMD_TIMEOUT_MSEC));
	struct error error = {0};
	int err = 0;

	for (size_t i = 0; !err && i < report->count; i++) {
		const struct result *result = &report->results[i];
		bool is_attached = result->policy &&
				   result_outcome(result->state, &result->error) == OUTCOME_DONE;
		if (!is_attached)
			continue;
		if (manager.fd < 0) /* connects only once, and only if needed */
			err = service_manager_open(
				SERVICE_MANAGER_SOCKET, &limit, &manager, &error);
		if (!err)
			err = start_unit_if_down(&manager, result->interface, &error);
	}
	/* Only debug: on a host without systemd there are no units to start. */
	if (err)
		log_line(LOG_DEBUG, "units", "%s", error.text);
}

int interface_unit_start_if_dropped(
	const char *interface, const struct deadline *deadline, struct error *error)
{
	_cleanup_(service_manager_close) struct service_manager manager;
	char unit[UNIT_NAME_SIZE];
	enum unit_state state = UNIT_CHANGING; /* if there is no device: do not start */
	bool has_device = false, is_newer = false;
	int err = service_manager_open(SERVICE_MANAGER_SOCKET, deadline, &manager, error);

	if (!err)
		err = interface_unit_has_device(&manager, interface, &has_device, error);
	if (!err && has_device)
		err = interface_unit_read_state(&manager, interface, &state, error);
	if (!err && state == UNIT_DOWN)
		err = check_device_is_newer(&manager, interface, &is_newer, error);
	if (err || !is_newer)
		return err;
	format_unit_name(interface, unit);
	log_line(LOG_INFO, interface, "device arrived while %s was stopping: starting the unit",
		unit);
	return interface_unit_queue_job(&manager, "StartUnit", interface, error);
}

void interface_unit_queue_recheck(const char *interface, const struct deadline *deadline)
{
	_cleanup_(service_manager_close) struct service_manager manager;
	char unit[UNIT_NAME_SIZE];
	struct error error = {0};
	int err = service_manager_open(SERVICE_MANAGER_SOCKET, deadline, &manager, &error);

	unit_name_format("myha-again@", interface, ".service", unit);
	if (!err)
		err = service_manager_queue_job(&manager, "RestartUnit", unit, &error);
	/* Only debug: systemd refuses every start while the host shuts down. */
	if (err)
		log_line(LOG_DEBUG, interface, "%s", error.text);
}
