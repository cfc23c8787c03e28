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

/* Milliseconds that the overlays wait for the interfaces, if these are not ready earlier. */
#define INTERFACES_FIRST_MSEC 3000

/* Interfaces and overlays fail independently of each other. */
struct boot_results {
	struct report interfaces;
	struct overlay_result *overlays;
	size_t n_overlays;
	struct error interfaces_error, overlays_error; /* set if the whole run failed */
	bool is_notified; /* systemd was notified that the unit is ready */
};

static void boot_results_done(struct boot_results *results)
{
	report_done(&results->interfaces);
	overlay_result_cleanup_all(results->overlays, results->n_overlays);
}

/* Runs when the overlay addresses are in place. Notifies systemd if no interface failed. */
static void notify_if_ready(void *data)
{
	struct boot_results *results = data;

	results->is_notified = results->interfaces_error.outcome == OUTCOME_DONE &&
			       report_outcome(&results->interfaces) == OUTCOME_DONE;
	if (results->is_notified)
		notify_ready();
}

/* Returns a copy that has only 1/divisor of the remaining time, and at most max_msec. */
static struct operation limit_time(
	const struct operation *operation, unsigned divisor, uint64_t max_msec)
{
	uint64_t now = clock_now(), msec = deadline_left(&operation->deadline, now) / divisor;
	struct operation limited = *operation;

	limited.deadline = deadline_after(now, msec < max_msec ? msec : max_msec);
	return limited;
}

/*
 * Attaches the interfaces, then restores the overlays' addresses. With `interface`, only restores
 * the addresses on this interface. A slow interface must not delay the overlays: boot() has little
 * time if there are overlays, and boot_resume() continues after them.
 */
static void boot_interfaces_and_overlays(
	const struct operation *operation, const char *interface, struct boot_results *results)
{
	const struct overlay_boot_callback callback = {notify_if_ready, results};
	struct operation first_try = *operation, overlays = *operation;
	bool are_pending = false; /* interfaces that the first try did not complete */

	if (!interface) {
		if (operation->policy->n_overlays)
			first_try = limit_time(operation, 3, INTERFACES_FIRST_MSEC);
		boot(&first_try, &results->interfaces, &results->interfaces_error);
		are_pending = operation->policy->n_overlays &&
			      boot_has_timed_out(&results->interfaces, &results->interfaces_error);
	}
	if (are_pending) /* the other half of the time is for them */
		overlays = limit_time(operation, 2, UINT64_MAX);
	overlay_restore_all(&overlays, interface, &callback, &results->overlays,
		&results->n_overlays, &results->overlays_error);
	if (are_pending)
		boot_resume(operation, &results->interfaces, &results->interfaces_error);
}

static enum outcome print_json(const struct boot_results *results, const struct table_names *names)
{
	return output_json(json_pack("{s:o, s:o}", "results",
		output_json_report(&results->interfaces, names), "overlays",
		output_overlay_json(results->overlays, results->n_overlays, names)));
}

static void print_steps(const struct boot_results *results, const struct table_names *names)
{
	output_report_steps(&results->interfaces, names);
	for (size_t i = 0; i < results->n_overlays; i++)
		if (results->overlays[i].state == RESULT_DIFFERS)
			output_overlay_steps(&results->overlays[i], "" /* no indent */, names);
}

/* Prints the error, if it is set, and returns its outcome. Otherwise returns `outcome`. */
static enum outcome print_error_if_set(const struct error *error, enum outcome outcome)
{
	return error->outcome != OUTCOME_DONE ? output_error(error) : outcome;
}

/* Logs and prints all results. Returns the outcome of the interfaces and overlays together. */
static enum outcome print_results(const struct invocation *invocation,
	const struct session *session, const struct boot_results *results)
{
	const bool has_overlays = session->policy.n_overlays > 0;
	bool is_printed = true;
	enum outcome interfaces_outcome, overlays_outcome;

	output_log_report(&results->interfaces);
	output_overlay_log(results->overlays, results->n_overlays);
	if (invocation->json)
		is_printed = print_json(results, &session->names) == OUTCOME_DONE;
	else
		print_steps(results, &session->names);
	interfaces_outcome = print_error_if_set(
		&results->interfaces_error, report_outcome(&results->interfaces));
	overlays_outcome = print_error_if_set(&results->overlays_error,
		output_overlay_outcome(results->overlays, results->n_overlays));
	if (!is_printed)
		return OUTCOME_FAILED;
	/* With IFACE, or if the policy lists only overlays, the boot had no interface to attach. */
	if (invocation->n_arguments || (has_overlays && !session->policy.n_interfaces))
		return overlays_outcome;
	return has_overlays ? outcome_combine(interfaces_outcome, overlays_outcome)
			    : interfaces_outcome;
}

/* --missed-by-udev: updates the units of devices that came or went while udev was not running. */
static enum outcome run_missed_by_udev(
	const struct invocation *invocation, const struct session *session)
{
	_cleanup_(report_done) struct report report = {0};
	struct error error = {0};

	if (invocation->n_arguments) {
		error_set(&error, OUTCOME_USAGE, EINVAL,
			"\"boot --missed-by-udev\" handles all interfaces: omit %s",
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
	_cleanup_(boot_results_done) struct boot_results results = {0};
	struct error error = {0};
	enum outcome outcome;

	if (session_open(invocation, SESSION_POLICY_NEEDED, &session, &error))
		return output_error(&error);
	if (invocation_option(invocation, "missed-by-udev"))
		return run_missed_by_udev(invocation, &session);
	boot_interfaces_and_overlays(
		&session.operation, invocation->arguments[0] /* or NULL */, &results);
	outcome = print_results(invocation, &session, &results);
	/* When notify_if_ready() ran, interfaces may still have been pending. */
	if (outcome == OUTCOME_DONE && !invocation->dry_run && !results.is_notified)
		notify_ready();
	if (!invocation->dry_run)
		interface_unit_start_attached(&results.interfaces, &session.operation.deadline);
	return outcome;
}
