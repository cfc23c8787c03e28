/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The thinking half of a job: policy entry, EC2's facts, desired, diff; from a look at the kernel to
 * a plan. Changes nothing on the host.
 */
#pragma once

#include "interface/job.h"

/*
 * Leaves the plan in job->plan and what has to come first in job->wait. Returns 0; -EAGAIN: EC2 has
 * to be asked again later; -ENOENT: the policy does not list the interface; -errno with words.
 */
int job_plan(struct job *job, const struct netstate *observed, struct imds *imds,
	const struct deadline *ask_until, struct error *error);
