/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The source/destination check of the ENI that an overlay is routed to, as the policy wants it seen
 * to: fix, warn or ignore.
 */
#pragma once

#include "core/cloud.h"
#include "failover/source_guard.h"
#include "overlay/result.h"

/* Only asks how it stands. */
void overlay_check_read(struct cloud *cloud, struct overlay_result *result);

/*
 * Sees to result->eni's. Logs what came of it, and puts it into the result. `known`: as it was read just
 * before; UNKNOWN: it was not.
 */
void overlay_check_run(struct cloud *cloud, enum ec2_flag known, struct overlay_result *result);

/*
 * Guards the switching of routes to result->eni, which is borrowed, as the policy wants it. Where the
 * routes are changed under a role, all is asked for at once, since the check is the host's own.
 */
void overlay_check_guard(
	struct cloud *cloud, const struct overlay_result *result, struct source_guard *ret_guard);
