/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Guards a flow that switches routes to an ENI: beside its first read it reads the ENI's source/destination
 * check and, if the check is on and is to be switched off, asks EC2 by a DryRun whether IAM permits that.
 * Where IAM does not, the flow ends before its first change, since EC2 drops what is routed to an ENI whose
 * check stays on.
 *
 * Only a denial ends it: whatever else fails is left to the change itself (source_check.h). No response is
 * waited for much longer than the flow's own, so that the routes are not held up.
 */
#pragma once

#include "failover/flow.h"

#include <stdbool.h>

struct source_guard {
	enum ec2_flag check; /* as it was read; UNKNOWN: it was not */
	struct error denied; /* names the ENI; OUTCOME_DONE: not denied, as far as is known */
	/* The flow's own. */
	struct flow inner;
	const char *enis[2];
	bool is_to_fix; /* the check, if it is on */
	enum source_guard_step {
		SOURCE_GUARD_ENDS,
		SOURCE_GUARD_READS,
		SOURCE_GUARD_PROBES,
	} step;
	struct flow_batch held; /* the flow's first change, until all is known */
};

/* `eni` is borrowed. A guard of zeros asks nothing, and lets everything pass. Not to be copied. */
void source_guard_init(struct source_guard *guard, const char *eni, bool is_to_fix);
void source_guard_done(struct source_guard *guard);

/* For the driver: `inner` with its guard; borrows `guard`. */
struct flow source_guard_flow(struct source_guard *guard, const struct flow *inner);

/* Only what the guard asks, where `inner` runs under another identity and later. */
struct flow source_guard_ask_flow(struct source_guard *guard);
