/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pointing an overlay address at an ENI in every route table that it has: ReplaceRoute, or CreateRoute
 * where there is no route. A route that a Route Server advertises is left.
 */
#pragma once

#include "failover/overlay_change.h"

/* All borrowed, and to hold as long as the flow. */
struct overlay_wish {
	struct overlay_routes routes;
	const char *eni; /* the target */
	bool may_create; /* a route where there is none; in tables that are named */
	bool may_replace; /* a route that points elsewhere */
};

struct overlay_move {
	struct overlay_wish wish;
	const char *target[2]; /* the ENI, NULL-terminated */
	struct overlay_change change; /* the tables: change.look.tables */
};

/* It points into itself: not to be copied. */
void overlay_move_init(struct overlay_move *move, const struct overlay_wish *wish);
void overlay_move_done(struct overlay_move *move);

/* For the driver; borrows `move`. */
struct flow overlay_move_flow(struct overlay_move *move);

enum outcome overlay_move_outcome(const struct overlay_move *move);

/*
 * Whether any table was switched, or may have been (an answer was lost, or the flow was left halfway).
 * Tables that were IN_PLACE from the first are not counted.
 */
bool overlay_move_may_have_changed(const struct overlay_move *move);
