/* SPDX-License-Identifier: Apache-2.0 */
#include "failover/eni_read.h"

#include "base/deadline.h"

#include <errno.h>

/*
 * The first look comes at once. As long as EC2 usually takes, there are ten a second: what is waited for
 * is seen 50 ms late on average, and EC2 gives 100 such requests at once and 20 a second to an account.
 * Whoever waits longer than that looks less often.
 */
#define INTERVAL_BASE 40
#define INTERVAL_CAP 130
#define READS_OFTEN 40
#define INTERVAL_CAP_LATER 1000

/* Some ten looks until none can be older than FLOW_STALE_MSEC. */
#define DOUBT_BASE 100
#define DOUBT_CAP 1000

/* What exists may be missing for FLOW_STALE_MSEC after it was made, and in single responses. */
#define ABSENT_MIN 10

void eni_read_init(struct eni_read *read, const char *eni)
{
	*read = (struct eni_read){.ids = {eni}};
}

void eni_read_soon(struct eni_read *read)
{
	read->count = read->doubts = 0;
	read->waited = false;
}

void eni_read_doubt(struct eni_read *read)
{
	read->doubts++;
}

static uint64_t delay(const struct eni_read *read, uint32_t random)
{
	if (read->doubts)
		return watch_delay(read->doubts, random, DOUBT_BASE, DOUBT_CAP);
	return watch_delay(read->count, random, INTERVAL_BASE,
		read->count < READS_OFTEN ? INTERVAL_CAP : INTERVAL_CAP_LATER);
}

int eni_read_next(struct eni_read *read, uint64_t now, uint32_t random, uint64_t at_most,
	struct flow_batch *batch)
{
	const struct flow_call call = {.action = EC2_DESCRIBE_NETWORK_INTERFACES,
		.parameters = {.enis = read->ids},
		.tag = ENI_READ_TAG};
	uint64_t wait;

	/* A wait comes as a batch without calls; the look follows when it is over. */
	if (read->count && !read->waited) {
		read->waited = true;
		wait = delay(read, random);
		batch->wait = wait < at_most ? wait : at_most;
		return 0;
	}
	read->waited = false;
	read->sent = now;
	read->count++;
	return flow_batch_add(batch, &call);
}

static bool is_absent(const struct ec2_response *said)
{
	if (!said->is_fault)
		return !said->reply.enis.count;
	return ec2_fault_advice(EC2_DESCRIBE_NETWORK_INTERFACES, &said->fault) ==
	       EC2_NOT_FOUND_MAYBE_NEW;
}

int eni_read_take(struct eni_read *read, const struct flow_response *response,
	const struct ec2_eni **ret_eni, struct error *error)
{
	int err;

	if (!response->err && is_absent(&response->response)) {
		*ret_eni = NULL;
		if (!read->absent++)
			read->absent_since = read->sent;
		if (read->absent < ABSENT_MIN || read->sent - read->absent_since < FLOW_STALE_MSEC)
			return 0;
		return error_set(error, OUTCOME_FAILED, ENOENT,
			"%s no longer exists: it may have been deleted, also with its instance",
			read->ids[0]);
	}
	err = flow_check_response(EC2_DESCRIBE_NETWORK_INTERFACES, "*", response, error);
	if (err)
		return err;
	read->absent = 0;
	*ret_eni = &response->response.reply.enis.items[0];
	return 0;
}
