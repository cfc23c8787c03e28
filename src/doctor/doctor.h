/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The operation of `myha check`: checks everything that a failover requires, and reports problems
 * with their reasons and remedies. Changes nothing on this host or in EC2.
 */
#pragma once

#include "core/operation.h"
#include "hazard/diagnosis.h"
#include "policy/policy_errors.h"

struct doctor_options {
	const char *policy_path;
	/* why the policy file cannot be used; if empty, operation->policy is the file's policy */
	struct policy_errors policy_errors;
	unsigned uses; /* IAM_USE_BIT()s: the uses that IAM must allow */
	bool uses_are_given; /* the user named the uses; false: they are derived from the policy */
};

/*
 * operation->policy must not be NULL: without a file it is an empty policy. The caller initializes
 * and frees `diagnosis`, which gets all findings. Returns 0, or -ENOMEM with `error` set.
 */
int doctor_run(const struct operation *operation, const struct doctor_options *options,
	struct diagnosis *diagnosis, struct error *error);
