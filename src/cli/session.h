/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every verb begins with: table names and policy read from the host, the deadline set.
 */
#pragma once

#include "app/deed.h"
#include "cli/command.h"

struct session {
	struct table_names names;
	struct policy policy;
	struct deed deed;
};

enum session_policy {
	SESSION_POLICY_NEEDED,
	SESSION_POLICY_OPTIONAL, /* one that is missing or wrong is logged, and done without */
};

/* 0, or -errno with words. */
int session_open(const struct invocation *invocation, enum session_policy need,
	struct session *ret_session, struct error *error);
void session_close(struct session *session);
