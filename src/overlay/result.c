/* SPDX-License-Identifier: Apache-2.0 */
#include "overlay/result.h"

#include "base/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void overlay_result_init(struct overlay_result *result, const struct overlay_subject *subject)
{
	*result = (struct overlay_result){.subject = *subject};
	result->host.overlay = result->subject.name;
}

void overlay_result_done(struct overlay_result *result)
{
	free(result->tables);
	free(result->uncovered);
	plan_done(&result->host.plan);
	strbuf_done(&result->preview);
}

void overlay_result_cleanup_all(struct overlay_result *results, size_t count)
{
	for (size_t i = 0; results && i < count; i++)
		overlay_result_done(&results[i]);
	free(results);
}

void overlay_result_set_tables_error(
	struct overlay_result *result, enum outcome outcome, const char *text)
{
	result->state = RESULT_FAILED;
	error_set(&result->error, outcome, EIO, "%s", text);
	if (result->n_tables == 1 && result->tables->error.outcome != OUTCOME_DONE) {
		result->error = result->tables->error;
		error_prefix(&result->error, "%s", result->tables->id);
		return;
	}
	for (size_t i = 0; i < result->n_tables; i++)
		if (result->tables[i].error.outcome != OUTCOME_DONE)
			log_overlay(LOG_ERR, result->subject.name, "%s: %s", result->tables[i].id,
				result->tables[i].error.text);
}

void overlay_result_set_state(struct overlay_result *result, int err, const struct error *error,
	bool has_changed, bool dry_run)
{
	if (err) {
		result->error = *error;
		error_ensure_text(&result->error, err);
		result->state = RESULT_FAILED;
	} else if (!has_changed) {
		result->state = RESULT_UNCHANGED;
	} else {
		result->state = dry_run ? RESULT_DIFFERS : RESULT_CHANGED;
	}
}

/* The number of tables whose route leads to this host, elsewhere, or to an unknown target. */
struct route_counts {
	size_t here, elsewhere, unknown;
};

static enum routes_state state_from_counts(const struct route_counts *counts)
{
	if (counts->here)
		return counts->elsewhere || counts->unknown ? ROUTES_MIXED : ROUTES_LEAD_HERE;
	if (counts->unknown)
		return ROUTES_UNKNOWN;
	return counts->elsewhere ? ROUTES_LEAD_ELSEWHERE : ROUTES_ABSENT;
}

/* `instance` is "": compares only the ENIs. */
static void count_route(const struct overlay_route *route, const char *const *enis,
	const char *instance, struct route_counts *counts)
{
	if (!route->exists)
		return;
	if (overlay_route_points_to(route, enis) ||
		(*instance && strcmp(route->instance, instance) == 0))
		counts->here++;
	else
		counts->elsewhere++;
}

enum routes_state routes_state_from_read(
	const struct overlay_read *read, const char *const *enis, const char *instance)
{
	struct route_counts counts = {0};

	if (overlay_read_outcome(read) != OUTCOME_DONE)
		return ROUTES_UNKNOWN;
	for (size_t i = 0; i < read->n_tables; i++)
		count_route(&read->tables[i].before, enis, instance, &counts);
	return state_from_counts(&counts);
}

enum routes_state routes_state_from_verdicts(
	const struct overlay_result *result, const char *local_eni, bool dry_run)
{
	const char *const enis[] = {local_eni, NULL};
	bool is_target_local = strcmp(result->eni, local_eni) == 0;
	struct route_counts counts = {0};

	for (size_t i = 0; i < result->n_tables; i++) {
		const struct overlay_table *table = &result->tables[i];

		switch (table->verdict) {
		case OVERLAY_IN_PLACE:
		case OVERLAY_MOVED:
			counts.here += is_target_local; /* true counts as 1 */
			counts.elsewhere += !is_target_local;
			break;
		case OVERLAY_ABSENT:
		case OVERLAY_DELETED:
			break; /* no route to count */
		case OVERLAY_NOT_PERMITTED:
			count_route(&table->before, enis, "", &counts);
			break;
		case OVERLAY_PENDING:
			if (dry_run)
				count_route(&table->before, enis, "", &counts);
			else
				counts.unknown++;
			break;
		case OVERLAY_FAILED:
			if (table->is_overtaken) /* another node has changed the route */
				count_route(&table->seen, enis, "", &counts);
			else if (table->progress == OVERLAY_REFUSED) /* the route is as before */
				count_route(&table->before, enis, "", &counts);
			else
				counts.unknown++;
			break;
		}
	}
	return result->n_tables ? state_from_counts(&counts) : ROUTES_UNKNOWN /* not read */;
}

const struct overlay_route *overlay_result_first_route(const struct overlay_result *result)
{
	for (size_t i = 0; i < result->n_tables; i++) {
		const struct overlay_table *table = &result->tables[i];
		const struct overlay_route *route = table->is_overtaken ? &table->seen
									: &table->before;

		if (route->exists)
			return route;
	}
	return NULL;
}

bool overlay_result_has_verdict(const struct overlay_result *result, enum overlay_verdict verdict)
{
	for (size_t i = 0; i < result->n_tables; i++)
		if (result->tables[i].verdict == verdict)
			return true;
	return false;
}

bool overlay_result_is_overtaken(const struct overlay_result *result)
{
	for (size_t i = 0; i < result->n_tables; i++)
		if (result->tables[i].is_overtaken)
			return true;
	return false;
}

void overlay_result_take_tables(struct overlay_result *result, struct overlay_read *read)
{
	free(result->tables);
	free(result->uncovered);
	result->tables = TAKE_PTR(read->tables);
	result->n_tables = read->n_tables;
	read->n_tables = read->capacity = 0; /* overlay_read_done() is still called */
	result->uncovered = TAKE_PTR(read->uncovered);
	result->n_uncovered = read->n_uncovered;
	read->n_uncovered = read->uncovered_capacity = 0;
}

void overlay_result_log_skipped_tables(const struct overlay_result *result, int level)
{
	for (size_t i = 0; i < result->n_uncovered; i++)
		log_overlay(level, result->subject.name, "%s: %s", result->uncovered[i].id,
			result->uncovered[i].error.text);
}

enum outcome overlay_result_outcome(const struct overlay_result *result)
{
	enum outcome outcome = result_outcome(result->state, &result->error);

	if (outcome == OUTCOME_DONE && result->check == SOURCE_CHECK_FAILED)
		return OUTCOME_DIFFERS;
	return outcome;
}

const char *routes_state_name(enum routes_state state)
{
	static const char *const names[] = {
		[ROUTES_UNKNOWN] = "unknown",
		[ROUTES_ABSENT] = "nowhere",
		[ROUTES_LEAD_HERE] = "here",
		[ROUTES_LEAD_ELSEWHERE] = "elsewhere",
		[ROUTES_MIXED] = "mixed",
	};
	return names[state];
}
