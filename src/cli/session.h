/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every verb begins with: table names and policy read from the host, the deadline set.
 */
#pragma once

#include "cli/command.h"
#include "core/operation.h"
#include "policy/policy_errors.h"

struct session {
	struct table_names names;
	struct policy policy;
	struct operation operation;
};

enum session_policy {
	SESSION_POLICY_NEEDED,
	SESSION_POLICY_OPTIONAL, /* one that is missing or wrong is logged, and done without */
};

/*
 * 0, or -errno with words. Of several errors in the policy all but the last are printed here; the last
 * one is the caller's to print, as any other error.
 */
int session_open(const struct invocation *invocation, enum session_policy need,
	struct session *ret_session, struct error *error);

/* A policy is needed, and what is wrong with it is not printed. `ret_errors` is set on failure. */
int session_open_with(const struct invocation *invocation, struct session *ret_session,
	struct policy_errors *ret_errors);
void session_close(struct session *session);
