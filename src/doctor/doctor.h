/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The deed of `check`: look at everything that a failover will need, and say what is wrong, why, and
 * what to do. Changes nothing, here or in EC2.
 */
#pragma once

#include "core/operation.h"
#include "hazard/diagnosis.h"
#include "policy/policy_errors.h"

struct doctor_options {
	const char *policy_path;
	/* Why there is no policy; none: the deed's is what the file says. */
	struct policy_errors policy_errors;
	unsigned uses; /* IAM_USE_BIT()s: what IAM has to allow */
	bool uses_are_given; /* by name, and not because the policy lists something */
};

/*
 * The deed's policy is never NULL: without a file it is an empty one. The diagnosis, which the caller
 * has made, says all. Returns 0, or -ENOMEM with words.
 */
int doctor_run(const struct operation *operation, const struct doctor_options *options,
	struct diagnosis *diagnosis, struct error *error);
