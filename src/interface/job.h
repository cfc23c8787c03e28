/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs one interface through a reconcile. A job holds the interface's policy entry, lock, record
 * and facts, and the plan that results from the latest snapshot of the kernel.
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
	JOB_WAIT_EC2, /* EC2's metadata lag behind, or a query failed: query again later */
	JOB_WAIT_KERNEL, /* something must change on the host: wait for an event of the kernel */
};

struct job {
	const struct operation *operation;
	struct result *result; /* borrowed; RESULT_UNDECIDED until the job ends */
	const struct policy_interface *policy; /* the entry, borrowed; NULL: not known yet */
	struct lock lock;
	bool lock_timed_out; /* another run held the lock until the lock deadline */
	struct record record;
	bool is_record_stored; /* the file has the contents of `record` */
	/* Name of an interface that is gone, but whose record lists our table; "": none. */
	char predecessor[IFNAMSIZ];
	struct facts facts;
	/* Arguments of the current job_update(); borrowed. */
	struct imds *imds;
	const struct deadline *query_deadline;
	struct plan plan;
	enum job_wait wait;
	char wait_reason[512];
	const char *lag_text; /* text of facts_find_lag() for the latest facts; NULL: no lag */
	bool has_logged_lag; /* a log line says that the metadata lag behind the record */
	unsigned n_applied; /* how often a plan was applied */
};

/*
 * Locks the interface, except for a dry run, waiting until `lock_deadline`, and loads the record. A
 * failure is set in the result. With only_attached, an interface without a record gets
 * RESULT_NOT_LISTED. End the job with job_end(), even a failed job.
 */
void job_begin(struct job *job, const struct operation *operation,
	const struct deadline *lock_deadline, struct result *result);
void job_end(struct job *job);

/* Whether the result is not decided yet. */
bool job_is_undecided(const struct job *job);

/*
 * Makes a new plan from the snapshot `observed`. Decides the result if that fails, if the policy
 * does not list the interface, if nothing is left to do, or for a dry run. Queries EC2 until
 * `query_deadline` at most.
 */
void job_update(struct job *job, const struct netstate *observed, struct imds *imds,
	const struct deadline *query_deadline);

/* Stores the plan's changes in the record. Call this before applying them. Error: fails the job. */
void job_store_record(struct job *job, const struct netstate *observed);

/*
 * Call it after the plan was applied: logs the steps that were done and adds them to the result.
 * `errors` has 0 or the kernel's -errno for each step.
 */
void job_record_applied(struct job *job, const int *errors);
