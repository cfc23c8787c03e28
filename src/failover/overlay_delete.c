/* SPDX-License-Identifier: Apache-2.0 */
#include "failover/overlay_delete.h"

#include <errno.h>

static void delete_decide(const struct overlay_change *change, struct overlay_table *table)
{
	const struct overlay_delete *flow = change->goal;
	const struct overlay_route *route = &table->before;
	char text[OVERLAY_ROUTE_TEXT_SIZE];

	table->next = EC2_DELETE_ROUTE;
	if (!route->exists) {
		table->verdict = OVERLAY_ABSENT;
		if (!flow->goal.force)
			table->progress = OVERLAY_UNCONFIRMED;
	} else if (route->origin == EC2_ORIGIN_ADVERTISEMENT) {
		overlay_refuse_advertised(change, &table->error);
		table->verdict = OVERLAY_NOT_PERMITTED;
	} else if (!flow->goal.force && !overlay_route_points_to(route, flow->goal.enis)) {
		error_set(&table->error, OUTCOME_FAILED, EPERM,
			"route to %s points to %s, not to this host: to delete the route anyway, use --force",
			change->read.destination_text, overlay_route_format(route, text));
		table->verdict = OVERLAY_NOT_PERMITTED;
		if (flow->goal.spares_other_targets)
			table->progress = OVERLAY_UNCONFIRMED;
	}
}

/* The route does not exist, as wanted; a read confirms that. */
static bool delete_redirect(
	const struct overlay_change *change, struct overlay_table *table, enum ec2_advice advice)
{
	(void)change;
	if (advice != EC2_USE_CREATE)
		return false;
	table->progress = OVERLAY_ACCEPTED;
	return true;
}

/* After a static route is deleted, a route that a Route Server advertises may appear. */
static bool delete_is_done(const struct overlay_change *change, const struct overlay_route *route)
{
	(void)change;
	return !route->exists || route->origin == EC2_ORIGIN_ADVERTISEMENT;
}

static const char *delete_explain(const struct overlay_change *change,
	const struct overlay_table *table, const struct overlay_route *route,
	struct error *ret_error)
{
	char text[OVERLAY_ROUTE_TEXT_SIZE];

	error_set(ret_error, OUTCOME_FAILED, EAGAIN, "route to %s %s to %s",
		change->read.destination_text,
		overlay_route_is_same(route, &table->before) ? "still points" : "points",
		overlay_route_format(route, text));
	return "check in CloudTrail which program creates the route again";
}

static const struct overlay_change_kind delete_kind = {
	.decide = delete_decide,
	.redirect = delete_redirect,
	.is_done = delete_is_done,
	.done = OVERLAY_DELETED,
	.explain = delete_explain,
};

void overlay_delete_init(struct overlay_delete *flow, const struct overlay_delete_goal *goal)
{
	*flow = (struct overlay_delete){.goal = *goal};
	overlay_change_init(&flow->change, &delete_kind, &flow->goal.routes, flow);
	flow->change.is_preview = goal->is_preview;
}

void overlay_delete_done(struct overlay_delete *flow)
{
	overlay_change_done(&flow->change);
}

struct flow overlay_delete_flow(struct overlay_delete *flow)
{
	return overlay_change_flow(&flow->change);
}

enum outcome overlay_delete_outcome(const struct overlay_delete *flow)
{
	return overlay_change_outcome(&flow->change);
}
