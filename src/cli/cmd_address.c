/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json_build.h"
#include "base/log.h"
#include "cli/command.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/session.h"
#include "overlay/address_move.h"
#include "overlay/address_release.h"

#include <stdio.h>

static json_t *move_to_json(const struct address_result *result, const struct table_names *names)
{
	const struct overlay_result *overlay = &result->half;
	json_t *object = json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "address",
		overlay->subject.name, "state", result_state_name(overlay->state), "eni",
		output_json_text(overlay->eni), "interface", output_json_text(overlay->link.name),
		"before", output_json_text(result->before), "before-instance",
		output_json_text(result->before_instance), "steps",
		output_json_plan(&overlay->host.plan, names), "requests",
		output_json_lines(&overlay->preview));

	if (overlay->state == RESULT_FAILED)
		json_add_member(&object, "error", output_json_error(&overlay->error));
	return object;
}

enum outcome cmd_address_move(const struct invocation *invocation)
{
	_cleanup_(session_close) struct session session = {0};
	const char *interface = "primary";
	struct address_result result = {0};
	struct error error = {0};
	enum outcome outcome;
	int err = session_open(invocation, SESSION_POLICY_OPTIONAL, &session, &error);

	session.operation.policy = &session.policy;
	if (!err)
		err = option_interface(invocation, "interface", &interface, &error);
	if (err)
		return output_error(&error);
	address_move(&session.operation, invocation->arguments[0], interface, &result);
	outcome = overlay_result_outcome(&result.half);
	if (result.half.state == RESULT_FAILED)
		log_line(LOG_ERR, NULL, "%s", result.half.error.text);
	if (invocation->json) {
		if (output_json(move_to_json(&result, &session.names)) != OUTCOME_DONE)
			outcome = OUTCOME_FAILED;
	} else if (result.half.state == RESULT_DIFFERS) {
		output_plan(&result.half.host.plan, "", &session.names);
		output_lines(&result.half.preview, "");
	}
	overlay_result_done(&result.half);
	return outcome;
}

static json_t *release_to_json(const struct overlay_result *result, const struct table_names *names)
{
	json_t *object = json_pack("{s:s, s:s, s:o, s:o}", "address", result->subject.name, "state",
		result_state_name(result->state), "interface", output_json_text(result->link.name),
		"steps", output_json_plan(&result->host.plan, names));

	if (result->state == RESULT_FAILED)
		json_add_member(&object, "error", output_json_error(&result->error));
	return object;
}

enum outcome cmd_address_release(const struct invocation *invocation)
{
	_cleanup_(session_close) struct session session = {0};
	struct overlay_result result = {0};
	struct error error = {0};
	enum outcome outcome;

	if (session_open(invocation, SESSION_POLICY_OPTIONAL, &session, &error))
		return output_error(&error);
	session.operation.policy = &session.policy;
	address_release(&session.operation, invocation->arguments[0], &result);
	outcome = overlay_result_outcome(&result);
	if (result.state == RESULT_FAILED)
		log_line(LOG_ERR, NULL, "%s", result.error.text);
	else if (result.state == RESULT_UNCHANGED)
		log_line(LOG_DEBUG, NULL, "%s: nothing to do", result.subject.name);
	if (invocation->json) {
		if (output_json(release_to_json(&result, &session.names)) != OUTCOME_DONE)
			outcome = OUTCOME_FAILED;
	} else if (result.state == RESULT_DIFFERS) {
		output_plan(&result.host.plan, "", &session.names);
	}
	overlay_result_done(&result);
	return outcome;
}
