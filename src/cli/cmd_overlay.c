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
struct task {
	struct session session;
	const char **tables; /* the values of --route-table, an owned array; NULL: not given */
	struct overlay_result result;
};

static void task_done(struct task *task)
{
	session_close(&task->session);
	free(task->tables);
	overlay_result_done(&task->result);
}

static int task_begin(const struct invocation *invocation, enum session_policy need,
	struct task *task, struct error *error)
{
	struct overlay_override override = {
		.without_tables = need == SESSION_POLICY_OPTIONAL &&
				  !invocation_option(invocation, "delete-route"),
	};
	const char *name = invocation->arguments[0];
	struct overlay_subject subject;
	struct ip_address address;
	int err = session_open(invocation, need, &task->session, error);

	if (!err)
		err = option_ids(invocation, "route-table", "rtb", &task->tables, error);
	if (!err)
		err = option_interface(invocation, "interface", &override.interface, error);
	override.tables = task->tables;
	if (!err)
		err = overlay_find_subject(&task->session.policy, name, &override, &subject, error);
	/* Without a valid policy, an empty one is used: an address may have been typed. */
	if (err == -ENOENT && need == SESSION_POLICY_OPTIONAL && !task->session.has_policy &&
		ip_address_parse(name, &address))
		error_set(error, OUTCOME_USAGE, ENOENT,
			"%s: unknown overlay, because policy file %s is missing or invalid: give the overlay's address",
			name, invocation->policy_path);
	if (!err)
		overlay_result_init(&task->result, &subject);
	return err;
}

static enum outcome run_move(const struct invocation *invocation, bool may_replace)
{
	const struct overlay_move_options options = {
		.to = invocation_option(invocation, "to"),
		.may_create = true,
		.may_replace = may_replace,
	};
	_cleanup_(task_done) struct task task = {0};
	struct error error = {0};

	if (task_begin(invocation, SESSION_POLICY_NEEDED, &task, &error))
		return output_error(&error);
	overlay_move(&task.session.operation, &options, &task.result);
	return output_overlay_result(invocation, &task.result, &task.session.names);
}

enum outcome cmd_overlay_move(const struct invocation *invocation)
{
	return run_move(invocation, true);
}

enum outcome cmd_overlay_create(const struct invocation *invocation)
{
	return run_move(invocation, false);
}

enum outcome cmd_overlay_release(const struct invocation *invocation)
{
	_cleanup_(task_done) struct task task = {0};
	struct error error = {0};

	if (task_begin(invocation, SESSION_POLICY_OPTIONAL, &task, &error))
		return output_error(&error);
	overlay_release(&task.session.operation,
		invocation_option(invocation, "delete-route") != NULL, &task.result);
	return output_overlay_result(invocation, &task.result, &task.session.names);
}

enum outcome cmd_overlay_delete(const struct invocation *invocation)
{
	_cleanup_(task_done) struct task task = {0};
	struct error error = {0};

	if (task_begin(invocation, SESSION_POLICY_NEEDED, &task, &error))
		return output_error(&error);
	overlay_remove(&task.session.operation, invocation_option(invocation, "force") != NULL,
		&task.result);
	return output_overlay_result(invocation, &task.result, &task.session.names);
}

static enum outcome show(const struct invocation *invocation, const struct session *session,
	struct overlay_result *results, size_t count)
{
	struct cloud cloud = {0};
	struct error error = {0};
	int err = cloud_open(&session->operation, &cloud, &error);

	if (!err)
		err = overlay_examine(&cloud, results, count, false, &error);
	for (size_t i = 0; !err && i < count; i++)
		if (results[i].eni[0])
			overlay_check_read(&cloud, &results[i]);
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
	if (overlay_results_create(&session.policy, NULL, &results, &count))
		return output_no_memory();
	outcome = show(invocation, &session, results, count);
	overlay_result_cleanup_all(results, count);
	return outcome;
}

enum outcome cmd_overlay_show(const struct invocation *invocation)
{
	_cleanup_(task_done) struct task task = {0};
	struct error error = {0};

	if (!invocation->n_arguments)
		return show_all(invocation);
	if (task_begin(invocation, SESSION_POLICY_NEEDED, &task, &error))
		return output_error(&error);
	return show(invocation, &task.session, &task.result, 1);
}
