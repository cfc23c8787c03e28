/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Detaching an ENI from whatever has it, and waiting until it is available. A part of the flows
 * that detach, and a flow itself.
 *
 * What a read shows may be older than the detachment that EC2 has accepted, even an attachment before
 * the one that was found: only a later one proves that somebody attached the ENI meanwhile. EC2 tells when
 * it was attached: what was there before the first read was not attached meanwhile, but that read was old.
 *
 * An attachment has an id that never comes again, so asking twice to detach it does no harm: what
 * somebody attached meanwhile is never what is detached.
 */
#pragma once

#include "failover/eni_place.h"
#include "failover/eni_read.h"

struct eni_release_goal {
	const struct ec2_eni *eni; /* as it was found, attached; borrowed */
	uint64_t began_at; /* when the first read was sent: eni_start's */
	bool force;
	uint64_t force_after; /* milliseconds after which to go on by force; 0: never */
};

enum eni_release_verdict {
	ENI_RELEASE_OPEN,
	ENI_RELEASE_FREE, /* it is available */
	ENI_RELEASE_TAKEN, /* somebody attached it anew meanwhile: see place, and seen */
	ENI_RELEASE_OUTDATED, /* it was attached anew before the first read, which was old: see seen */
	ENI_RELEASE_FAILED, /* see error, and place */
};

struct eni_release {
	struct eni_release_goal goal;
	enum eni_release_verdict verdict;
	struct error error;
	struct error held; /* EC2's last "not yet"; OUTCOME_DONE: none */
	struct eni_place place;
	struct ec2_eni seen; /* with its later attachment; the flow's */
	bool asked; /* to detach: something may have been changed */
	bool forced;
	/* The flow's own. */
	bool due; /* to ask */
	bool again; /* to ask once more, if a look shows that it was not done */
	bool accepted; /* EC2 said yes */
	bool begun;
	uint64_t since;
	struct eni_read read;
};

void eni_release_init(struct eni_release *flow, const struct eni_release_goal *goal);
void eni_release_done(struct eni_release *flow);
struct flow eni_release_flow(struct eni_release *flow); /* for the driver; borrows `flow` */
