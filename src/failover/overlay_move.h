/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pointing an overlay address at an ENI in every route table that it has: ReplaceRoute, or CreateRoute
 * where there is no route. A route that a Route Server advertises is left.
 *
 * A route that points there already is confirmed by the same request, since a read may be old and EC2's
 * yes is not: ReplaceRoute with the target that it has changes nothing. Where routes may not be replaced
 * it is CreateRoute, which EC2 refuses if the route has another target by now.
 *
 * Where routes may not be replaced and one points elsewhere, none is made either: clients would be split.
 */
#pragma once

#include "failover/overlay_change.h"

/* All borrowed, and to hold as long as the flow. */
struct overlay_move_goal {
	struct overlay_routes routes;
	const char *eni; /* the target */
	bool may_create; /* a route where there is none; in tables that are named */
	bool may_replace; /* a route that points elsewhere */
	bool is_preview; /* nothing will be sent */
};

struct overlay_move {
	struct overlay_move_goal goal;
	const char *target[2]; /* the ENI, NULL-terminated */
	struct overlay_change change; /* the tables: change.look.tables */
};

/* It points into itself: not to be copied. */
void overlay_move_init(struct overlay_move *move, const struct overlay_move_goal *goal);
void overlay_move_done(struct overlay_move *move);

/* For the driver; borrows `move`. */
struct flow overlay_move_flow(struct overlay_move *move);

enum outcome overlay_move_outcome(const struct overlay_move *move);

/* See overlay_change.h. */
void overlay_move_expire(struct overlay_move *move, const struct error *reason);

/*
 * Whether any table was switched, or may have been (an answer was lost, or the flow was left halfway).
 * The confirmation of one that was IN_PLACE counts as well.
 */
bool overlay_move_may_have_changed(const struct overlay_move *move);
