/* SPDX-License-Identifier: Apache-2.0 */
#include "eni/arrival.h"

#include "aws/flow_run.h"
#include "base/clock.h"
#include "base/log.h"
#include "core/link_wait.h"
#include "failover/eni_find.h"
#include "failover/eni_place.h"

#include <errno.h>
#include <string.h>

/* Whether the place is after the attachment to this instance; EC2 may also be between two states. */
static bool has_left(const struct eni_arrival *arrival, const struct ec2_eni *found)
{
	const struct eni_place place = eni_place_of(found);

	switch (place.kind) {
	case ENI_PLACE_FREE:
		return true;
	case ENI_PLACE_ATTACHING:
	case ENI_PLACE_ATTACHED:
	case ENI_PLACE_DETACHING:
		return strcmp(place.instance, arrival->instance) != 0 &&
		       eni_attachment_compare(&found->attachment, &arrival->eni->attachment) >= 0;
	case ENI_PLACE_UNKNOWN:
	case ENI_PLACE_LEFT:
	case ENI_PLACE_MAYBE_ATTACHING:
	case ENI_PLACE_MAYBE_DETACHING:
	case ENI_PLACE_ATTACH_UNSEEN:
	case ENI_PLACE_DETACH_UNSEEN:
	case ENI_PLACE_GONE:
		break;
	}
	return false;
}

static int tell_that_it_left(
	const struct eni_arrival *arrival, const struct ec2_eni *found, struct error *error)
{
	const char *holder = eni_holder(found);

	if (!holder)
		return error_set(error, OUTCOME_FAILED, EBUSY,
			"%s: it was detached meanwhile: move it again if it is wanted here",
			arrival->name);
	return error_set(error, OUTCOME_FAILED, EBUSY,
		"%s: %s has taken it meanwhile, and keeps it: move it again if it is wanted here",
		arrival->name, holder);
}

/* An EC2 that does not answer is no reason to stop waiting. */
static int query(
	const struct eni_arrival *arrival, const struct deadline *deadline, struct error *error)
{
	const struct eni_filter filter = {.id = arrival->eni->id};
	struct error unknown = {0};
	struct eni_find find;
	const struct flow flow = eni_find_flow(&find);
	const struct ec2_eni *found = NULL;
	struct api *api;
	int err = cloud_api(arrival->cloud, NULL, &api, &unknown);

	eni_find_init(&find, &filter);
	if (!err)
		err = flow_run(api, &flow, 1, deadline, &unknown);
	if (!err)
		found = eni_find_one(&find, &unknown);
	err = 0;
	if (!found)
		log_line(LOG_DEBUG, NULL, "%s: cannot find out where it is: %s", arrival->name,
			unknown.text);
	else if (has_left(arrival, found))
		err = tell_that_it_left(arrival, found, error);
	eni_find_done(&find);
	return err;
}

int eni_arrival_wait(
	const struct eni_arrival *arrival, struct net_link *ret_link, struct error *error)
{
	const struct operation *whole = arrival->cloud->operation;
	/* An earlier read might show where the ENI was before. */
	uint64_t pause = FLOW_STALE_MSEC;

	for (;; pause *= 2) {
		struct operation part = *whole;
		struct deadline until;
		int err;

		part.deadline = deadline_sooner(
			whole->deadline, deadline_after(clock_now(), pause));
		err = link_wait(&part, &arrival->eni->mac, ret_link, error);
		if (err != -ETIME || !deadline_left(&whole->deadline, clock_now()))
			return err;
		until = deadline_sooner(whole->deadline, deadline_after(clock_now(), pause));
		err = query(arrival, &until, error);
		if (err)
			return err;
	}
}
