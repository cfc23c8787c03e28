/* SPDX-License-Identifier: Apache-2.0 */
#include "interface/job.h"

#include "base/clock.h"
#include "base/log.h"
#include "interface/job_plan.h"
#include "model/shadow.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* If this many plans were applied and steps are still missing, other software reverts them. */
#define APPLIED_MAX 8

bool job_is_undecided(const struct job *job)
{
	return job->result->state == RESULT_UNDECIDED;
}

/* A record that cannot be read does not fail the job: attach replaces it. */
static void load_record(struct job *job)
{
	struct error error = {0};
	const char *interface = job->result->interface;
	int err = record_load(job->operation->run_directory, interface, &job->record, &error);

	job->is_record_stored = err == 0;
	/* The interface was detached after its record had been found: do not attach it again. */
	if (err == -ENOENT && job->operation->only_attached)
		job->result->state = RESULT_NOT_LISTED;
	if (err == -ENOMEM)
		result_fail(job->result, err, &error);
	/*
	 * Without the record, detach does not remove our addresses. It still removes routes and
	 * rules, which have our protocol.
	 */
	else if (err && err != -ENOENT)
		log_line(LOG_WARNING, interface,
			"%s: replacing the file: a later detach does not remove the addresses that the old file lists",
			error.text);
}

void job_begin(struct job *job, const struct operation *operation,
	const struct deadline *lock_deadline, struct result *result)
{
	struct error error = {0};
	int err = 0;

	*job = (struct job){.operation = operation, .result = result, .lock = {.fd = -1}};
	if (operation_takes_lock(operation))
		err = lock_acquire(operation->run_directory, result->interface, lock_deadline,
			&job->lock, &error);
	job->lock_timed_out = err == -ETIME;
	if (err)
		result_fail(job->result, err, &error);
	else
		load_record(job);
}

void job_end(struct job *job)
{
	facts_done(&job->facts);
	plan_done(&job->plan);
	record_done(&job->record);
	lock_release(&job->lock);
}

/* A recorded address of length 0 matches any prefix length. */
static bool has_recorded_address(const struct netstate *state, const struct ip_prefix *address)
{
	for (size_t i = 0; i < state->n_addresses; i++) {
		const struct ip_prefix *found = &state->addresses[i].prefix;
		if (ip_address_compare(&found->address, &address->address) == 0 &&
			(!address->length || found->length == address->length))
			return true;
	}
	return false;
}

static void set_final_state(struct job *job)
{
	job->result->state = job->result->plan.count ? RESULT_CHANGED : RESULT_UNCHANGED;
}

/* `interface_state` has our rules, but a rule of other software may match before them. */
static void warn_if_shadowed(const struct job *job, const struct netstate *interface_state,
	const struct netstate *observed)
{
	struct error error = {0};

	if (shadow_check(interface_state, observed, &error))
		log_line(LOG_WARNING, job->result->interface, "%s: see \"myha check\"", error.text);
}

/*
 * The kernel has all that the job wants: decides the result. Drops addresses, changes and tables
 * from the record that a later detach no longer needs.
 */
static void finish_job(struct job *job, const struct netstate *observed)
{
	const struct net_link *link = netstate_link_by_name(observed, job->result->interface);
	_cleanup_(netstate_done) struct netstate interface_state = {0};
	struct record *record = &job->record;
	size_t kept = 0;

	if (link && netstate_copy_interface(&interface_state, observed, link->index,
			    &job->policy->table, 1 /* table */)) {
		result_fail_oom(job->result);
		return;
	}
	for (size_t i = 0; i < record->n_addresses; i++)
		if (has_recorded_address(&interface_state, &record->addresses[i]))
			record->addresses[kept++] = record->addresses[i];
	if (record_drop_outdated_changes(record, &job->facts, clock_boottime()) ||
		kept != record->n_addresses || record->n_tables > 1)
		job->is_record_stored = false;
	record->n_addresses = kept;
	/* Tables of earlier policies are empty now. job_store_record() adds the current table. */
	if (record->n_tables > 1)
		record->n_tables = 0;
	job_store_record(job, observed);
	if (!job_is_undecided(job))
		return;
	warn_if_shadowed(job, &interface_state, observed);
	set_final_state(job);
}

void job_update(struct job *job, const struct netstate *observed, struct imds *imds,
	const struct deadline *query_deadline)
{
	struct error error = {0};
	int err;

	plan_done(&job->plan);
	job->imds = imds;
	job->query_deadline = query_deadline;
	err = job_plan(job, observed, &error);
	if (err == -EAGAIN) /* remains undecided: job->wait is JOB_WAIT_EC2 */
		return;
	if (err == -ENOENT && !job->policy) {
		job->result->state = RESULT_NOT_LISTED;
		return;
	}
	if (err == -ENODEV && job->operation->ignore_missing) {
		/* The kernel removed most objects with the device; detach removes the rest. */
		log_line(LOG_INFO, job->result->interface, "device is gone: nothing to attach");
		set_final_state(job);
		return;
	}
	if (err == -ENOMEM) {
		result_fail_oom(job->result);
	} else if (err) {
		result_fail(job->result, err, &error);
	} else if (job->operation->dry_run) {
		job->result->plan = TAKE_STRUCT(job->plan);
		/* A job that waits is not complete, even if its plan is empty. */
		job->result->state = job->result->plan.count || job->wait != JOB_WAIT_NOTHING
					     ? RESULT_DIFFERS
					     : RESULT_UNCHANGED;
	} else if (!job->plan.count && job->wait == JOB_WAIT_NOTHING) {
		finish_job(job, observed);
	}
}

/*
 * Records the address that the step adds, or the setting's value before the step. Detach restores
 * only recorded values. If the setting was changed before, its original value is kept.
 */
static int record_step(struct job *job, const struct step *step, const struct net_link *link)
{
	struct record *record = &job->record;

	if (step->kind == STEP_ADDRESS_ADD || step->kind == STEP_ADDRESS_REPLACE) {
		job->is_record_stored = false;
		return record_add_address(record, &step->address.prefix);
	}
	if (step->kind == STEP_LINK_MTU && !record->original_mtu) {
		job->is_record_stored = false;
		record->original_mtu = link->mtu;
	}
	if (step->kind == STEP_LINK_RP_FILTER && record->original_rp_filter < 0) {
		job->is_record_stored = false;
		record->original_rp_filter = link->rp_filter;
	}
	return 0;
}

/*
 * If both records are of the same device, which was renamed, a later detach must also revert the
 * changes that the predecessor's record lists.
 */
static int adopt_changes(struct record *record, const struct record *predecessor)
{
	bool is_same_device = predecessor->index == record->index &&
			      memcmp(&predecessor->mac, &record->mac, sizeof(predecessor->mac)) ==
				      0;
	int err = 0;

	if (!is_same_device)
		return 0;
	if (!record->original_mtu)
		record->original_mtu = predecessor->original_mtu;
	if (record->original_rp_filter < 0)
		record->original_rp_filter = predecessor->original_rp_filter;
	for (size_t i = 0; !err && i < predecessor->n_addresses; i++)
		err = record_add_address(record, &predecessor->addresses[i]);
	for (size_t i = 0; !err && i < predecessor->n_changes; i++)
		err = record_set_change(record, &predecessor->changes[i].address,
			predecessor->changes[i].is_assigned, predecessor->changes[i].at);
	return err;
}

/* Removes the predecessor's record: otherwise a detach of the old name would clear our table. */
static int replace_predecessor(struct job *job, struct error *error)
{
	const char *directory = job->operation->run_directory;
	_cleanup_(record_done) struct record old_record = {0};
	_cleanup_(lock_release) struct lock lock = {.fd = -1};
	int err;

	if (!job->predecessor[0])
		return 0;
	err = lock_acquire(directory, job->predecessor, &job->operation->deadline, &lock, error);
	if (!err)
		err = record_load(directory, job->predecessor, &old_record, error);
	if (err == -ENOENT) /* detached meanwhile: old_record is empty */
		err = 0;
	if (!err)
		err = adopt_changes(&job->record, &old_record);
	if (!err)
		err = record_remove(directory, job->predecessor, error);
	if (!err)
		job->predecessor[0] = '\0';
	return err;
}

/* A later run may need these without metadata. Unknown: a primary that is not set, number -1. */
static void record_eni(struct job *job)
{
	const struct facts *facts = &job->facts;
	struct ip_address primary = {0};
	int device_number = -1;

	if (facts->ipv4s.count)
		primary = facts->ipv4s.items[0].address;
	if (facts->known & FACT_BIT(FACT_DEVICE_NUMBER) && facts->device_number <= INT_MAX)
		device_number = (int)facts->device_number;
	if (ip_address_compare(&primary, &job->record.primary) == 0 &&
		device_number == job->record.device_number)
		return;
	job->record.primary = primary;
	job->record.device_number = device_number;
	job->is_record_stored = false;
}

/* The neighbour's detach finds its name in our record, and widens our rules again. */
static void record_neighbour(struct job *job)
{
	const char *neighbour = job->result->neighbour;

	if (strcmp(neighbour, job->record.neighbour) == 0)
		return;
	memcpy(job->record.neighbour, neighbour, sizeof(job->record.neighbour));
	job->is_record_stored = false;
}

/* Another device has the name now, on which nothing was changed yet. Keeps the tables. */
static void reset_record(struct record *record, const struct net_link *link)
{
	record->index = link->index;
	record->mac = link->mac;
	record->n_addresses = 0;
	record->n_changes = 0;
	record->original_mtu = 0;
	record->original_rp_filter = -1;
}

/* Each change of the record clears is_record_stored; without a change, the file is not written. */
void job_store_record(struct job *job, const struct netstate *observed)
{
	const struct net_link *link = netstate_link_by_name(observed, job->result->interface);
	struct record *record = &job->record;
	struct error error = {0};
	int err = 0;

	if (link && !record_matches_link(record, link)) {
		reset_record(record, link);
		job->is_record_stored = false;
	}
	record_eni(job);
	record_neighbour(job);
	if (!record->entry || strcmp(record->entry, job->policy->name) != 0) {
		free(record->entry);
		record->entry = strdup(job->policy->name);
		job->is_record_stored = false;
		err = record->entry ? 0 : -ENOMEM;
	}
	if (!err && !record_has_table(record, job->policy->table)) {
		job->is_record_stored = false;
		err = record_add_table(record, job->policy->table);
	}
	for (size_t i = 0; !err && link && i < job->plan.count; i++)
		err = record_step(job, &job->plan.steps[i], link);
	if (err) {
		result_fail_oom(job->result);
		return;
	}
	if (job->is_record_stored)
		return;
	err = replace_predecessor(job, &error);
	if (!err)
		err = record_store(job->operation->run_directory, record, &error);
	if (err)
		result_fail(job->result, err, &error);
	else
		job->is_record_stored = true;
}

void job_record_applied(struct job *job, const int *errors)
{
	struct error error = {0};
	int err = result_add_applied(
		job->result, &job->plan, errors, job->operation->names, &error);
	bool is_reverted = ++job->n_applied >= APPLIED_MAX;

	if (!err) /* used only if is_reverted */
		error_set(&error, OUTCOME_FAILED, EBUSY,
			"changes keep being reverted: another tool configures %s; run \"myha check\"",
			job->result->interface);
	/* Other refusals may result from a concurrent change: the next snapshot shows it. */
	if (err == -ENOMEM || err == -EPERM || is_reverted)
		result_fail(job->result, err ? err : -EBUSY, &error);
}
