/* SPDX-License-Identifier: Apache-2.0 */
#include "core/operation.h"

#include "base/log.h"
#include "kernel/device.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool operation_takes_lock(const struct operation *operation)
{
	return !operation->dry_run && !operation->takes_no_lock;
}

void report_done(struct report *report)
{
	for (size_t i = 0; i < report->count; i++) {
		plan_done(&report->results[i].plan);
		netstate_done(&report->results[i].wanted);
		netstate_done(&report->results[i].found);
	}
	free(report->results);
	*report = (struct report){0};
}

int report_add(struct report *report, const char *interface)
{
	struct result result = {.state = RESULT_UNDECIDED};

	snprintf(result.interface, sizeof(result.interface), "%s", interface);
	return report_add_result(report, &result);
}

int report_add_resolved(struct report *report, const char *interface)
{
	char name[IFNAMSIZ];

	device_resolve_name(interface, name);
	return report_add(report, name);
}

void result_fail(struct result *result, int err, const struct error *error)
{
	result->error = *error;
	error_ensure_text(&result->error, err);
	result->state = RESULT_FAILED;
}

void result_fail_oom(struct result *result)
{
	result_fail(result, -ENOMEM, &(struct error){0});
}

/* Undecided results get the error, because the user reads the error beside each interface. */
void report_fail(struct report *report, int err, const struct error *error)
{
	bool has_undecided = false;

	for (size_t i = 0; i < report->count; i++) {
		if (report->results[i].state != RESULT_UNDECIDED)
			continue;
		result_fail(&report->results[i], err, error);
		has_undecided = true;
	}
	if (has_undecided)
		return;
	report->error = *error;
	error_ensure_text(&report->error, err);
}

int report_add_result(struct report *report, struct result *result)
{
	int err = array_add(
		&report->results, &report->capacity, &report->count, result, sizeof(*result));

	/* The report owns the contents now: the caller must not free them. */
	if (!err)
		*result = (struct result){0};
	return err;
}

bool report_has_interface(const struct report *report, const char *interface)
{
	for (size_t i = 0; i < report->count; i++)
		if (strcmp(report->results[i].interface, interface) == 0)
			return true;
	return false;
}

int report_move_results(struct report *report, struct report *from)
{
	int err = 0;

	if (report->error.outcome == OUTCOME_DONE)
		report->error = from->error;
	for (size_t i = 0; !err && i < from->count; i++)
		err = report_add_result(report, &from->results[i]);
	return err;
}

/* Logs and adds the step. If the kernel refused it, returns step_error with a message. */
static int add_applied_step(struct result *result, const struct step *step, int step_error,
	const struct table_names *names, struct error *error)
{
	_cleanup_(strbuf_done) struct strbuf command = {0};

	if (step_print(step, names, &command) || (!step_error && plan_add(&result->plan, step)))
		return error_oom(error);
	if (step_error)
		return error_set(error, OUTCOME_FAILED, -step_error, "\"%s\" failed: %s%s",
			strbuf_text(&command), strerror(-step_error),
			step_error == -EPERM ? ": run myha as root" : "");
	if (result->overlay)
		log_overlay(
			LOG_INFO, result->overlay, "%s (%s)", strbuf_text(&command), step->reason);
	else
		log_line(LOG_INFO, result->interface, "%s (%s)", strbuf_text(&command),
			step->reason);
	return 0;
}

int result_add_applied(struct result *result, const struct plan *plan, const int *errors,
	const struct table_names *names, struct error *error)
{
	int first_err = 0;

	/* Continues after an error, so that later steps that succeeded are logged, too. */
	for (size_t i = 0; i < plan->count; i++) {
		int err = add_applied_step(result, &plan->steps[i], errors[i], names,
			first_err ? NULL : error /* keeps the first message */);
		if (!first_err)
			first_err = err;
	}
	return first_err;
}

enum outcome result_outcome(enum result_state state, const struct error *error)
{
	switch (state) {
	case RESULT_NOT_LISTED:
	case RESULT_UNCHANGED:
	case RESULT_CHANGED:
		return OUTCOME_DONE;
	case RESULT_DIFFERS:
		return OUTCOME_DIFFERS;
	case RESULT_UNDECIDED:
	case RESULT_FAILED:
		break;
	}
	return error->outcome != OUTCOME_DONE ? error->outcome : OUTCOME_FAILED;
}

/* Failures outweigh RESULT_DIFFERS. Some failures and some successes are OUTCOME_DIFFERS. */
static enum outcome combine_results(const struct report *report)
{
	enum outcome outcome = OUTCOME_DONE;
	size_t n_listed = 0, n_failed = 0;

	for (size_t i = 0; i < report->count; i++) {
		const struct result *result = &report->results[i];
		enum outcome current = result_outcome(result->state, &result->error);
		bool has_failed = result->state == RESULT_FAILED ||
				  result->state == RESULT_UNDECIDED;
		if (has_failed) /* failures that are not alike become OUTCOME_FAILED */
			outcome = !n_failed || outcome == current ? current : OUTCOME_FAILED;
		else if (current != OUTCOME_DONE && !n_failed)
			outcome = current;
		n_listed += result->state != RESULT_NOT_LISTED;
		n_failed += has_failed;
	}
	return n_failed && n_failed < n_listed ? OUTCOME_DIFFERS : outcome;
}

enum outcome report_outcome(const struct report *report)
{
	enum outcome outcome = combine_results(report);

	if (report->error.outcome == OUTCOME_DONE)
		return outcome;
	/* Without results, there is no success that would turn the error into OUTCOME_DIFFERS. */
	return report->count ? outcome_combine(report->error.outcome, outcome)
			     : report->error.outcome;
}

const char *result_state_name(enum result_state state)
{
	static const char *const names[] = {
		[RESULT_UNDECIDED] = "open",
		[RESULT_NOT_LISTED] = "not-listed",
		[RESULT_UNCHANGED] = "unchanged",
		[RESULT_CHANGED] = "changed",
		[RESULT_DIFFERS] = "differs",
		[RESULT_FAILED] = "failed",
	};
	return names[state];
}
