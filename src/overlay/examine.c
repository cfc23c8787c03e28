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

/* The least time for the requests under a role, in milliseconds: see get_read_deadline(). */
#define MIN_SHARE 3000

/* The read of the routes of one overlay. */
struct route_query {
	struct overlay_routes routes;
	struct overlay_read read;
	char vpc[EC2_ID_SIZE];
	char instance[EC2_ID_SIZE];
	bool is_needed; /* the result is set from this read */
	bool is_unsent; /* no attempt yet to read the tables */
	struct error error; /* why the attempt failed; the same for all overlays of a role */
};

struct examination {
	struct cloud *cloud;
	struct overlay_result *results;
	struct route_query *queries;
	size_t count;
	bool limits_roles;
};

/* Either name may be an alternative name of the link. */
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

static void set_failed(struct overlay_result *result, int err, const struct error *error)
{
	result->state = RESULT_FAILED;
	result->routes = ROUTES_UNKNOWN;
	result->error = *error;
	error_ensure_text(&result->error, err);
}

/* A link that the policy names may arrive later; the routes can be read without it. */
static int find_target(struct examination *run, struct overlay_host *host,
	struct overlay_result *result, struct error *error)
{
	int err = overlay_target_find_local(
		host, run->cloud, &result->subject, &result->link, result->eni, error);

	result->is_link_absent = err == -ENODEV &&
				 strcmp(result->subject.interface, "primary") != 0;
	if (!result->is_link_absent)
		return err;
	*error = (struct error){0};
	return 0;
}

/* Reads the state of this host, and prepares the read from EC2. */
static void prepare_query(struct examination *run, size_t index)
{
	struct overlay_result *result = &run->results[index];
	struct route_query *query = &run->queries[index];
	struct overlay_host host = {0};
	struct error error = {0};
	struct operation without_lock = *run->cloud->operation;
	int err;

	without_lock.takes_no_lock = true; /* need not wait for a move, since it only reads */
	err = overlay_host_open(&without_lock, &result->subject, &host, &error);
	if (!err)
		err = overlay_host_find_holder(&host, &result->subject, result->holder, &error);
	if (!err)
		err = find_target(run, &host, result, &error);
	if (!err)
		err = overlay_target_find_vpc(run->cloud, &result->subject, query->vpc, &error);
	if (!err)
		err = cloud_get_instance(run->cloud, query->instance, &error);
	overlay_host_close(&host);
	if (err)
		set_failed(result, err, &error);
	query->is_needed = !err;
	query->is_unsent = query->is_needed;
	query->routes = overlay_subject_get_routes(&result->subject, query->vpc);
	overlay_read_init(&query->read, &query->routes);
}

static bool is_same_role(const struct overlay_result *a, const struct overlay_result *b)
{
	return policy_is_same_role(a->subject.role_arn, b->subject.role_arn);
}

static bool has_several_roles(const struct examination *run)
{
	for (size_t i = 1; i < run->count; i++)
		if (!is_same_role(&run->results[0], &run->results[i]))
			return true;
	return false;
}

/*
 * If there are several roles, a role that does not respond must leave time for the other roles. So
 * each gets as much time as the operation has taken so far, but at least MIN_SHARE.
 */
static struct deadline get_read_deadline(const struct examination *run)
{
	const struct operation *operation = run->cloud->operation;
	uint64_t now = clock_now(), share = now - operation->started;
	struct deadline of_role = deadline_after(now, share > MIN_SHARE ? share : MIN_SHARE);
	bool is_limited = run->limits_roles && has_several_roles(run);

	return is_limited ? deadline_min(operation->deadline, of_role) : operation->deadline;
}

/* Reads the tables of all overlays with the role of `first`. `flows` has room for all of them. */
static int read_role(struct examination *run, size_t first, struct flow *flows, struct error *error)
{
	struct deadline until = get_read_deadline(run);
	struct api *api;
	size_t count = 0;
	int err = cloud_get_api(run->cloud, run->results[first].subject.role_arn, &api, error);

	for (size_t i = first; !err && i < run->count; i++)
		if (run->queries[i].is_unsent &&
			is_same_role(&run->results[first], &run->results[i]))
			flows[count++] = overlay_read_flow(&run->queries[i].read);
	return err ? err : flow_run(api, flows, count, &until, error);
}

/* Reads the tables, role by role. If a role fails, only its overlays get the error. */
static int read_all(struct examination *run, struct error *error)
{
	_cleanup_(cleanup_free) struct flow *flows = calloc(run->count + 1, sizeof(*flows));

	if (!flows)
		return error_oom(error);
	for (size_t first = 0; first < run->count; first++) {
		struct error failure = {0};
		int err;

		if (!run->queries[first].is_unsent)
			continue;
		err = read_role(run, first, flows, &failure);
		if (err)
			error_ensure_text(&failure, err);
		for (size_t i = first; i < run->count; i++) {
			if (!is_same_role(&run->results[first], &run->results[i]))
				continue;
			run->queries[i].is_unsent = false;
			run->queries[i].error = failure;
		}
	}
	return 0;
}

/* If no route leads to result->eni, but one leads to another ENI of this host, takes that ENI. */
static void use_target_of_routes(struct overlay_result *result, const struct route_query *query)
{
	const char *const enis[] = {result->eni, NULL};
	const struct overlay_route *found_here = NULL;

	for (size_t i = 0; i < query->read.n_tables; i++) {
		const struct overlay_route *route = &query->read.tables[i].before;

		if (overlay_route_points_to(route, enis))
			return;
		if (route->exists && route->kind == EC2_TARGET_ENI &&
			strcmp(route->instance, query->instance) == 0)
			found_here = route;
	}
	if (found_here)
		snprintf(result->eni, sizeof(result->eni), "%.*s", EC2_ID_SIZE - 1,
			found_here->target);
}

static void set_result(struct overlay_result *result, struct route_query *query)
{
	const char *const enis[] = {result->eni, NULL};

	if (!query->is_needed)
		return;
	if (overlay_read_outcome(&query->read) != OUTCOME_DONE) {
		set_failed(result, -EIO,
			query->read.error.outcome != OUTCOME_DONE ? &query->read.error
								  : &query->error);
		return;
	}
	result->routes = routes_state_from_read(&query->read, enis, query->instance);
	use_target_of_routes(result, query);
	result->state = RESULT_UNCHANGED;
	overlay_result_take_tables(result, &query->read);
}

int overlay_examine(struct cloud *cloud, struct overlay_result *results, size_t count,
	bool limits_roles, struct error *error)
{
	struct examination run = {
		.cloud = cloud, .results = results, .count = count, .limits_roles = limits_roles};
	int err;

	run.queries = calloc(count + 1, sizeof(*run.queries));
	if (!run.queries)
		return error_oom(error);
	for (size_t i = 0; i < count; i++)
		if (results[i].state == RESULT_UNDECIDED)
			prepare_query(&run, i);
	err = read_all(&run, error);
	for (size_t i = 0; i < count; i++) {
		if (!err)
			set_result(&results[i], &run.queries[i]);
		overlay_read_done(&run.queries[i].read);
	}
	free(run.queries);
	return err;
}

int overlay_wait_for_fresh_read(const struct operation *operation, struct error *error)
{
	const struct deadline fresh = deadline_after(clock_now(), FLOW_STALE_MSEC);
	bool is_in_time = fresh.at < operation->deadline.at;
	uint64_t left;

	while ((left = deadline_left(is_in_time ? &fresh : &operation->deadline, clock_now())))
		poll(NULL, 0 /* only sleeps; a signal ends it early */, (int)left);
	if (is_in_time)
		return 0;
	return error_set(error, OUTCOME_TIMEOUT, ETIME,
		"timed out: the routes were read only once, and EC2 may have returned stale data: use a longer --timeout");
}
