/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finding ENIs: one by its id or by any of its addresses, or all that pass some filters, whatever
 * number of pages that takes. It changes nothing; an answer that was lost may be asked for again.
 */
#pragma once

#include "base/ip.h"
#include "failover/flow.h"

#include <stdbool.h>
#include <stdint.h>

/* Which ENIs: all that is given must fit. All borrowed, and to hold as long as the flow. */
struct eni_filter {
	const char *vpc; /* NULL: any; so with all of these */
	const char *id;
	struct ip_address address; /* of either family, primary or not; not set: any */
	const char *subnet;
	const char *instance; /* that it is attached to */
	enum ec2_eni_status status; /* EC2_ENI_UNKNOWN: any */
	const struct ec2_tag *tags; /* one whose value is NULL: has the key */
};

/* The ENI with this id, wherever it is; where that is NULL, the one in the VPC with the address. */
struct eni_filter eni_filter_one(const char *id, const struct ip_address *address, const char *vpc);

struct eni_find {
	const struct eni_filter *filter;
	struct ec2_eni_list enis; /* what was found; the flow's */
	struct error error; /* OUTCOME_DONE: the list is whole */
	/* The flow's own. */
	bool ended;
	unsigned pages;
	unsigned absent; /* answers that there is no such id */
	bool waited; /* since the last of them */
	char *next_token;
	const char *ids[2];
	struct ec2_filter *filters;
	size_t n_filters, filters_capacity;
	char address_text[IP_ADDRESS_TEXT_SIZE];
};

/* Of the one call in its batches, for flows that have it as a part. */
#define ENI_FIND_TAG ((size_t)-1)

void eni_find_init(struct eni_find *flow, const struct eni_filter *filter);
void eni_find_done(struct eni_find *flow);
struct flow eni_find_flow(struct eni_find *flow); /* for the driver; borrows `flow` */

/*
 * The one ENI that was found. Else NULL with the words for it: none, several (they are listed), or
 * what flow->error says.
 */
const struct ec2_eni *eni_find_one(const struct eni_find *flow, struct error *error);
