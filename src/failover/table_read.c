/* SPDX-License-Identifier: Apache-2.0 */
#include "failover/table_read.h"

#include <errno.h>
#include <stdlib.h>

/* Returns the position of an id in read->ids, where a NULL follows the ids of each request. */
static size_t get_index(size_t number)
{
	return number + number / TABLES_PER_REQUEST;
}

int table_read_init(struct table_read *read, size_t max)
{
	*read = (struct table_read){.ids = calloc(get_index(max) + 1, sizeof(*read->ids))};
	return read->ids ? 0 : -ENOMEM;
}

void table_read_done(struct table_read *read)
{
	free(read->ids);
	*read = (struct table_read){0};
}

/* Sets all ids to NULL, so that shorter lists end correctly when ids are added again. */
void table_read_clear(struct table_read *read)
{
	while (read->count)
		read->ids[get_index(--read->count)] = NULL;
}

void table_read_add(struct table_read *read, const char *id)
{
	read->ids[get_index(read->count++)] = id;
}

int table_read_add_calls(const struct table_read *read, const struct ip_prefix *destination,
	size_t tag, struct flow_batch *batch)
{
	int err = 0;

	for (size_t i = 0; !err && i < table_read_count_requests(read); i++) {
		const struct flow_call call = {
			.action = EC2_DESCRIBE_ROUTE_TABLES,
			.parameters = {.route_tables = table_read_get_ids(read, i)},
			.destination = destination,
			.tag = tag + i,
		};
		err = flow_batch_add(batch, &call);
	}
	return err;
}

size_t table_read_count_requests(const struct table_read *read)
{
	return (read->count + TABLES_PER_REQUEST - 1) / TABLES_PER_REQUEST;
}

/* The ids of each request take TABLES_PER_REQUEST items and one for the NULL. */
const char *const *table_read_get_ids(const struct table_read *read, size_t request)
{
	return read->ids + request * (TABLES_PER_REQUEST + 1);
}
