/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One interface's way through a reconcile: which entry of the policy it is, its lock, what is
 * remembered of it, EC2's facts, and the plan that the latest look at the kernel led to.
 */
#pragma once

#include "aws/imds.h"
#include "core/lock.h"
#include "core/operation.h"
#include "core/record.h"
#include "model/desired.h"
#include "model/diff.h"

enum job_wait {
	JOB_WAIT_NOTHING,
	JOB_WAIT_EC2, /* its metadata lag behind, or failed this time: ask again later */
	JOB_WAIT_KERNEL, /* something has to happen on the host: an event will tell */
};

struct job {
	const struct operation *operation;
	struct result *result; /* borrowed; state RESULT_OPEN as long as the job is */
	const struct policy_interface *policy;
	struct lock lock;
	bool busy; /* another run had the lock as long as we were ready to wait */
	struct record record;
	bool is_stored; /* the file says what `memory` says */
	char predecessor[IFNAMSIZ]; /* is gone, and what it left in our table is ours now; "" */
	struct facts facts;
	struct plan plan;
	enum job_wait wait;
	char waiting[512]; /* what for, in words */
	const char *lag; /* facts_lag()'s words in the latest look that EC2 answered; NULL: none */
	bool has_told_lacking; /* that metadata lag behind the record */
	unsigned rounds; /* times that a plan was applied */
};

/*
 * Takes the lock (unless it is a dry run), waiting for it until `patience`, and reads what is
 * remembered. Sets result on failure.
 */
void job_begin(struct job *job, const struct operation *operation, const struct deadline *patience,
	struct result *result);
void job_end(struct job *job);
bool job_is_open(const struct job *job);

/*
 * One look: thinks from `observed` to a new plan. Ends the job where it fails, where the policy does
 * not list the interface, or where nothing is left to do. EC2 is asked until `ask_until` at most.
 */
void job_update(struct job *job, const struct netstate *observed, struct imds *imds,
	const struct deadline *ask_until);

/* Writes down what is about to be done, before it is. Ends the job where that fails. */
void job_store_record(struct job *job, const struct netstate *observed);

/* After the plan was applied, with the kernel's word on each step: logs, and keeps what was done. */
void job_applied(struct job *job, const int *errors);

void job_fail(struct job *job, int err, const struct error *error);
