/* SPDX-License-Identifier: Apache-2.0 */
#include "app/detach.h"
#include "cli/command.h"
#include "cli/output.h"
#include "cli/session.h"

#include <stdlib.h>
#include <string.h>

/* systemd's word to the commands of ExecStopPost=. */
static bool attach_was_killed(void)
{
	const char *code = secure_getenv("EXIT_CODE");

	return code && strcmp(code, "killed") == 0;
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
		when = attach_was_killed() ? DETACH_IF_GONE_UNSEEN : DETACH_IF_GONE;
	if (session_open(invocation, SESSION_POLICY_OPTIONAL, &session, &error))
		return output_error(&error);
	if (report_add_typed(&report, invocation->arguments[0]))
		return output_no_memory();
	detach(&session.deed, when, &report.results[0]);
	return output_report(invocation, &report, &session.names);
}
