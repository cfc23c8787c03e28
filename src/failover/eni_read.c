/* SPDX-License-Identifier: Apache-2.0 */
#include "failover/eni_read.h"

#include "base/deadline.h"

#include <errno.h>

/*
 * Milliseconds between reads; the first read has no wait. During the usual time of a change in EC2,
 * there are ten reads a second, which show the change 50 ms late on average. EC2 permits an account
 * 100 such requests at once, and 20 a second. After READS_OFTEN reads, the intervals are longer.
 */
#define INTERVAL_BASE 40
#define INTERVAL_CAP 130
#define READS_OFTEN 40
#define INTERVAL_CAP_LATER 1000

/* Milliseconds between reads after a stale one: about ten reads within FLOW_STALE_MSEC. */
#define DOUBT_BASE 100
#define DOUBT_CAP 1000

/*
 * An existing ENI may be missing in reads for FLOW_STALE_MSEC after its creation, and in single
 * responses. So at least this many consecutive reads must show that it does not exist.
 */
#define ABSENT_MIN 10

void eni_read_init(struct eni_read *read, const char *eni)
{
	*read = (struct eni_read){.ids = {eni}};
}

void eni_read_reset_delay(struct eni_read *read)
{
	read->n_reads = read->n_doubtful = 0;
	read->has_waited = false;
}

void eni_read_slow_down(struct eni_read *read)
{
	read->n_doubtful++;
}

static uint64_t get_delay(const struct eni_read *read, uint32_t random)
{
	if (read->n_doubtful)
		return poll_delay(read->n_doubtful, random, DOUBT_BASE, DOUBT_CAP);
	return poll_delay(read->n_reads, random, INTERVAL_BASE,
		read->n_reads < READS_OFTEN ? INTERVAL_CAP : INTERVAL_CAP_LATER);
}

int eni_read_next(struct eni_read *read, uint64_t now, uint32_t random, uint64_t wait_max,
	struct flow_batch *batch)
{
	const struct flow_call call = {.action = EC2_DESCRIBE_NETWORK_INTERFACES,
		.parameters = {.enis = read->ids},
		.tag = ENI_READ_TAG};
	uint64_t wait;

	/* A wait is a batch without requests; the read follows when the wait is over. */
	if (read->n_reads && !read->has_waited) {
		read->has_waited = true;
		wait = get_delay(read, random);
		batch->wait = wait < wait_max ? wait : wait_max;
		return 0;
	}
	read->has_waited = false;
	read->sent_at = now;
	read->n_reads++;
	return flow_batch_add(batch, &call);
}

/* Whether EC2 does not know the ENI: the list is empty, or there is an error about the id. */
static bool shows_no_eni(const struct ec2_response *body)
{
	if (!body->is_fault)
		return !body->reply.enis.count;
	return ec2_fault_advice(EC2_DESCRIBE_NETWORK_INTERFACES, &body->fault) ==
	       EC2_NOT_FOUND_MAYBE_NEW;
}

int eni_read_handle_response(struct eni_read *read, const struct flow_response *response,
	const struct ec2_eni **ret_eni, struct error *error)
{
	int err;

	if (!response->err && shows_no_eni(&response->response)) {
		*ret_eni = NULL;
		if (!read->n_absent++)
			read->absent_since = read->sent_at;
		if (read->n_absent < ABSENT_MIN ||
			read->sent_at - read->absent_since < FLOW_STALE_MSEC)
			return 0; /* not proven yet: read again */
		return error_set(error, OUTCOME_FAILED, ENOENT,
			"%s no longer exists: the ENI may have been deleted together with its instance",
			read->ids[0]);
	}
	err = flow_check_response(EC2_DESCRIBE_NETWORK_INTERFACES, "*", response, error);
	if (err)
		return err;
	read->n_absent = 0;
	*ret_eni = &response->response.reply.enis.items[0];
	return 0;
}
