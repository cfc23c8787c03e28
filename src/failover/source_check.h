/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the source/destination check of an ENI, and switches it off if the goal says so. While the
 * check is on, EC2 drops packets to an overlay address that is routed to the ENI. The flow reads
 * the check, switches it off, and reads it again. A state that the caller has just read is not read
 * again.
 */
#pragma once

#include "failover/flow.h"

#include <stdbool.h>

enum source_check_mode {
	SOURCE_CHECK_FIX, /* switch it off */
	SOURCE_CHECK_REPORT, /* only report it */
};

/* All pointers are borrowed, and must stay valid as long as the flow. */
struct source_check_goal {
	const char *eni; /* id */
	enum source_check_mode mode;
	enum ec2_flag known; /* the state that was just read; EC2_FLAG_UNKNOWN: not read */
};

enum source_check_verdict {
	SOURCE_CHECK_PENDING, /* undecided */
	SOURCE_CHECK_OFF, /* the check was already off */
	SOURCE_CHECK_FIXED, /* the check was on, and is off now */
	SOURCE_CHECK_ON, /* the check is on and is only reported: see error */
	SOURCE_CHECK_FAILED, /* the check is on, or its state is not known: see error */
};

struct source_check {
	struct source_check_goal goal;
	enum source_check_verdict verdict;
	struct error error; /* names the ENI */
	/* Internal to the flow. */
	const char *enis[2];
	enum source_check_step {
		SOURCE_CHECK_READS,
		SOURCE_CHECK_CHANGES,
		SOURCE_CHECK_VERIFIES,
	} step;
	unsigned tries, reads;
	bool accepted; /* EC2 accepted the change */
	uint64_t now; /* time of the latest next(); milliseconds of the driver's clock */
	uint64_t verify_since; /* when the first read after the change was sent; the same clock */
	bool must_wait; /* the next request comes after a wait */
};

/* Initializes the flow, which points into itself: do not copy it. The flow owns nothing. */
void source_check_init(struct source_check *check, const struct source_check_goal *goal);
/* Returns the interface for the driver; borrows `check`. */
struct flow source_check_flow(struct source_check *check);
/* Describes the state as far as known, if the deadline came first. */
const char *source_check_describe_state(const struct source_check *check);
/* OUTCOME_DIFFERS: the check is on and only reported; OUTCOME_TIMEOUT: the flow has not ended. */
enum outcome source_check_outcome(const struct source_check *check);
