/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is read from the host's own files before a deed can be done: the policy and the names of
 * routing tables.
 */
#pragma once

#include "base/error.h"
#include "policy/policy.h"
#include "policy/policy_errors.h"
#include "policy/table_names.h"

#define POLICY_FILE "/etc/myha/policy.yaml"

/* From iproute2's directories below /usr and /etc; files that are not there name nothing. -ENOMEM. */
int load_table_names(struct table_names *ret_names);

/*
 * The file must belong to root (or to the user who runs this) and not be writable by others. Returns
 * 0; -ENOENT; -EPERM; -EINVAL; -errno; -ENOMEM. `ret_errors`, which may be NULL, has the words, with
 * OUTCOME_USAGE unless memory ran out. They quote the file only to a caller who may read it, and only
 * if it seems to be a policy.
 */
int load_policy(const char *path, const struct table_names *names, struct policy *ret_policy,
	struct policy_errors *ret_errors);
