/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json_build.h"
#include "base/log.h"
#include "cli/command.h"
#include "cli/output.h"
#include "cli/output_overlay.h"
#include "cli/print.h"
#include "cli/session.h"
#include "interface/examine.h"
#include "overlay/boot.h"

#include <stdlib.h>

struct status {
	struct report report;
	const struct policy_interface **absent; /* entries without an interface on this host */
	size_t n_absent;
	struct overlay_result *overlays;
	size_t n_overlays;
};

static void status_done(struct status *status)
{
	report_done(&status->report);
	free(status->absent);
	overlay_result_cleanup_all(status->overlays, status->n_overlays);
}

/* The word for the output. A dry run never returns RESULT_CHANGED. */
static const char *get_state_word(enum result_state state)
{
	switch (state) {
	case RESULT_UNCHANGED:
	case RESULT_CHANGED:
		return "ok";
	case RESULT_DIFFERS:
		return "drift";
	case RESULT_NOT_LISTED:
		return "not-listed";
	case RESULT_UNDECIDED:
	case RESULT_FAILED: /* the state could not be read */
		break;
	}
	return "unknown";
}

/* A rule of other software that diverts the traffic is drift, although no step can repair it. */
static void mark_interface_drift(struct report *report)
{
	for (size_t i = 0; i < report->count; i++) {
		struct result *result = &report->results[i];
		if (result->state == RESULT_UNCHANGED &&
			result->shadow_error.outcome != OUTCOME_DONE)
			result->state = RESULT_DIFFERS;
	}
}

/*
 * An overlay that clients cannot reach is drift, even if a boot would not repair it. If its routes
 * or the source/destination check could not be read, its state is unknown (RESULT_FAILED).
 */
static void mark_overlay_drift(struct overlay_result *result)
{
	bool is_unreachable = result->problem.outcome != OUTCOME_DONE ||
			      result->check == SOURCE_CHECK_ON;

	if (result->state == RESULT_UNCHANGED && result->routes == ROUTES_UNKNOWN) {
		result->state = RESULT_FAILED; /* result->error is that of the read */
	} else if (result->state != RESULT_FAILED && result->check == SOURCE_CHECK_FAILED) {
		result->state = RESULT_FAILED;
		result->error = result->check_error;
	} else if (result->state == RESULT_UNCHANGED && is_unreachable) {
		result->state = RESULT_DIFFERS;
	}
}

/* A failure with OUTCOME_DIFFERS is drift, not unknown: the overlay is only partly in place. */
static const char *get_overlay_word(const struct overlay_result *result)
{
	if (result->state == RESULT_FAILED && result->error.outcome == OUTCOME_DIFFERS)
		return get_state_word(RESULT_DIFFERS);
	if (result->state == RESULT_UNCHANGED && result->is_link_absent)
		return "absent";
	return get_state_word(result->state);
}

/* The JSON of `myha overlay show`, but with the words of status for "state", and "managed-by". */
static json_t *json_overlays(const struct status *status, const struct table_names *names)
{
	json_t *array = output_overlay_json(status->overlays, status->n_overlays, names);

	for (size_t i = 0; i < status->n_overlays; i++) {
		json_t *object = json_array_get(array, i); /* NULL: json_object_set_new() fails */
		const struct policy_overlay *overlay = status->overlays[i].subject.policy;
		int err = json_object_set_new(
			object, "state", json_text(get_overlay_word(&status->overlays[i])));

		if (!err)
			err = json_object_set_new(object, "managed-by",
				json_string(policy_manager_words[overlay->managed_by]));
		if (err) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

/* `interface` NULL: it is absent from this host. `entry` NULL: the policy does not list it. */
static json_t *json_entry(const char *interface, const struct policy_interface *entry,
	const char *state, const struct table_names *names)
{
	char number[16];
	json_t *object = json_pack("{s:o, s:s}", "interface",
		interface ? json_text(interface) : json_null(), "state", state);

	if (!entry)
		return object;
	json_add_member(&object, "entry", json_text(entry->name));
	json_add_member(
		&object, "table", json_text(table_names_format(names, entry->table, number)));
	json_add_member(&object, "priority", json_integer(entry->priority));
	return object;
}

static json_t *json_interface(const struct result *result, const struct table_names *names)
{
	json_t *object = json_entry(
		result->interface, result->policy, get_state_word(result->state), names);

	if (result->state == RESULT_FAILED) {
		json_add_member(&object, "error", output_json_error(&result->error));
	} else if (result->state != RESULT_NOT_LISTED) {
		json_add_member(&object, "wanted", output_json_netstate(&result->wanted, names));
		json_add_member(&object, "found", output_json_netstate(&result->found, names));
		json_add_member(&object, "drift", output_json_plan(&result->plan, names));
	}
	if (result->state == RESULT_DIFFERS && result->shadow_error.outcome != OUTCOME_DONE)
		json_add_member(&object, "trouble", output_json_error(&result->shadow_error));
	if (result->note[0])
		json_add_member(&object, "note", json_text(result->note));
	return object;
}

static json_t *json_status(const struct status *status, const struct table_names *names)
{
	json_t *interfaces = json_array();

	for (size_t i = 0; i < status->report.count; i++)
		json_add_item(&interfaces, json_interface(&status->report.results[i], names));
	for (size_t i = 0; i < status->n_absent; i++)
		json_add_item(&interfaces, json_entry(NULL, status->absent[i], "absent", names));
	return json_pack(
		"{s:o, s:o}", "interfaces", interfaces, "overlays", json_overlays(status, names));
}

static void print_row(const char *interface, const struct policy_interface *entry,
	const char *state, const char *detail, const struct table_names *names)
{
	char number[16];

	print_line("%-15s %-15s %-10s %-8s %s", interface, entry ? entry->name : "-",
		entry ? table_names_format(names, entry->table, number) : "-", state, detail);
}

static void print_interface(const struct result *result, const struct table_names *names)
{
	const char *detail = result->state == RESULT_FAILED ? result->error.text : result->note;

	print_row(result->interface, result->policy, get_state_word(result->state), detail, names);
	if (result->state == RESULT_DIFFERS && result->shadow_error.outcome != OUTCOME_DONE)
		print_line("    %s: %s: see \"myha check\"", get_state_word(result->state),
			result->shadow_error.text);
	output_plan(&result->plan, "    would run: ", names);
}

static void print_interfaces(const struct status *status, const struct table_names *names)
{
	print_line("%-15s %-15s %-10s %-8s %s", "INTERFACE", "ENTRY", "TABLE", "STATE", "");
	for (size_t i = 0; i < status->report.count; i++)
		if (status->report.results[i].state != RESULT_NOT_LISTED)
			print_interface(&status->report.results[i], names);
	for (size_t i = 0; i < status->n_absent; i++)
		print_row("-", status->absent[i], "absent", "not on this host now", names);
}

/* Prints, below the overlay's row, its problem if it has one, and the steps of a boot. */
static void print_overlay_details(
	const struct overlay_result *result, const struct table_names *names)
{
	const char *text = "";

	if (result->state == RESULT_FAILED)
		text = result->error.text;
	else if (result->problem.outcome != OUTCOME_DONE)
		text = result->problem.text;
	else if (result->check_error.outcome != OUTCOME_DONE)
		text = result->check_error.text;
	else if (result->check == SOURCE_CHECK_ON && !result->preview.length) /* no step fixes it */
		text = "the ENI's source/destination check is on: EC2 drops traffic to the overlay";
	else if (result->is_link_absent)
		text = "the interface is not on this host now";
	if (*text)
		print_line("    %s: %s", get_overlay_word(result), text);
	if (result->subject.policy->managed_by == POLICY_MANAGER_CLUSTER)
		print_line("    managed by a cluster: \"myha boot\" does not change it");
	output_overlay_steps(result, "    would run: ", names);
}

static void print_overlays(const struct status *status, const struct table_names *names)
{
	output_overlay_heading();
	for (size_t i = 0; i < status->n_overlays; i++) {
		output_overlay_row(&status->overlays[i]);
		print_overlay_details(&status->overlays[i], names);
	}
}

static void print_status(const struct status *status, const struct table_names *names)
{
	bool has_interfaces = status->report.count || status->n_absent;

	if (!has_interfaces && !status->n_overlays)
		print_line("the policy lists no interfaces and no overlays");
	if (has_interfaces)
		print_interfaces(status, names);
	if (has_interfaces && status->n_overlays)
		print_lines("\n");
	if (status->n_overlays)
		print_overlays(status, names);
}

/* A dry run of a boot finds the overlays' states, and what a boot would change. */
static int examine_overlays(
	const struct operation *operation, struct status *status, struct error *error)
{
	struct operation dry_run = *operation;
	int err;

	dry_run.dry_run = true;
	err = overlay_restore_all(&dry_run, NULL /* all interfaces */, NULL /* no callback */,
		&status->overlays, &status->n_overlays, error);
	for (size_t i = 0; !err && i < status->n_overlays; i++)
		mark_overlay_drift(&status->overlays[i]);
	return err;
}

enum outcome cmd_status(const struct invocation *invocation)
{
	_cleanup_(session_close) struct session session;
	_cleanup_(status_done) struct status status = {0};
	struct error error = {0};
	enum outcome outcome;

	if (session_open(invocation, SESSION_POLICY_NEEDED, &session, &error))
		return output_error(&error);
	if (examine(&session.operation, &status.report, &status.absent, &status.n_absent, &error))
		return output_error(&error);
	mark_interface_drift(&status.report);
	if (examine_overlays(&session.operation, &status, &error))
		return output_error(&error);
	outcome = report_outcome(&status.report);
	if (status.n_overlays) {
		enum outcome overlays = output_overlay_outcome(status.overlays, status.n_overlays);
		/* To combine a failure with DONE of an empty report would make it DIFFERS. */
		bool has_interfaces = status.report.count > 0;
		outcome = has_interfaces ? outcome_combine(outcome, overlays) : overlays;
	}
	output_log_report(&status.report);
	output_overlay_log(status.overlays, status.n_overlays);
	if (invocation->json) {
		if (output_json(json_status(&status, &session.names)) != OUTCOME_DONE)
			outcome = OUTCOME_FAILED;
	} else {
		print_status(&status, &session.names);
	}
	return outcome;
}
