/* SPDX-License-Identifier: Apache-2.0 */
#include "interface/boot.h"

#include "interface/detach.h"
#include "interface/listed_link.h"
#include "interface/reconcile.h"
#include "kernel/snapshot.h"

#include <errno.h>
#include <string.h>

static bool is_pending(const struct result *result)
{
	return result->state == RESULT_FAILED && result->error.outcome == OUTCOME_TIMEOUT;
}

/*
 * Whether the interface timed out in `before` or has no result there. Moves the plan of the steps
 * that were done to *ret_done. An interface may have two results: of a device that is gone, and of
 * the device that has its name now.
 */
static bool move_pending(struct report *before, const char *interface, struct plan *ret_done)
{
	bool has_final_result = false;

	for (size_t i = 0; i < before->count; i++) {
		struct result *result = &before->results[i];

		if (strcmp(result->interface, interface) != 0)
			continue;
		if (is_pending(result)) {
			*ret_done = result->plan;
			result->plan = (struct plan){0};
			return true;
		}
		has_final_result = true;
	}
	return !has_final_result;
}

/*
 * Adds an undecided result for each link that an entry of the policy may match, unless `before` has
 * a final result for it. EC2's facts decide later whether the entry matches. The result contains
 * the steps that were done before.
 */
static int add_present_links(const struct operation *operation, struct report *before,
	struct report *report, struct error *error)
{
	_cleanup_(netstate_done) struct netstate observed = {0};
	int err = snapshot_read(NULL, 0, &operation->deadline, &observed, error);

	for (size_t i = 0; !err && i < observed.n_links; i++) {
		const struct net_link *link = &observed.links[i];
		struct plan done = {0};

		if (!is_listed_link(operation->policy, link) ||
			!move_pending(before, link->name, &done))
			continue;
		if (report_add(report, link->name)) {
			plan_done(&done);
			return error_oom(error);
		}
		report->results[report->count - 1].plan = done;
	}
	return err;
}

static int run_boot(const struct operation *operation, struct report *before, struct report *report,
	struct error *error)
{
	_cleanup_(report_done) struct report present = {0};
	struct operation scan = *operation;
	int err;

	scan.is_scan = true;
	err = detach_gone(operation, report, error);
	if (!err)
		err = add_present_links(operation, before, &present, error);
	if (err)
		return error_complete(error, err);
	/* Failures are in the results. */
	if (present.count)
		reconcile(&scan, &present);
	err = report_append_all(report, &present);
	for (size_t i = 0; !err && i < before->count; i++)
		if (!is_pending(&before->results[i]))
			err = report_add_result(report, &before->results[i]);
	return err ? error_oom(error) : 0;
}

int boot(const struct operation *operation, struct report *report, struct error *error)
{
	struct report empty = {0};

	return run_boot(operation, &empty, report, error);
}

bool boot_is_pending(const struct report *report, const struct error *error)
{
	for (size_t i = 0; i < report->count; i++)
		if (is_pending(&report->results[i]))
			return true;
	return error->outcome == OUTCOME_TIMEOUT;
}

int boot_resume(const struct operation *operation, struct report *report, struct error *error)
{
	_cleanup_(report_done) struct report before = *report;

	*report = (struct report){0};
	*error = (struct error){0};
	return run_boot(operation, &before, report, error);
}
