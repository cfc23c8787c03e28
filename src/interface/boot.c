/* SPDX-License-Identifier: Apache-2.0 */
#include "interface/boot.h"

#include "interface/detach.h"
#include "interface/listed_link.h"
#include "interface/reconcile.h"
#include "kernel/snapshot.h"

#include <errno.h>
#include <string.h>

static bool has_timed_out(const struct result *result)
{
	return result->state == RESULT_FAILED && result->error.outcome == OUTCOME_TIMEOUT;
}

/*
 * Returns the interface's result that timed out, or NULL. There may be two results: one for a
 * device that is gone, and one for the device that has its name now.
 */
static struct result *find_timed_out(struct report *report, const char *interface)
{
	for (size_t i = 0; i < report->count; i++)
		if (strcmp(report->results[i].interface, interface) == 0 &&
			has_timed_out(&report->results[i]))
			return &report->results[i];
	return NULL;
}

/*
 * Adds an undecided result for each link that an entry of the policy may match, unless `previous`
 * has a final result for the link. EC2's facts decide later whether the entry matches. The new
 * result takes over the steps that were applied before the link's run timed out.
 */
static int add_links_to_attach(const struct operation *operation, struct report *previous,
	struct report *report, struct error *error)
{
	_cleanup_(netstate_done) struct netstate observed = {0};
	int err = snapshot_read(NULL, 0 /* tables */, &operation->deadline, &observed, error);

	for (size_t i = 0; !err && i < observed.n_links; i++) {
		const struct net_link *link = &observed.links[i];
		struct result *timed_out = find_timed_out(previous, link->name);
		bool is_final = !timed_out && report_has_interface(previous, link->name);
		if (is_final || !is_listed_link(operation->policy, link))
			continue;
		if (report_add(report, link->name))
			return error_oom(error);
		if (timed_out)
			report->results[report->count - 1].plan = TAKE_STRUCT(timed_out->plan);
	}
	return err;
}

/* Runs a boot. Keeps the final results of `previous`, and tries again what timed out there. */
static int run_boot(const struct operation *operation, struct report *previous,
	struct report *report, struct error *error)
{
	_cleanup_(report_done) struct report to_attach = {0};
	struct operation scan = *operation;
	int err;

	scan.is_scan = true;
	err = detach_gone(operation, report, error);
	if (!err)
		err = add_links_to_attach(operation, previous, &to_attach, error);
	if (err)
		return error_ensure_text(error, err);
	/* The return value is ignored: failures are in the results. */
	if (to_attach.count)
		reconcile(&scan, &to_attach);
	err = report_move_results(report, &to_attach);
	for (size_t i = 0; !err && i < previous->count; i++)
		if (!has_timed_out(&previous->results[i]))
			err = report_add_result(report, &previous->results[i]);
	return err ? error_oom(error) : 0;
}

int boot(const struct operation *operation, struct report *report, struct error *error)
{
	struct report empty = {0}; /* no earlier run */

	return run_boot(operation, &empty, report, error);
}

bool boot_has_timed_out(const struct report *report, const struct error *error)
{
	for (size_t i = 0; i < report->count; i++)
		if (has_timed_out(&report->results[i]))
			return true;
	return error->outcome == OUTCOME_TIMEOUT;
}

int boot_resume(const struct operation *operation, struct report *report, struct error *error)
{
	_cleanup_(report_done) struct report previous = *report; /* moved */

	*report = (struct report){0};
	*error = (struct error){0};
	return run_boot(operation, &previous, report, error);
}
