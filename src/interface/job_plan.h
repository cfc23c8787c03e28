/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes a job's plan from a snapshot of the kernel: finds the policy entry, fetches EC2's facts,
 * builds the desired state and computes the diff. Changes nothing on the host.
 */
#pragma once

#include "interface/job.h"

/*
 * Sets job->plan, and job->wait to the event that the job waits for. Returns 0; -EAGAIN: query EC2
 * again later; -ENODEV: no such interface; -ENOENT: the policy does not list it; -ENOMEM; -errno
 * with a message.
 */
int job_plan(struct job *job, const struct netstate *observed, struct error *error);
