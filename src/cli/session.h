/* SPDX-License-Identifier: Apache-2.0 */
/* Opens a command's session: reads table names and policy from the host, and sets the deadline. */
#pragma once

#include "cli/command.h"
#include "core/operation.h"
#include "policy/policy_errors.h"

struct session {
	struct table_names names;
	struct policy policy; /* empty without has_policy */
	bool has_policy;
	struct operation operation;
};

enum session_policy {
	SESSION_POLICY_NEEDED,
	SESSION_POLICY_OPTIONAL, /* log that it is missing or invalid, and continue without it */
};

/*
 * Returns 0, or -errno with a message. If the policy has several errors, prints all but the last
 * one; the caller prints the last one, as any other error. Call session_close()
 * after a failure, too.
 */
int session_open(const struct invocation *invocation, enum session_policy policy_need,
	struct session *ret_session, struct error *error);

/*
 * The same for a command that handles the policy's errors: on failure `ret_errors` has all errors,
 * and none was printed.
 */
int session_open_get_errors(const struct invocation *invocation, struct session *ret_session,
	struct policy_errors *ret_errors);
void session_close(struct session *session);
