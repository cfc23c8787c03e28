/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/session.h"

#include "app/host.h"
#include "base/clock.h"
#include "base/log.h"

#include <errno.h>

int session_open(const struct invocation *invocation, enum session_policy need,
	struct session *ret_session, struct error *error)
{
	struct session *session = ret_session;
	int err;

	*session = (struct session){0};
	policy_init(&session->policy);
	session->deed = (struct deed){
		.names = &session->names,
		.run_directory = DEED_RUN_DIRECTORY,
		.started = clock_now(),
		.dry_run = invocation->dry_run,
	};
	session->deed.deadline = deadline_after(session->deed.started, invocation->timeout);
	log_set_deadline(&session->deed.deadline);
	err = host_load_table_names(&session->names);
	if (err)
		return error_set(error, OUTCOME_FAILED, -err, "out of memory");
	err = host_load_policy(invocation->policy_path, &session->names, &session->policy, error);
	if (!err)
		session->deed.policy = &session->policy;
	else if (need == SESSION_POLICY_OPTIONAL) {
		log_line(err == -ENOENT ? LOG_DEBUG : LOG_WARNING, NULL, "%s", error->text);
		*error = (struct error){0};
		err = 0;
	}
	return err;
}

void session_close(struct session *session)
{
	policy_done(&session->policy);
	table_names_done(&session->names);
}
