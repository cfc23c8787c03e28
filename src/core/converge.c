/* SPDX-License-Identifier: Apache-2.0 */
#include "core/converge.h"

#include "kernel/apply.h"

#include <errno.h>
#include <stdlib.h>

/* Round 1 makes the changes, round 2 reads them back, and two more allow for other programs. */
#define ROUNDS_MAX 4

/* A refused step is not an error yet: the next plan contains the step again if it is required. */
static int apply_steps(const struct convergence *work, const struct plan *plan, struct error *error)
{
	const struct operation *operation = work->operation;
	_cleanup_(cleanup_free) int *errors = calloc(plan->count, sizeof(*errors));
	int err;

	if (!errors)
		return error_oom(error);
	err = apply_plan(work->rtnl, plan, &operation->deadline, errors, error);
	if (err)
		return err;
	if (work->record_applied) {
		work->record_applied(work, errors);
		return 0;
	}
	err = result_add_applied(work->result, plan, errors, operation->names, error);
	return err == -ENOMEM || err == -EPERM ? err : 0;
}

/* With record_applied(), the rounds have no limit here: that function or the deadline ends them. */
int converge(const struct convergence *work, struct error *error)
{
	for (unsigned round = 0; work->record_applied || round < ROUNDS_MAX; round++) {
		_cleanup_(plan_done) struct plan plan = {0};
		int err = work->make_plan(work, &plan, error);
		if (err || !plan.count)
			return err;
		if (work->operation->dry_run) { /* the plan is the result */
			plan_done(&work->result->plan);
			work->result->plan = TAKE_STRUCT(plan);
			return 0;
		}
		err = apply_steps(work, &plan, error);
		if (err)
			return err;
	}
	return -EBUSY; /* `error` is set only if the kernel refused a step */
}
