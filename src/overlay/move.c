/* SPDX-License-Identifier: Apache-2.0 */
#include "overlay/move.h"

#include "base/log.h"
#include "base/shell.h"
#include "core/dry_run.h"
#include "failover/overlay_contest.h"
#include "overlay/source_check.h"
#include "overlay/target.h"

#include <errno.h>
#include <string.h>

struct move_run {
	const struct operation *operation;
	const struct overlay_move_options *options;
	struct overlay_result *result;
	struct cloud cloud;
	struct overlay_host host;
	char vpc[EC2_ID_SIZE];
	char local_eni[EC2_ID_SIZE]; /* this host's; "": not known, and another is the target */
	bool is_other_node; /* the target is not local_eni */
	struct overlay_contest contest;
	enum overlay_contest_step handled_step; /* by record_or_log_repetition() */
	struct source_guard guard;
	bool is_host_prepared; /* prepare_host() was called */
	int stop_err; /* why no more requests may change a route; 0: they may */
	struct error stop_error; /* the message of stop_err */
	/* Set when the flow has ended. */
	enum outcome outcome;
	bool may_have_changed; /* a request may have changed a route */
};

static void log_planned_changes(const struct move_run *run)
{
	const struct overlay_read *read = &run->contest.move.change.read;

	for (size_t i = 0; i < read->n_tables; i++) {
		const struct overlay_table *table = &read->tables[i];
		char text[OVERLAY_ROUTE_TEXT_SIZE];

		if (table->verdict != OVERLAY_PENDING)
			continue;
		/* A first read that shows the target may be stale: the request confirms it. */
		if (table->tentative_verdict != OVERLAY_PENDING)
			log_overlay(LOG_DEBUG, run->result->subject.name,
				"%s: route already points to %s: setting it again", table->id,
				run->result->eni);
		else if (table->before.exists)
			log_overlay(LOG_INFO, run->result->subject.name,
				"%s: route points to %s: replacing it", table->id,
				overlay_route_format(&table->before, text));
		else
			log_overlay(LOG_INFO, run->result->subject.name,
				"%s: no route: creating it", table->id);
	}
}

/* NULL: no route changes, since all routes already point here according to the first read. */
static const char *get_place_reason(const struct move_run *run)
{
	const struct overlay_read *read = &run->contest.move.change.read;

	for (size_t i = 0; i < read->n_tables; i++)
		if (read->tables[i].verdict == OVERLAY_PENDING &&
			read->tables[i].tentative_verdict == OVERLAY_PENDING)
			return run->options->may_replace ? "is being taken over"
							 : "is being created";
	return NULL;
}

/* Logs the changes of the routes, which the first read permits, and places the address first. */
static int prepare_host(struct move_run *run)
{
	run->is_host_prepared = true;
	if (!run->operation->dry_run)
		log_planned_changes(run);
	if (run->is_other_node)
		return 0;
	run->host.reason = get_place_reason(run);
	return overlay_host_place(&run->host, &run->result->link, run->result, &run->stop_error);
}

/* The routes have been moved, so a failure to write the record is only logged. */
static void record_move(struct move_run *run)
{
	struct error error = {0};

	if (!run->is_other_node &&
		overlay_host_record_move(&run->host, &run->result->subject, &error))
		log_overlay(LOG_WARNING, run->result->subject.name, "%s", error.text);
}

/* Called before each batch: records the end of each move, and logs each repetition of the move. */
static void record_or_log_repetition(struct move_run *run)
{
	enum overlay_contest_step step = run->contest.step;

	if (step == run->handled_step || step == OVERLAY_CONTEST_ENDS)
		return;
	run->handled_step = step;
	if (step == OVERLAY_CONTEST_READS)
		record_move(run);
	else
		log_overlay(LOG_INFO, run->result->subject.name,
			"another node is moving this overlay at the same time: retrying");
}

/* The flow calls this before it sends a batch. Before the first change, prepares this host. */
static int on_batch(void *state, struct flow_batch *batch)
{
	struct move_run *run = state;

	record_or_log_repetition(run);
	if (!flow_batch_has_change(batch))
		return 0;
	if (!run->is_other_node)
		run->stop_err = overlay_host_check_released(&run->host, &run->stop_error);
	if (!run->stop_err && !run->is_host_prepared)
		run->stop_err = prepare_host(run);
	if (run->stop_err)
		flow_batch_done(batch); /* an empty batch ends the flow */
	return 0;
}

static int run_flow(struct move_run *run, struct error *error)
{
	struct overlay_move *move = &run->contest.move;
	const struct flow contest = overlay_contest_flow(&run->contest);
	struct flow_filter filter = {source_guard_flow(&run->guard, &contest), on_batch, run};
	int err = preview_or_run_flow(&run->cloud, run->result->subject.role_arn,
		flow_filter_flow(&filter), &run->result->preview, error);
	bool is_timeout = error->outcome == OUTCOME_TIMEOUT && run->is_host_prepared;
	bool has_moved = run->contest.step == OVERLAY_CONTEST_READS; /* at least one move ended */

	/* Some routes may have been moved: only the undecided tables fail, with this error. */
	if (err && (is_timeout || has_moved)) {
		overlay_change_expire(&move->change, error);
		*error = (struct error){0};
		err = 0;
	}
	if (!err && run->guard.denied.outcome != OUTCOME_DONE) {
		run->stop_err = -EACCES;
		run->stop_error = run->guard.denied;
		run->result->check = SOURCE_CHECK_ON;
	}
	if (err)
		return err;
	*error = run->stop_err ? run->stop_error : move->change.read.error;
	if (run->stop_err)
		return run->stop_err;
	return error->outcome == OUTCOME_DONE ? 0 : -EIO;
}

/* Logs the command for the target's node, since only that node can place the address there. */
static void log_command_for_target(const struct move_run *run)
{
	const struct overlay_subject *subject = &run->result->subject;
	bool boot_places_it = subject->policy &&
			      policy_get_boot_action(subject->policy) != POLICY_AT_BOOT_NEVER;
	_cleanup_(strbuf_done) struct strbuf command = {0};
	char quoted[SHELL_WORD_SIZE];

	strbuf_printf(&command, "myha overlay move %s", shell_quote(subject->name, quoted));
	for (size_t i = 0; !subject->policy && subject->tables && subject->tables[i]; i++)
		strbuf_printf(&command, " --route-table %s", subject->tables[i]);
	log_overlay(LOG_INFO, subject->name,
		"run \"%s\" on the node of %s to place the address there",
		boot_places_it ? "myha boot" : strbuf_text(&command), run->result->eni);
}

/* Logs a line for each table that was changed or skipped. */
static void log_results(const struct move_run *run)
{
	const struct overlay_result *result = run->result;

	for (size_t i = 0; i < result->n_tables; i++) {
		const struct overlay_table *table = &result->tables[i];
		if (table->verdict == OVERLAY_MOVED)
			log_overlay(LOG_INFO, result->subject.name, "%s: route points to %s now",
				table->id, result->eni);
	}
	overlay_result_log_skipped_tables(result, LOG_WARNING);
	if (run->is_other_node && result->state == RESULT_CHANGED &&
		overlay_result_has_verdict(result, OVERLAY_MOVED))
		log_command_for_target(run);
}

/* Whether, according to the verdicts, any table points to the target. */
static bool has_table_in_place(const struct overlay_result *result)
{
	return overlay_result_has_verdict(result, OVERLAY_IN_PLACE) ||
	       overlay_result_has_verdict(result, OVERLAY_MOVED);
}

/*
 * Whether a failed move must remove the address: no route leads here, and this run has placed the
 * address or another node has taken over the routes. False if the routes are not known.
 */
static bool is_removal_due(const struct move_run *run)
{
	const struct overlay_result *result = run->result;
	bool has_placed = result->host.plan.count > 0;

	if (!run->may_have_changed)
		return has_placed && !has_table_in_place(result);
	return (result->routes == ROUTES_LEAD_ELSEWHERE || result->routes == ROUTES_ABSENT) &&
	       (has_placed || overlay_result_is_overtaken(result));
}

/* After a failed move: warns that the address stays on this host. */
static void log_kept_address(const struct move_run *run)
{
	const struct overlay_result *result = run->result;
	const char *name = result->subject.name, *quoted_name;
	char quoted[SHELL_WORD_SIZE];
	bool may_route_here;

	if (!result->holder[0])
		return;
	quoted_name = shell_quote(name, quoted);
	may_route_here = run->may_have_changed || has_table_in_place(result);
	if (run->is_other_node || !may_route_here)
		log_overlay(LOG_WARNING, name, "the address stays on %s, as before the move",
			result->holder);
	else
		log_overlay(LOG_WARNING, name,
			"the address stays on %s, since routes %s to this host: see \"myha overlay show %s\", then repeat \"myha overlay move %s\" or remove the address with \"myha overlay release %s\"",
			result->holder, has_table_in_place(result) ? "point" : "may point",
			quoted_name, quoted_name, quoted_name);
}

/* After a failed move: removes the address if no route leads here, else logs that it stays. */
static void remove_or_log_address(struct move_run *run)
{
	struct overlay_result *result = run->result;
	struct error error = {0};

	if (run->operation->dry_run || !run->is_host_prepared)
		return;
	run->host.reason = NULL; /* overlay_host_remove() chooses the reason */
	if (run->is_other_node || !is_removal_due(run))
		log_kept_address(run);
	else if (overlay_host_remove(&run->host, result, &error))
		log_overlay(LOG_ERR, result->subject.name, "%s", error.text);
}

/* Summarizes the verdicts of the tables in the error of the result. */
static void set_tables_error(struct move_run *run)
{
	enum outcome outcome = run->outcome;
	const char *text = "no route was changed";

	if (run->contest.is_overtaken) {
		text = "another node has taken over the overlay meanwhile";
	} else if (run->result->preview.length) {
		/* In a dry run the tables that can be changed stay undecided. */
		outcome = OUTCOME_DIFFERS;
		text = "only some routes can be changed";
	} else if (outcome == OUTCOME_DIFFERS) {
		text = "only some routes were changed";
	} else if (has_table_in_place(run->result)) {
		text = "EC2 has not confirmed all route changes";
	} else if (run->may_have_changed) {
		text = "EC2 has not confirmed any route change";
	}
	overlay_result_set_tables_error(run->result, outcome, text);
}

/* Whether all routes point to the target or, in a dry run, would point to it. */
static bool is_complete(const struct move_run *run)
{
	return run->outcome == OUTCOME_DONE ||
	       (run->result->preview.length &&
		       !overlay_result_has_verdict(run->result, OVERLAY_NOT_PERMITTED));
}

static void set_result(struct move_run *run, int err, const struct error *error)
{
	struct overlay_result *result = run->result;
	bool has_changed = result->host.plan.count || result->preview.length ||
			   overlay_result_has_verdict(result, OVERLAY_MOVED);

	overlay_result_set_state(result, err, error, has_changed, run->operation->dry_run);
	if (!err && !is_complete(run))
		set_tables_error(run);
	result->routes = routes_state_from_verdicts(
		result, run->local_eni, run->operation->dry_run);
}

/*
 * Finds the target, and compares it with this host's ENI. Without the metadata service or the link,
 * this host's ENI is not known: a target given by --to then counts as another node.
 */
static int find_target(struct move_run *run, struct error *error)
{
	struct overlay_result *result = run->result;
	const char *to = run->options->to;
	int err = to ? overlay_target_find_named(&run->cloud, to, result->eni, error) : 0;

	if (err)
		return err;
	err = overlay_target_find_local(
		&run->host, &run->cloud, &result->subject, &result->link, run->local_eni, error);
	if (!to) {
		memcpy(result->eni, run->local_eni, sizeof(result->eni));
		return err;
	}
	run->is_other_node = strcmp(result->eni, run->local_eni) != 0;
	if (run->is_other_node)
		result->link = (struct net_link){0};
	if (err != -ENXIO && err != -ENODEV) /* no metadata service, no link */
		return err;
	*error = (struct error){0};
	return 0;
}

/* Checks the address and the link, and finds the target and the VPC, before any change. */
static int prepare(struct move_run *run, struct error *error)
{
	struct overlay_result *result = run->result;
	int err = cloud_open(run->operation, &run->cloud, error);

	if (!err)
		err = overlay_host_open(run->operation, &result->subject, &run->host, error);
	if (!err)
		err = overlay_host_check_address(
			&run->host, &result->subject, result->holder, error);
	if (!err)
		err = find_target(run, error);
	if (!err && !run->is_other_node)
		err = overlay_host_check_link(&result->link, error);
	if (!err)
		err = overlay_target_find_vpc(&run->cloud, &result->subject, run->vpc, error);
	if (!err)
		overlay_source_guard_prepare(&run->cloud, result, &run->guard);
	result->is_routes_first = run->is_other_node;
	return err;
}

/* Runs the flow, and takes its tables into the result. */
static int move_routes(struct move_run *run, struct error *error)
{
	const struct overlay_move_goal goal = {
		.routes = overlay_subject_get_routes(&run->result->subject, run->vpc),
		.eni = run->result->eni,
		.may_create = run->options->may_create,
		.may_replace = run->options->may_replace,
		.is_preview = run->operation->dry_run,
	};
	struct overlay_move *move = &run->contest.move;
	int err;

	overlay_contest_init(&run->contest, &goal);
	err = run_flow(run, error);
	run->outcome = overlay_change_outcome(&move->change);
	/*
	 * The flow counts each request that it has returned as sent, even in a dry run or if
	 * on_batch() has dropped it. A move is repeated only after it has changed a route.
	 */
	run->may_have_changed = run->is_host_prepared && !run->operation->dry_run &&
				(run->contest.repetitions ||
					(!run->stop_err &&
						overlay_change_may_have_changed(&move->change)));
	overlay_result_take_tables(run->result, &move->change.read);
	if (run->may_have_changed && run->handled_step == OVERLAY_CONTEST_MOVES)
		record_move(run);
	return err;
}

static int run_move(struct move_run *run, struct error *error)
{
	struct overlay_result *result = run->result;
	int err = prepare(run, error);

	if (!err)
		err = move_routes(run, error);
	if (err || !is_complete(run))
		return err;
	/* All routes point to another node now, so this host must not have the address. */
	if (run->is_other_node) {
		run->host.reason = "is being moved to another node";
		return overlay_host_remove(&run->host, result, error);
	}
	/* If every route was in place already, the address may still be missing on this host. */
	if (!run->is_host_prepared)
		err = overlay_host_place(&run->host, &result->link, result, error);
	return err ? err : overlay_host_check_released(&run->host, error);
}

int overlay_move(const struct operation *operation, const struct overlay_move_options *options,
	struct overlay_result *result)
{
	struct move_run run = {.operation = operation, .options = options, .result = result};
	struct error error = {0};
	int err = run_move(&run, &error);

	set_result(&run, err, &error);
	log_results(&run);
	if (err == -ECANCELED) /* the release has removed the address */
		result->holder[0] = '\0';
	else if (result->state == RESULT_FAILED)
		remove_or_log_address(&run);
	/* Last, so that a slow response does not delay the routes. */
	if (has_table_in_place(result) || result->state == RESULT_DIFFERS)
		overlay_source_check_apply(&run.cloud, run.guard.check, result);
	source_guard_done(&run.guard);
	overlay_contest_done(&run.contest);
	overlay_host_close(&run.host);
	cloud_close(&run.cloud);
	return result->state == RESULT_FAILED ? -EIO : 0;
}
