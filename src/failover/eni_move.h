/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Moving an ENI to this instance: find it, detach it from whatever has it, attach it here as soon
 * as EC2 lets, and look until it is attached. Where it is here already, that is all.
 *
 * What can be known to be impossible is refused before anything is changed: an ENI of a service, an
 * instance's primary one, another zone or VPC, what IAM does not permit. Where EC2 refuses the attachment for good after the
 * detachment was made, the ENI is put back where it was. An instance that attaches it between our
 * detachment and our attachment keeps it, so that two nodes that move the same ENI do not take it
 * from each other: one has it, the other one says so.
 */
#pragma once

#include "base/ip.h"
#include "failover/eni_attach.h"
#include "failover/eni_attach_probe.h"
#include "failover/eni_find.h"
#include "failover/eni_release.h"

/* All borrowed, and to hold as long as the flow. */
struct eni_move_goal {
	const char *name; /* for messages: what the user calls it */
	const char *eni; /* its id; NULL: by address */
	struct ip_address address;
	const char *instance, *zone, *vpc; /* this instance's */
	bool is_secondary; /* refuse this instance's primary ENI, too */
	bool force; /* do not wait for the other instance to let go: it loses what it is sending */
	uint64_t force_after; /* milliseconds of waiting for that, then by force; 0: never */
};

/* In the order in which they come, if they do. */
enum eni_move_step {
	ENI_MOVE_FINDS,
	ENI_MOVE_DETACHES, /* until it is available */
	ENI_MOVE_FORCES, /* the same, by force */
	ENI_MOVE_ATTACHES, /* until EC2 says yes */
	ENI_MOVE_WAITS, /* until it is attached */
	ENI_MOVE_PUTS_BACK, /* it cannot be attached here */
	ENI_MOVE_ENDS,
};

/* What is done at each step, for people: "detaching". */
extern const char *const eni_move_step_words[];

enum eni_move_verdict {
	ENI_MOVE_OPEN, /* the deadline came first: eni_move_where() tells how far it got */
	ENI_MOVE_IN_PLACE, /* it was here already */
	ENI_MOVE_DONE, /* it is here now */
	ENI_MOVE_FAILED, /* it is not, or one cannot tell: see error */
};

struct eni_move {
	const struct eni_move_goal *goal;
	enum eni_move_verdict verdict;
	struct error error; /* says, too, where the ENI is, if anything may have been changed */
	struct {
		enum eni_move_step step;
		uint64_t since; /* by the driver's clock */
	} progress; /* as of the last next() */
	struct ec2_eni before; /* as it was found: attachment.instance had it, if any did */
	struct ec2_eni eni; /* as it is here: attachment, MAC, addresses, subnet */
	bool forced; /* it was detached by force */
	/* The flow's own. */
	enum eni_move_part {
		ENI_MOVE_PART_FIND,
		ENI_MOVE_PART_TRIAL, /* whether the attachment is permitted */
		ENI_MOVE_PART_RELEASE,
		ENI_MOVE_PART_ATTACH,
		ENI_MOVE_PART_PUT_BACK,
		ENI_MOVE_PART_NONE,
	} part;
	bool begun;
	struct eni_start start;
	struct eni_attach_probe probe;
	struct eni_filter filter;
	const char *instances[2];
	struct eni_slots slots, old_slot;
	struct error reason; /* for which it is put back */
	struct eni_place place; /* as of the parts that have ended */
	struct eni_find find;
	struct eni_release release;
	struct eni_attach attach;
};

void eni_move_init(struct eni_move *flow, const struct eni_move_goal *goal);
void eni_move_done(struct eni_move *flow);

/* For the driver; borrows `flow`, which must stay where it is. */
struct flow eni_move_flow(struct eni_move *flow);

/* Where the ENI is, as far as is known, and why: what EC2 said last where it let us wait. */
const char *eni_move_where(const struct eni_move *flow, char buffer[ENI_WHERE_SIZE]);
