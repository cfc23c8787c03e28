/* SPDX-License-Identifier: Apache-2.0 */
#include "app/overlay_switch.h"

#include "app/overlay_check.h"
#include "app/overlay_target.h"
#include "app/preview.h"
#include "aws/flow_run.h"
#include "base/log.h"
#include "failover/overlay_move.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct switching {
	const struct deed *deed;
	const struct overlay_switch_wish *wish;
	struct overlay_result *result;
	struct cloud cloud;
	struct overlay_host host;
	char vpc[EC2_ID_SIZE];
	struct overlay_move move;
	struct flow inner; /* of the move */
	bool carried; /* the address was put on the host, or need not be */
	int err; /* why the host does not carry it */
	struct error carry_error;
	/* Of the move, once it has ended. */
	enum outcome outcome;
	bool may_have_changed; /* a route */
};

static void log_before(const struct switching *run)
{
	for (size_t i = 0; i < run->move.change.look.n_tables; i++) {
		const struct overlay_table *table = &run->move.change.look.tables[i];
		char text[OVERLAY_ROUTE_TEXT_SIZE];

		if (table->verdict != OVERLAY_OPEN)
			continue;
		if (table->before.exists)
			log_overlay(LOG_INFO, run->result->subject.name,
				"%s: it is routed to %s: taking it over", table->id,
				overlay_route_format(&table->before, text));
		else
			log_overlay(LOG_INFO, run->result->subject.name,
				"%s: it has no route: making one", table->id);
	}
}

static bool changes_routes(const struct flow_batch *batch)
{
	return batch->count && batch->calls[0].action != EC2_DESCRIBE_ROUTE_TABLES;
}

/* Before the first route is switched, and not before it is known that it may be. */
static int carry_first(struct switching *run)
{
	if (!run->deed->dry_run)
		log_before(run);
	run->carried = true;
	if (!run->result->link.index)
		return 0;
	return overlay_host_carry(&run->host, &run->result->link, run->result, &run->carry_error);
}

/* The move's own next(), with the host's half put in before the first change. */
static int switching_next(void *state, uint64_t now, uint32_t random, struct flow_batch *ret_batch)
{
	struct switching *run = state;
	int err;

	*ret_batch = (struct flow_batch){0};
	if (run->err)
		return 0;
	err = run->inner.next(run->inner.state, now, random, ret_batch);
	if (err || !changes_routes(ret_batch))
		return err;
	if (!run->carried)
		run->err = carry_first(run);
	if (run->err)
		flow_batch_done(ret_batch);
	return err;
}

static int switching_take(void *state, size_t tag, const struct flow_answer *answer)
{
	struct switching *run = state;

	return run->inner.take(run->inner.state, tag, answer);
}

static int run_move(struct switching *run, struct error *error)
{
	struct flow flow = {.next = switching_next, .take = switching_take, .state = run};
	struct preview preview = {.inner = flow, .lines = &run->result->preview};
	struct api *api;
	int err = cloud_api(&run->cloud, run->result->subject.role_arn, &api, error);

	run->inner = overlay_move_flow(&run->move);
	if (run->deed->dry_run)
		flow = preview_flow(&preview);
	if (!err)
		err = flow_run(api, &flow, 1, &run->deed->deadline, error);
	if (!err && run->err)
		*error = run->carry_error;
	return err ? err : run->err;
}

/* What every table came to, a line each. */
static void log_after(const struct switching *run)
{
	const struct overlay_result *result = run->result;

	for (size_t i = 0; i < result->n_tables; i++) {
		const struct overlay_table *table = &result->tables[i];
		if (table->verdict == OVERLAY_MOVED)
			log_overlay(LOG_INFO, result->subject.name, "%s: it is routed to %s now",
				table->id, result->eni);
	}
}

/* After the verdicts: which of the tables lead to the target in the end. */
static enum overlay_reach reach_of_verdicts(const struct overlay_result *result)
{
	size_t good = 0;

	for (size_t i = 0; i < result->n_tables; i++)
		good += result->tables[i].verdict == OVERLAY_IN_PLACE ||
			result->tables[i].verdict == OVERLAY_MOVED;
	if (good == result->n_tables && good)
		return OVERLAY_HERE;
	return good ? OVERLAY_MIXED : OVERLAY_UNKNOWN;
}

/* Whether no route leads here, for sure. */
static bool is_elsewhere(struct switching *run)
{
	const char *const enis[] = {run->result->eni, NULL};
	const struct overlay_routes routes = overlay_routes_of(&run->result->subject, run->vpc);
	struct error error = {0};
	struct overlay_look look;
	bool elsewhere;

	if (!run->may_have_changed)
		return run->result->reach == OVERLAY_UNKNOWN;
	overlay_look_init(&look, &routes);
	elsewhere = !overlay_target_look(&run->cloud, &run->result->subject, &look, &error) &&
		    overlay_reach_of(&look, enis, "") == OVERLAY_ELSEWHERE;
	overlay_look_done(&look);
	return elsewhere;
}

/* The address must not stay on a host that nothing is routed to; where one cannot tell, it stays. */
static void take_back(struct switching *run)
{
	struct overlay_result *result = run->result;
	bool added = result->host.plan.count > 0;
	struct error error = {0};

	if (run->deed->dry_run || !added || !run->result->link.index || !is_elsewhere(run))
		return;
	if (overlay_host_carry(&run->host, NULL, result, &error))
		log_overlay(LOG_ERR, result->subject.name, "%s", error.text);
}

static bool is_mine(struct switching *run)
{
	struct net_link link;
	char eni[EC2_ID_SIZE];
	struct error ignored;

	return !overlay_target_here(
		       &run->host, &run->cloud, &run->result->subject, &link, eni, &ignored) &&
	       strcmp(eni, run->result->eni) == 0;
}

/* Another node has it now, so that this one must not; unless it was this one that was named. */
static void hand_over(struct switching *run)
{
	struct overlay_result *result = run->result;
	struct error error = {0};

	if (!run->wish->to || run->deed->dry_run || is_mine(run) ||
		!overlay_host_carry(&run->host, NULL, result, &error))
		return;
	result->error = error;
	result->state = RESULT_FAILED;
}

/* Of a dry run: what would not be done. */
static void log_left(const struct overlay_result *result)
{
	for (size_t i = 0; i < result->n_tables; i++)
		if (result->tables[i].verdict == OVERLAY_LEFT)
			log_overlay(LOG_ERR, result->subject.name, "%s: %s", result->tables[i].id,
				result->tables[i].error.text);
}

static void conclude(struct switching *run, int err, const struct error *error)
{
	struct overlay_result *result = run->result;
	bool changed = result->host.plan.count || run->may_have_changed;

	if (!err && run->deed->dry_run && (result->preview.length || result->host.plan.count)) {
		result->state = RESULT_DIFFERS;
		log_left(result);
		return;
	}
	if (err || run->move.change.look.error.outcome != OUTCOME_DONE) {
		result->error = err ? *error : run->move.change.look.error;
		result->state = RESULT_FAILED;
		return;
	}
	if (run->outcome != OUTCOME_DONE)
		overlay_result_fail_by_tables(result, run->outcome,
			run->outcome == OUTCOME_DIFFERS ? "only some of its routes were switched"
							: "none of its routes was switched");
	else
		result->state = changed ? RESULT_CHANGED : RESULT_UNCHANGED;
}

/* Target, VPC and identity, all before anything is changed. */
static int prepare(struct switching *run, struct error *error)
{
	struct overlay_result *result = run->result;
	int err = cloud_open(run->deed, &run->cloud, error);

	if (!err)
		err = overlay_host_open(run->deed, &result->subject, &run->host, error);
	if (!err && run->wish->to)
		err = overlay_target_of(&run->cloud, run->wish->to, result->eni, error);
	else if (!err)
		err = overlay_target_here(&run->host, &run->cloud, &result->subject,
			&run->result->link, result->eni, error);
	if (!err)
		err = overlay_target_vpc(&run->cloud, &result->subject, run->vpc, error);
	return err;
}

static int run_all(struct switching *run, struct error *error)
{
	struct overlay_result *result = run->result;
	int err = prepare(run, error);
	const struct overlay_wish wish = {
		.routes = overlay_routes_of(&result->subject, run->vpc),
		.eni = result->eni,
		.may_create = run->wish->may_create,
		.may_replace = run->wish->may_replace,
	};

	overlay_move_init(&run->move, &wish);
	if (!err)
		err = run_move(run, error);
	run->outcome = overlay_move_outcome(&run->move);
	run->may_have_changed = overlay_move_may_have_changed(&run->move);
	/* Where every route was in place already, the host may still lack the address. */
	if (!err && !run->carried && run->result->link.index && run->outcome == OUTCOME_DONE)
		err = overlay_host_carry(&run->host, &run->result->link, result, error);
	return err;
}

int overlay_switch(const struct deed *deed, const struct overlay_switch_wish *wish,
	struct overlay_result *result)
{
	struct switching run = {.deed = deed, .wish = wish, .result = result};
	struct error error = {0};
	int err = run_all(&run, &error);

	overlay_result_take_tables(result, &run.move.change.look);
	result->reach = reach_of_verdicts(result);
	conclude(&run, err, &error);
	log_after(&run);
	if (result->state == RESULT_FAILED)
		take_back(&run);
	else
		hand_over(&run);
	/* Last, so that no slow answer of it holds up the routes. */
	if (result->reach == OVERLAY_HERE || result->reach == OVERLAY_MIXED ||
		result->state == RESULT_DIFFERS)
		overlay_check_run(&run.cloud, result);
	overlay_move_done(&run.move);
	overlay_host_close(&run.host);
	cloud_close(&run.cloud);
	return result->state == RESULT_FAILED ? -EIO : 0;
}
