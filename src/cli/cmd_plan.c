/* SPDX-License-Identifier: Apache-2.0 */
#include "app/boot.h"
#include "app/reconcile.h"
#include "cli/command.h"
#include "cli/output.h"
#include "cli/session.h"

enum outcome cmd_plan(const struct invocation *invocation)
{
	_cleanup_(session_close) struct session session;
	_cleanup_(report_done) struct report report = {0};
	struct error error = {0};

	if (session_open(invocation, SESSION_POLICY_NEEDED, &session, &error))
		return output_error(&error);
	session.deed.dry_run = true;
	if (!invocation->n_arguments) {
		if (boot(&session.deed, &report, &error))
			return output_error(&error);
	} else {
		if (report_add(&report, invocation->arguments[0]))
			return OUTCOME_FAILED;
		reconcile(&session.deed, &report);
	}
	return output_report(invocation, &report, &session.names);
}
