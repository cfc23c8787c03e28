/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Attaches an ENI to an instance and waits until it is attached. This is a flow, and a subflow of
 * the flows that attach.
 *
 * A read may show a state from before the attachment that EC2 accepted. So an ENI that is available
 * or has an earlier attachment proves nothing, and the flow waits until the deadline. Only a state
 * that a later change explains ends the flow: our attachment is being detached, or there is a later
 * attachment.
 *
 * An ENI has only one attachment, so that it is safe to repeat the request: EC2 responds that the
 * ENI is in use, and a read shows the holder. If the holder is another instance, that instance
 * keeps the ENI: this flow never detaches.
 */
#pragma once

#include "failover/eni_read.h"
#include "failover/eni_slots.h"
#include "failover/eni_state.h"

/* All pointers are borrowed, and must stay valid as long as the flow. */
struct eni_attach_goal {
	const char *eni; /* id */
	const char *instance; /* id */
	/* of the caller: eni_start.earliest_date, seconds since 1970; 0: not known */
	uint64_t first_read_date;
	/* the ENI's previous attachment, which reads may still show; NULL: none is known */
	const struct ec2_attachment *old_attachment;
	struct eni_slots *slots; /* of the instance; the flow removes those that EC2 refuses */
	unsigned tries_max; /* requests while EC2 responds "not yet"; 0: no limit */
};

enum eni_attach_verdict {
	ENI_ATTACH_PENDING, /* undecided */
	ENI_ATTACH_DONE, /* the ENI is attached: see eni */
	ENI_ATTACH_TAKEN, /* attached by another program after the first read: see state */
	/* the ENI was attached before the first read, which was too old to show that: see eni */
	ENI_ATTACH_OUTDATED,
	ENI_ATTACH_REFUSED, /* EC2 refused for good: see error; the last read showed the ENI free */
	ENI_ATTACH_FAILED, /* see error; state is the ENI's state as far as known */
};

struct eni_attach {
	struct eni_attach_goal goal;
	enum eni_attach_verdict verdict;
	struct error error;
	struct error delay_reason; /* EC2's latest temporary refusal; OUTCOME_DONE: none */
	struct eni_state state; /* the ENI's state as far as known */
	/* the ENI as read, for ENI_ATTACH_DONE and ENI_ATTACH_OUTDATED; owned by the flow */
	struct ec2_eni eni;
	bool requested; /* the request was sent: something may have been changed */
	bool accepted; /* EC2 accepted the request, or a read showed our attachment */
	/* Internal to the flow. */
	bool is_request_next; /* attach_next() sends the request, not a read */
	struct eni_slot slot; /* of the last request */
	unsigned tries; /* requests that EC2 refused as "not yet" */
	unsigned n_not_found; /* requests that EC2 refused as "no such ENI" or "no such instance" */
	/* the attachment to wait for, from the response or a read; id "": not known yet */
	struct ec2_attachment expected_attachment;
	bool has_changed_at; /* `changed_at` is set */
	/* reads before this + FLOW_STALE_MSEC may be stale: start, or EC2's acceptance; ms */
	uint64_t changed_at;
	struct eni_read read;
};

void eni_attach_init(struct eni_attach *attach, const struct eni_attach_goal *goal);
/* For an attachment that was already requested: the flow only waits until the ENI is attached. */
void eni_attach_init_waiting(struct eni_attach *attach, const struct eni_attach_goal *goal,
	const struct ec2_attachment *attachment);
void eni_attach_done(struct eni_attach *attach);
/* Returns the interface for the driver; borrows `attach`. */
struct flow eni_attach_flow(struct eni_attach *attach);
