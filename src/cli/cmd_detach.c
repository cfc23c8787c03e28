/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/command.h"
#include "cli/output.h"
#include "cli/session.h"
#include "core/interface_unit.h"
#include "interface/detach.h"

#include <stdlib.h>

/* systemd sets $SERVICE_RESULT only for the commands of ExecStop= and ExecStopPost=. */
static bool is_run_by_stopping_unit(void)
{
	return secure_getenv("SERVICE_RESULT") != NULL;
}

enum outcome cmd_detach(const struct invocation *invocation)
{
	_cleanup_(session_close) struct session session;
	_cleanup_(report_done) struct report report = {0};
	enum detach_when when = DETACH_ALWAYS;
	struct error error = {0};

	if (invocation_option(invocation, "keep-record"))
		when = DETACH_KEEP_RECORD;
	if (invocation_option(invocation, "if-gone"))
		when = DETACH_IF_GONE; /* overrides --keep-record */
	if (session_open(invocation, SESSION_POLICY_OPTIONAL, &session, &error))
		return output_error(&error);
	if (!session.has_policy) /* detach() also works with only the record */
		session.operation.policy = NULL;
	if (report_add_resolved(&report, invocation->arguments[0]))
		return output_no_memory();
	detach(&session.operation, when, &report.results[0]);
	/* systemd drops the start that a new device requests while its unit stops: check afterwards. */
	if (when == DETACH_IF_GONE && is_run_by_stopping_unit())
		interface_unit_queue_recheck(invocation->arguments[0], &session.operation.deadline);
	return output_report(invocation, &report, &session.names);
}
