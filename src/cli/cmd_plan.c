/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/command.h"
#include "cli/output.h"
#include "cli/session.h"
#include "interface/reconcile.h"

enum outcome cmd_plan(const struct invocation *invocation)
{
	_cleanup_(session_close) struct session session = {0};
	_cleanup_(report_done) struct report report = {0};
	struct invocation dry = *invocation;
	struct error error = {0};

	dry.dry_run = true;
	if (!invocation->n_arguments)
		return cmd_boot(&dry);
	if (session_open(&dry, SESSION_POLICY_NEEDED, &session, &error))
		return output_error(&error);
	if (report_add_typed(&report, invocation->arguments[0]))
		return output_no_memory();
	reconcile(&session.operation, &report);
	return output_report(invocation, &report, &session.names);
}
