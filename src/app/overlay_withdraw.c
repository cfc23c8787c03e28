/* SPDX-License-Identifier: Apache-2.0 */
#include "app/overlay_withdraw.h"

#include "app/overlay_target.h"
#include "app/preview.h"
#include "aws/flow_run.h"
#include "base/log.h"
#include "failover/overlay_delete.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct withdrawal {
	const struct deed *deed;
	struct overlay_result *result;
	struct cloud cloud;
	struct overlay_host host;
	bool force;
};

static int take_off(struct withdrawal *run, struct error *error)
{
	return overlay_host_carry(&run->host, NULL, run->result, error);
}

/* What a dry run would delete: a look, and no more. */
static int preview(struct withdrawal *run, const struct overlay_routes *routes,
	const char *const *enis, struct error *error)
{
	struct overlay_result *result = run->result;
	struct overlay_look look;
	int err;

	overlay_look_init(&look, routes);
	err = overlay_target_look(&run->cloud, &result->subject, &look, error);
	for (size_t i = 0; !err && i < look.n_tables; i++) {
		const struct overlay_route *route = &look.tables[i].before;
		const struct ec2_parameters parameters = {
			.route_table = look.tables[i].id,
			.destination = &routes->destination,
		};
		if (route->exists && (run->force || overlay_route_points_to(route, enis)))
			err = preview_add(&result->preview, EC2_DELETE_ROUTE, &parameters, error);
	}
	if (!err)
		overlay_result_take_tables(result, &look);
	overlay_look_done(&look);
	return err;
}

static void log_tables(const struct overlay_result *result, bool elsewhere_is_fine)
{
	for (size_t i = 0; i < result->n_tables; i++) {
		const struct overlay_table *table = &result->tables[i];
		char text[OVERLAY_ROUTE_TEXT_SIZE];

		if (table->verdict == OVERLAY_DELETED)
			log_overlay(LOG_INFO, result->subject.name,
				"%s: its route, to %s, was deleted", table->id,
				overlay_route_format(&table->before, text));
		else if (table->verdict == OVERLAY_LEFT && elsewhere_is_fine)
			log_overlay(LOG_INFO, result->subject.name, "%s: %s", table->id,
				table->error.text);
	}
}

/* What is left because it leads elsewhere is only what one wanted to know. */
static bool failed(const struct overlay_result *result, bool elsewhere_is_fine)
{
	for (size_t i = 0; i < result->n_tables; i++) {
		const struct overlay_table *table = &result->tables[i];
		if (table->verdict == OVERLAY_FAILED || table->verdict == OVERLAY_OPEN ||
			(table->verdict == OVERLAY_LEFT && !elsewhere_is_fine))
			return true;
	}
	return false;
}

static int delete_routes(struct withdrawal *run, bool elsewhere_is_fine, struct error *error)
{
	struct overlay_result *result = run->result;
	char vpc[EC2_ID_SIZE] = "";
	const char *const enis[] = {result->eni, NULL};
	struct overlay_delete flow_state;
	struct api *api;
	int err = cloud_open(run->deed, &run->cloud, error);

	if (!err)
		err = overlay_target_here(&run->host, &run->cloud, &result->subject, &result->link,
			result->eni, error);
	if (!err)
		err = overlay_target_vpc(&run->cloud, &result->subject, vpc, error);
	if (!err)
		err = cloud_api(&run->cloud, result->subject.role_arn, &api, error);
	if (err)
		return err;
	const struct overlay_delete_wish wish = {
		.routes = overlay_routes_of(&result->subject, vpc),
		.enis = enis,
		.force = run->force,
	};
	if (run->deed->dry_run)
		return preview(run, &wish.routes, enis, error);
	overlay_delete_init(&flow_state, &wish);
	const struct flow flow = overlay_delete_flow(&flow_state);
	err = flow_run(api, &flow, 1, &run->deed->deadline, error);
	if (!err && flow_state.change.look.error.outcome != OUTCOME_DONE) {
		*error = flow_state.change.look.error;
		err = -EIO;
	}
	enum outcome outcome = overlay_delete_outcome(&flow_state);
	overlay_result_take_tables(result, &flow_state.change.look);
	overlay_delete_done(&flow_state);
	log_tables(result, elsewhere_is_fine);
	if (err || !failed(result, elsewhere_is_fine))
		return err;
	overlay_result_fail_by_tables(result, outcome,
		outcome == OUTCOME_DIFFERS ? "only some of its routes were deleted"
					   : "none of its routes was deleted");
	*error = result->error;
	return -EIO;
}

static bool has_changed(const struct overlay_result *result)
{
	for (size_t i = 0; i < result->n_tables; i++)
		if (result->tables[i].verdict == OVERLAY_DELETED)
			return true;
	return result->host.plan.count || result->preview.length;
}

static int conclude(struct withdrawal *run, int err, const struct error *error)
{
	struct overlay_result *result = run->result;

	if (err) {
		result->error = *error;
		result->state = RESULT_FAILED;
	} else if (!has_changed(result)) {
		result->state = RESULT_UNCHANGED;
	} else {
		result->state = run->deed->dry_run ? RESULT_DIFFERS : RESULT_CHANGED;
	}
	overlay_host_close(&run->host);
	cloud_close(&run->cloud);
	return err;
}

int overlay_release(const struct deed *deed, bool routes, struct overlay_result *result)
{
	struct withdrawal run = {.deed = deed, .result = result};
	struct error error = {0};
	int err = overlay_host_open(deed, &result->subject, &run.host, &error);

	if (!err)
		err = take_off(&run, &error);
	if (!err && routes)
		err = delete_routes(&run, true, &error);
	return conclude(&run, err, &error);
}

int overlay_remove(const struct deed *deed, bool force, struct overlay_result *result)
{
	struct withdrawal run = {.deed = deed, .result = result, .force = force};
	struct error error = {0};
	int err = overlay_host_open(deed, &result->subject, &run.host, &error);

	result->routes_first = true;
	if (!err)
		err = delete_routes(&run, false, &error);
	if (!err)
		err = take_off(&run, &error);
	return conclude(&run, err, &error);
}
