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

static void set_wait(struct job *job, enum job_wait wait, const char *reason)
{
	job->wait = wait;
	snprintf(job->wait_reason, sizeof(job->wait_reason), "%s", reason);
}

/* Returns 0; -errno; -EAGAIN, with job->wait, if the query timed out but not yet the operation. */
static int fetch_facts(struct job *job, unsigned needed, struct error *error)
{
	int err = imds_get_facts(job->imds, needed, job->query_deadline, &job->facts, error);

	if (err == -ETIME && deadline_left(&job->operation->deadline, clock_now())) {
		set_wait(job, JOB_WAIT_EC2, error->text);
		return -EAGAIN;
	}
	/* Earlier queries got metadata that lagged behind: name the lag as the cause. */
	if (err == -ETIME && job->lag_text)
		error_prefix(error, "%s", job->lag_text);
	return err;
}

/* A new ENI's facts may be incomplete or wrong: returns -EAGAIN until they have propagated. */
static int check_lag(struct job *job, struct error *error)
{
	if (facts_lag_needs_primary_mac(&job->facts)) {
		int err = fetch_facts(job, FACT_BIT(FACT_PRIMARY_MAC), error);
		if (err)
			return err;
	}
	job->lag_text = facts_find_lag(&job->facts);
	if (!job->lag_text)
		return 0;
	log_line(LOG_DEBUG, job->result->interface, "%s", job->lag_text);
	set_wait(job, JOB_WAIT_EC2, job->lag_text);
	return -EAGAIN;
}

/*
 * Sets job->policy if the entry matches the link; -ENOENT: it does not. Fetches the device number
 * first: it shows whether EC2 knows the ENI and whether the other facts can be trusted yet.
 */
static int try_entry(struct job *job, const struct policy_interface *entry,
	const struct net_link *link, const char *driver, struct error *error)
{
	enum match match = match_interface(&entry->match, link, driver, &job->facts);
	int err;

	if (match == MATCH_UNDECIDED) {
		err = fetch_facts(job, FACT_BIT(FACT_DEVICE_NUMBER), error);
		if (!err && job->operation->is_scan &&
			(job->facts.absent &
				FACT_BIT(FACT_DEVICE_NUMBER))) /* EC2 does not know it */
			return -ENOENT;
		if (!err)
			err = check_lag(job, error);
		if (!err)
			err = fetch_facts(job, match_required_facts(&entry->match), error);
		if (err)
			return err;
		match = match_interface(&entry->match, link, driver, &job->facts);
	}
	if (match != MATCH_YES)
		return -ENOENT;
	if (job->policy)
		return error_set(error, OUTCOME_USAGE, EINVAL,
			"policy entries %s and %s both match this interface: make the \"match\" of one entry stricter",
			job->policy->name, entry->name);
	job->policy = entry;
	return 0;
}

/* Sets no driver if no entry matches by driver: then udev is not required. */
static int find_driver_if_needed(const struct policy *policy, const char *interface,
	struct device *ret_device, struct error *error)
{
	for (size_t i = 0; i < policy->n_interfaces; i++)
		if (policy->interfaces[i].match.driver)
			return device_find(interface, ret_device, error);
	return 0;
}

/* Tries all entries: two that match are an error. Sets job->policy; -ENOENT: none matches. */
static int find_entry(struct job *job, const struct net_link *link, struct error *error)
{
	const struct policy *policy = job->operation->policy;
	struct device device = {0};
	int err;

	if (job->policy)
		return 0;
	err = find_driver_if_needed(policy, link->name, &device, error);
	for (size_t i = 0; (!err || err == -ENOENT) && i < policy->n_interfaces; i++)
		err = try_entry(job, &policy->interfaces[i], link, device.driver, error);
	if (err && err != -ENOENT) /* e.g. -EAGAIN: the next call tries all entries again */
		job->policy = NULL;
	else
		err = job->policy ? 0 : -ENOENT;
	return err;
}

/* Which facts are required depends on the facts that are known, hence the loop. */
static int fetch_missing_facts(
	struct job *job, const struct desired_input *input, struct error *error)
{
	unsigned needed;
	int err = 0;

	while (!err && (needed = desired_missing_facts(input)))
		err = fetch_facts(job, needed, error);
	return err ? err : check_lag(job, error);
}

/*
 * Finds another interface whose record lists our table: -EBUSY if that interface exists. If it is
 * gone (renamed, or its detach was missed), this job clears what remains in the table.
 */
static int find_predecessor(struct job *job, const struct netstate *observed, struct error *error)
{
	const struct operation *operation = job->operation;
	_cleanup_(record_names_free) char **interfaces = NULL;
	int err;

	if (record_has_table(&job->record, job->policy->table))
		return 0;
	err = record_list_interfaces(operation->run_directory, &interfaces, error);
	for (char **name = interfaces; !err && *name; name++) {
		_cleanup_(record_done) struct record candidate = {0};
		if (strcmp(*name, job->result->interface) == 0)
			continue;
		/* An unreadable record is loaded as an empty one, which lists no table. */
		if (record_load(operation->run_directory, *name, &candidate, NULL) == -ENOMEM)
			return -ENOMEM;
		if (!record_has_table(&candidate, job->policy->table))
			continue;
		if (netstate_link_by_name(observed, *name))
			return error_set(error, OUTCOME_FAILED, EBUSY,
				"table %u is in use for %s: give one of the two interfaces another table in the policy, or detach %s",
				(unsigned)job->policy->table, *name, *name);
		memcpy(job->predecessor, candidate.interface, sizeof(job->predecessor));
	}
	return err;
}

/* The recorded tables are passed as ours, too, so that the diff clears an earlier policy's. */
static int make_plan(struct job *job, const struct desired_input *input,
	const struct desired *desired, struct error *error)
{
	_cleanup_(cleanup_free) uint32_t *tables = NULL;
	const struct record *record = &job->record;
	bool has_recorded_addresses = record_matches_link(record, input->link);
	struct diff_input diff;
	int err;

	err = conflict_check(job->policy, &desired->state, input->observed, input->link->index,
		job->operation->names, error);
	if (err)
		return err;
	tables = calloc(record->n_tables + 1, sizeof(*tables));
	if (!tables)
		return -ENOMEM;
	for (size_t i = 0; i < record->n_tables; i++)
		tables[i] = record->tables[i];
	tables[record->n_tables] = job->policy->table;
	diff = (struct diff_input){
		.desired = &desired->state,
		.observed = input->observed,
		.owned = {.tables = tables,
			.n_tables = record->n_tables + 1,
			.addresses = record->addresses,
			.n_addresses = has_recorded_addresses ? record->n_addresses : 0},
		.interface = job->result->interface,
		.link = input->link->index,
		.names = job->operation->names,
		.additions_only = desired->missing != NULL,
	};
	return diff_plan(&diff, &job->plan);
}

/* Logs only in the first pass in which the metadata lag: see apply_recent_changes(). */
static void log_lagging_change(const struct job *job, const struct facts_change *change)
{
	char text[IP_ADDRESS_TEXT_SIZE];

	if (!job->has_logged_lag)
		log_line(LOG_INFO, job->result->interface,
			"EC2's metadata do not show yet that %s was %s: using the record instead",
			ip_address_format(&change->address, text),
			change->is_assigned ? "assigned" : "released");
}

/*
 * Applies recent changes from the record to the facts, so that older metadata do not revert them.
 * The caller frees ret_facts->ipv4s; all other lists are borrowed from the job's facts.
 */
static int apply_recent_changes(
	struct job *job, const struct net_link *link, struct facts *ret_facts, struct error *error)
{
	const struct record *record = &job->record;
	size_t count = record_matches_link(record, link) ? record->n_changes : 0;
	uint64_t now = clock_boottime();
	bool has_lag = false;

	*ret_facts = job->facts;
	ret_facts->ipv4s = (struct prefix_list){0};
	for (size_t i = 0; i < count; i++) {
		if (!facts_lag_behind_change(&job->facts, &record->changes[i], now))
			continue;
		log_lagging_change(job, &record->changes[i]);
		has_lag = true;
	}
	job->has_logged_lag |= has_lag;
	if (facts_apply_changes(&job->facts, record->changes, count, now, &ret_facts->ipv4s))
		return error_oom(error);
	return 0;
}

/* Builds the desired state from the facts, to which it applies the recent changes. */
static int build_desired(struct job *job, const struct desired_input *input,
	struct desired *ret_desired, struct error *error)
{
	struct desired_input changed_input = *input;
	struct facts facts;
	int err = apply_recent_changes(job, input->link, &facts, error);

	changed_input.facts = &facts;
	if (!err)
		err = desired_build(&changed_input, ret_desired, error);
	prefix_list_done(&facts.ipv4s);
	return err;
}

/* `missing` is the family whose objects are incomplete; AF_UNSPEC: the objects of both families. */
static bool waits_for_family(const struct operation *operation, unsigned char missing)
{
	return missing == AF_UNSPEC || operation->family == AF_UNSPEC ||
	       operation->family == missing;
}

/* For a dry run: sets wanted, found and shadow_error of the result. Returns 0 or -ENOMEM. */
static int move_states_to_result(
	struct job *job, const struct desired_input *input, struct desired *desired)
{
	struct result *result = job->result;

	result->wanted = TAKE_STRUCT(desired->state);
	result->shadow_error = (struct error){0};
	/* The return value is ignored: shadow_error has the finding. */
	shadow_check(&result->wanted, input->observed, &result->shadow_error);
	return netstate_copy_interface(&result->found, input->observed, input->link->index,
		&job->policy->table, 1 /* table */);
}

/* Sets job->wait and the note. A real run that must wait needs no note: it reports wait_reason. */
static void note_missing_condition(
	struct job *job, const struct net_link *link, const struct desired *desired)
{
	bool is_dry_run = job->operation->dry_run;
	const char *missing = desired->missing;
	bool must_wait = missing && waits_for_family(job->operation, desired->missing_family);

	/* Only a dry run reports a missing carrier: a real attach is complete without. */
	if (!must_wait && is_dry_run && link->no_carrier) {
		missing = "the link has no carrier";
		must_wait = true;
	}
	if (must_wait)
		set_wait(job, JOB_WAIT_KERNEL, missing);
	if (missing && (is_dry_run || !must_wait))
		snprintf(job->result->note, sizeof(job->result->note), "waiting: %s", missing);
	else
		snprintf(job->result->note, sizeof(job->result->note), "%s", desired->note);
}

/* The policy entry comes first: it decides which facts are needed, and which table is ours. */
int job_plan(struct job *job, const struct netstate *observed, struct error *error)
{
	struct desired_input input = {
		.overlays = job->operation->policy->overlays,
		.n_overlays = job->operation->policy->n_overlays,
		.facts = &job->facts,
		.observed = observed,
	};
	_cleanup_(desired_done) struct desired desired = {0};
	int err;

	input.link = netstate_link_by_name(observed, job->result->interface);
	if (!input.link)
		return error_set(
			error, OUTCOME_FAILED, ENODEV, "interface does not exist: see \"ip link\"");
	if (!mac_is_set(&input.link->mac))
		return error_set(error, OUTCOME_FAILED, EINVAL,
			"interface has no MAC address, so it is not an ENI");
	/* Do not mix new facts with older facts, or with facts of another device of this name. */
	if (memcmp(&job->facts.mac, &input.link->mac, sizeof(struct mac)) != 0) {
		facts_done(&job->facts);
		facts_init(&job->facts, &input.link->mac);
		job->policy = NULL;
	} else if (job->wait == JOB_WAIT_EC2) {
		facts_clear(&job->facts);
	}
	job->wait = JOB_WAIT_NOTHING;
	err = find_entry(job, input.link, error);
	if (err)
		return err;
	input.policy = job->result->policy = job->policy;
	err = find_predecessor(job, observed, error);
	if (!err)
		err = fetch_missing_facts(job, &input, error);
	if (!err)
		err = build_desired(job, &input, &desired, error);
	if (err)
		return err;
	note_missing_condition(job, input.link, &desired);
	memcpy(job->result->neighbour, desired.neighbour, sizeof(desired.neighbour));
	err = make_plan(job, &input, &desired, error);
	if (!err && job->operation->dry_run)
		err = move_states_to_result(job, &input, &desired);
	return err;
}
