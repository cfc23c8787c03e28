/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Attaching an ENI to an instance, and waiting until it is attached. A part of the flows that
 * attach, and a flow itself.
 *
 * What a read shows may be older than the attachment that EC2 has accepted: that the ENI is available,
 * or an earlier attachment, proves nothing. So this is waited for without end; what only a later
 * change can explain ends it: our attachment is being detached, or there is a later one.
 *
 * An ENI has one attachment, so asking twice does no harm either: EC2 says that it is in use, and a
 * look tells by whom. Where that is another instance, it keeps it: nothing is taken back here.
 */
#pragma once

#include "failover/eni_place.h"
#include "failover/eni_read.h"
#include "failover/eni_slots.h"

/* All borrowed, and to hold as long as the flow. */
struct eni_attach_goal {
	const char *eni;
	const char *instance;
	uint64_t began_at; /* when the first read was sent: eni_start's */
	const struct ec2_attachment
		*left; /* that it had before, and may still be seen with; NULL: none is known */
	struct eni_slots *slots; /* of the instance; the flow takes out what EC2 refuses */
	unsigned tries_max; /* while the instance is not ready for it; 0: as long as it takes */
};

enum eni_attach_verdict {
	ENI_ATTACH_OPEN,
	ENI_ATTACH_DONE, /* it is attached, see eni */
	ENI_ATTACH_TAKEN, /* another instance has attached it since the first read: see place */
	ENI_ATTACH_OUTDATED, /* it was attached before the first read, which was old: see eni */
	ENI_ATTACH_REFUSED, /* by EC2, see error; it was free at the last look */
	ENI_ATTACH_FAILED, /* how it stands, place tells as far as is known; see error */
};

struct eni_attach {
	struct eni_attach_goal goal;
	enum eni_attach_verdict verdict;
	struct error error;
	struct error held; /* EC2's last "not yet"; OUTCOME_DONE: none */
	struct eni_place place;
	struct ec2_eni eni; /* as it was seen attached, where that ended the flow; the flow's */
	bool asked; /* something may have been changed */
	bool accepted; /* EC2 said yes, or it was seen there */
	/* The flow's own. */
	bool due; /* to ask */
	struct eni_slot slot;
	unsigned tries; /* that were answered "not yet" */
	unsigned unknown; /* that were answered "no such ENI" or "no such instance" */
	struct ec2_attachment ours; /* as EC2 answered, or as it was seen; id "": not known yet */
	bool begun;
	uint64_t since; /* the beginning, or when EC2 said yes */
	struct eni_read read;
};

void eni_attach_init(struct eni_attach *flow, const struct eni_attach_goal *goal);
/* Somebody asked already: this attachment is waited for. */
void eni_attach_init_waiting(struct eni_attach *flow, const struct eni_attach_goal *goal,
	const struct ec2_attachment *attachment);
void eni_attach_done(struct eni_attach *flow);
struct flow eni_attach_flow(struct eni_attach *flow); /* for the driver; borrows `flow` */
