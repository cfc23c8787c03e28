/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Polls one ENI while a change to it is under way: reads it at once, then at growing intervals.
 * Used by the flows that wait for EC2.
 */
#pragma once

#include "failover/flow.h"

#include <stdbool.h>
#include <stdint.h>

struct eni_read {
	const char *ids[2]; /* the ENI's id, borrowed; NULL-terminated */
	unsigned n_reads; /* reads since the last change: the intervals grow with this number */
	unsigned n_doubtful; /* reads since the last change that may have shown an old state */
	unsigned n_absent; /* consecutive last reads in which EC2 did not know the ENI */
	bool has_waited; /* the wait before the next read is over */
	uint64_t sent_at; /* when the last read was sent; milliseconds of the driver's clock */
	uint64_t absent_since; /* when the first of the `n_absent` reads was sent; the same clock */
};

/* `eni` is an id, borrowed. */
void eni_read_init(struct eni_read *read, const char *eni);

/* After EC2 has accepted a change: the next read comes at once, and the intervals grow again. */
void eni_read_reset_delay(struct eni_read *read);
/* After a read that may have shown an old state: reads are less frequent until none can be old. */
void eni_read_slow_down(struct eni_read *read);

#define ENI_READ_TAG ((size_t)-2)

/*
 * Fills the batch with the next step: a wait of at most `wait_max` milliseconds, or the next read.
 * Returns 0 or -ENOMEM.
 */
int eni_read_next(struct eni_read *read, uint64_t now, uint32_t random, uint64_t wait_max,
	struct flow_batch *batch);

/*
 * Evaluates the response to a read. Returns 0 with the ENI, borrowed from the response; or 0 with
 * NULL: read again. Otherwise sets the error and returns -errno, and there is nothing more to read:
 * the response was lost, EC2 refused, or (-ENOENT) the ENI does not exist.
 */
int eni_read_handle_response(struct eni_read *read, const struct flow_response *response,
	const struct ec2_eni **ret_eni, struct error *error);
