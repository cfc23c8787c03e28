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

/* A host on which the same is to be done again so often has somebody else who undoes it. */
#define ROUNDS_MAX 8

bool job_is_open(const struct job *job)
{
	return job->result->state == RESULT_OPEN;
}

void job_fail(struct job *job, int err, const struct error *error)
{
	result_fail(job->result, err, error);
}

static void job_fail_memory(struct job *job)
{
	job_fail(job, -ENOMEM, &(struct error){0});
}

static void load_memory(struct job *job)
{
	struct error error = {0};
	const char *interface = job->result->interface;
	int err = memory_load(job->deed->run_directory, interface, &job->memory, &error);

	job->memory_stored = err == 0;
	/* It was detached since its record was seen, and stays so. */
	if (err == -ENOENT && job->deed->only_attached)
		job->result->state = RESULT_NOT_LISTED;
	if (err == -ENOMEM)
		job_fail(job, err, &error);
	/* Not knowing what we added only means that we leave it; the routes carry our protocol. */
	else if (err && err != -ENOENT)
		log_line(LOG_WARNING, interface,
			"%s: replacing it: a later detach leaves the addresses that it lists",
			error.text);
}

void job_begin(struct job *job, const struct deed *deed, const struct deadline *patience,
	struct result *result)
{
	struct error error = {0};
	int err = 0;

	*job = (struct job){.deed = deed, .result = result, .lock = {.fd = -1}};
	memory_init(&job->memory, result->interface);
	plan_init(&job->plan);
	if (!deed->dry_run)
		err = lock_take(
			deed->run_directory, result->interface, patience, &job->lock, &error);
	job->busy = err == -ETIME;
	if (err)
		job_fail(job, err, &error);
	else
		load_memory(job);
}

void job_end(struct job *job)
{
	facts_done(&job->facts);
	plan_done(&job->plan);
	memory_done(&job->memory);
	lock_release(&job->lock);
}

static bool has_address(const struct netstate *state, const struct ip_prefix *address)
{
	for (size_t i = 0; i < state->n_addresses; i++) {
		const struct ip_prefix *found = &state->addresses[i].prefix;
		if (ip_address_compare(&found->address, &address->address) == 0 &&
			(!address->length || found->length == address->length))
			return true;
	}
	return false;
}

/* As well as it can be. */
static void end_well(struct job *job)
{
	job->result->state = job->result->plan.count ? RESULT_CHANGED : RESULT_UNCHANGED;
}

/* What serves, and yet is not used, is said at once. */
static void warn_of_shadow(
	const struct job *job, const struct netstate *own, const struct netstate *observed)
{
	struct error error = {0};

	if (shadow_find(own, observed, &error))
		log_line(LOG_WARNING, job->result->interface, "%s: see \"myha check\"", error.text);
}

/* All is in place: what no longer needs to be remembered is dropped. */
static void settle(struct job *job, const struct netstate *observed)
{
	const struct net_link *link = netstate_link_by_name(observed, job->result->interface);
	_cleanup_(netstate_done) struct netstate own = {0};
	struct memory *memory = &job->memory;
	size_t kept = 0;

	if (link && netstate_add_of_interface(&own, observed, link->index, job->policy->table)) {
		job_fail_memory(job);
		return;
	}
	for (size_t i = 0; i < memory->n_addresses; i++)
		if (has_address(&own, &memory->addresses[i]))
			memory->addresses[kept++] = memory->addresses[i];
	if (kept != memory->n_addresses || memory->n_tables > 1)
		job->memory_stored = false;
	memory->n_addresses = kept;
	if (memory_settle_changes(memory, &job->facts, clock_boottime()))
		job->memory_stored = false;
	/* An earlier policy's tables are cleared by now; job_remember() puts this one's back. */
	if (memory->n_tables > 1)
		memory->n_tables = 0;
	job_remember(job, observed);
	if (!job_is_open(job))
		return;
	warn_of_shadow(job, &own, observed);
	end_well(job);
}

void job_look(struct job *job, const struct netstate *observed, struct imds *imds,
	const struct deadline *ask_until)
{
	struct error error = {0};
	int err;

	plan_done(&job->plan);
	plan_init(&job->plan);
	err = job_think(job, observed, imds, ask_until, &error);
	if (err == -EAGAIN)
		return;
	if (err == -ENOENT && !job->policy) {
		job->result->state = RESULT_NOT_LISTED;
		return;
	}
	if (err == -ENODEV && job->deed->may_be_gone) {
		/* And with it most of what was done; detach removes the rest. */
		log_line(LOG_INFO, job->result->interface,
			"its device has gone: there is nothing to attach");
		end_well(job);
		return;
	}
	if (err == -ENOMEM)
		job_fail_memory(job);
	else if (err)
		job_fail(job, err, &error);
	else if (job->deed->dry_run) {
		job->result->plan = job->plan;
		plan_init(&job->plan);
		/* Waiting for something is not being done, even where there is no step to show. */
		job->result->state = job->result->plan.count || job->wait != JOB_WAIT_NOTHING
					     ? RESULT_DIFFERS
					     : RESULT_UNCHANGED;
	} else if (!job->plan.count && job->wait == JOB_WAIT_NOTHING) {
		settle(job, observed);
	}
}

/*
 * What the step will leave behind, or undo. A setting that we do not change is not ours to set back;
 * one that we change again was ours already.
 */
static int remember_step(struct job *job, const struct step *step, const struct net_link *link)
{
	struct memory *memory = &job->memory;

	if (step->kind == STEP_ADDRESS_ADD || step->kind == STEP_ADDRESS_REPLACE) {
		job->memory_stored = false;
		return memory_add_address(memory, &step->address.prefix);
	}
	if (step->kind == STEP_LINK_MTU && !memory->mtu_before) {
		job->memory_stored = false;
		memory->mtu_before = link->mtu;
	}
	if (step->kind == STEP_LINK_RP_FILTER && memory->rp_filter_before < 0) {
		job->memory_stored = false;
		memory->rp_filter_before = link->rp_filter;
	}
	return 0;
}

/* Of the same device, renamed, its addresses and settings are ours to take back too. */
static int inherit(struct memory *memory, const struct memory *other)
{
	int err = 0;

	if (other->index != memory->index || memcmp(&other->mac, &memory->mac, sizeof(other->mac)))
		return 0;
	if (!memory->mtu_before)
		memory->mtu_before = other->mtu_before;
	if (memory->rp_filter_before < 0)
		memory->rp_filter_before = other->rp_filter_before;
	for (size_t i = 0; !err && i < other->n_addresses; i++)
		err = memory_add_address(memory, &other->addresses[i]);
	for (size_t i = 0; !err && i < other->n_changes; i++)
		err = memory_note_change(memory, &other->changes[i].address,
			other->changes[i].is_assigned, other->changes[i].at);
	return err;
}

/* Its state file must not survive ours: a later detach of the old name would clear our table. */
static int succeed(struct job *job, struct error *error)
{
	const char *directory = job->deed->run_directory;
	_cleanup_(memory_done) struct memory other;
	_cleanup_(lock_release) struct lock lock = {.fd = -1};
	int err;

	memory_init(&other, job->predecessor);
	if (!job->predecessor[0])
		return 0;
	err = lock_take(directory, job->predecessor, &job->deed->deadline, &lock, error);
	if (!err)
		err = memory_load(directory, job->predecessor, &other, error);
	if (err == -ENOENT) /* it was detached meanwhile */
		err = 0;
	if (!err)
		err = inherit(&job->memory, &other);
	if (!err)
		err = memory_forget(directory, job->predecessor, error);
	if (!err)
		job->predecessor[0] = '\0';
	return err;
}

/* A later run without metadata must know the ENI's primary address, and the instance's primary ENI. */
static void remember_eni(struct job *job)
{
	const struct facts *facts = &job->facts;
	struct ip_address primary = {0};
	int device_number = -1;

	if (facts->ipv4s.count)
		primary = facts->ipv4s.items[0].address;
	if (facts->known & FACT_BIT(FACT_DEVICE_NUMBER) && facts->device_number <= INT_MAX)
		device_number = (int)facts->device_number;
	if (ip_address_compare(&primary, &job->memory.primary) == 0 &&
		device_number == job->memory.device_number)
		return;
	job->memory.primary = primary;
	job->memory.device_number = device_number;
	job->memory_stored = false;
}

/* When the neighbour is detached, its detach makes the rules as wide as the policy says. */
static void remember_neighbour(struct job *job)
{
	const char *neighbour = job->result->neighbour;

	if (strcmp(neighbour, job->memory.neighbour) == 0)
		return;
	memcpy(job->memory.neighbour, neighbour, sizeof(job->memory.neighbour));
	job->memory_stored = false;
}

void job_remember(struct job *job, const struct netstate *observed)
{
	const struct net_link *link = netstate_link_by_name(observed, job->result->interface);
	struct memory *memory = &job->memory;
	struct error error = {0};
	int err = 0;

	if (link && !memory_is_about(memory, link)) {
		/* Another device under this name: nothing that was on the old one is on it. */
		memory->index = link->index;
		memory->mac = link->mac;
		memory->n_addresses = 0;
		memory->n_changes = 0;
		memory->mtu_before = 0;
		memory->rp_filter_before = -1;
		job->memory_stored = false;
	}
	remember_eni(job);
	remember_neighbour(job);
	if (!memory->entry || strcmp(memory->entry, job->policy->name) != 0) {
		free(memory->entry);
		memory->entry = strdup(job->policy->name);
		job->memory_stored = false;
		err = memory->entry ? 0 : -ENOMEM;
	}
	if (!err && !memory_has_table(memory, job->policy->table)) {
		job->memory_stored = false;
		err = memory_add_table(memory, job->policy->table);
	}
	for (size_t i = 0; !err && link && i < job->plan.count; i++)
		err = remember_step(job, &job->plan.steps[i], link);
	if (err) {
		job_fail_memory(job);
		return;
	}
	if (job->memory_stored)
		return;
	err = succeed(job, &error);
	if (!err)
		err = memory_store(job->deed->run_directory, memory, &error);
	if (err)
		job_fail(job, err, &error);
	else
		job->memory_stored = true;
}

void job_applied(struct job *job, const int *errors)
{
	struct error error = {0};
	int err = result_record(job->result, &job->plan, errors, job->deed->names, &error);

	job->rounds++;
	if (!err)
		error_set(&error, OUTCOME_FAILED, EBUSY,
			"what was done is undone again and again: look for another tool that "
			"configures this interface");
	/* Another refusal may only mean that somebody was quicker: the next look tells. */
	if (err == -ENOMEM || err == -EPERM || job->rounds >= ROUNDS_MAX)
		job_fail(job, err ? err : -EBUSY, &error);
}
