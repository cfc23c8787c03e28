/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Detaches an ENI from its holder and waits until it is available. This is a flow, and a subflow of
 * the flows that detach.
 *
 * A read may show a state from before the detachment that EC2 accepted, even an attachment that is
 * earlier than the one to release. Only a later attachment proves that another node attached the
 * ENI. If its time is before the caller's first read, that read was stale.
 *
 * The id of an attachment is never used again. So it is safe to repeat the request: it never
 * detaches an attachment that another node has made meanwhile.
 */
#pragma once

#include "failover/eni_read.h"
#include "failover/eni_state.h"

struct eni_release_goal {
	const struct ec2_eni *eni; /* as first read, with its attachment; borrowed */
	/* of the caller: eni_start.earliest_date, seconds since 1970; 0: not known */
	uint64_t first_read_date;
	bool force; /* detach by force */
	uint64_t force_after; /* milliseconds of waiting before a detachment by force; 0: never */
};

enum eni_release_verdict {
	ENI_RELEASE_PENDING, /* undecided */
	ENI_RELEASE_FREE, /* the ENI is available */
	ENI_RELEASE_TAKEN, /* the ENI was attached again after the first read: see state and seen */
	/* the ENI was attached again before the first read, which was stale: see seen */
	ENI_RELEASE_OUTDATED,
	ENI_RELEASE_FAILED, /* see error and state */
};

struct eni_release {
	struct eni_release_goal goal;
	enum eni_release_verdict verdict;
	struct error error;
	struct error delay_reason; /* EC2's latest temporary refusal; OUTCOME_DONE: none */
	struct eni_state state; /* the ENI's state as far as known */
	struct ec2_eni seen; /* the ENI with its later attachment; owned by the flow */
	bool requested; /* the request was sent: something may have been changed */
	bool forced; /* requests detach by force */
	/* Internal to the flow. */
	bool is_request_next; /* release_next() sends the request, not a read */
	bool needs_new_request; /* EC2 has not accepted the latest request */
	bool accepted; /* EC2 accepted the detachment */
	bool has_begun; /* `begun_at` is set */
	uint64_t begun_at; /* when the flow began; milliseconds of the driver's clock */
	struct eni_read read;
};

void eni_release_init(struct eni_release *release, const struct eni_release_goal *goal);
void eni_release_done(struct eni_release *release);
/* Returns the interface for the driver; borrows `release`. */
struct flow eni_release_flow(struct eni_release *release);
