/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decides a table by a read after the changes. EC2's reads may be old (FLOW_STALE_MSEC), and a
 * later read may be older than an earlier one. So these rules apply:
 *
 * - The wanted route proves success if EC2 accepted our request. Otherwise only a conclusive read
 *   proves it: one that cannot be older than the changes.
 * - The old route never proves that an accepted request failed, however late a read shows it. The
 *   table stays undecided until the deadline, and then its state is not known.
 * - Any other route, in a conclusive read, was made by another node after our change.
 */
#pragma once

#include "failover/overlay_change.h"

/*
 * Sets the verdict of an undecided table, if possible. `found` is NULL if the response lacks the
 * table.
 */
void overlay_verify_table(struct overlay_change *change, struct overlay_table *table,
	const struct ec2_route_table *found);
/* Fails an undecided table that cannot be read again. `reason` is the cause. */
void overlay_fail_unread(
	struct overlay_change *change, struct overlay_table *table, const struct error *reason);
