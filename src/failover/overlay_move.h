/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Points the routes of an overlay address to an ENI in all its route tables, with ReplaceRoute, or
 * with CreateRoute if a table has no route. A route that a Route Server advertises is not changed.
 *
 * A route that already points to the ENI is confirmed with the same request, since a read may be
 * old and EC2's acceptance is not: ReplaceRoute with the current target changes nothing. If routes
 * may not be replaced, the request is CreateRoute, which EC2 refuses if the route has another
 * target by then.
 *
 * If routes may not be replaced and one points elsewhere, no route is created either. Otherwise
 * some clients would reach one host, and some the other.
 */
#pragma once

#include "failover/overlay_change.h"

/* All pointers are borrowed, and must stay valid as long as the flow. */
struct overlay_move_goal {
	struct overlay_routes routes;
	const char *eni; /* id of the target ENI */
	bool may_create; /* create missing routes; only in tables that are named */
	bool may_replace; /* replace routes that point elsewhere */
	bool is_preview; /* nothing will be sent */
};

struct overlay_move {
	struct overlay_move_goal goal;
	const char *target[2]; /* the ENI, NULL-terminated */
	struct overlay_change change; /* change.read.tables has the results */
};

/* Initializes the flow, which points into itself: do not copy it. */
void overlay_move_init(struct overlay_move *move, const struct overlay_move_goal *goal);
void overlay_move_done(struct overlay_move *move);
/* Returns the interface for the driver; borrows `move`. */
struct flow overlay_move_flow(struct overlay_move *move);
