/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Detaches an ENI and waits until it is available. If the ENI is not attached, nothing is changed.
 * The goal decides whether an ENI of another instance may be detached.
 */
#pragma once

#include "base/ip.h"
#include "failover/eni_find.h"
#include "failover/eni_release.h"

/* All pointers are borrowed, and must stay valid as long as the flow. */
struct eni_detach_goal {
	const char *name; /* for messages: the name that the user knows */
	const char *eni; /* id; NULL: find the ENI by its address */
	struct ip_address address;
	const char *vpc; /* in which the address is searched for */
	const char *instance; /* detach only from this instance; NULL: from any holder */
	bool force; /* detach by force */
	uint64_t force_after; /* milliseconds of waiting before a detachment by force; 0: never */
};

enum eni_detach_verdict {
	ENI_DETACH_PENDING, /* undecided at the deadline: see eni_detach_format_state() */
	ENI_DETACH_IN_PLACE, /* the ENI was not attached */
	/* the ENI was detached; another instance may have attached the ENI after that: see state */
	ENI_DETACH_DONE,
	ENI_DETACH_FAILED, /* see error */
};

struct eni_detach {
	const struct eni_detach_goal *goal;
	enum eni_detach_verdict verdict;
	struct error error; /* also says where the ENI is if something may have been changed */
	/* the ENI as first read; attachment.instance is its holder, if any; owned by the flow */
	struct ec2_eni before;
	struct eni_state state; /* where the ENI is now, as far as known */
	bool forced; /* a detachment by force was requested */
	/* Internal to the flow. */
	bool has_release_begun; /* the search is over, and `release` runs or has ended */
	struct eni_start start;
	struct eni_filter filter;
	struct eni_find find;
	struct eni_release release;
};

void eni_detach_init(struct eni_detach *detach, const struct eni_detach_goal *goal);
void eni_detach_done(struct eni_detach *detach);
/* Returns the interface for the driver; borrows `detach`, which must not be moved in memory. */
struct flow eni_detach_flow(struct eni_detach *detach);
/* Describes where the ENI is, as far as known, and why EC2 delays it. Returns `buffer`. */
const char *eni_detach_format_state(const struct eni_detach *detach, char buffer[ENI_STATE_SIZE]);
