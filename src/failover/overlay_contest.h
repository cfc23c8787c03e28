/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Moves the routes of an overlay address while another node may move them as well. Two nodes that
 * change several tables at the same time may each get some of them. This flow runs overlay_move.h.
 * After a move that ends with such a split, the node to which the table with the lowest id points
 * repeats its move at once. The other node waits, and then reads the routes. If these are still
 * split, because the first node has stopped, the waiting node repeats its move.
 */
#pragma once

#include "failover/overlay_move.h"

struct overlay_contest {
	struct overlay_move move; /* the last move, with the results */
	bool is_overtaken; /* another node has all tables; the tables say so, too */
	enum overlay_contest_step {
		OVERLAY_CONTEST_MOVES,
		OVERLAY_CONTEST_READS, /* the move has ended: reads the routes, or waits before that */
		OVERLAY_CONTEST_ENDS,
	} step;
	unsigned repetitions; /* number of moves after the first one */
	/* Internal to the flow. */
	struct overlay_read read;
	bool has_waited; /* this node has waited for the other node after the latest move */
};

/* Initializes the flow, which points into itself: do not copy it. */
void overlay_contest_init(struct overlay_contest *contest, const struct overlay_move_goal *goal);
void overlay_contest_done(struct overlay_contest *contest);
/* Returns the interface for the driver; borrows `contest`. */
struct flow overlay_contest_flow(struct overlay_contest *contest);
