/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads route tables by id. EC2 returns each table in full, with up to 2,000 routes of 350 bytes.
 * So the ids are distributed over several requests, which have small responses and are sent in
 * parallel.
 */
#pragma once

#include "failover/flow.h"

#define TABLES_PER_REQUEST 20

struct table_read {
	const char **ids; /* owned array of borrowed ids, NULL after those of each request */
	size_t count; /* number of ids */
};

/* Allocates space for `max` ids. Returns 0 or -ENOMEM. */
int table_read_init(struct table_read *read, size_t max);
void table_read_done(struct table_read *read);
/* Removes all ids. */
void table_read_clear(struct table_read *read);
/* Adds an id, which is borrowed. There must be space for it. */
void table_read_add(struct table_read *read, const char *id);

/*
 * Adds the requests to the batch, with the tags `tag`, `tag` + 1, … For each table the routes to
 * `destination` are read. The requests borrow `destination` and the ids. Returns 0 or -ENOMEM.
 */
int table_read_add_calls(const struct table_read *read, const struct ip_prefix *destination,
	size_t tag, struct flow_batch *batch);
/* Returns the number of requests. */
size_t table_read_count_requests(const struct table_read *read);
/* Returns the ids of a request, NULL-terminated. `request` is its number, from 0. */
const char *const *table_read_get_ids(const struct table_read *read, size_t request);
