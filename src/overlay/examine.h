/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds the state of overlays: the link of this host that has the address, and the targets of the
 * routes. The route tables of all overlays that use the same role are read at once.
 */
#pragma once

#include "core/cloud.h"
#include "overlay/result.h"

/*
 * Fills in each result that is RESULT_UNDECIDED, and sets its state to RESULT_UNCHANGED, or to
 * RESULT_FAILED with the reason in `error`. A link that the policy names and the host does not have
 * is not a failure. Changes nothing, on the host or in EC2. Returns 0, or -ENOMEM with a message.
 *
 * limits_roles: each of several roles has only a share of the time, which later calls extend. If
 * EC2 does not respond within this share, the overlays of the role fail with OUTCOME_TIMEOUT.
 */
int overlay_examine(struct cloud *cloud, struct overlay_result *results, size_t count,
	bool limits_roles, struct error *error);

/*
 * Sleeps until a read from EC2, which may be stale, can no longer show a state from before this
 * call. 0; -ETIME with a message if the deadline comes first.
 */
int overlay_wait_for_fresh_read(const struct operation *operation, struct error *error);

/*
 * Makes a result for every overlay of the policy or, if `interface` is not NULL, for those whose
 * link it is. The caller frees them with overlay_result_cleanup_all(). Returns 0 or -ENOMEM.
 */
int overlay_results_create(const struct policy *policy, const char *interface,
	struct overlay_result **ret_results, size_t *ret_count);
