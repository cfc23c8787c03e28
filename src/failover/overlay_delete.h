/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deletes the routes of an overlay address from all its route tables: the routes that point to this
 * host, or all routes if `force` is set. A route that a Route Server advertises is never deleted.
 *
 * EC2 deletes a route whatever its target is, even if another node has moved the route after our
 * read. So a request confirms that a table has no route only if `force` is set. Otherwise the table
 * is read again, when a read cannot be old any more.
 */
#pragma once

#include "failover/overlay_change.h"

/* All pointers are borrowed, and must stay valid as long as the flow. */
struct overlay_delete_goal {
	struct overlay_routes routes;
	const char *const *enis; /* this host's ENIs, whose routes are deleted; NULL-terminated */
	bool force; /* delete routes to any target; then `enis` may be NULL */
	bool spares_other_targets; /* other routes may remain: later reads confirm their targets */
	bool is_preview; /* nothing will be sent */
};

struct overlay_delete {
	struct overlay_delete_goal goal;
	struct overlay_change change; /* change.read.tables has the results */
};

/* Initializes the flow, which points into itself: do not copy it. */
void overlay_delete_init(struct overlay_delete *delete, const struct overlay_delete_goal *goal);
void overlay_delete_done(struct overlay_delete *delete);
/* Returns the interface for the driver; borrows `delete`. */
struct flow overlay_delete_flow(struct overlay_delete *delete);
