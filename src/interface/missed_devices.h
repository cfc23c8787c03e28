/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes good what udev missed while it was down, or when it was killed in the middle of an event: devices that
 * came without their unit being started, went without their unit being stopped, or were exchanged for others.
 *
 * It changes nothing for an interface that is as its unit left it.
 */
#pragma once

#include "core/operation.h"

/*
 * Takes away what is left of interfaces that are gone, has udev and systemd learn of those that have come, and
 * queues jobs for the units; it does not wait for those. Attaches again what is still there. The report gets a
 * result for each interface that is gone or still there. A dry run reports only those that are gone. 0 or -errno with words.
 */
int missed_devices_catch_up(
	const struct operation *operation, struct report *report, struct error *error);
