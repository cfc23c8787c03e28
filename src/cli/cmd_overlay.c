/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"
#include "cli/command.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/output_overlay.h"
#include "cli/session.h"
#include "overlay/examine.h"
#include "overlay/move.h"
#include "overlay/release.h"
#include "overlay/source_check.h"

#include <errno.h>
#include <stdlib.h>

/* The state of a command for one overlay. It has pointers into itself, so it must not be copied. */
struct overlay_command {
	struct session session;
	const char **tables; /* the values of --route-table, an owned array; NULL: not given */
	struct overlay_result result;
};

static void overlay_command_close(struct overlay_command *command)
{
	session_close(&command->session);
	free(command->tables);
	overlay_result_done(&command->result);
}

/*
 * Opens the session and finds the overlay that the first argument names. If the policy is optional,
 * accepts an address that the policy does not list, too, unless its routes are to be deleted.
 */
static int overlay_command_open(const struct invocation *invocation,
	enum session_policy policy_need, struct overlay_command *command, struct error *error)
{
	struct overlay_override override = {
		.without_tables = policy_need == SESSION_POLICY_OPTIONAL &&
				  !invocation_option(invocation, "delete-route"),
	};
	const char *name = invocation->arguments[0];
	struct overlay_subject subject;
	struct ip_address address;
	int err = session_open(invocation, policy_need, &command->session, error);

	if (!err)
		err = option_ids(invocation, "route-table", "rtb", &command->tables, error);
	if (!err)
		err = option_interface(invocation, "interface", &override.interface, error);
	override.tables = command->tables;
	if (!err)
		err = overlay_find_subject(
			&command->session.policy, name, &override, &subject, error);
	/* Only the policy has names, so report that the policy is missing, not the name. */
	if (err == -ENOENT && policy_need == SESSION_POLICY_OPTIONAL &&
		!command->session.has_policy && ip_address_parse(name, &address))
		error_set(error, OUTCOME_USAGE, ENOENT,
			"%s: unknown overlay, because policy file %s is missing or invalid: give the overlay's address",
			name, invocation->policy_path);
	if (!err)
		overlay_result_init(&command->result, &subject);
	return err;
}

/* Runs "move", or "create", which may not replace routes. */
static enum outcome run_move(
	const struct invocation *invocation, struct overlay_move_options options)
{
	_cleanup_(overlay_command_close) struct overlay_command command = {0};
	struct error error = {0};

	if (overlay_command_open(invocation, SESSION_POLICY_NEEDED, &command, &error))
		return output_error(&error);
	options.to = invocation_option(invocation, "to");
	overlay_move(&command.session.operation, &options, &command.result);
	return output_overlay_result(invocation, &command.result, &command.session.names);
}

enum outcome cmd_overlay_move(const struct invocation *invocation)
{
	return run_move(
		invocation, (struct overlay_move_options){.may_create = true, .may_replace = true});
}

enum outcome cmd_overlay_create(const struct invocation *invocation)
{
	return run_move(invocation, (struct overlay_move_options){.may_create = true});
}

enum outcome cmd_overlay_release(const struct invocation *invocation)
{
	_cleanup_(overlay_command_close) struct overlay_command command = {0};
	struct error error = {0};
	bool deletes_routes;

	if (overlay_command_open(invocation, SESSION_POLICY_OPTIONAL, &command, &error))
		return output_error(&error);
	deletes_routes = invocation_option(invocation, "delete-route") != NULL;
	overlay_release(&command.session.operation,
		deletes_routes ? OVERLAY_DELETE_ROUTES : OVERLAY_KEEP_ROUTES, &command.result);
	return output_overlay_result(invocation, &command.result, &command.session.names);
}

enum outcome cmd_overlay_delete(const struct invocation *invocation)
{
	_cleanup_(overlay_command_close) struct overlay_command command = {0};
	struct error error = {0};

	if (overlay_command_open(invocation, SESSION_POLICY_NEEDED, &command, &error))
		return output_error(&error);
	overlay_delete_routes(&command.session.operation,
		invocation_option(invocation, "force") != NULL, &command.result);
	return output_overlay_result(invocation, &command.result, &command.session.names);
}

/* Reads the routes and the source/destination checks from EC2 and prints them. */
static enum outcome show_overlays(const struct invocation *invocation,
	const struct session *session, struct overlay_result *results, size_t count)
{
	const bool limits_roles = false;
	struct cloud cloud = {0};
	struct error error = {0};
	int err = cloud_open(&session->operation, &cloud, &error);

	if (!err)
		err = overlay_examine(&cloud, results, count, limits_roles, &error);
	for (size_t i = 0; !err && i < count; i++)
		if (results[i].eni[0]) /* the routes' target is known */
			overlay_source_check_read(&cloud, &results[i]);
	cloud_close(&cloud);
	if (err)
		return output_error(&error);
	output_overlay_log(results, count);
	for (size_t i = 0; i < count; i++)
		if (results[i].check == SOURCE_CHECK_FAILED)
			log_overlay(LOG_ERR, results[i].subject.name, "%s",
				results[i].check_error.text);
	if (!invocation->json) {
		output_overlay_heading();
		for (size_t i = 0; i < count; i++)
			output_overlay_row(&results[i]);
	} else if (output_json(json_pack("{s:o}", "overlays",
			   output_overlay_json(results, count, &session->names))) != OUTCOME_DONE) {
		return OUTCOME_FAILED;
	}
	return output_overlay_outcome(results, count);
}

static enum outcome show_all(const struct invocation *invocation)
{
	_cleanup_(session_close) struct session session;
	struct overlay_result *results;
	struct error error = {0};
	enum outcome outcome;
	size_t count;

	if (session_open(invocation, SESSION_POLICY_NEEDED, &session, &error))
		return output_error(&error);
	if (overlay_results_create(&session.policy, NULL /* all links */, &results, &count))
		return output_no_memory();
	outcome = show_overlays(invocation, &session, results, count);
	overlay_result_cleanup_all(results, count);
	return outcome;
}

enum outcome cmd_overlay_show(const struct invocation *invocation)
{
	_cleanup_(overlay_command_close) struct overlay_command command = {0};
	struct error error = {0};

	if (!invocation->n_arguments)
		return show_all(invocation);
	if (overlay_command_open(invocation, SESSION_POLICY_NEEDED, &command, &error))
		return output_error(&error);
	return show_overlays(invocation, &command.session, &command.result, 1);
}
