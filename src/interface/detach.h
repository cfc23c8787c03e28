/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Removes all that myha added to the host for an interface. Requires neither the device nor EC2 nor
 * the policy: the record in /run/myha lists the addresses, the tables and the original settings. Of
 * the routes and rules of these tables, only those of protocol 77 are removed.
 */
#pragma once

#include "core/operation.h"

enum detach_when {
	DETACH_ALWAYS,
	DETACH_KEEP_RECORD, /* always, but keep the record if the device is gone */
	DETACH_IF_GONE, /* only if the device is gone, even if another device has its name now */
};

/*
 * Fills in the result. Returns 0, or -errno with the message in result->error.
 *
 * A unit uses DETACH_KEEP_RECORD in ExecStop= and DETACH_IF_GONE in ExecStopPost=, which also runs
 * after a failure: a killed attach may have left objects, too.
 */
int detach(const struct operation *operation, enum detach_when when, struct result *result);

/*
 * Detaches every interface that has a record but whose device is gone; adds a result for each.
 * Returns 0, even if a detach failed; -errno with a message if the interfaces could not be listed.
 */
int detach_gone(const struct operation *operation, struct report *report, struct error *error);
