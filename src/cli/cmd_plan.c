/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/command.h"
#include "cli/output.h"
#include "cli/session.h"
#include "interface/reconcile.h"

/* A dry run of "boot" or, with an interface, of "attach". */
enum outcome cmd_plan(const struct invocation *invocation)
{
	_cleanup_(session_close) struct session session = {0};
	_cleanup_(report_done) struct report report = {0};
	struct invocation dry_run = *invocation;
	struct error error = {0};

	dry_run.dry_run = true;
	if (!invocation->n_arguments)
		return cmd_boot(&dry_run);
	if (session_open(&dry_run, SESSION_POLICY_NEEDED, &session, &error))
		return output_error(&error);
	if (report_add_resolved(&report, invocation->arguments[0]))
		return output_no_memory();
	reconcile(&session.operation, &report);
	return output_report(invocation, &report, &session.names);
}
