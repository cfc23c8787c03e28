/* SPDX-License-Identifier: Apache-2.0 */
#include "overlay/examine.h"

#include "aws/flow_run.h"
#include "base/clock.h"
#include "kernel/device.h"
#include "overlay/target.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Milliseconds: the least time of each role if there are several, so that one role that does not
 * respond leaves time for the others. The share is the time since the operation began, if that is
 * longer.
 */
#define SHARE_MSEC 3000

struct view {
	struct overlay_routes routes;
	struct overlay_read read;
	char vpc[EC2_ID_SIZE];
	char instance[EC2_ID_SIZE];
	bool is_pending; /* the result depends on the read */
	bool is_to_read; /* the read is still to be sent */
	struct error error; /* why the read was not completed; the same for all of a role */
};

struct examination {
	struct cloud *cloud;
	struct overlay_result *results;
	struct view *views;
	size_t count;
	bool in_shares;
};

static bool is_same_link(const char *one, const char *other)
{
	char name[IFNAMSIZ], other_name[IFNAMSIZ];

	device_resolve_name(one, name);
	device_resolve_name(other, other_name);
	return strcmp(name, other_name) == 0;
}

int overlay_results_create(const struct policy *policy, const char *interface,
	struct overlay_result **ret_results, size_t *ret_count)
{
	struct overlay_result *results = calloc(policy->n_overlays + 1, sizeof(*results));
	size_t count = 0;

	if (!results)
		return -ENOMEM;
	for (size_t i = 0; i < policy->n_overlays; i++) {
		struct overlay_subject subject;

		overlay_subject_init(&policy->overlays[i], &subject);
		if (!interface || is_same_link(interface, subject.interface))
			overlay_result_init(&results[count++], &subject);
	}
	*ret_results = results;
	*ret_count = count;
	return 0;
}

static void fail(struct overlay_result *result, int err, const struct error *error)
{
	result->state = RESULT_FAILED;
	result->reach = OVERLAY_UNKNOWN;
	result->error = *error;
	error_complete(&result->error, err);
}

/* A link that the policy names may arrive later; the routes can be read without it. */
static int find_target(struct examination *run, struct overlay_host *host,
	struct overlay_result *result, struct error *error)
{
	int err = overlay_target_find_local(
		host, run->cloud, &result->subject, &result->link, result->eni, error);

	result->absent = err == -ENODEV && strcmp(result->subject.interface, "primary") != 0;
	if (!result->absent)
		return err;
	*error = (struct error){0};
	return 0;
}

/* Reads the state of this host, and prepares the read from EC2. */
static void prepare(struct examination *run, size_t number)
{
	struct overlay_result *result = &run->results[number];
	struct view *view = &run->views[number];
	struct overlay_host host = {0};
	struct error error = {0};
	struct operation read = *run->cloud->operation;
	int err;

	read.takes_no_lock = true;
	err = overlay_host_open(&read, &result->subject, &host, &error);
	if (!err)
		err = overlay_host_find_holder(&host, &result->subject, result->holder, &error);
	if (!err)
		err = find_target(run, &host, result, &error);
	if (!err)
		err = overlay_target_find_vpc(run->cloud, &result->subject, view->vpc, &error);
	if (!err)
		err = cloud_get_instance(run->cloud, view->instance, &error);
	overlay_host_close(&host);
	if (err)
		fail(result, err, &error);
	view->is_to_read = view->is_pending = !err;
	view->routes = overlay_subject_get_routes(&result->subject, view->vpc);
	overlay_read_init(&view->read, &view->routes);
}

static bool is_same_role(const struct overlay_result *a, const struct overlay_result *b)
{
	const char *one = a->subject.role_arn, *other = b->subject.role_arn;

	return one && other ? strcmp(one, other) == 0 : one == other;
}

static bool has_several_roles(const struct examination *run)
{
	for (size_t i = 1; i < run->count; i++)
		if (!is_same_role(&run->results[0], &run->results[i]))
			return true;
	return false;
}

static struct deadline get_read_deadline(const struct examination *run)
{
	const struct operation *operation = run->cloud->operation;
	uint64_t now = clock_now(), share = now - operation->started;
	struct deadline until = deadline_after(now, share > SHARE_MSEC ? share : SHARE_MSEC);

	if (!run->in_shares || !has_several_roles(run))
		return operation->deadline;
	return deadline_min(operation->deadline, until);
}

/* Reads the tables of all overlays that have the same role as `first`, the first of them. */
static int read_role(struct examination *run, size_t first, struct flow *flows, struct error *error)
{
	struct deadline until = get_read_deadline(run);
	struct api *api;
	size_t count = 0;
	int err = cloud_get_api(run->cloud, run->results[first].subject.role_arn, &api, error);

	for (size_t i = first; !err && i < run->count; i++)
		if (run->views[i].is_to_read &&
			is_same_role(&run->results[first], &run->results[i]))
			flows[count++] = overlay_read_flow(&run->views[i].read);
	return err ? err : flow_run(api, flows, count, &until, error);
}

static int read_all(struct examination *run, struct error *error)
{
	_cleanup_(cleanup_free) struct flow *flows = calloc(run->count + 1, sizeof(*flows));

	if (!flows)
		return error_oom(error);
	for (size_t first = 0; first < run->count; first++) {
		struct error failure = {0};
		int err;

		if (!run->views[first].is_to_read)
			continue;
		err = read_role(run, first, flows, &failure);
		if (err)
			error_complete(&failure, err);
		for (size_t i = run->count; i-- > first;) {
			if (!is_same_role(&run->results[first], &run->results[i]))
				continue;
			run->views[i].is_to_read = false;
			run->views[i].error = failure;
		}
	}
	return 0;
}

/*
 * If the route leads to another ENI of this host than the policy's, that ENI becomes the result's:
 * its source/destination check is the one that matters.
 */
static void use_target_of_routes(struct overlay_result *result, const struct view *view)
{
	const char *const enis[] = {result->eni, NULL};
	const struct overlay_route *ours = NULL;

	for (size_t i = 0; i < view->read.n_tables; i++) {
		const struct overlay_route *route = &view->read.tables[i].before;

		if (overlay_route_points_to(route, enis))
			return;
		if (route->exists && route->kind == EC2_TARGET_ENI &&
			strcmp(route->instance, view->instance) == 0)
			ours = route;
	}
	if (ours)
		snprintf(result->eni, sizeof(result->eni), "%.*s", EC2_ID_SIZE - 1, ours->target);
}

static void conclude(struct overlay_result *result, struct view *view)
{
	const char *const enis[] = {result->eni, NULL};

	if (!view->is_pending)
		return;
	if (overlay_read_outcome(&view->read) != OUTCOME_DONE) {
		fail(result, -EIO,
			view->read.error.outcome != OUTCOME_DONE ? &view->read.error
								 : &view->error);
		return;
	}
	result->reach = overlay_reach_from_read(&view->read, enis, view->instance);
	use_target_of_routes(result, view);
	result->state = RESULT_UNCHANGED;
	overlay_result_move_tables(result, &view->read);
}

int overlay_examine(struct cloud *cloud, struct overlay_result *results, size_t count,
	bool in_shares, struct error *error)
{
	struct examination run = {
		.cloud = cloud, .results = results, .count = count, .in_shares = in_shares};
	int err;

	run.views = calloc(count + 1, sizeof(*run.views));
	if (!run.views)
		return error_oom(error);
	for (size_t i = 0; i < count; i++)
		if (results[i].state == RESULT_UNDECIDED)
			prepare(&run, i);
	err = read_all(&run, error);
	for (size_t i = 0; i < count; i++) {
		if (!err)
			conclude(&results[i], &run.views[i]);
		overlay_read_done(&run.views[i].read);
	}
	free(run.views);
	return err;
}

int overlay_examine_wait(const struct operation *operation, struct error *error)
{
	const struct deadline window = deadline_after(clock_now(), FLOW_STALE_MSEC);
	bool is_in_time = window.at < operation->deadline.at;
	uint64_t left;

	while ((left = deadline_left(is_in_time ? &window : &operation->deadline, clock_now())))
		poll(NULL, 0, (int)left);
	if (is_in_time)
		return 0;
	return error_set(error, OUTCOME_TIMEOUT, ETIME,
		"timed out: the routes were read only once, and EC2 may have returned stale data: use a longer --timeout");
}
