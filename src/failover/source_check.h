/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The source/destination check of an ENI: while it is on, EC2 drops what is sent to an overlay address
 * that is routed there. Look, switch it off where that is wanted, look again. What was read just before
 * is not read again.
 */
#pragma once

#include "failover/flow.h"

#include <stdbool.h>

enum source_check_mode {
	SOURCE_CHECK_FIX, /* switch it off */
	SOURCE_CHECK_REPORT, /* only say it */
};

/* All borrowed, and to hold as long as the flow. */
struct source_check_goal {
	const char *eni;
	enum source_check_mode mode;
	enum ec2_flag known; /* as it was read just before; UNKNOWN: it was not */
};

enum source_check_verdict {
	SOURCE_CHECK_OPEN, /* not decided yet */
	SOURCE_CHECK_OFF, /* it was already */
	SOURCE_CHECK_FIXED, /* it was on, and is off now */
	SOURCE_CHECK_ON, /* it is, and stays so, for one only reports: see error for the words */
	SOURCE_CHECK_FAILED, /* it is on, or one cannot tell: see error */
};

struct source_check {
	struct source_check_goal goal;
	enum source_check_verdict verdict;
	struct error error; /* names the ENI */
	/* The flow's own. */
	const char *enis[2];
	enum source_check_step {
		SOURCE_CHECK_READS,
		SOURCE_CHECK_CHANGES,
		SOURCE_CHECK_VERIFIES,
	} step;
	unsigned tries, reads;
	bool accepted; /* EC2 said yes */
	uint64_t now,
		changed; /* when the last call was sent, and the first read after the change */
	bool put_off; /* until a wait is over */
};

/* It points into itself: not to be copied. Owns nothing. */
void source_check_init(struct source_check *flow, const struct source_check_goal *goal);

/* For the driver; borrows `flow`. */
struct flow source_check_flow(struct source_check *flow);

/* What is known of it when the deadline comes first. */
const char *source_check_where(const struct source_check *flow);

/* DIFFERS where it is on and only to be reported; TIMEOUT where the flow was not ended. */
enum outcome source_check_outcome(const struct source_check *flow);
