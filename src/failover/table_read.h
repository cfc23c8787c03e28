/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads route tables by id. EC2 returns each table whole, with up to 2,000 routes of 350 bytes, so that
 * the ids are spread over requests whose responses stay small, and which are sent side by side.
 */
#pragma once

#include "failover/flow.h"

#define TABLES_PER_REQUEST 20

struct table_read {
	const char **ids; /* borrowed; a NULL after those of each request */
	size_t count; /* of the ids */
};

/* Makes room for `max` ids. 0 or -ENOMEM. */
int table_read_init(struct table_read *read, size_t max);
void table_read_done(struct table_read *read);

/* Forgets all ids. */
void table_read_clear(struct table_read *read);
void table_read_add(struct table_read *read, const char *id);

/*
 * Adds the requests to the batch; of each table the routes to `destination` are read. They are tagged
 * from `tag` on, and hold until the responses. 0 or -ENOMEM.
 */
int table_read_send(const struct table_read *read, const struct ip_prefix *destination, size_t tag,
	struct flow_batch *batch);

size_t table_read_requests(const struct table_read *read);

/* The ids of a request, by its number from 0 on; NULL-terminated. */
const char *const *table_read_ids(const struct table_read *read, size_t request);
