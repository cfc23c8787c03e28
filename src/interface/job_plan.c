/* SPDX-License-Identifier: Apache-2.0 */
#include "interface/job_plan.h"

#include "base/clock.h"
#include "base/log.h"
#include "kernel/device.h"
#include "model/conflict.h"
#include "model/match.h"
#include "model/shadow.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void job_wait_for(struct job *job, enum job_wait wait, const char *what)
{
	job->wait = wait;
	snprintf(job->waiting, sizeof(job->waiting), "%s", what);
}

/* 0 where all of `wanted` was answered; a passing failure makes the job wait. */
static int ask(struct job *job, struct imds *imds, unsigned wanted,
	const struct deadline *ask_until, struct error *error)
{
	int err = imds_get_facts(imds, wanted, ask_until, &job->facts, error);

	if (err == -ETIME && deadline_left(&job->operation->deadline, clock_now())) {
		job_wait_for(job, JOB_WAIT_EC2, error->text);
		return -EAGAIN;
	}
	/* EC2 did answer until the time was up, only not what we waited for. */
	if (err == -ETIME && job->lag)
		error_prefix(error, "%s", job->lag);
	return err;
}

/* Facts of a fresh ENI are late and wrong: -EAGAIN until they can be believed. */
static int check_lag(
	struct job *job, struct imds *imds, const struct deadline *ask_until, struct error *error)
{
	if (facts_lag_wants_primary(&job->facts)) {
		int err = ask(job, imds, FACT_BIT(FACT_PRIMARY_MAC), ask_until, error);
		if (err)
			return err;
	}
	job->lag = facts_lag(&job->facts);
	if (!job->lag)
		return 0;
	log_line(LOG_DEBUG, job->result->interface, "%s", job->lag);
	job_wait_for(job, JOB_WAIT_EC2, job->lag);
	return -EAGAIN;
}

/* Whether this entry is the link's; -ENOENT: it is not. */
static int try_entry(struct job *job, const struct policy_interface *entry,
	const struct net_link *link, const char *driver, struct imds *imds,
	const struct deadline *ask_until, struct error *error)
{
	enum match match = match_interface(&entry->match, link, driver, &job->facts);
	int err;

	if (match == MATCH_ASK) {
		err = ask(job, imds, FACT_BIT(FACT_DEVICE_NUMBER), ask_until, error);
		if (!err && job->operation->by_scan &&
			(job->facts.absent & FACT_BIT(FACT_DEVICE_NUMBER)))
			return -ENOENT;
		if (!err)
			err = check_lag(job, imds, ask_until, error);
		if (!err)
			err = ask(job, imds, match_facts(&entry->match), ask_until, error);
		if (err)
			return err;
		match = match_interface(&entry->match, link, driver, &job->facts);
	}
	if (match != MATCH_YES)
		return -ENOENT;
	if (job->policy)
		return error_set(error, OUTCOME_USAGE, EINVAL,
			"the entries %s and %s of the policy both match it: make one of them "
			"stricter",
			job->policy->name, entry->name);
	job->policy = entry;
	return 0;
}

/* Only a policy that asks for drivers makes us ask udev. */
static int find_driver(const struct policy *policy, const char *interface,
	struct device *ret_device, struct error *error)
{
	for (size_t i = 0; i < policy->n_interfaces; i++)
		if (policy->interfaces[i].match.driver)
			return device_find(interface, ret_device, error);
	return 0;
}

static int find_entry(struct job *job, const struct net_link *link, struct imds *imds,
	const struct deadline *ask_until, struct error *error)
{
	const struct policy *policy = job->operation->policy;
	struct device device = {0};
	int err;

	if (job->policy)
		return 0;
	err = find_driver(policy, link->name, &device, error);
	for (size_t i = 0; (!err || err == -ENOENT) && i < policy->n_interfaces; i++)
		err = try_entry(
			job, &policy->interfaces[i], link, device.driver, imds, ask_until, error);
	if (err && err != -ENOENT)
		job->policy = NULL;
	else
		err = job->policy ? 0 : -ENOENT;
	return err;
}

static int gather(struct job *job, const struct desired_input *input, struct imds *imds,
	const struct deadline *ask_until, struct error *error)
{
	unsigned wanted;
	int err = 0;

	while (!err && (wanted = desired_facts(input)))
		err = ask(job, imds, wanted, ask_until, error);
	return err ? err : check_lag(job, imds, ask_until, error);
}

/*
 * Another interface's state file with our table: an error while that interface is there; once it is
 * gone (renamed, or its detach was missed) what it left in the table is ours to clear.
 */
static int find_predecessor(struct job *job, const struct netstate *observed, struct error *error)
{
	const struct operation *operation = job->operation;
	_cleanup_(record_names_free) char **names = NULL;
	int err;

	if (record_has_table(&job->record, job->policy->table))
		return 0;
	err = record_list(operation->run_directory, &names, error);
	for (char **name = names; !err && *name; name++) {
		_cleanup_(record_done) struct record other;

		record_init(&other, *name);
		if (strcmp(*name, job->result->interface) == 0)
			continue;
		if (record_load(operation->run_directory, *name, &other, NULL) == -ENOMEM)
			return -ENOMEM;
		if (!record_has_table(&other, job->policy->table))
			continue;
		if (netstate_link_by_name(observed, *name))
			return error_set(error, OUTCOME_FAILED, EBUSY,
				"table %u is in use for %s: give one of the two another table in "
				"the policy, or detach %s",
				(unsigned)job->policy->table, *name, *name);
		memcpy(job->predecessor, other.interface, sizeof(job->predecessor));
	}
	return err;
}

static int make_plan(struct job *job, const struct desired_input *input,
	const struct desired *desired, struct error *error)
{
	_cleanup_(cleanup_free) uint32_t *tables = NULL;
	size_t n_tables = job->record.n_tables;
	struct diff_input diff;
	int err;

	err = conflict_find(job->policy, &desired->state, input->observed, input->link->index,
		job->operation->names, error);
	if (err)
		return err;
	tables = calloc(n_tables + 1, sizeof(*tables));
	if (!tables)
		return -ENOMEM;
	for (size_t i = 0; i < n_tables; i++)
		tables[i] = job->record.tables[i];
	tables[n_tables] = job->policy->table;
	diff = (struct diff_input){
		.desired = &desired->state,
		.observed = input->observed,
		.owned = {.tables = tables,
			.n_tables = n_tables + 1,
			.addresses = job->record.addresses,
			.n_addresses = record_is_about(&job->record, input->link)
					       ? job->record.n_addresses
					       : 0},
		.interface = job->result->interface,
		.link = input->link->index,
		.additions_only = desired->waiting != NULL,
	};
	return diff_plan(&diff, &job->plan);
}

static void tell_lacking(struct job *job, const struct facts_change *change)
{
	char text[IP_ADDRESS_TEXT_SIZE];

	if (!job->has_told_lacking)
		log_line(LOG_INFO, job->result->interface,
			"EC2's metadata do not show yet that %s was %s: going by the record",
			ip_address_format(&change->address, text),
			change->is_assigned ? "assigned" : "released");
}

/*
 * What is recorded as changed by EC2's API a moment ago is not undone by metadata that are older. The
 * list is the caller's; all else is borrowed from the job's facts.
 */
static int believe(
	struct job *job, const struct net_link *link, struct facts *ret_facts, struct error *error)
{
	const struct record *record = &job->record;
	_cleanup_(cleanup_free) struct facts_change *changes = NULL;
	size_t count = record_is_about(record, link) ? record->n_changes : 0;
	uint64_t now = clock_boottime();
	bool is_lacking = false;

	*ret_facts = job->facts;
	ret_facts->ipv4s = (struct prefix_list){0};
	changes = calloc(count + 1, sizeof(*changes));
	if (!changes)
		return error_set(error, OUTCOME_FAILED, ENOMEM, "out of memory");
	for (size_t i = 0; i < count; i++) {
		changes[i] = record_change_at(&record->changes[i], now);
		if (!facts_lack_change(&job->facts, &changes[i]))
			continue;
		tell_lacking(job, &changes[i]);
		is_lacking = true;
	}
	job->has_told_lacking |= is_lacking;
	if (facts_apply_changes(&job->facts, changes, count, &ret_facts->ipv4s))
		return error_set(error, OUTCOME_FAILED, ENOMEM, "out of memory");
	return 0;
}

static int build(struct job *job, struct desired_input *input, struct desired *ret_desired,
	struct error *error)
{
	const struct facts *read = input->facts;
	struct facts facts;
	int err = believe(job, input->link, &facts, error);

	input->facts = &facts;
	if (!err)
		err = desired_build(input, ret_desired, error);
	input->facts = read;
	prefix_list_done(&facts.ipv4s);
	return err;
}

/* Whether the family that lacks something is one that the operation is about. */
static bool decides(const struct operation *operation, unsigned char family)
{
	return family == AF_UNSPEC || operation->family == AF_UNSPEC || operation->family == family;
}

/* For the readers of a dry run: what is wanted, and what there is in its place. */
static int show(struct job *job, const struct desired_input *input, struct desired *desired)
{
	struct result *result = job->result;

	result->wanted = desired->state;
	netstate_init(&desired->state);
	result->trouble = (struct error){0};
	shadow_find(&result->wanted, input->observed, &result->trouble);
	return netstate_add_of_interface(
		&result->found, input->observed, input->link->index, job->policy->table);
}

int job_plan(struct job *job, const struct netstate *observed, struct imds *imds,
	const struct deadline *ask_until, struct error *error)
{
	struct desired_input input = {
		.overlays = job->operation->policy->overlays,
		.n_overlays = job->operation->policy->n_overlays,
		.facts = &job->facts,
		.observed = observed,
	};
	_cleanup_(desired_done) struct desired desired = {0};
	const char *waiting;
	bool waits;
	int err;

	input.link = netstate_link_by_name(observed, job->result->interface);
	if (!input.link)
		return error_set(error, OUTCOME_FAILED, ENODEV, "there is no such interface");
	if (!mac_is_set(&input.link->mac))
		return error_set(error, OUTCOME_FAILED, EINVAL,
			"it has no MAC address, so it is no network interface of EC2's");
	/* Facts of another device of the same name, or late ones, must not mix with fresh ones. */
	if (memcmp(&job->facts.mac, &input.link->mac, sizeof(struct mac)) != 0) {
		facts_done(&job->facts);
		facts_init(&job->facts, &input.link->mac);
		job->policy = NULL;
	} else if (job->wait == JOB_WAIT_EC2) {
		facts_clear(&job->facts);
	}
	job->wait = JOB_WAIT_NOTHING;
	err = find_entry(job, input.link, imds, ask_until, error);
	if (err)
		return err;
	input.policy = job->result->policy = job->policy;
	err = find_predecessor(job, observed, error);
	if (!err)
		err = gather(job, &input, imds, ask_until, error);
	if (!err)
		err = build(job, &input, &desired, error);
	if (err)
		return err;
	waiting = desired.waiting;
	waits = waiting && decides(job->operation, desired.waiting_family);
	/* An attach is done without it, but what is attached does not serve. */
	if (!waits && job->operation->dry_run && input.link->no_carrier) {
		waiting = "a carrier on the link";
		waits = true;
	}
	if (waits)
		job_wait_for(job, JOB_WAIT_KERNEL, waiting);
	if (waiting && (job->operation->dry_run || !waits))
		snprintf(job->result->note, sizeof(job->result->note), "waits for %s", waiting);
	else
		snprintf(job->result->note, sizeof(job->result->note), "%s", desired.note);
	memcpy(job->result->neighbour, desired.neighbour, sizeof(desired.neighbour));
	err = make_plan(job, &input, &desired, error);
	if (!err && job->operation->dry_run)
		err = show(job, &input, &desired);
	return err;
}
