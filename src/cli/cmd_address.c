/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json_build.h"
#include "base/log.h"
#include "cli/command.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/output_overlay.h"
#include "cli/session.h"
#include "overlay/address_move.h"
#include "overlay/address_release.h"

/* Logs a failure. Prints `object` if --json is given, else a dry run's steps. Frees `object`. */
static enum outcome print_result(const struct invocation *invocation,
	const struct overlay_result *result, json_t *object, const struct table_names *names)
{
	if (result->state == RESULT_FAILED) {
		log_line(LOG_ERR, NULL, "%s", result->error.text);
		json_add_member(&object, "error", output_json_error(&result->error));
	}
	if (invocation->json) {
		if (output_json(object) != OUTCOME_DONE)
			return OUTCOME_FAILED;
	} else {
		json_decref(object);
		if (result->state == RESULT_DIFFERS)
			output_overlay_steps(result, "" /* no indent */, names);
	}
	return overlay_result_outcome(result);
}

enum outcome cmd_address_move(const struct invocation *invocation)
{
	_cleanup_(session_close) struct session session = {0};
	const char *interface = "primary"; /* the default of --interface */
	struct address_result result = {0};
	const struct overlay_result *local = &result.local; /* the address on this host */
	struct error error = {0};
	enum outcome outcome;

	if (session_open(invocation, SESSION_POLICY_OPTIONAL, &session, &error) ||
		option_interface(invocation, "interface", &interface, &error))
		return output_error(&error);
	address_move(&session.operation, invocation->arguments[0], interface, &result);
	outcome = print_result(invocation, local,
		json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "address",
			local->subject.name, "state", result_state_name(local->state), "eni",
			output_json_text(local->eni), "interface",
			output_json_text(local->link.name), "before",
			output_json_text(result.before), "before-instance",
			output_json_text(result.before_instance), "steps",
			output_json_plan(&local->host.plan, &session.names), "requests",
			output_json_lines(&local->preview)),
		&session.names);
	overlay_result_done(&result.local);
	return outcome;
}

enum outcome cmd_address_release(const struct invocation *invocation)
{
	_cleanup_(session_close) struct session session = {0};
	struct overlay_result result = {0};
	struct error error = {0};
	enum outcome outcome;

	if (session_open(invocation, SESSION_POLICY_OPTIONAL, &session, &error))
		return output_error(&error);
	address_release(&session.operation, invocation->arguments[0], &result);
	if (result.state == RESULT_UNCHANGED)
		log_line(LOG_DEBUG, NULL, "%s: nothing to do", result.subject.name);
	outcome = print_result(invocation, &result,
		json_pack("{s:s, s:s, s:o, s:o}", "address", result.subject.name, "state",
			result_state_name(result.state), "interface",
			output_json_text(result.link.name), "steps",
			output_json_plan(&result.host.plan, &session.names)),
		&session.names);
	overlay_result_done(&result);
	return outcome;
}
