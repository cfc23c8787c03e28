/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ends a flow that moves routes to an ENI if IAM does not permit switching off the ENI's
 * source/destination check. Together with the flow's first read, the guard reads the check. If the
 * check is on and must be switched off, a DryRun shows whether IAM permits that. If IAM denies it,
 * the flow ends before its first change, since EC2 drops packets that are routed to an ENI whose
 * check is on.
 *
 * Only a denial ends the flow. Other errors are handled when the check is switched off
 * (source_check.h). After the responses to the inner flow's requests, the guard waits only a short
 * time for its own, so that it does not delay the routes.
 */
#pragma once

#include "failover/flow.h"

#include <stdbool.h>

struct source_guard {
	enum ec2_flag check; /* the state that was read; EC2_FLAG_UNKNOWN: not read */
	struct error denied; /* names the ENI; OUTCOME_DONE: not denied, as far as known */
	/* Internal to the guard. */
	struct flow inner; /* the guarded flow */
	const char *enis[2];
	bool is_to_fix; /* the check is to be switched off if it is on */
	enum source_guard_step {
		SOURCE_GUARD_ENDS,
		SOURCE_GUARD_READS,
		SOURCE_GUARD_PROBES,
	} step;
	struct flow_batch delayed_change; /* of the inner flow, until the guard has finished */
};

/*
 * `eni` is an id, borrowed. The guard points into itself: do not copy it. A guard of zeros sends
 * nothing and passes everything on.
 */
void source_guard_init(struct source_guard *guard, const char *eni, bool is_to_fix);
void source_guard_done(struct source_guard *guard);

/* Returns `inner` with its guard, for the driver; borrows `guard` and the state of `inner`. */
struct flow source_guard_flow(struct source_guard *guard, const struct flow *inner);

/*
 * Returns a flow with only the guard's requests, for an `inner` that runs later and under another
 * identity; borrows `guard`.
 */
struct flow source_guard_probe_flow(struct source_guard *guard);
