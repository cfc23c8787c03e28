/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "cli/command.h"
#include "cli/output.h"
#include "cli/output_overlay.h"
#include "cli/session.h"
#include "core/interface_unit.h"
#include "core/notify.h"
#include "interface/boot.h"
#include "interface/missed_devices.h"
#include "overlay/boot.h"

#include <errno.h>

/* How long interfaces hold up the overlays, in milliseconds. */
#define FIRST_SHARE 3000

/* What the two halves of a boot came to: one that fails does not hold up the other. */
struct halves {
	struct report interfaces;
	struct overlay_result *overlays;
	size_t n_overlays;
	struct error interfaces_error, overlays_error;
	bool is_told; /* systemd, that the unit is up */
};

static void halves_done(struct halves *halves)
{
	report_done(&halves->interfaces);
	overlay_result_cleanup_all(halves->overlays, halves->n_overlays);
}

/* What a unit waits for, with what the other half came to. */
static void tell_ready(void *data)
{
	struct halves *halves = data;

	halves->is_told = halves->interfaces_error.outcome == OUTCOME_DONE &&
			  report_outcome(&halves->interfaces) == OUTCOME_DONE;
	if (halves->is_told)
		notify_ready();
}

/* The operation with a part of the time that is left for it, and with no more than `most` milliseconds. */
static struct operation with_share(const struct operation *operation, unsigned parts, uint64_t most)
{
	uint64_t now = clock_now(), share = deadline_left(&operation->deadline, now) / parts;
	struct operation part = *operation;

	part.deadline = deadline_after(now, share < most ? share : most);
	return part;
}

/* An interface that has to wait longer does so after the overlays, which have their share before. */
static void run(const struct operation *operation, const char *interface, struct halves *halves)
{
	const struct overlay_boot_listener listener = {tell_ready, halves};
	struct operation first = *operation, second = *operation;
	bool pending = false;

	if (!interface) {
		if (operation->policy->n_overlays)
			first = with_share(operation, 3, FIRST_SHARE);
		boot(&first, &halves->interfaces, &halves->interfaces_error);
		pending = operation->policy->n_overlays &&
			  boot_is_pending(&halves->interfaces, &halves->interfaces_error);
	}
	if (pending)
		second = with_share(operation, 2, UINT64_MAX);
	overlay_boot(&second, interface, &listener, &halves->overlays, &halves->n_overlays,
		&halves->overlays_error);
	if (pending)
		boot_resume(operation, &halves->interfaces, &halves->interfaces_error);
}

static enum outcome print_json(const struct halves *halves, const struct table_names *names)
{
	return output_json(json_pack("{s:o, s:o}", "results",
		output_json_report(&halves->interfaces, names), "overlays",
		output_overlay_json(halves->overlays, halves->n_overlays, names)));
}

static void print_steps(const struct halves *halves, const struct table_names *names)
{
	output_report_steps(&halves->interfaces, names);
	for (size_t i = 0; i < halves->n_overlays; i++)
		if (halves->overlays[i].state == RESULT_DIFFERS)
			output_overlay_steps(&halves->overlays[i], "", names);
}

/* Of a half that could not be tried at all there is but the error. */
static enum outcome outcome_of(const struct error *error, enum outcome results)
{
	return error->outcome != OUTCOME_DONE ? output_error(error) : results;
}

static enum outcome conclude(const struct invocation *invocation, const struct session *session,
	const struct halves *halves)
{
	bool wrong = false;
	enum outcome one, other;

	output_log_report(&halves->interfaces);
	output_overlay_log(halves->overlays, halves->n_overlays);
	if (invocation->json)
		wrong = print_json(halves, &session->names) != OUTCOME_DONE;
	else
		print_steps(halves, &session->names);
	one = outcome_of(&halves->interfaces_error, report_outcome(&halves->interfaces));
	other = outcome_of(&halves->overlays_error,
		output_overlay_outcome(halves->overlays, halves->n_overlays));
	if (wrong)
		return OUTCOME_FAILED;
	/* A policy may have only one of both, and for one interface there is attach. */
	if (invocation->n_arguments ||
		(session->policy.n_overlays && !session->policy.n_interfaces))
		return other;
	return session->policy.n_overlays ? outcome_join(one, other) : one;
}

static enum outcome catch_up(const struct invocation *invocation, const struct session *session)
{
	_cleanup_(report_done) struct report report = {0};
	struct error error = {0};

	if (invocation->n_arguments) {
		error_set(&error, OUTCOME_USAGE, EINVAL,
			"\"boot --missed-by-udev\" is for all interfaces: leave out %s",
			invocation->arguments[0]);
		return output_error(&error);
	}
	if (missed_devices_catch_up(&session->operation, &report, &error))
		return output_error(&error);
	return output_report(invocation, &report, &session->names);
}

enum outcome cmd_boot(const struct invocation *invocation)
{
	_cleanup_(session_close) struct session session;
	_cleanup_(halves_done) struct halves halves = {0};
	struct error error = {0};
	enum outcome outcome;

	if (session_open(invocation, SESSION_POLICY_NEEDED, &session, &error))
		return output_error(&error);
	if (invocation_option(invocation, "missed-by-udev"))
		return catch_up(invocation, &session);
	run(&session.operation, invocation->arguments[0], &halves);
	outcome = conclude(invocation, &session, &halves);
	if (outcome == OUTCOME_DONE && !invocation->dry_run && !halves.is_told)
		notify_ready();
	if (!invocation->dry_run)
		interface_unit_start_attached(&halves.interfaces, &session.operation.deadline);
	return outcome;
}
