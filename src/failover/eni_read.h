/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looking at one ENI again and again while something goes on with it: at once, then at longer and
 * longer intervals. A part of the flows that wait for EC2.
 */
#pragma once

#include "failover/flow.h"

#include <stdbool.h>
#include <stdint.h>

struct eni_read {
	const char *ids[2]; /* the ENI's, borrowed */
	unsigned count; /* looks since the last change: the intervals grow with it */
	unsigned doubts; /* looks since the last change that showed what may be old */
	unsigned absent; /* of the last ones in a row, at which EC2 knew no such ENI */
	bool waited;
	uint64_t sent; /* when the last one was sent, by the driver's clock */
	uint64_t absent_since; /* when the first of the absent ones was sent */
};

void eni_read_init(struct eni_read *read, const char *eni);

/* EC2 has accepted a change: the next look comes at once, and intervals grow from there. */
void eni_read_soon(struct eni_read *read);

/* The last look showed what may be old: until none can be, there is no hurry. */
void eni_read_doubt(struct eni_read *read);

#define ENI_READ_TAG ((size_t)-2)

/* What to do next: wait, at most so many milliseconds, then look. 0 or -ENOMEM. */
int eni_read_next(struct eni_read *read, uint64_t now, uint32_t random, uint64_t at_most,
	struct flow_batch *batch);

/*
 * What the look saw: 0 with the ENI, which is the answer's, or with NULL: to be looked at again.
 * -errno with words where looking is over: no answer, a refusal; -ENOENT: there is no such ENI.
 */
int eni_read_take(struct eni_read *read, const struct flow_response *response,
	const struct ec2_eni **ret_eni, struct error *error);
