/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Moving a secondary IPv4 address to an ENI of this instance: find who has it, assign it with leave
 * to take it from there, and look until it is where it was wanted, and stays there: of two nodes that
 * want it at the same instant the first one to have it sees that the other one has it then.
 *
 * What a read shows may be older than the change that EC2 has accepted: that an ENI had the address before
 * proves nothing against it, and is waited for without end. So that it is here already is believed when a
 * second read shows it that cannot be older than the first one.
 *
 * Nothing is changed where the first look tells that EC2 would refuse, or that it must not be:
 * another ENI's primary address, another subnet, a service's ENI.
 */
#pragma once

#include "base/ip.h"
#include "failover/eni_find.h"

/* All borrowed, and to hold as long as the flow. */
struct address_move_goal {
	const char *name; /* for messages: what the user calls it */
	struct ip_address address;
	const char *eni; /* to which it is to come */
	const char *vpc;
};

enum address_move_verdict {
	ADDRESS_MOVE_OPEN, /* the deadline came first: address_move_where() tells how far it got */
	ADDRESS_MOVE_IN_PLACE, /* the ENI had it already; also where the deadline comes before that read */
	ADDRESS_MOVE_DONE, /* the ENI has it now; also where the deadline comes before the last look */
	ADDRESS_MOVE_FAILED, /* it has not, or one cannot tell: see error */
};

struct address_move {
	const struct address_move_goal *goal;
	enum address_move_verdict verdict;
	struct error error; /* says, too, who has the address, if anything may have been changed */
	char before[EC2_ID_SIZE]; /* the ENI that had it; "": none */
	char before_instance[EC2_ID_SIZE]; /* that has that ENI; "": none */
	bool taken; /* it failed, since another ENI has it, and surely keeps it */
	/* The flow's own. */
	enum address_move_step {
		ADDRESS_MOVE_READS,
		ADDRESS_MOVE_ASSIGNS,
		ADDRESS_MOVE_VERIFIES,
	} step;
	bool begun;
	bool waited; /* since the last answer */
	bool asked; /* something may have been changed */
	bool accepted; /* EC2 said yes */
	bool seen; /* at one look at least our ENI had it */
	bool settled; /* the last look is over */
	uint64_t since, took; /* when the look began; what passed until it was assigned */
	uint64_t changed; /* when the answer to that had come */
	uint64_t read_at; /* when the last look began */
	uint64_t settles; /* when a look is the last one; 0: not known yet */
	unsigned reads, tries;
	unsigned strange; /* of the looks the last ones, that only a later change explains */
	struct error lost; /* the answer to the request, where it was; OUTCOME_DONE: it was not */
	struct error ours_error; /* our ENI cannot be looked at */
	struct ec2_eni ours;
	const char *ids[2], *addresses[2];
	char address_text[IP_ADDRESS_TEXT_SIZE];
	char holder[EC2_ID_SIZE]; /* the ENI that has it, by the last look; "": none */
	struct eni_filter filter;
	struct eni_find find;
};

void address_move_init(struct address_move *flow, const struct address_move_goal *goal);
void address_move_done(struct address_move *flow);

/* For the driver; borrows `flow`, which must stay where it is. */
struct flow address_move_flow(struct address_move *flow);

/* Who has the address, as far as is known. */
#define ADDRESS_MOVE_WHERE_SIZE 160
const char *address_move_where(
	const struct address_move *flow, char buffer[ADDRESS_MOVE_WHERE_SIZE]);
