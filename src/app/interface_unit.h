/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decides when the unit of an interface, myha@IFACE.service, is started without systemd's own request:
 * systemd drops the start that a device asks for while the device's unit is stopping.
 *
 * Where systemd does not know the device, nothing is started; where it does not run, that is an error.
 */
#pragma once

#include "base/deadline.h"
#include "base/error.h"

#include <stddef.h>

/* Room for the name of a unit or device of any interface. */
#define INTERFACE_UNIT_SIZE 128

/* `prefix` and `suffix` with the name between them, escaped as systemd-escape(1) does. */
void interface_unit_name(const char *prefix, const char *interface, const char *suffix,
	char ret_name[INTERFACE_UNIT_SIZE]);

/*
 * Starts the unit if its device came after the unit's latest start, and the unit is down: then systemd
 * dropped the start that the device asked for. A unit that was stopped by hand began after its device
 * came, and stays stopped. Both times are systemd's own, in the order in which it learned of both.
 */
int interface_unit_start_missed(
	const char *interface, const struct deadline *deadline, struct error *error);

/* Has that be looked at once the unit has stopped, by myha-again@IFACE.service. Failures are logged. */
void interface_unit_look_again(const char *interface, const struct deadline *deadline);
