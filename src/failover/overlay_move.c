/* SPDX-License-Identifier: Apache-2.0 */
#include "failover/overlay_move.h"

#include "base/shell.h"

#include <errno.h>

static const struct overlay_move *get_move(const struct overlay_change *change)
{
	return change->owner;
}

static const char *move_get_eni(const struct overlay_change *change)
{
	return get_move(change)->goal.eni;
}

/* The policy names no tables, and no table of the VPC has a route to an ENI or an instance. */
static void move_explain_no_table(struct overlay_change *change)
{
	struct overlay_read *read = &change->read;
	const struct overlay_routes *routes = read->routes;
	char quoted[SHELL_WORD_SIZE];

	if (read->n_uncovered) {
		error_set(&read->error, OUTCOME_FAILED, ENOENT,
			"no route table of VPC %s has a route to %s that points to an ENI or an instance, but the route in %s points to %s: add the route table ids to the policy (key route-tables)",
			routes->vpc, read->destination_text, read->uncovered->id,
			read->uncovered->before.target);
		return;
	}
	error_set(&read->error, OUTCOME_FAILED, ENOENT,
		"no route table of VPC %s has a route to %s: add the route table ids to the policy (key route-tables), then create the routes with \"myha overlay create %s\"",
		routes->vpc, read->destination_text, shell_quote(routes->name, quoted));
}

static void refuse_to_create(const struct overlay_change *change, struct error *ret_error)
{
	char quoted[SHELL_WORD_SIZE];

	error_set(ret_error, OUTCOME_FAILED, ENOENT,
		"no route to %s: create the route with \"myha overlay create %s\"",
		change->read.destination_text, shell_quote(change->read.routes->name, quoted));
}

static void refuse_to_replace(const struct overlay_change *change,
	const struct overlay_route *route, struct error *ret_error)
{
	char text[OVERLAY_ROUTE_TEXT_SIZE], quoted[SHELL_WORD_SIZE];
	const char *name = shell_quote(change->read.routes->name, quoted);

	overlay_route_format(route, text);
	if (route->instance[0] && route->state == EC2_ROUTE_ACTIVE)
		error_set(ret_error, OUTCOME_FAILED, EEXIST,
			"route to %s points to %s: run \"myha overlay create %s\" on %s, or move the route with \"myha overlay move %s\"",
			change->read.destination_text, text, name, route->instance, name);
	else
		error_set(ret_error, OUTCOME_FAILED, EEXIST,
			"route to %s points to %s: move the route with \"myha overlay move %s\"",
			change->read.destination_text, text, name);
}

/* A blackhole route to the ENI, for example if the ENI was detached, is not as wanted. */
static bool move_is_wanted_route(
	const struct overlay_change *change, const struct overlay_route *route)
{
	return overlay_route_points_to(route, get_move(change)->target) &&
	       route->state == EC2_ROUTE_ACTIVE;
}

/* A route as wanted gets a request that changes nothing: EC2's response confirms the route. */
static void move_decide(const struct overlay_change *change, struct overlay_table *table)
{
	const struct overlay_move *move = get_move(change);
	const struct overlay_route *route = &table->before;

	if (!route->exists) {
		table->next = EC2_CREATE_ROUTE;
		if (move->goal.may_create)
			return;
		refuse_to_create(change, &table->error);
	} else if (route->origin == EC2_ORIGIN_ADVERTISEMENT) {
		overlay_refuse_advertised(change, &table->error);
	} else if (move_is_wanted_route(change, route)) {
		table->next = move->goal.may_replace ? EC2_REPLACE_ROUTE : EC2_CREATE_ROUTE;
		table->verdict = OVERLAY_IN_PLACE;
		return;
	} else {
		/* A route to our ENI that drops the traffic is replaced even without `may_replace`. */
		table->next = EC2_REPLACE_ROUTE;
		if (move->goal.may_replace || overlay_route_points_to(route, move->target))
			return;
		refuse_to_replace(change, route, &table->error);
	}
	table->verdict = OVERLAY_NOT_PERMITTED;
}

static bool has_refused_table(const struct overlay_read *read)
{
	for (size_t i = 0; i < read->n_tables; i++)
		if (read->tables[i].verdict == OVERLAY_NOT_PERMITTED)
			return true;
	return false;
}

/*
 * If routes may not be replaced and one points elsewhere, no route is created either: some clients
 * would reach one host, and some the other.
 */
static void move_review_decisions(struct overlay_change *change)
{
	struct overlay_read *read = &change->read;

	if (get_move(change)->goal.may_replace || !has_refused_table(read))
		return;
	for (size_t i = 0; i < read->n_tables; i++) {
		struct overlay_table *table = &read->tables[i];
		if (table->verdict != OVERLAY_PENDING)
			continue;
		table->verdict = OVERLAY_NOT_PERMITTED;
		if (table->tentative_verdict != OVERLAY_PENDING)
			table->verdict = table->tentative_verdict;
		else
			error_set(&table->error, OUTCOME_FAILED, EEXIST,
				"no route to %s was created, since the route in another table points elsewhere",
				read->destination_text);
	}
}

/* Sends CreateRoute or ReplaceRoute instead, if the goal permits it. */
static bool move_correct_request(
	const struct overlay_change *change, struct overlay_table *table, enum ec2_advice advice)
{
	const struct overlay_move_goal *goal = &get_move(change)->goal;

	if (advice == EC2_USE_REPLACE) {
		/* If routes may not be replaced, a read shows which target to name in the error. */
		table->next = EC2_REPLACE_ROUTE;
		table->progress = goal->may_replace ? OVERLAY_TO_SEND : OVERLAY_REFUSED;
		return true;
	}
	table->next = EC2_CREATE_ROUTE;
	table->progress = goal->may_create ? OVERLAY_TO_SEND : OVERLAY_REFUSED;
	if (!goal->may_create) {
		refuse_to_create(change, &table->error);
		table->verdict = OVERLAY_FAILED;
	}
	return true;
}

static const char *move_explain_failure(const struct overlay_change *change,
	const struct overlay_table *table, const struct overlay_route *route,
	struct error *ret_error)
{
	const char *destination = change->read.destination_text;
	char text[OVERLAY_ROUTE_TEXT_SIZE];

	if (!route->exists) {
		error_set(ret_error, OUTCOME_FAILED, EAGAIN, "route to %s does not exist",
			destination);
		return "check in CloudTrail which program deletes the route";
	}
	if (overlay_route_points_to(route, get_move(change)->target)) {
		error_set(ret_error, OUTCOME_FAILED, EAGAIN,
			"route to %s points to %s, which drops the traffic", destination,
			overlay_route_format(route, text));
		return "check that the ENI is attached to a running instance";
	}
	if (table->progress == OVERLAY_REFUSED) {
		refuse_to_replace(change, route, ret_error);
		return NULL;
	}
	error_set(ret_error, OUTCOME_FAILED, EAGAIN, "route to %s %s to %s", destination,
		overlay_route_is_same(route, &table->before) ? "still points" : "points",
		overlay_route_format(route, text));
	return "check in CloudTrail which program changes the route";
}

static const struct overlay_change_kind move_kind = {
	.get_eni = move_get_eni,
	.explain_no_table = move_explain_no_table,
	.decide = move_decide,
	.review_decisions = move_review_decisions,
	.correct_request = move_correct_request,
	.is_wanted_route = move_is_wanted_route,
	.done_verdict = OVERLAY_MOVED,
	.explain_failure = move_explain_failure,
};

void overlay_move_init(struct overlay_move *move, const struct overlay_move_goal *goal)
{
	*move = (struct overlay_move){.goal = *goal, .target = {goal->eni}};
	overlay_change_init(&move->change, &move_kind, &move->goal.routes, move);
	move->change.is_preview = goal->is_preview;
}

void overlay_move_done(struct overlay_move *move)
{
	overlay_change_done(&move->change);
}

struct flow overlay_move_flow(struct overlay_move *move)
{
	return overlay_change_flow(&move->change);
}
