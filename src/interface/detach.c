/* SPDX-License-Identifier: Apache-2.0 */
#include "interface/detach.h"

#include "base/clock.h"
#include "base/log.h"
#include "core/converge.h"
#include "core/lock.h"
#include "interface/detach_record.h"
#include "interface/reconcile.h"
#include "kernel/snapshot.h"
#include "model/diff.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* A detach spends at most 1/NEIGHBOURS_SHARE of its remaining time on neighbours' rules. */
#define NEIGHBOURS_SHARE 3

/* Returns the recorded device, or NULL. Another device with this name must not be changed. */
static const struct net_link *find_attached_link(
	const struct record *record, const struct netstate *observed)
{
	const struct net_link *link = netstate_link_by_name(observed, record->interface);

	return link && record_matches_link(record, link) ? link : NULL;
}

/* Index 0 means that there is no readable record: then only the name can decide. */
static bool is_device_gone(const struct record *record, const struct netstate *links)
{
	if (!record->index)
		return !netstate_link_by_name(links, record->interface);
	return !find_attached_link(record, links);
}

/* Adds the link with its original settings. The diff ignores those that attach did not change. */
static int add_original_settings(
	const struct record *record, const struct net_link *link, struct netstate *desired)
{
	struct net_link target = *link;

	target.mtu = record->original_mtu;
	target.rp_filter = record->original_rp_filter;
	return netstate_add_link(desired, &target);
}

/* The desired state has only the original settings: so the diff removes all that attach added. */
static int plan_removal(const struct convergence *work, struct plan *plan, struct error *error)
{
	const struct record *record = work->data;
	_cleanup_(netstate_done) struct netstate observed = {0};
	_cleanup_(netstate_done) struct netstate desired = {0};
	const struct net_link *link;
	struct diff_input input;
	int err = snapshot_take(work->rtnl, record->tables, record->n_tables,
		&work->operation->deadline, &observed, error);

	if (err)
		return err;
	link = find_attached_link(record, &observed);
	if (link)
		err = add_original_settings(record, link, &desired);
	input = (struct diff_input){
		.desired = &desired,
		.observed = &observed,
		.owned = {.tables = record->tables,
			.n_tables = record->n_tables,
			.addresses = record->addresses,
			.n_addresses = record->n_addresses},
		.interface = record->interface,
		.link = link ? link->index : 0,
	};
	if (!err)
		err = diff_plan(&input, plan);
	return err ? error_oom(error) : 0;
}

/* Returns 0, or an error of converge() with a message. In a dry run, `result` gets the plan. */
static int remove_objects(struct rtnl_socket *rtnl, const struct operation *operation,
	struct record *record, struct result *result, struct error *error)
{
	const struct convergence work = {
		.operation = operation,
		.rtnl = rtnl,
		.make_plan = plan_removal,
		.data = record,
		.result = result,
	};
	int err = converge(&work, error);

	if (err == -EBUSY && !error->text[0]) /* no step was refused, but steps remain */
		error_set(error, OUTCOME_FAILED, EBUSY,
			"removed addresses, routes or rules keep coming back: another tool configures %s; run \"myha check\"",
			result->interface);
	return err;
}

/* Whether the device that was attached is gone, even if another device has its name now. */
static int check_device_gone(struct rtnl_socket *rtnl, const struct operation *operation,
	const struct record *record, bool *ret_is_gone, struct error *error)
{
	_cleanup_(netstate_done) struct netstate links = {0};
	int err = snapshot_take(rtnl, NULL, 0 /* tables */, &operation->deadline, &links, error);

	if (!err)
		*ret_is_gone = is_device_gone(record, &links);
	return err;
}

/* Removes the interface's objects, then its record. Success if the interface is not attached. */
static int run_detach(const struct operation *operation, enum detach_when when,
	struct result *result, struct error *error)
{
	const char *interface = result->interface;
	_cleanup_(lock_release) struct lock lock = {.fd = -1};
	_cleanup_(rtnl_socket_close) struct rtnl_socket rtnl = {0};
	_cleanup_(record_done) struct record record = {0};
	struct error read_error;
	bool is_record_unreadable, is_gone = false;
	int err = 0;

	if (operation_takes_lock(operation))
		err = lock_acquire_or_continue(
			operation->run_directory, interface, &operation->deadline, &lock, error);
	if (!err)
		err = rtnl_socket_open(&rtnl, error);
	if (!err)
		err = detach_record_load_or_rebuild(
			&rtnl, operation, interface, &record, &read_error, error);
	if (err)
		return err;
	is_record_unreadable = read_error.outcome != OUTCOME_DONE;
	if (!record.n_tables && !is_record_unreadable) /* not attached */
		return 0;
	if (when != DETACH_ALWAYS)
		err = check_device_gone(&rtnl, operation, &record, &is_gone, error);
	if (err || (when == DETACH_IF_GONE && !is_gone))
		return err;
	err = remove_objects(&rtnl, operation, &record, result, error);
	if (err)
		return err;
	/* Keep the file: an administrator may read the addresses. A dry run shows its steps. */
	if (is_record_unreadable && !(operation->dry_run && result->plan.count))
		return error_set(error, OUTCOME_FAILED, EBADMSG,
			"%s: routes and rules of protocol 77 are removed, but not the addresses that the file lists: delete them from %s with \"ip address delete\", then remove the file",
			read_error.text, interface);
	if (operation->dry_run || (when == DETACH_KEEP_RECORD && is_gone))
		return 0;
	return record_remove(operation->run_directory, interface, error);
}

/* Adds the interface if its readable record says that `detached` narrowed its rules. */
static int add_if_neighbour(const struct operation *operation, const char *interface,
	const char *detached, struct report *neighbours)
{
	_cleanup_(record_done) struct record record;
	int err = record_load(operation->run_directory, interface, &record, NULL /* no message */);

	if (err || strcmp(record.neighbour, detached) != 0)
		return err == -ENOMEM ? err : 0;
	return report_add(neighbours, interface);
}

/*
 * While `detached` was attached, the rules of an interface in the same subnet matched only that
 * interface's addresses. Widens these rules to the policy's again. This requires the metadata
 * service, so a failure is only logged, and the time is limited to a share of the detach's.
 */
static void widen_neighbours(const struct operation *operation, const char *detached)
{
	_cleanup_(record_names_free) char **interfaces = NULL;
	_cleanup_(report_done) struct report neighbours = {0};
	uint64_t now = clock_now();
	struct operation attached_only = *operation;
	int err = record_list_interfaces(operation->run_directory, &interfaces, NULL);

	for (char **name = interfaces; !err && *name; name++)
		if (strcmp(*name, detached) != 0)
			err = add_if_neighbour(operation, *name, detached, &neighbours);
	if (err || !neighbours.count)
		return;
	attached_only.deadline = deadline_after(
		now, deadline_left(&operation->deadline, now) / NEIGHBOURS_SHARE);
	attached_only.only_attached = true;
	attached_only.ignore_missing = true;
	reconcile(&attached_only, &neighbours);
	for (size_t i = 0; i < neighbours.count; i++)
		if (neighbours.results[i].state == RESULT_FAILED)
			log_line(LOG_WARNING, neighbours.results[i].interface,
				"%s was detached, but the rules of this interface could not be widened to the subnet: %s",
				detached, neighbours.results[i].error.text);
}

int detach(const struct operation *operation, enum detach_when when, struct result *result)
{
	struct error error = {0};
	int err = run_detach(operation, when, result, &error);

	if (err) {
		result_fail(result, err, &error);
	} else if (!result->plan.count) {
		result->state = RESULT_UNCHANGED;
	} else {
		result->state = operation->dry_run ? RESULT_DIFFERS : RESULT_CHANGED;
	}
	if (result->state == RESULT_CHANGED && operation->policy) /* which widening requires */
		widen_neighbours(operation, result->interface);
	return err;
}

int detach_gone(const struct operation *operation, struct report *report, struct error *error)
{
	_cleanup_(record_names_free) char **interfaces = NULL;
	_cleanup_(netstate_done) struct netstate links = {0};
	int err = record_list_interfaces(operation->run_directory, &interfaces, error);

	if (err || !*interfaces)
		return err;
	err = snapshot_read(NULL, 0 /* tables */, &operation->deadline, &links, error);
	for (char **name = interfaces; !err && *name; name++) {
		_cleanup_(record_done) struct record record;
		struct result *result;
		/* An unreadable record has index 0, so the name decides. */
		if (record_load(operation->run_directory, *name, &record, NULL) == -ENOMEM)
			return error_oom(error);
		if (!is_device_gone(&record, &links))
			continue;
		if (report_add(report, *name))
			return error_oom(error);
		result = &report->results[report->count - 1];
		snprintf(result->note, sizeof(result->note), "device is gone");
		/* The device may be back: detach() checks again. `result` gets the error. */
		detach(operation, DETACH_IF_GONE, result);
	}
	return err;
}
