/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Creates an ENI and waits until EC2 shows it, so that the next operation can use it. The client
 * token makes it safe to repeat the request after a lost response: the same token never creates a
 * second ENI.
 */
#pragma once

#include "base/ip.h"
#include "failover/eni_read.h"

/* All pointers are borrowed, and must stay valid as long as the flow. */
struct eni_create_goal {
	const char *name; /* for messages: the name that the user knows */
	const char *subnet;
	/* of either family; an address that is not set ends the array; NULL: EC2 chooses */
	const struct ip_address *addresses;
	const char *const
		*security_groups; /* ids, NULL-terminated; NULL: the VPC's default group */
	const char *description; /* NULL: none */
	const struct ec2_tag *tags; /* NULL: none */
	const char *token; /* client token, a new one for each ENI: 1 to 64 ASCII characters */
};

enum eni_create_verdict {
	ENI_CREATE_PENDING, /* undecided at the deadline: see eni_create_format_state() */
	ENI_CREATE_DONE, /* the ENI exists, and is available or already attached */
	ENI_CREATE_FAILED, /* see error */
};

struct eni_create {
	const struct eni_create_goal *goal;
	enum eni_create_verdict verdict;
	struct error error; /* also names the ENI if it was created */
	struct ec2_eni eni; /* the new ENI as read; owned by the flow */
	char id[EC2_ID_SIZE]; /* of the new ENI; "": not known (yet) */
	/* Internal to the flow. */
	unsigned tries;
	bool has_waited; /* the wait after the last request is over */
	bool is_response_lost; /* the response to the last request was lost */
	struct eni_read read;
};

void eni_create_init(struct eni_create *create, const struct eni_create_goal *goal);
void eni_create_done(struct eni_create *create);
/* Returns the interface for the driver; borrows `create`, which must not be moved in memory. */
struct flow eni_create_flow(struct eni_create *create);
/* Describes what was created, as far as known. Returns `buffer`. */
#define ENI_CREATE_STATE_SIZE 160
const char *eni_create_format_state(
	const struct eni_create *create, char buffer[ENI_CREATE_STATE_SIZE]);
