/* SPDX-License-Identifier: Apache-2.0 */
#include "failover/overlay_contest.h"

#include <errno.h>
#include <string.h>

#define REPETITIONS_MAX 3

/*
 * The milliseconds that this node waits while the other node repeats its move. A read after the
 * wait cannot show a state from before that move.
 */
#define WAIT_MSEC (1500 + FLOW_STALE_MSEC)

void overlay_contest_init(struct overlay_contest *contest, const struct overlay_move_goal *goal)
{
	*contest = (struct overlay_contest){0};
	overlay_move_init(&contest->move, goal);
}

void overlay_contest_done(struct overlay_contest *contest)
{
	overlay_move_done(&contest->move);
	overlay_read_done(&contest->read);
	*contest = (struct overlay_contest){0};
}

static void start_read(struct overlay_contest *contest)
{
	overlay_read_done(&contest->read);
	overlay_read_init(&contest->read, &contest->move.goal.routes);
	contest->step = OVERLAY_CONTEST_READS;
}

/* Starts the same move again. The copy is required: overlay_move_done() clears the goal. */
static void repeat_move(struct overlay_contest *contest)
{
	const struct overlay_move_goal goal = contest->move.goal;

	overlay_move_done(&contest->move);
	overlay_move_init(&contest->move, &goal);
	contest->repetitions++;
	contest->step = OVERLAY_CONTEST_MOVES;
}

static bool is_at_target(const struct overlay_table *table)
{
	return table->verdict == OVERLAY_MOVED || table->verdict == OVERLAY_IN_PLACE;
}

/* Whether another node has changed some of the tables, while the rest points to our target. */
static bool is_split(const struct overlay_move *move)
{
	const struct overlay_read *read = &move->change.read;
	bool has_lost = false, has_kept = false;

	for (size_t i = 0; i < read->n_tables; i++) {
		has_lost |= read->tables[i].is_overtaken;
		has_kept |= is_at_target(&read->tables[i]);
	}
	return has_lost && has_kept && move->goal.may_replace;
}

/* Reads the routes after a split; otherwise the move has its final results. */
static void handle_move_end(struct overlay_contest *contest)
{
	contest->step = OVERLAY_CONTEST_ENDS;
	contest->has_waited = false;
	if (contest->repetitions < REPETITIONS_MAX && is_split(&contest->move))
		start_read(contest);
}

/*
 * The other node has all tables now, even those that this move had confirmed: all of them fail. The
 * loop always ends: is_split() has found an overtaken table.
 */
static void mark_overtaken(struct overlay_contest *contest)
{
	struct overlay_read *read = &contest->move.change.read;
	const struct overlay_table *overtaken = read->tables;

	while (!overtaken->is_overtaken)
		overtaken++;
	const struct overlay_route other_node_route = overtaken->seen;
	for (size_t i = 0; i < read->n_tables; i++) {
		struct overlay_table *table = &read->tables[i];
		if (is_at_target(table))
			error_set(&table->error, OUTCOME_FAILED, EAGAIN,
				"another node has taken over the overlay meanwhile");
		if (!table->is_overtaken)
			table->seen = other_node_route;
		table->verdict = OVERLAY_FAILED;
		table->is_overtaken = true;
	}
	contest->is_overtaken = true;
}

/*
 * If no route points to our target, the other node has all tables. The move is repeated if all
 * routes, or that of the table with the lowest id, point to our target, or if this node has already
 * waited. Otherwise the routes are read again, after the milliseconds that are returned.
 */
static uint64_t handle_read_end(struct overlay_contest *contest)
{
	const struct overlay_read *read = &contest->read;
	const struct overlay_table *lowest = read->tables;
	const char *const *target = contest->move.target;
	size_t n_here = 0, n_elsewhere = 0;

	contest->step = OVERLAY_CONTEST_ENDS;
	if (overlay_read_outcome(read) != OUTCOME_DONE)
		return 0;
	for (size_t i = 0; i < read->n_tables; i++) {
		const struct overlay_table *table = &read->tables[i];
		if (strcmp(table->id, lowest->id) < 0)
			lowest = table;
		if (overlay_route_points_to(&table->before, target))
			n_here++;
		else if (table->before.exists)
			n_elsewhere++;
	}
	if (!n_here && n_elsewhere)
		mark_overtaken(contest);
	if (!n_here)
		return 0;
	if (!n_elsewhere || contest->has_waited ||
		overlay_route_points_to(&lowest->before, target)) {
		repeat_move(contest);
		return 0;
	}
	contest->has_waited = true;
	start_read(contest);
	return WAIT_MSEC;
}

static struct flow get_current_flow(struct overlay_contest *contest)
{
	return contest->step == OVERLAY_CONTEST_MOVES ? overlay_move_flow(&contest->move)
						      : overlay_read_flow(&contest->read);
}

static int contest_next(void *state, uint64_t now, uint32_t random, struct flow_batch *ret_batch)
{
	struct overlay_contest *contest = state;

	*ret_batch = (struct flow_batch){0};
	while (contest->step != OVERLAY_CONTEST_ENDS && !ret_batch->wait) {
		const struct flow flow = get_current_flow(contest);
		int err = flow.next(flow.state, now, random, ret_batch);
		if (err || ret_batch->count || ret_batch->wait)
			return err;
		if (contest->step == OVERLAY_CONTEST_MOVES)
			handle_move_end(contest);
		else
			ret_batch->wait = handle_read_end(contest);
	}
	return 0;
}

static int contest_handle_response(void *state, size_t tag, const struct flow_response *response)
{
	const struct flow flow = get_current_flow(state);

	return flow.handle_response(flow.state, tag, response);
}

struct flow overlay_contest_flow(struct overlay_contest *contest)
{
	return (struct flow){
		.next = contest_next, .handle_response = contest_handle_response, .state = contest};
}
