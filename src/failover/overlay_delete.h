/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deleting the routes of an overlay address from every route table that it has: those that point to
 * this host, or, by force, all. A route that a Route Server advertises is left in any case.
 *
 * EC2 deletes a route wherever it points: one that is moved between the look and the request goes
 * with it. So only by force does a request confirm that a table has no route; else it is read again once
 * a read can no longer be old.
 */
#pragma once

#include "failover/overlay_change.h"

/* All borrowed, and to hold as long as the flow. */
struct overlay_delete_goal {
	struct overlay_routes routes;
	const char *const *enis; /* whose routes may go, NULL-terminated: this host's */
	bool force; /* whatever they point to; then `enis` may be NULL */
	bool spares_other_targets; /* a route that points elsewhere is as it should be */
	bool is_preview; /* nothing will be sent */
};

struct overlay_delete {
	struct overlay_delete_goal goal;
	struct overlay_change change; /* the tables: change.look.tables */
};

/* It points into itself: not to be copied. */
void overlay_delete_init(struct overlay_delete *flow, const struct overlay_delete_goal *goal);
void overlay_delete_done(struct overlay_delete *flow);

/* For the driver; borrows `flow`. */
struct flow overlay_delete_flow(struct overlay_delete *flow);

/* DONE also where there was nothing to delete. */
enum outcome overlay_delete_outcome(const struct overlay_delete *flow);
