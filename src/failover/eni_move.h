/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Moves an ENI to this instance: finds the ENI, detaches it from its holder, attaches it here as
 * soon as EC2 accepts that, and reads until it is attached. If the ENI is already here, nothing is
 * changed.
 *
 * The flow fails before any change if the move is known to be impossible: an ENI that a service
 * manages, the primary ENI of an instance, another zone or VPC, or a missing IAM permission to
 * attach. If EC2 refuses the attachment for good after the detachment, the flow attaches the ENI to
 * its old instance again.
 *
 * If another instance attaches the ENI between our detachment and our attachment, it keeps the ENI,
 * and the flow fails. So two nodes that move the same ENI do not take it from each other.
 */
#pragma once

#include "base/ip.h"
#include "failover/eni_attach.h"
#include "failover/eni_attach_probe.h"
#include "failover/eni_find.h"
#include "failover/eni_release.h"

/* All pointers are borrowed, and must stay valid as long as the flow. */
struct eni_move_goal {
	const char *name; /* for messages: the name that the user knows */
	const char *eni; /* id; NULL: find the ENI by its address */
	struct ip_address address;
	const char *instance, *zone, *vpc; /* of this instance */
	bool is_secondary; /* refuse this instance's primary ENI as well */
	bool force; /* detach by force at once: the other instance loses the packets it is sending */
	uint64_t force_after; /* milliseconds of waiting before a detachment by force; 0: never */
};

/* The steps that the user sees, in their order; a move may skip some. */
enum eni_move_step {
	ENI_MOVE_FINDS,
	ENI_MOVE_DETACHES, /* until the ENI is available */
	ENI_MOVE_FORCES, /* detaches by force, until the ENI is available */
	ENI_MOVE_ATTACHES, /* until EC2 accepts the request */
	ENI_MOVE_WAITS, /* until the ENI is attached */
	ENI_MOVE_PUTS_BACK, /* the ENI cannot be attached here: attaches it to its old instance */
	ENI_MOVE_ENDS,
};

/* Describes each step for messages: "detaching". */
extern const char *const eni_move_step_texts[];

enum eni_move_verdict {
	ENI_MOVE_PENDING, /* undecided at the deadline: see eni_move_format_state() */
	ENI_MOVE_IN_PLACE, /* the ENI was already attached here */
	ENI_MOVE_DONE, /* the ENI is attached here now */
	ENI_MOVE_FAILED, /* the ENI is not attached here, or that is not known: see error */
};

struct eni_move {
	const struct eni_move_goal *goal;
	enum eni_move_verdict verdict;
	struct error error; /* also says where the ENI is if something may have been changed */
	struct {
		enum eni_move_step step;
		uint64_t since; /* milliseconds of the driver's clock */
	} progress; /* as of the last next() */
	/* the ENI as first read; attachment.instance is its holder, if any; owned by the flow */
	struct ec2_eni before;
	/* the ENI as attached here: attachment, MAC, addresses, subnet; owned by the flow */
	struct ec2_eni eni;
	bool forced; /* a detachment by force was requested */
	/* Internal to the flow. */
	enum eni_move_phase {
		ENI_MOVE_PHASE_FIND,
		ENI_MOVE_PHASE_PROBE, /* a DryRun: does IAM permit the attachment? */
		ENI_MOVE_PHASE_RELEASE,
		ENI_MOVE_PHASE_ATTACH,
		ENI_MOVE_PHASE_PUT_BACK,
		ENI_MOVE_PHASE_NONE,
	} phase;
	bool has_begun; /* the first batch was sent */
	struct eni_start start;
	struct eni_attach_probe probe;
	struct eni_filter filter;
	const char *instances[2];
	struct eni_slots slots, old_slot; /* of this instance; of the ENI on its old instance */
	struct error put_back_reason; /* why the ENI is reattached to its old instance */
	struct eni_state state; /* the ENI's state as of the subflows that have ended */
	struct eni_find find;
	struct eni_release release;
	struct eni_attach attach;
};

void eni_move_init(struct eni_move *move, const struct eni_move_goal *goal);
void eni_move_done(struct eni_move *move);
/* Returns the interface for the driver; borrows `move`, which must not be moved in memory. */
struct flow eni_move_flow(struct eni_move *move);
/* Describes where the ENI is, as far as known, and why EC2 delays it. Returns `buffer`. */
const char *eni_move_format_state(const struct eni_move *move, char buffer[ENI_STATE_SIZE]);
