/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json_build.h"
#include "base/json_memory.h"
#include "base/log.h"
#include "cli/command.h"
#include "cli/output.h"
#include "cli/print.h"
#include "cli/session.h"
#include "policy/policy_print.h"
#include "policy/policy_schema.h"

static json_t *json_errors(const struct policy_errors *errors)
{
	json_t *array = json_array();

	for (size_t i = 0; i < errors->count; i++)
		json_add_item(&array, output_json_error(&errors->items[i]));
	return array;
}

/* Prints and logs all errors. The JSON's "error" repeats the first. Returns the last's outcome. */
static enum outcome print_errors(
	const struct invocation *invocation, const struct policy_errors *errors)
{
	enum outcome outcome = OUTCOME_FAILED;

	if (invocation->json)
		output_json(json_pack("{s:b, s:o, s:o, s:o}", "valid", 0, "file",
			json_text(invocation->policy_path), "error",
			output_json_error(&errors->items[0]), "errors", json_errors(errors)));
	for (size_t i = 0; i < errors->count; i++)
		outcome = output_error(&errors->items[i]);
	return outcome;
}

enum outcome cmd_policy_check(const struct invocation *invocation)
{
	_cleanup_(session_close) struct session session;
	struct policy_errors errors = {0};

	if (session_open_get_errors(invocation, &session, &errors))
		return print_errors(invocation, &errors);
	if (invocation->json)
		return output_json(json_pack(
			"{s:b, s:o}", "valid", 1, "file", json_text(invocation->policy_path)));
	print_line("%s: valid: %zu interface%s, %zu overlay%s", invocation->policy_path,
		session.policy.n_interfaces, session.policy.n_interfaces == 1 ? "" : "s",
		session.policy.n_overlays, session.policy.n_overlays == 1 ? "" : "s");
	return OUTCOME_DONE;
}

enum outcome cmd_policy_show(const struct invocation *invocation)
{
	_cleanup_(session_close) struct session session;
	_cleanup_(strbuf_done) struct strbuf text = {0};
	struct error error = {0};
	json_t *root = NULL;

	if (session_open(invocation, SESSION_POLICY_NEEDED, &session, &error))
		return output_error(&error);
	if (invocation->json) {
		/* output_json() prints only JSON values, so the text is parsed again. */
		if (policy_print_json(&session.policy, &session.names, &text) ||
			json_read(strbuf_text(&text), text.length, JSON_REJECT_DUPLICATES, &root))
			return output_no_memory();
		return output_json(root);
	}
	if (policy_print(&session.policy, &session.names, &text))
		return output_no_memory();
	print_lines("%s", strbuf_text(&text));
	return OUTCOME_DONE;
}

enum outcome cmd_policy_schema(const struct invocation *invocation)
{
	(void)invocation;
	return output_json(policy_build_schema());
}
