/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds ENIs: one by its id or by any of its addresses, or all that match some filters, however
 * many pages the list has. The flow changes nothing, so that it is safe to repeat a request whose
 * response was lost.
 */
#pragma once

#include "base/ip.h"
#include "failover/flow.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Selects the ENIs that match all criteria that are given. A pointer that is NULL matches any ENI.
 * All pointers are borrowed, and must stay valid as long as the flow.
 */
struct eni_filter {
	const char *vpc;
	const char *id;
	struct ip_address address; /* of either family, primary or secondary; not set: any */
	const char *subnet;
	const char *instance; /* to which the ENI is attached */
	enum ec2_eni_status status; /* EC2_ENI_UNKNOWN: any */
	const struct ec2_tag *tags; /* if a value is NULL, only the key must exist */
};

/* Selects the ENI with this id in any VPC, or, if `id` is NULL, with the address in `vpc`. */
struct eni_filter eni_filter_make(
	const char *id, const struct ip_address *address, const char *vpc);

struct eni_find {
	const struct eni_filter *filter; /* borrowed */
	struct ec2_eni_list enis; /* the ENIs that were found; owned by the flow */
	struct error error; /* OUTCOME_DONE: the list is complete */
	/* Internal to the flow. */
	bool has_ended;
	unsigned pages; /* pages read */
	unsigned n_not_found; /* number of responses that the id does not exist */
	bool has_waited; /* the wait after the last of these responses is over */
	char *next_token;
	const char *ids[2];
	struct ec2_filter *filters;
	size_t n_filters, filters_capacity;
	char address_text[IP_ADDRESS_TEXT_SIZE];
};

/* The tag of the only request in its batches, for flows that contain this one. */
#define ENI_FIND_TAG ((size_t)-1)

void eni_find_init(struct eni_find *find, const struct eni_filter *filter);
void eni_find_done(struct eni_find *find);
/* Returns the interface for the driver; borrows `find`. */
struct flow eni_find_flow(struct eni_find *find);

/*
 * Returns the ENI if exactly one was found; borrowed from `find`. Otherwise sets the error and
 * returns NULL: no ENI, several ENIs (the error lists them), or find->error. `error` may be NULL.
 */
const struct ec2_eni *eni_find_one(const struct eni_find *find, struct error *error);
