/* SPDX-License-Identifier: Apache-2.0 */
/* Loads the files that an operation needs: the policy and the names of routing tables. */
#pragma once

#include "policy/policy.h"
#include "policy/policy_errors.h"
#include "policy/table_names.h"

#define POLICY_FILE "/etc/myha/policy.yaml"

/* Reads iproute2's directories in /usr and /etc; ignores unreadable files. Returns 0 or -ENOMEM. */
int load_table_names(struct table_names *ret_names);

/*
 * The file must belong to root or to this process's effective user, and only its owner may be able
 * to write to it. Returns 0; -ENOENT; -EPERM (owner or mode); -EINVAL; another -errno; or -ENOMEM.
 * `ret_errors` (may be NULL) gets the messages, with OUTCOME_USAGE unless memory ran out. They
 * quote the file only if the caller may read it, and only if it looks like a policy.
 */
int load_policy(const char *path, const struct table_names *names, struct policy *ret_policy,
	struct policy_errors *ret_errors);
