/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "cli/command.h"
#include "cli/output.h"
#include "cli/session.h"
#include "core/interface_unit.h"
#include "core/notify.h"
#include "interface/reconcile.h"

/* --if-missed: starts the interface's unit if the device appeared while this unit was stopping. */
static enum outcome start_missed_unit(const struct invocation *invocation)
{
	struct deadline deadline = deadline_after(clock_now(), invocation->timeout);
	struct error error = {0};

	if (!invocation->dry_run &&
		interface_unit_start_if_dropped(invocation->arguments[0], &deadline, &error))
		return output_error(&error);
	return OUTCOME_DONE;
}

static enum outcome attach(const struct invocation *invocation)
{
	_cleanup_(session_close) struct session session;
	_cleanup_(report_done) struct report report = {0};
	struct error error = {0};
	enum outcome outcome;

	if (session_open(invocation, SESSION_POLICY_NEEDED, &session, &error))
		return output_error(&error);
	session.operation.ignore_missing = invocation_option(invocation, "unless-gone") != NULL;
	if (report_add_resolved(&report, invocation->arguments[0]))
		return output_no_memory();
	reconcile(&session.operation, &report);
	outcome = output_report(invocation, &report, &session.names);
	if (outcome != OUTCOME_DONE)
		return outcome;
	notify_ready();
	/* Only a started unit detaches the interface when the device disappears. */
	if (!invocation->dry_run)
		interface_unit_start_attached(&report, &session.operation.deadline);
	return outcome;
}

enum outcome cmd_attach(const struct invocation *invocation)
{
	return invocation_option(invocation, "if-missed") ? start_missed_unit(invocation)
							  : attach(invocation);
}
