/* SPDX-License-Identifier: Apache-2.0 */
#include "failover/overlay_delete.h"

#include <errno.h>

/* Without `force`, reads confirm that there is no route: a request could delete a newer route. */
static void delete_decide(const struct overlay_change *change, struct overlay_table *table)
{
	const struct overlay_delete *delete = change->owner;
	const struct overlay_route *route = &table->before;
	char text[OVERLAY_ROUTE_TEXT_SIZE];

	table->next = EC2_DELETE_ROUTE; /* unless a verdict below prevents the request */
	if (!route->exists) {
		table->verdict = OVERLAY_ABSENT;
		if (!delete->goal.force)
			table->progress = OVERLAY_UNCONFIRMED;
	} else if (route->origin == EC2_ORIGIN_ADVERTISEMENT) {
		overlay_refuse_advertised(change, &table->error);
		table->verdict = OVERLAY_NOT_PERMITTED;
	} else if (!delete->goal.force && !overlay_route_points_to(route, delete->goal.enis)) {
		error_set(&table->error, OUTCOME_FAILED, EPERM,
			"route to %s points to %s, not to this host: to delete the route anyway, use --force",
			change->read.destination_text, overlay_route_format(route, text));
		table->verdict = OVERLAY_NOT_PERMITTED;
		if (delete->goal.spares_other_targets)
			table->progress = OVERLAY_UNCONFIRMED;
	}
}

/* EC2_USE_CREATE: there was no route to delete, as wanted. A later read confirms that. */
static bool delete_correct_request(
	const struct overlay_change *change, struct overlay_table *table, enum ec2_advice advice)
{
	(void)change;
	if (advice != EC2_USE_CREATE)
		return false;
	table->progress = OVERLAY_ACCEPTED;
	return true;
}

/* A route that a Route Server advertises may take the place of the deleted one. */
static bool delete_is_wanted_route(
	const struct overlay_change *change, const struct overlay_route *route)
{
	(void)change;
	return !route->exists || route->origin == EC2_ORIGIN_ADVERTISEMENT;
}

static const char *delete_explain_failure(const struct overlay_change *change,
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
	.correct_request = delete_correct_request,
	.is_wanted_route = delete_is_wanted_route,
	.done_verdict = OVERLAY_DELETED,
	.explain_failure = delete_explain_failure,
};

void overlay_delete_init(struct overlay_delete *delete, const struct overlay_delete_goal *goal)
{
	*delete = (struct overlay_delete){.goal = *goal};
	overlay_change_init(&delete->change, &delete_kind, &delete->goal.routes, delete);
	delete->change.is_preview = goal->is_preview;
}

void overlay_delete_done(struct overlay_delete *delete)
{
	overlay_change_done(&delete->change);
}

struct flow overlay_delete_flow(struct overlay_delete *delete)
{
	return overlay_change_flow(&delete->change);
}
