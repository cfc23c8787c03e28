/* SPDX-License-Identifier: Apache-2.0 */
#include "app/deed.h"

#include "base/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void report_init(struct report *report)
{
	*report = (struct report){0};
}

void report_done(struct report *report)
{
	for (size_t i = 0; i < report->count; i++) {
		plan_done(&report->results[i].plan);
		netstate_done(&report->results[i].wanted);
		netstate_done(&report->results[i].found);
	}
	free(report->results);
	report_init(report);
}

int report_add(struct report *report, const char *interface)
{
	struct result *result;
	int err = array_reserve(
		&report->results, &report->capacity, report->count, sizeof(*report->results));

	if (err)
		return err;
	result = &report->results[report->count++];
	*result = (struct result){.state = RESULT_OPEN};
	snprintf(result->interface, sizeof(result->interface), "%s", interface);
	plan_init(&result->plan);
	netstate_init(&result->wanted);
	netstate_init(&result->found);
	return 0;
}

int report_join(struct report *report, struct report *from)
{
	for (size_t i = 0; i < from->count; i++) {
		int err = report_add(report, from->results[i].interface);
		if (err)
			return err;
		report->results[report->count - 1] = from->results[i];
		/* Its contents have moved: report_done() of `from` must not free them. */
		from->results[i] = (struct result){0};
	}
	return 0;
}

static int record_step(struct result *result, const struct step *step, int step_error,
	const struct table_names *names, struct error *error)
{
	_cleanup_(strbuf_done) struct strbuf command = {0};

	if (step_print(step, names, &command) || (!step_error && plan_add(&result->plan, step)))
		return error_set(error, OUTCOME_FAILED, ENOMEM, "out of memory");
	if (step_error)
		return error_set(error, OUTCOME_FAILED, -step_error, "cannot do \"%s\": %s%s",
			strbuf_text(&command), strerror(-step_error),
			step_error == -EPERM ? ": run it as root" : "");
	if (result->overlay)
		log_overlay(
			LOG_INFO, result->overlay, "%s (%s)", strbuf_text(&command), step->reason);
	else
		log_line(LOG_INFO, result->interface, "%s (%s)", strbuf_text(&command),
			step->reason);
	return 0;
}

int result_record(struct result *result, const struct plan *plan, const int *errors,
	const struct table_names *names, struct error *error)
{
	int first = 0;

	for (size_t i = 0; i < plan->count; i++) {
		int err = record_step(
			result, &plan->steps[i], errors[i], names, first ? NULL : error);
		if (!first)
			first = err;
	}
	return first;
}

enum outcome report_outcome(const struct report *report)
{
	enum outcome outcome = OUTCOME_DONE;
	size_t listed = 0, failed = 0;

	for (size_t i = 0; i < report->count; i++) {
		const struct result *result = &report->results[i];
		listed += result->state != RESULT_NOT_LISTED;
		if (result->state == RESULT_FAILED) {
			bool alike = !failed++ || outcome == result->error.outcome;
			outcome = alike ? result->error.outcome : OUTCOME_FAILED;
		} else if (result->state == RESULT_DIFFERS && !failed) {
			outcome = OUTCOME_DIFFERS;
		}
	}
	if (failed && failed < listed)
		return OUTCOME_DIFFERS;
	return outcome;
}

const char *result_state_name(enum result_state state)
{
	static const char *const names[] = {
		[RESULT_OPEN] = "open",
		[RESULT_NOT_LISTED] = "not-listed",
		[RESULT_UNCHANGED] = "unchanged",
		[RESULT_CHANGED] = "changed",
		[RESULT_DIFFERS] = "differs",
		[RESULT_FAILED] = "failed",
	};
	return names[state];
}
