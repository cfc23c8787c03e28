/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Moves a secondary IPv4 address to an ENI of this instance. The flow finds the ENI that has the
 * address, assigns the address to the target ENI with AllowReassignment, and reads until the
 * address is there and stays there. If two nodes move the same address at once, the node that does
 * not get the address reports a failure.
 *
 * A read may show a state from before the change that EC2 accepted. So a read that shows the old
 * holder does not prove a failure: the flow reads again, until the deadline. If the first read
 * shows the address on the target ENI, a second read that cannot be older than the first one must
 * confirm it.
 *
 * The flow changes nothing if the first read shows that EC2 would refuse the change or that the
 * change is not permitted: the primary address of another ENI, another subnet, or an ENI that a
 * service manages.
 */
#pragma once

#include "base/ip.h"
#include "failover/eni_find.h"

/* All pointers are borrowed, and must stay valid as long as the flow. */
struct address_move_goal {
	const char *name; /* for messages: the name that the user knows */
	struct ip_address address;
	const char *eni; /* id of the target ENI */
	const char *vpc; /* in which the holder is searched for */
};

enum address_move_verdict {
	ADDRESS_MOVE_PENDING, /* undecided at the deadline: see address_move_format_state() */
	/* the ENI already had the address; even if the deadline comes before the second read */
	ADDRESS_MOVE_IN_PLACE,
	/* the ENI has the address now; even if the deadline comes before the final read */
	ADDRESS_MOVE_DONE,
	ADDRESS_MOVE_FAILED, /* the target ENI does not have the address, or unknown: see error */
};

struct address_move {
	const struct address_move_goal *goal;
	enum address_move_verdict verdict;
	struct error error; /* also names the holder if something may have been changed */
	char before[EC2_ID_SIZE]; /* the ENI that had the address at the start; "": none */
	char before_instance[EC2_ID_SIZE]; /* the instance that has that ENI; "": none */
	bool taken; /* the move failed because another ENI has taken the address and keeps it */
	/* Internal to the flow. */
	enum address_move_step {
		ADDRESS_MOVE_READS,
		ADDRESS_MOVE_ASSIGNS,
		ADDRESS_MOVE_VERIFIES,
	} step;
	bool has_begun;
	bool has_waited; /* the wait before the next read or request is over */
	bool requested; /* the assignment was sent and not refused: may have changed something */
	bool accepted; /* EC2 accepted the assignment */
	bool was_seen_on_target; /* a read after the request showed the address on the target ENI */
	bool is_verdict_final; /* no read follows that could change the verdict */
	/* all times are in ms of the driver's clock */
	uint64_t decisive_read_at; /* when the latest read before the assignment began */
	uint64_t request_delay; /* from decisive_read_at to the first request */
	uint64_t changed_at; /* when the response to the request had arrived */
	uint64_t read_at; /* when the latest read began */
	uint64_t final_read_from; /* a read at this time or later is final; 0: not known yet */
	unsigned reads, tries; /* numbers of reads (reset for the assignment) and of requests */
	unsigned n_conflicts; /* latest reads in a row that only a later change explains */
	struct error lost_error; /* why the response was lost; OUTCOME_DONE: no response was lost */
	struct error target_eni_error; /* why the target ENI was not read; OUTCOME_DONE: no error */
	struct ec2_eni target_eni; /* the target ENI */
	const char *ids[2], *addresses[2];
	char address_text[IP_ADDRESS_TEXT_SIZE];
	char holder[EC2_ID_SIZE]; /* the ENI with the address at the latest read; "": none */
	struct eni_filter filter;
	struct eni_find find;
};

void address_move_init(struct address_move *move, const struct address_move_goal *goal);
void address_move_done(struct address_move *move);
/* Returns the interface for the driver; borrows `move`, which must not be moved in memory. */
struct flow address_move_flow(struct address_move *move);
/* Describes which ENI has the address, as far as known. Returns `buffer`. */
#define ADDRESS_MOVE_STATE_SIZE 160
const char *address_move_format_state(
	const struct address_move *move, char buffer[ADDRESS_MOVE_STATE_SIZE]);
