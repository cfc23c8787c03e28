/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/command.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/output_check.h"
#include "cli/session.h"
#include "doctor/doctor.h"

/* Returns 0 without a valid policy, too (OUTCOME_USAGE): that is a finding of the checks. */
static int open_session(const struct invocation *invocation, struct session *session,
	struct doctor_options *options, struct error *error)
{
	const struct policy_errors *errors = &options->policy_errors;
	int err = session_open_get_errors(invocation, session, &options->policy_errors);

	if (!err || errors->items[0].outcome == OUTCOME_USAGE)
		return 0;
	*error = errors->items[0];
	return err;
}

enum outcome cmd_check(const struct invocation *invocation)
{
	_cleanup_(session_close) struct session session;
	_cleanup_(diagnosis_done) struct diagnosis diagnosis;
	struct doctor_options options = {.policy_path = invocation->policy_path};
	struct error error = {0};

	diagnosis_init(&diagnosis);
	options.uses_are_given = invocation_option(invocation, "for") != NULL;
	if (open_session(invocation, &session, &options, &error) ||
		option_uses(invocation, &session.policy, &options.uses, &error) ||
		doctor_run(&session.operation, &options, &diagnosis, &error))
		return output_error(&error);
	return output_diagnosis(invocation, &diagnosis);
}
