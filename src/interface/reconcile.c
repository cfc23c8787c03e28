/* SPDX-License-Identifier: Apache-2.0 */
#include "interface/reconcile.h"

#include "base/clock.h"
#include "core/converge.h"
#include "interface/job.h"
#include "kernel/monitor.h"
#include "kernel/snapshot.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

/*
 * Milliseconds between queries of EC2's metadata: from 50 to 130 in the first 5 s, because the ENI
 * may be new; later up to 1000, because EC2 throttles metadata for the whole instance.
 */
#define RETRY_BASE_MSEC 50
#define RETRY_FAST_CAP_MSEC 130
#define RETRY_FAST_PHASE_MSEC 5000
#define RETRY_SLOW_CAP_MSEC 1000
/* Milliseconds: the longest query for one interface while several interfaces are undecided. */
#define QUERY_LIMIT_MSEC 1000

struct reconcile {
	const struct operation *operation;
	struct job *jobs;
	size_t n_jobs;
	struct rtnl_socket rtnl;
	struct monitor monitor;
	struct imds imds;
	unsigned n_retries;
	uint64_t first_retry_time; /* clock_now() of the first retry */
};

static size_t count_undecided(const struct reconcile *run)
{
	size_t undecided = 0;

	for (size_t i = 0; i < run->n_jobs; i++)
		undecided += job_is_undecided(&run->jobs[i]);
	return undecided;
}

/* Reads the main table, the policy's tables, and the jobs' recorded tables (earlier policies'). */
static int read_kernel(struct reconcile *run, struct netstate *ret_observed, struct error *error)
{
	const struct policy *policy = run->operation->policy;
	_cleanup_(cleanup_free) uint32_t *tables = NULL;
	size_t count = 0, max_count = 1 + policy->n_interfaces;

	for (size_t i = 0; i < run->n_jobs; i++)
		max_count += run->jobs[i].record.n_tables;
	tables = calloc(max_count, sizeof(*tables));
	if (!tables)
		return error_oom(error);
	tables[count++] = RT_TABLE_MAIN;
	for (size_t i = 0; i < policy->n_interfaces; i++)
		tables[count++] = policy->interfaces[i].table;
	for (size_t i = 0; i < run->n_jobs; i++)
		for (size_t j = 0; j < run->jobs[i].record.n_tables; j++)
			tables[count++] = run->jobs[i].record.tables[j];
	return snapshot_take(
		&run->rtnl, tables, count, &run->operation->deadline, ret_observed, error);
}

/* With several undecided jobs, limits each query: one ENI must not delay the other ENIs. */
static void update_jobs(struct reconcile *run, const struct netstate *observed)
{
	for (size_t i = 0; i < run->n_jobs; i++) {
		struct deadline query_deadline = run->operation->deadline;
		if (!job_is_undecided(&run->jobs[i]))
			continue;
		if (count_undecided(run) > 1)
			query_deadline = deadline_min(
				query_deadline, deadline_after(clock_now(), QUERY_LIMIT_MSEC));
		job_update(&run->jobs[i], observed, &run->imds, &query_deadline);
	}
}

/*
 * Appends the plans of all jobs, which are applied in one batch. A job whose record cannot be
 * stored fails and adds nothing: detach could not undo its changes.
 */
static int store_records_and_add_plans(
	struct reconcile *run, const struct netstate *observed, struct plan *plan)
{
	int err = 0;

	for (size_t i = 0; !err && i < run->n_jobs; i++) {
		struct job *job = &run->jobs[i];
		if (job_is_undecided(job) && job->plan.count)
			job_store_record(job, observed);
		for (size_t j = 0; !err && job_is_undecided(job) && j < job->plan.count; j++)
			err = plan_add(plan, &job->plan.steps[j]);
	}
	return err;
}

/* `errors` is in the order of store_records_and_add_plans(): one job's steps after another's. */
static void record_applied_plans(const struct convergence *work, const int *errors)
{
	struct reconcile *run = work->data;

	for (size_t i = 0; i < run->n_jobs; i++) {
		struct job *job = &run->jobs[i];
		if (!job_is_undecided(job) || !job->plan.count)
			continue;
		job_record_applied(job, errors);
		errors += job->plan.count;
	}
}

static void time_out_undecided_jobs(struct reconcile *run)
{
	uint64_t msec = clock_now() - run->operation->started;

	for (size_t i = 0; i < run->n_jobs; i++) {
		struct error error = {0};
		if (!job_is_undecided(&run->jobs[i]))
			continue;
		error_set(&error, OUTCOME_TIMEOUT, ETIME, "timed out after %llu.%llu s: %s",
			(unsigned long long)(msec / 1000), (unsigned long long)(msec % 1000 / 100),
			run->jobs[i].wait_reason);
		result_fail(run->jobs[i].result, -ETIME, &error);
	}
}

static bool has_job_waiting_for(const struct reconcile *run, enum job_wait wait)
{
	for (size_t i = 0; i < run->n_jobs; i++)
		if (job_is_undecided(&run->jobs[i]) && run->jobs[i].wait == wait)
			return true;
	return false;
}

/* Counts the retry, and returns when to query EC2 again. */
static struct deadline schedule_retry(struct reconcile *run, uint64_t now)
{
	uint64_t cap = RETRY_FAST_CAP_MSEC;

	if (!run->n_retries++)
		run->first_retry_time = now;
	if (now - run->first_retry_time >= RETRY_FAST_PHASE_MSEC)
		cap = RETRY_SLOW_CAP_MSEC;
	return deadline_after(
		now, poll_delay(run->n_retries, clock_random(), RETRY_BASE_MSEC, cap));
}

/*
 * Waits until something changed on the host or EC2 must be queried again. The first call only opens
 * the monitor: the next snapshot shows what changed before that. If all jobs wait for EC2, ignores
 * events of the host: they must not make the queries more frequent.
 */
static int wait_for_change(struct reconcile *run, struct error *error)
{
	uint64_t now = clock_now();
	struct deadline end_time = run->operation->deadline;
	bool waits_for_kernel = has_job_waiting_for(run, JOB_WAIT_KERNEL);
	int err = 0;

	if (run->monitor.fd < 0)
		return monitor_open(&run->monitor, error);
	if (has_job_waiting_for(run, JOB_WAIT_EC2))
		end_time = deadline_min(end_time, schedule_retry(run, now));
	do
		err = monitor_wait(&run->monitor, deadline_left(&end_time, clock_now()));
	while (err > 0 && !waits_for_kernel && deadline_left(&end_time, clock_now()));
	if (err < 0)
		return error_set(error, OUTCOME_FAILED, -err, "cannot wait for kernel events: %s",
			strerror(-err));
	return 0;
}

/* Repeats snapshots until a job has a step to apply, or all jobs are decided. */
static int make_plan(const struct convergence *work, struct plan *plan, struct error *error)
{
	struct reconcile *run = work->data;

	while (count_undecided(run)) {
		_cleanup_(netstate_done) struct netstate observed = {0};
		int err = read_kernel(run, &observed, error);
		if (err)
			return err;
		update_jobs(run, &observed);
		if (!run->operation->dry_run && store_records_and_add_plans(run, &observed, plan))
			return error_oom(error);
		if (plan->count || !count_undecided(run))
			return 0;
		if (deadline_left(&run->operation->deadline, clock_now()))
			err = wait_for_change(run, error);
		if (err)
			return err;
		if (!deadline_left(&run->operation->deadline, clock_now()))
			time_out_undecided_jobs(run);
	}
	return 0;
}

static int converge_jobs(struct reconcile *run, struct error *error)
{
	const struct convergence work = {
		.operation = run->operation,
		.rtnl = &run->rtnl,
		.make_plan = make_plan,
		.record_applied = record_applied_plans,
		.data = run,
	};

	return converge(&work, error);
}

static int compare_results(const void *a, const void *b)
{
	return strcmp(((const struct result *)a)->interface, ((const struct result *)b)->interface);
}

/* Locks in the order of names, so that two runs with several locks cannot deadlock. */
static int begin_jobs(struct reconcile *run, struct report *report)
{
	static const struct deadline expired;
	const struct deadline *lock_deadline = &run->operation->deadline;

	qsort(report->results, report->count, sizeof(*report->results), compare_results);
	run->jobs = calloc(report->count ? report->count : 1, sizeof(*run->jobs));
	if (!run->jobs)
		return -ENOMEM;
	/* Do not wait for held locks yet: see restart_locked_jobs(). */
	if (report->count > 1)
		lock_deadline = &expired;
	for (run->n_jobs = 0; run->n_jobs < report->count; run->n_jobs++)
		job_begin(&run->jobs[run->n_jobs], run->operation, lock_deadline,
			&report->results[run->n_jobs]);
	return 0;
}

/* Begins again the jobs whose lock was held. Each may wait for a share of the time that is left. */
static void restart_locked_jobs(struct reconcile *run)
{
	size_t n_locked = 0;

	for (size_t i = 0; i < run->n_jobs; i++)
		n_locked += run->jobs[i].lock_timed_out;
	for (size_t i = 0; i < run->n_jobs; i++) {
		struct job *job = &run->jobs[i];
		struct result *result = job->result;
		uint64_t now = clock_now();
		struct deadline share;
		if (!job->lock_timed_out)
			continue;
		share = deadline_after(
			now, deadline_left(&run->operation->deadline, now) / n_locked);
		n_locked--;
		job_end(job);
		result->state = RESULT_UNDECIDED;
		result->error = (struct error){0};
		job_begin(job, run->operation, &share, result);
	}
}

static void end_jobs(struct reconcile *run)
{
	for (size_t i = 0; i < run->n_jobs; i++)
		job_end(&run->jobs[i]);
	free(run->jobs);
	imds_close(&run->imds);
	monitor_close(&run->monitor);
	rtnl_socket_close(&run->rtnl);
}

static int reconcile_interfaces(const struct operation *operation, struct report *report)
{
	const struct imds_options options = {
		.endpoint = operation->policy->imds.endpoint,
		.interface = operation->policy->imds.interface,
	};
	struct reconcile run = {.operation = operation, .monitor = {.fd = -1}};
	struct error error = {0};
	int err = begin_jobs(&run, report);

	if (!err)
		err = rtnl_socket_open(&run.rtnl, &error);
	if (!err)
		err = imds_open(&options, &run.imds, &error);
	if (!err)
		err = converge_jobs(&run, &error);
	if (!err && report->count > 1) { /* then begin_jobs() did not wait for locks */
		restart_locked_jobs(&run);
		err = converge_jobs(&run, &error);
	}
	if (err)
		report_fail(report, err, &error);
	end_jobs(&run);
	return err;
}

/* Adds the interface if it is attached, that is, if it has a readable record. */
static int add_if_attached(
	const struct operation *operation, const char *interface, struct report *neighbours)
{
	_cleanup_(record_done) struct record record;
	int err = record_load(operation->run_directory, interface, &record, NULL /* no message */);

	if (err)
		return err == -ENOMEM ? err : 0;
	return report_add(neighbours, interface);
}

/*
 * A second ENI in a subnet requires narrower rules for the first ENI, whose rule for the whole
 * subnet would match the second ENI's traffic.
 */
static int reconcile_neighbours(const struct operation *operation, struct report *report)
{
	_cleanup_(report_done) struct report neighbours = {0};
	struct operation attached_only = *operation;
	int err = 0;

	for (size_t i = 0; !err && i < report->count; i++) {
		const struct result *result = &report->results[i];
		if (result->state == RESULT_CHANGED && result->neighbour[0] &&
			!report_has_interface(report, result->neighbour) &&
			!report_has_interface(&neighbours, result->neighbour))
			err = add_if_attached(operation, result->neighbour, &neighbours);
	}
	attached_only.only_attached = true;
	if (!err && neighbours.count)
		reconcile_interfaces(&attached_only, &neighbours); /* failures are in the results */
	if (!err)
		err = report_move_results(report, &neighbours);
	if (err) /* only -ENOMEM, for which report_fail() makes the message */
		report_fail(report, err, &(struct error){0});
	return err;
}

int reconcile(const struct operation *operation, struct report *report)
{
	int err = reconcile_interfaces(operation, report);

	return err || operation->dry_run ? err : reconcile_neighbours(operation, report);
}
