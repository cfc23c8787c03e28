/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Handles device events that udev missed while it was down, or because it was killed during an
 * event. Such a device came without a start of its unit, went without a stop of its unit, or was
 * replaced by another device.
 *
 * It changes nothing for an interface that is still in the state in which its unit left it.
 */
#pragma once

#include "core/operation.h"

/*
 * Removes the remains of interfaces that are gone, announces new devices to udev and systemd, and
 * queues jobs for units without waiting for them. Attaches present interfaces again. The report
 * gets a result for each interface that is gone or was attached again; a dry run reports only
 * interfaces that are gone. Returns 0, or -errno with a message.
 */
int missed_devices_catch_up(
	const struct operation *operation, struct report *report, struct error *error);
