/* SPDX-License-Identifier: Apache-2.0 */
#include "failover/eni_look.h"

#include "base/deadline.h"

#include <errno.h>

/*
 * The first look comes at once. As long as EC2 usually takes, there are ten a second: what is waited for
 * is seen 50 ms late on average, and EC2 gives 100 such requests at once and 20 a second to an account.
 * Whoever waits longer than that looks less often.
 */
#define INTERVAL_BASE 40
#define INTERVAL_CAP 130
#define LOOKS_OFTEN 40
#define INTERVAL_CAP_LATER 1000

/* Some ten looks until none can be older than FLOW_STALE_MSEC. */
#define DOUBT_BASE 100
#define DOUBT_CAP 1000

/* What exists may be missing for FLOW_STALE_MSEC after it was made, and in single responses. */
#define ABSENT_MIN 10

void eni_look_init(struct eni_look *look, const char *eni)
{
	*look = (struct eni_look){.ids = {eni}};
}

void eni_look_soon(struct eni_look *look)
{
	look->count = look->doubts = 0;
	look->waited = false;
}

void eni_look_doubt(struct eni_look *look)
{
	look->doubts++;
}

static uint64_t delay(const struct eni_look *look, uint32_t random)
{
	if (look->doubts)
		return watch_delay(look->doubts, random, DOUBT_BASE, DOUBT_CAP);
	return watch_delay(look->count, random, INTERVAL_BASE,
		look->count < LOOKS_OFTEN ? INTERVAL_CAP : INTERVAL_CAP_LATER);
}

int eni_look_next(struct eni_look *look, uint64_t now, uint32_t random, uint64_t at_most,
	struct flow_batch *batch)
{
	const struct flow_call call = {.action = EC2_DESCRIBE_NETWORK_INTERFACES,
		.parameters = {.enis = look->ids},
		.tag = ENI_LOOK_TAG};
	uint64_t wait;

	/* A wait comes as a batch without calls; the look follows when it is over. */
	if (look->count && !look->waited) {
		look->waited = true;
		wait = delay(look, random);
		batch->wait = wait < at_most ? wait : at_most;
		return 0;
	}
	look->waited = false;
	look->sent = now;
	look->count++;
	return flow_batch_add(batch, &call);
}

static bool is_absent(const struct ec2_answer *said)
{
	if (!said->is_fault)
		return !said->reply.enis.count;
	return ec2_fault_advice(EC2_DESCRIBE_NETWORK_INTERFACES, &said->fault) ==
	       EC2_NOT_FOUND_MAYBE_NEW;
}

int eni_look_take(struct eni_look *look, const struct flow_answer *answer,
	const struct ec2_eni **ret_eni, struct error *error)
{
	int err;

	if (!answer->err && is_absent(&answer->answer)) {
		*ret_eni = NULL;
		if (!look->absent++)
			look->absent_since = look->sent;
		if (look->absent < ABSENT_MIN || look->sent - look->absent_since < FLOW_STALE_MSEC)
			return 0;
		return error_set(error, OUTCOME_FAILED, ENOENT,
			"%s no longer exists: it may have been deleted, also with its instance",
			look->ids[0]);
	}
	err = flow_check_answer(EC2_DESCRIBE_NETWORK_INTERFACES, "*", answer, error);
	if (err)
		return err;
	look->absent = 0;
	*ret_eni = &answer->answer.reply.enis.items[0];
	return 0;
}
