/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How overlays stand: which link of this host has the address, and where the routes lead to. All
 * tables of all overlays are asked for at once.
 */
#pragma once

#include "core/cloud.h"
#include "overlay/result.h"

/*
 * Fills in what could be learned of each that is RESULT_OPEN, which it is not any more then; those of
 * which nothing could be learned keep the reason in their `error`, with RESULT_FAILED. A link that the
 * policy names and the host has not is no such reason. Changes nothing, on the host or in EC2. Returns
 * 0, or -ENOMEM with words.
 */
int overlay_examine(
	struct cloud *cloud, struct overlay_result *results, size_t count, struct error *error);

/*
 * The same, but if the overlays have several roles, each role has only a share of the time. One that
 * does not respond in its share fails its overlays by OUTCOME_TIMEOUT; the share of the next call is
 * longer.
 */
int overlay_examine_in_shares(
	struct cloud *cloud, struct overlay_result *results, size_t count, struct error *error);

/*
 * Until a read can no longer be older than this call: EC2's may be old. 0, or -ETIME with words where the
 * deadline leaves no time for one.
 */
int overlay_examine_wait(const struct operation *operation, struct error *error);

/*
 * A result for every overlay of the policy, or (`interface` not NULL) for those that it is to carry; to
 * be freed with overlay_result_cleanup_all(). -ENOMEM.
 */
int overlay_results_of_policy(const struct policy *policy, const char *interface,
	struct overlay_result **ret_results, size_t *ret_count);
