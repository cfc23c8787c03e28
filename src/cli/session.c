/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/session.h"

#include "base/clock.h"
#include "base/log.h"
#include "cli/output.h"
#include "core/load.h"

#include <errno.h>

/* Sets everything; the policy is empty until the caller loads it. Returns 0 or -ENOMEM. */
static int session_init(const struct invocation *invocation, struct session *session)
{
	*session = (struct session){0};
	policy_init(&session->policy);
	session->operation = (struct operation){
		.policy = &session->policy,
		.names = &session->names,
		.run_directory = RUN_DIRECTORY,
		.started = clock_now(),
		.dry_run = invocation->dry_run,
	};
	session->operation.deadline = deadline_after(
		session->operation.started, invocation->timeout);
	log_set_deadline(&session->operation.deadline);
	return load_table_names(&session->names);
}

int session_open_get_errors(const struct invocation *invocation, struct session *ret_session,
	struct policy_errors *ret_errors)
{
	int err = session_init(invocation, ret_session);

	if (err)
		return error_oom(policy_errors_replace(ret_errors));
	err = load_policy(
		invocation->policy_path, &ret_session->names, &ret_session->policy, ret_errors);
	ret_session->has_policy = !err;
	return err;
}

int session_open(const struct invocation *invocation, enum session_policy policy_need,
	struct session *ret_session, struct error *error)
{
	struct policy_errors errors = {0};
	int err = session_init(invocation, ret_session);

	if (err)
		return error_oom(error);
	err = load_policy(
		invocation->policy_path, &ret_session->names, &ret_session->policy, &errors);
	ret_session->has_policy = !err;
	if (!err)
		return 0;
	/* A missing file is no warning: many commands work without a policy. */
	if (policy_need == SESSION_POLICY_OPTIONAL) {
		for (size_t i = 0; i < errors.count; i++)
			log_line(err == -ENOENT ? LOG_DEBUG : LOG_WARNING, NULL, "%s",
				errors.items[i].text);
		return 0;
	}
	/* The caller prints the last error. */
	for (size_t i = 0; i + 1 < errors.count; i++)
		output_error(&errors.items[i]);
	*error = errors.items[errors.count - 1];
	return err;
}

void session_close(struct session *session)
{
	policy_done(&session->policy);
	table_names_done(&session->names);
}
