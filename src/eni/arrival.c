/* SPDX-License-Identifier: Apache-2.0 */
#include "eni/arrival.h"

#include "aws/flow_run.h"
#include "base/clock.h"
#include "base/log.h"
#include "core/link_wait.h"
#include "failover/eni_find.h"
#include "failover/eni_state.h"

#include <errno.h>
#include <string.h>

/*
 * Whether EC2 shows that the ENI has left this instance: it is free, or another instance has it. An
 * attachment that is known to be earlier than ours is a stale response, and does not count. False
 * also if EC2 shows no holder and the ENI is not free yet: a later query decides.
 */
static bool has_left(const struct eni_arrival *arrival, const struct ec2_eni *found)
{
	const struct eni_state state = eni_state_of(found);

	if (state.kind == ENI_STATE_FREE)
		return true;
	if (state.kind == ENI_STATE_UNKNOWN || state.kind == ENI_STATE_DETACHED)
		return false;
	return strcmp(state.instance, arrival->instance) != 0 &&
	       eni_attachment_compare(&found->attachment, &arrival->eni->attachment) >= 0;
}

static int set_left_error(
	const struct eni_arrival *arrival, const struct ec2_eni *found, struct error *error)
{
	const char *holder = eni_get_holder(found);

	if (!holder)
		return error_set(error, OUTCOME_FAILED, EBUSY,
			"%s: another program detached the ENI during this move: repeat the move if the ENI belongs here",
			arrival->name);
	return error_set(error, OUTCOME_FAILED, EBUSY,
		"%s: another program attached the ENI to %s during this move: repeat the move if the ENI belongs here",
		arrival->name, holder);
}

/* -EBUSY with a message: the ENI has left. 0: it has not, or EC2 did not respond: wait longer. */
static int check_not_left(
	const struct eni_arrival *arrival, const struct deadline *deadline, struct error *error)
{
	const struct eni_filter filter = {.id = arrival->eni->id};
	struct error failure = {0};
	struct eni_find find;
	const struct flow flow = eni_find_flow(&find);
	const struct ec2_eni *found = NULL;
	struct api *api;
	int err = cloud_get_api(arrival->cloud, NULL /* no role */, &api, &failure);

	eni_find_init(&find, &filter);
	if (!err)
		err = flow_run(api, &flow, 1, deadline, &failure);
	if (!err)
		found = eni_find_one(&find, &failure);
	if (!found)
		log_line(LOG_DEBUG, NULL, "%s: cannot find out where the ENI is attached: %s",
			arrival->name, failure.text);
	err = found && has_left(arrival, found) ? set_left_error(arrival, found, error) : 0;
	eni_find_done(&find);
	return err;
}

/* Waits in rounds. A round that ends without the link queries EC2; the next takes twice as long. */
int eni_arrival_wait(
	const struct eni_arrival *arrival, struct net_link *ret_link, struct error *error)
{
	const struct operation *operation = arrival->cloud->operation;
	/* A query before this time might show the state from before the attachment. */
	uint64_t round_msec = FLOW_STALE_MSEC;

	for (;; round_msec *= 2) {
		struct operation attempt = *operation;
		struct deadline query_end;
		int err;

		attempt.deadline = deadline_min(
			operation->deadline, deadline_after(clock_now(), round_msec));
		err = link_wait_for_mac(&attempt, &arrival->eni->mac, ret_link, error);
		if (err != -ETIME || !deadline_left(&operation->deadline, clock_now()))
			return err;
		query_end = deadline_min(
			operation->deadline, deadline_after(clock_now(), round_msec));
		err = check_not_left(arrival, &query_end, error);
		if (err)
			return err;
	}
}
