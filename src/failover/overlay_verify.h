/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Judges what a read after the changes shows of a table, given that EC2's reads may be old
 * (FLOW_STALE_MSEC) and do not have to be in order:
 *
 * - the wanted route is proof where EC2 accepted our request; else only in a conclusive read, which is
 *   no older than the changes;
 * - the route of before is no proof against an accepted request, however late it is shown: such a table
 *   stays open until the deadline, and is not known then;
 * - any other route, in a conclusive read, is another node's, which has overtaken us.
 */
#pragma once

#include "failover/overlay_change.h"

/* Gives an open table its verdict, or leaves it open. `found` is NULL where the response lacks it. */
void overlay_verify_table(struct overlay_change *change, struct overlay_table *table,
	const struct ec2_route_table *found);

/* Fails an open table that can be read no more, for this reason. */
void overlay_fail_unread(
	struct overlay_change *change, struct overlay_table *table, const struct error *reason);
