/* SPDX-License-Identifier: Apache-2.0 */
#include "overlay/release.h"

#include "base/log.h"
#include "core/dry_run.h"
#include "failover/overlay_delete.h"
#include "overlay/target.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct release_run {
	const struct operation *operation;
	struct overlay_result *result;
	struct cloud cloud;
	struct overlay_host host;
	bool force;
	bool is_other_target_ok; /* a route that does not lead to this host is not an error */
};

static void log_deleted_and_kept_routes(const struct release_run *run)
{
	const struct overlay_result *result = run->result;
	/* Routes that are kept matter to the user only if the address was removed. */
	int level = result->host.plan.count && !run->operation->dry_run ? LOG_INFO : LOG_DEBUG;

	for (size_t i = 0; i < result->n_tables; i++) {
		const struct overlay_table *table = &result->tables[i];
		char text[OVERLAY_ROUTE_TEXT_SIZE];

		if (table->verdict == OVERLAY_DELETED)
			log_overlay(LOG_INFO, result->subject.name, "%s: deleted the route to %s",
				table->id, overlay_route_format(&table->before, text));
		else if (table->verdict == OVERLAY_NOT_PERMITTED && run->is_other_target_ok)
			log_overlay(level, result->subject.name,
				"%s: route points to %s: keeping it", table->id,
				overlay_route_format(&table->before, text));
	}
	overlay_result_log_skipped_tables(result, LOG_WARNING);
}

/* Whether any table has failed. In a dry run, tables that would be changed are PENDING. */
static bool has_failed_table(const struct release_run *run)
{
	for (size_t i = 0; i < run->result->n_tables; i++) {
		enum overlay_verdict verdict = run->result->tables[i].verdict;
		if (verdict == OVERLAY_FAILED ||
			(verdict == OVERLAY_PENDING && !run->operation->dry_run) ||
			(verdict == OVERLAY_NOT_PERMITTED && !run->is_other_target_ok))
			return true;
	}
	return false;
}

/* Finds the ENI whose routes may be deleted, and the VPC that the tables must belong to. */
static int find_target(struct release_run *run, char vpc[EC2_ID_SIZE], struct error *error)
{
	struct overlay_result *result = run->result;
	int err = cloud_open(run->operation, &run->cloud, error);

	if (!err)
		err = overlay_target_find_local(&run->host, &run->cloud, &result->subject,
			&result->link, result->eni, error);
	return err ? err : overlay_target_find_vpc(&run->cloud, &result->subject, vpc, error);
}

/* Returns an error of the run, or the error because of which the flow changed nothing. */
static int run_flow(struct release_run *run, struct overlay_delete *deletion, struct error *error)
{
	int err = preview_or_run_flow(&run->cloud, run->result->subject.role_arn,
		overlay_delete_flow(deletion), &run->result->preview, error);

	/* If the tables are known, only the undecided ones fail, with this error. */
	if (err && error->outcome == OUTCOME_TIMEOUT && deletion->change.read.n_tables) {
		overlay_change_expire(&deletion->change, error);
		*error = (struct error){0};
		err = 0;
	}
	if (!err && deletion->change.read.error.outcome != OUTCOME_DONE) {
		*error = deletion->change.read.error;
		err = -EIO;
	}
	return err;
}

/* Summarizes the verdicts of the tables in the error of the result. */
static void set_tables_error(
	const struct release_run *run, enum outcome outcome, bool may_have_changed)
{
	const char *text = "no route was deleted";

	/* In a dry run the tables that can be changed stay undecided. */
	if (run->result->preview.length) {
		outcome = OUTCOME_DIFFERS;
		text = "only some routes can be deleted";
	} else if (outcome == OUTCOME_DIFFERS) {
		text = "only some routes were deleted";
	} else if (may_have_changed || outcome == OUTCOME_TIMEOUT) {
		text = "EC2 has not confirmed any route deletion";
	}
	overlay_result_set_tables_error(run->result, outcome, text);
}

static int delete_routes(struct release_run *run, struct error *error)
{
	struct overlay_result *result = run->result;
	const char *const enis[] = {result->eni, NULL};
	char vpc[EC2_ID_SIZE] = "";
	struct overlay_delete_goal goal = {
		.enis = enis,
		.force = run->force,
		.spares_other_targets = run->is_other_target_ok,
		.is_preview = run->operation->dry_run,
	};
	struct overlay_delete deletion;
	enum outcome outcome;
	bool may_have_changed;
	int err = find_target(run, vpc, error);

	if (err)
		return err;
	goal.routes = overlay_subject_get_routes(&result->subject, vpc);
	overlay_delete_init(&deletion, &goal);
	err = run_flow(run, &deletion, error);
	outcome = overlay_change_outcome(&deletion.change);
	may_have_changed = !run->operation->dry_run &&
			   overlay_change_may_have_changed(&deletion.change);
	overlay_result_take_tables(result, &deletion.change.read);
	overlay_delete_done(&deletion);
	log_deleted_and_kept_routes(run);
	if (err || !has_failed_table(run))
		return err;
	set_tables_error(run, outcome, may_have_changed);
	*error = result->error;
	return -EIO;
}

/* Sets the final state of the result, and closes the host and the cloud. Returns `err`. */
static int finish_release(struct release_run *run, int err, const struct error *error)
{
	struct overlay_result *result = run->result;
	bool has_changed = result->host.plan.count || result->preview.length ||
			   overlay_result_has_verdict(result, OVERLAY_DELETED);

	overlay_result_set_state(result, err, error, has_changed, run->operation->dry_run);
	result->routes = routes_state_from_verdicts(result, result->eni, run->operation->dry_run);
	overlay_host_close(&run->host);
	cloud_close(&run->cloud);
	return err;
}

int overlay_release(const struct operation *operation, enum overlay_release_mode mode,
	struct overlay_result *result)
{
	struct release_run run = {
		.operation = operation, .result = result, .is_other_target_ok = true};
	struct error error = {0};
	int err = overlay_host_open_release(operation, &result->subject, &run.host, &error);

	if (!err)
		err = overlay_host_find_holder(&run.host, &result->subject, result->holder, &error);
	if (!err)
		err = overlay_host_remove(&run.host, result, &error);
	/* Only now, since the removal must not wait for a move that holds the lock. */
	if (!err && mode == OVERLAY_DELETE_ROUTES)
		err = overlay_host_lock(&run.host, &result->subject, &error);
	if (!err && mode == OVERLAY_DELETE_ROUTES)
		err = delete_routes(&run, &error);
	return finish_release(&run, err, &error);
}

int overlay_delete_routes(
	const struct operation *operation, bool force, struct overlay_result *result)
{
	struct release_run run = {.operation = operation, .result = result, .force = force};
	struct error error = {0};
	int err = overlay_host_open(operation, &result->subject, &run.host, &error);

	result->is_routes_first = true; /* for the order of the output */
	if (!err)
		err = overlay_host_check_address(
			&run.host, &result->subject, result->holder, &error);
	run.host.reason = "is being deleted";
	if (!err)
		err = delete_routes(&run, &error);
	if (!err)
		err = overlay_host_remove(&run.host, result, &error);
	return finish_release(&run, err, &error);
}
