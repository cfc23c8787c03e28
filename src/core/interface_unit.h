/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decides when the unit of an interface, myha@IFACE.service, is started without systemd's own request:
 * systemd drops the start that a device asks for while the device's unit is stopping.
 *
 * Nothing is started for a device of which systemd will have no unit; where systemd does not run, that is an
 * error.
 */
#pragma once

#include "base/deadline.h"
#include "base/error.h"
#include "base/unit_name.h"
#include "core/operation.h"
#include "core/service_manager.h"

#include <stdbool.h>

/*
 * Starts the unit if its device came after the unit's latest start, and the unit is down: then systemd
 * dropped the start that the device asked for. A unit that was stopped by hand began after its device
 * came, and stays stopped. Both times are systemd's own, in the order in which it learned of both.
 */
int interface_unit_start_missed(
	const char *interface, const struct deadline *deadline, struct error *error);

/* Whether systemd knows the interface's device. 0 or -errno with words. */
int interface_unit_has_device(struct service_manager *manager, const char *interface,
	bool *ret_has_device, struct error *error);

/* Whether the interface's unit is active, and not about to be. 0 or -errno with words. */
int interface_unit_is_active(struct service_manager *manager, const char *interface,
	bool *ret_is_active, struct error *error);

/* Queues a job for the interface's unit: see service_manager_queue(). */
int interface_unit_queue(struct service_manager *manager, const char *method, const char *interface,
	struct error *error);

/*
 * Starts the units of interfaces that were attached without them, so that what was put on the host goes with
 * the device. Failures are logged, and it takes no more than a few seconds.
 */
void interface_unit_start_attached(const struct report *report, const struct deadline *deadline);

/* Has that be looked at once the unit has stopped, by myha-again@IFACE.service. Failures are logged. */
void interface_unit_check_again(const char *interface, const struct deadline *deadline);
