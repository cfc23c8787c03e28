/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Detaching an ENI, and waiting until it is available. Where it is not attached, that is all. What
 * another instance has is left to it, unless that is asked for.
 */
#pragma once

#include "base/ip.h"
#include "failover/eni_find.h"
#include "failover/eni_release.h"

/* All borrowed, and to hold as long as the flow. */
struct eni_detach_goal {
	const char *name; /* for messages: what the user calls it */
	const char *eni; /* its id; NULL: by address */
	struct ip_address address;
	const char *vpc; /* in which the address is looked for */
	const char *instance; /* to be detached from this one alone; NULL: from whatever has it */
	bool force;
	uint64_t force_after; /* milliseconds of waiting after which to go on by force; 0: never */
};

enum eni_detach_verdict {
	ENI_DETACH_OPEN, /* the deadline came first: eni_detach_where() tells how far it got */
	ENI_DETACH_IN_PLACE, /* it was not attached */
	ENI_DETACH_DONE, /* it no longer is; or another instance has attached it since: see place */
	ENI_DETACH_FAILED, /* see error */
};

struct eni_detach {
	const struct eni_detach_goal *goal;
	enum eni_detach_verdict verdict;
	struct error error; /* says, too, where the ENI is, if anything may have been changed */
	struct ec2_eni before; /* as it was found: attachment.instance had it, if any did */
	struct eni_place place; /* where it is now, as far as is known */
	bool forced;
	/* The flow's own. */
	bool releases;
	struct eni_start start;
	struct eni_filter filter;
	struct eni_find find;
	struct eni_release release;
};

void eni_detach_init(struct eni_detach *flow, const struct eni_detach_goal *goal);
void eni_detach_done(struct eni_detach *flow);

/* For the driver; borrows `flow`, which must stay where it is. */
struct flow eni_detach_flow(struct eni_detach *flow);

/* Where the ENI is, as far as is known, and why: what EC2 said last where it let us wait. */
const char *eni_detach_where(const struct eni_detach *flow, char buffer[ENI_WHERE_SIZE]);
