/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making an ENI, and looking until it is there for whatever comes next. The client token is what
 * makes it safe to ask again after an answer was lost: the same token never makes a second one.
 */
#pragma once

#include "base/ip.h"
#include "failover/eni_read.h"

/* All borrowed, and to hold as long as the flow. */
struct eni_create_goal {
	const char *name; /* for messages: what the user calls it */
	const char *subnet;
	const struct ip_address
		*addresses; /* either family; one not set ends them; NULL: EC2's choice */
	const char *const *security_groups; /* ids, NULL-terminated; NULL: the VPC's default one */
	const char *description; /* NULL: none */
	const struct ec2_tag *tags; /* NULL: none */
	const char *token; /* fresh for each ENI: 1 to 64 ASCII characters */
};

enum eni_create_verdict {
	ENI_CREATE_OPEN, /* the deadline came first: eni_create_where() tells how far it got */
	ENI_CREATE_DONE, /* it is there, and available */
	ENI_CREATE_FAILED, /* see error */
};

struct eni_create {
	const struct eni_create_goal *goal;
	enum eni_create_verdict verdict;
	struct error error; /* names the ENI, too, if it was made */
	struct ec2_eni eni; /* as it was seen */
	char id[EC2_ID_SIZE]; /* of what was made, as soon as that is known; "": nothing is known */
	/* The flow's own. */
	unsigned tries;
	bool waited; /* since the last one */
	bool lost; /* the answer to it */
	struct eni_read read;
};

void eni_create_init(struct eni_create *flow, const struct eni_create_goal *goal);
void eni_create_done(struct eni_create *flow);

/* For the driver; borrows `flow`, which must stay where it is. */
struct flow eni_create_flow(struct eni_create *flow);

/* What was made, as far as is known. */
#define ENI_CREATE_WHERE_SIZE 160
const char *eni_create_where(const struct eni_create *flow, char buffer[ENI_CREATE_WHERE_SIZE]);
