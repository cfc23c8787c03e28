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
	char own[EC2_ID_SIZE]; /* this host's ENI; "": not known, and another ENI is the target */
	bool is_other; /* the target is not this host's ENI */
	struct overlay_contest contest;
	enum overlay_contest_step step; /* of the contest, before it ended */
	struct source_guard guard;
	bool has_begun; /* this host is prepared: the address was placed, unless is_other */
	int err; /* why no request may change a route; 0: it may */
	struct error begin_error; /* the words for `err` */
	/* Set when the flow has ended. */
	enum outcome outcome;
	bool may_have_changed; /* a request may have changed a route */
};

static void log_before(const struct move_run *run)
{
	const struct overlay_read *read = &run->contest.move.change.read;

	for (size_t i = 0; i < read->n_tables; i++) {
		const struct overlay_table *table = &read->tables[i];
		char text[OVERLAY_ROUTE_TEXT_SIZE];

		if (table->verdict != OVERLAY_PENDING)
			continue;
		if (table->believed != OVERLAY_PENDING)
			log_overlay(LOG_DEBUG, run->result->subject.name,
				"%s: route points to %s already: confirming it", table->id,
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

/* Returns the reason for the address. NULL: all routes that this run confirms already point here. */
static const char *get_reason(const struct move_run *run)
{
	const struct overlay_read *read = &run->contest.move.change.read;

	for (size_t i = 0; i < read->n_tables; i++)
		if (read->tables[i].verdict == OVERLAY_PENDING &&
			read->tables[i].believed == OVERLAY_PENDING)
			return run->options->may_replace ? "is being taken over"
							 : "is being created";
	return NULL;
}

/* Runs before the first change of a route, when the first read has shown that it is permitted. */
static int begin_changes(struct move_run *run)
{
	run->has_begun = true;
	if (!run->operation->dry_run)
		log_before(run);
	if (run->is_other)
		return 0;
	run->host.reason = get_reason(run);
	return overlay_host_place(&run->host, &run->result->link, run->result, &run->begin_error);
}

/* The routes have been moved, so a failure to write the record is only logged. */
static void record_move(struct move_run *run)
{
	struct error error = {0};

	if (!run->is_other && overlay_host_record_move(&run->host, &run->result->subject, &error))
		log_overlay(LOG_WARNING, run->result->subject.name, "%s", error.text);
}

/* Records each move that is not the last one, and logs its repetition. */
static void follow_contest(struct move_run *run)
{
	enum overlay_contest_step step = run->contest.step;

	if (step == run->step || step == OVERLAY_CONTEST_ENDS)
		return;
	run->step = step;
	if (step == OVERLAY_CONTEST_READS)
		record_move(run);
	else
		log_overlay(LOG_INFO, run->result->subject.name,
			"another node is moving this overlay at the same time: retrying");
}

/* Prepares this host before the first change of a route. */
static int follow_move(void *state, struct flow_batch *batch)
{
	struct move_run *run = state;

	follow_contest(run);
	if (!flow_batch_has_change(batch))
		return 0;
	if (!run->is_other)
		run->err = overlay_host_check_released(&run->host, &run->begin_error);
	if (!run->err && !run->has_begun)
		run->err = begin_changes(run);
	if (run->err)
		flow_batch_done(batch);
	return 0;
}

static int run_contest(struct move_run *run, struct error *error)
{
	struct overlay_move *move = &run->contest.move;
	const struct flow contest = overlay_contest_flow(&run->contest);
	struct flow_filter filter = {source_guard_flow(&run->guard, &contest), follow_move, run};
	int err = preview_or_run(&run->cloud, run->result->subject.role_arn,
		flow_filter_flow(&filter), &run->result->preview, error);

	/* At the deadline, and between two moves, the verdicts of the tables hold what is known. */
	if (err && ((error->outcome == OUTCOME_TIMEOUT && run->has_begun) ||
			   run->contest.step == OVERLAY_CONTEST_READS)) {
		overlay_move_expire(move, error);
		*error = (struct error){0};
		err = 0;
	}
	if (!err && run->guard.denied.outcome != OUTCOME_DONE) {
		run->err = -EACCES;
		run->begin_error = run->guard.denied;
		run->result->check = SOURCE_CHECK_ON;
	}
	if (err)
		return err;
	*error = run->err ? run->begin_error : move->change.read.error;
	if (run->err)
		return run->err;
	return error->outcome == OUTCOME_DONE ? 0 : -EIO;
}

/* Logs the command that must run on the other node: only that node can place the address there. */
static void log_command_for_target(const struct move_run *run)
{
	const struct overlay_subject *subject = &run->result->subject;
	bool is_of_boot = subject->policy &&
			  policy_overlay_at_boot(subject->policy) != POLICY_AT_BOOT_NEVER;
	_cleanup_(strbuf_done) struct strbuf command = {0};
	char quoted[SHELL_WORD_SIZE];

	strbuf_printf(&command, "myha overlay move %s", shell_quote(subject->name, quoted));
	for (size_t i = 0; !subject->policy && subject->tables && subject->tables[i]; i++)
		strbuf_printf(&command, " --route-table %s", subject->tables[i]);
	log_overlay(LOG_INFO, subject->name,
		"run \"%s\" on the node of %s to place the address there",
		is_of_boot ? "myha boot" : strbuf_text(&command), run->result->eni);
}

/* Logs a line for each table that was changed, and for each that is not covered. */
static void log_after(const struct move_run *run)
{
	const struct overlay_result *result = run->result;

	for (size_t i = 0; i < result->n_tables; i++) {
		const struct overlay_table *table = &result->tables[i];
		if (table->verdict == OVERLAY_MOVED)
			log_overlay(LOG_INFO, result->subject.name, "%s: route points to %s now",
				table->id, result->eni);
	}
	overlay_result_log_uncovered(result, LOG_WARNING);
	if (run->is_other && result->state == RESULT_CHANGED &&
		overlay_result_has(result, OVERLAY_MOVED))
		log_command_for_target(run);
}

/* Whether, according to the verdicts, any table points to the target. */
static bool has_table_in_place(const struct overlay_result *result)
{
	return overlay_result_has(result, OVERLAY_IN_PLACE) ||
	       overlay_result_has(result, OVERLAY_MOVED);
}

/*
 * Whether the address must be removed from this host because no route leads here: this run has
 * placed it but no table points here, or another node has moved the routes since. If the routes are
 * not known, the address stays.
 */
static bool is_removal_due(const struct move_run *run)
{
	const struct overlay_result *result = run->result;
	bool added = result->host.plan.count > 0;

	if (!run->may_have_changed)
		return added && !has_table_in_place(result);
	return (result->reach == OVERLAY_ELSEWHERE || result->reach == OVERLAY_NOWHERE) &&
	       (added || overlay_result_is_overtaken(result));
}

static void log_remaining(const struct move_run *run)
{
	const struct overlay_result *result = run->result;
	const char *name = result->subject.name, *word;
	char quoted[SHELL_WORD_SIZE];

	if (!result->holder[0])
		return;
	word = shell_quote(name, quoted);
	if (run->is_other || (!run->may_have_changed && !has_table_in_place(result)))
		log_overlay(LOG_WARNING, name, "the address stays on %s, as before the move",
			result->holder);
	else
		log_overlay(LOG_WARNING, name,
			"the address stays on %s, since routes %s to this host: see \"myha overlay show %s\", then repeat \"myha overlay move %s\" or remove the address with \"myha overlay release %s\"",
			result->holder, has_table_in_place(result) ? "point" : "may point", word,
			word, word);
}

static void remove_again(struct move_run *run)
{
	struct overlay_result *result = run->result;
	struct error error = {0};

	if (run->operation->dry_run || !run->has_begun)
		return;
	run->host.reason = NULL;
	if (run->is_other || !is_removal_due(run))
		log_remaining(run);
	else if (overlay_host_place(&run->host, NULL, result, &error))
		log_overlay(LOG_ERR, result->subject.name, "%s", error.text);
}

static void fail_by_tables(struct move_run *run)
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
		text = "not all route changes are confirmed";
	} else if (run->may_have_changed) {
		text = "no route change is confirmed";
	}
	overlay_result_set_tables_error(run->result, outcome, text);
}

/* Whether all routes point to the target or, in a dry run, would point to it. */
static bool is_settled(const struct move_run *run)
{
	return run->outcome == OUTCOME_DONE ||
	       (run->result->preview.length &&
		       !overlay_result_has(run->result, OVERLAY_NOT_PERMITTED));
}

static void conclude(struct move_run *run, int err, const struct error *error)
{
	struct overlay_result *result = run->result;
	bool has_changed = result->host.plan.count || result->preview.length ||
			   overlay_result_has(result, OVERLAY_MOVED);

	overlay_result_conclude(result, err, error, has_changed, run->operation->dry_run);
	if (!err && !is_settled(run))
		fail_by_tables(run);
	result->reach = overlay_reach_from_verdicts(result, run->own, run->operation->dry_run);
}

/*
 * Finds the target, and whether it is this host, by comparing ENIs. Without the metadata service or
 * the link, this host's ENI is not known; a target given by --to then counts as another node.
 */
static int find_target(struct move_run *run, struct error *error)
{
	struct overlay_result *result = run->result;
	int err;

	if (run->options->to) {
		err = overlay_target_find_by_id(&run->cloud, run->options->to, result->eni, error);
		if (err)
			return err;
	}
	err = overlay_target_find_local(
		&run->host, &run->cloud, &result->subject, &result->link, run->own, error);
	if (!run->options->to) {
		memcpy(result->eni, run->own, sizeof(result->eni));
		return err;
	}
	run->is_other = strcmp(result->eni, run->own) != 0;
	if (run->is_other)
		result->link = (struct net_link){0};
	if (err != -ENXIO && err != -ENODEV)
		return err;
	*error = (struct error){0};
	return 0;
}

/* Finds the target, the VPC and the guard, before anything is changed. */
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
	if (!err && !run->is_other)
		err = overlay_host_check_link(&result->link, error);
	if (!err)
		err = overlay_target_find_vpc(&run->cloud, &result->subject, run->vpc, error);
	if (!err)
		overlay_check_guard(&run->cloud, result, &run->guard);
	result->is_routes_first = run->is_other;
	return err;
}

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
	err = run_contest(run, error);
	run->outcome = overlay_move_outcome(move);
	/*
	 * The flow counts each request that it has given out as sent, also in a dry run or when the
	 * change could not begin. Only a move that has changed a route is repeated.
	 */
	run->may_have_changed = run->has_begun && !run->operation->dry_run &&
				(run->contest.repetitions ||
					(!run->err && overlay_move_may_have_changed(move)));
	overlay_result_move_tables(run->result, &move->change.read);
	if (run->may_have_changed && run->step == OVERLAY_CONTEST_MOVES)
		record_move(run);
	return err;
}

static int run_move(struct move_run *run, struct error *error)
{
	struct overlay_result *result = run->result;
	int err = prepare(run, error);

	if (!err)
		err = move_routes(run, error);
	if (err || !is_settled(run))
		return err;
	/* Another node is the target now, so this host must not have the address. */
	if (run->is_other) {
		run->host.reason = "is being moved to another node";
		return overlay_host_place(&run->host, NULL, result, error);
	}
	/* If every route was in place already, the address may still be missing on this host. */
	if (!run->has_begun)
		err = overlay_host_place(&run->host, &result->link, result, error);
	return err ? err : overlay_host_check_released(&run->host, error);
}

int overlay_move(const struct operation *operation, const struct overlay_move_options *options,
	struct overlay_result *result)
{
	struct move_run run = {.operation = operation, .options = options, .result = result};
	struct error error = {0};
	int err = run_move(&run, &error);

	conclude(&run, err, &error);
	log_after(&run);
	if (err == -ECANCELED)
		result->holder[0] = '\0';
	else if (result->state == RESULT_FAILED)
		remove_again(&run);
	/* Last, so that a slow response does not delay the routes. */
	if (has_table_in_place(result) || result->state == RESULT_DIFFERS)
		overlay_check_apply(&run.cloud, run.guard.check, result);
	source_guard_done(&run.guard);
	overlay_contest_done(&run.contest);
	overlay_host_close(&run.host);
	cloud_close(&run.cloud);
	return result->state == RESULT_FAILED ? -EIO : 0;
}
