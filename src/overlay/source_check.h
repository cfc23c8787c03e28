/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the source/destination check of the ENI that an overlay is routed to, and handles it as the
 * policy says: fix, warn or ignore. While the check is on, EC2 drops traffic to an overlay address.
 */
#pragma once

#include "core/cloud.h"
#include "failover/source_guard.h"
#include "overlay/result.h"

/* Only reads the check, and puts its state into the result. */
void overlay_source_check_read(struct cloud *cloud, struct overlay_result *result);

/*
 * Handles the check of result->eni, logs the outcome and puts it into the result. `known` is the
 * state that was read just before; UNKNOWN: not read yet. If the policy says fix, a dry run adds
 * the request to the preview instead of sending it.
 */
void overlay_source_check_apply(
	struct cloud *cloud, enum ec2_flag known, struct overlay_result *result);

/*
 * Prepares a guard for changes of routes to result->eni, which it borrows; nothing if the policy
 * ignores the check. If the routes are changed under a role, the guard's requests are sent at once:
 * the check is read under the host's own identity. If that fails, the guard is empty and permits
 * every change.
 */
void overlay_source_guard_prepare(
	struct cloud *cloud, const struct overlay_result *result, struct source_guard *ret_guard);
