/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the state of an interface's unit, myha@IFACE.service, and starts the unit if systemd did
 * not: systemd drops the start that a device requests while the device's unit is stopping.
 *
 * Starts nothing if systemd will have no unit for the device. Fails if systemd does not run.
 */
#pragma once

#include "core/operation.h"
#include "core/service_manager.h"

/*
 * Starts the unit if it is down and its device appeared after the unit's latest start: then systemd
 * dropped the start that the device had requested. A unit that was stopped by hand had started
 * after its device appeared, and is not started. Both times are systemd's, so their order is the
 * order in which systemd noticed the two events. Returns 0 or -errno with a message.
 */
int interface_unit_start_if_dropped(
	const char *interface, const struct deadline *deadline, struct error *error);

/* Whether systemd knows the interface's device. Returns 0 or -errno with a message. */
int interface_unit_has_device(struct service_manager *manager, const char *interface,
	bool *ret_has_device, struct error *error);

/* Returns 0 or -errno with a message. */
int interface_unit_read_state(struct service_manager *manager, const char *interface,
	enum unit_state *ret_state, struct error *error);

/* Queues "StartUnit" or "RestartUnit" for the interface's unit: see service_manager_queue_job(). */
int interface_unit_queue_job(struct service_manager *manager, const char *method,
	const char *interface, struct error *error);

/*
 * Starts the units of interfaces that were attached without their unit. When the device disappears,
 * the unit then removes what the attach added. Logs failures; waits for systemd at most 5 s.
 */
void interface_unit_start_attached(const struct report *report, const struct deadline *deadline);

/*
 * Restarts myha-again@IFACE.service, which calls interface_unit_start_if_dropped() after the
 * interface's unit has stopped. Logs failures.
 */
void interface_unit_queue_recheck(const char *interface, const struct deadline *deadline);
