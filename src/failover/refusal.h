/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What EC2 refuses, in words for a person: which action, of which thing, why, and what to do.
 */
#pragma once

#include "base/error.h"
#include "ec2/errors.h"

/*
 * Sets the words for `fault`, EC2's answer to `action` of `thing` (an id, or what was looked for).
 * Returns -EACCES where IAM does not permit it (OUTCOME_DENIED), else -EREMOTEIO (OUTCOME_FAILED).
 */
int refusal_set(struct error *error, enum ec2_action action, const char *thing,
	const struct ec2_fault *fault);
