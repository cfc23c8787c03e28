/* SPDX-License-Identifier: Apache-2.0 */
#include "failover/eni_detach.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

void eni_detach_init(struct eni_detach *detach, const struct eni_detach_goal *goal)
{
	*detach = (struct eni_detach){.goal = goal};
	detach->filter = eni_filter_make(goal->eni, &goal->address, goal->vpc);
	eni_find_init(&detach->find, &detach->filter);
}

void eni_detach_done(struct eni_detach *detach)
{
	eni_find_done(&detach->find);
	eni_release_done(&detach->release);
	ec2_eni_done(&detach->before);
	*detach = (struct eni_detach){0};
}

const char *eni_detach_format_state(const struct eni_detach *detach, char buffer[ENI_STATE_SIZE])
{
	if (!detach->has_release_begun) {
		snprintf(buffer, ENI_STATE_SIZE, "nothing was changed");
		return buffer;
	}
	return eni_state_explain(
		&detach->release.state, "; last error: ", &detach->release.delay_reason, buffer);
}

/* Fails before anything was changed. */
static void fail(struct eni_detach *detach, const struct error *reason)
{
	eni_set_error(&detach->error, detach->goal->name, reason, NULL);
	detach->verdict = ENI_DETACH_FAILED;
}

/* Returns 0 if the goal permits to detach the ENI from its holder. */
static int check_instance(
	const struct eni_detach_goal *goal, const struct ec2_eni *eni, struct error *error)
{
	const char *instance = eni->attachment.instance;

	if (!goal->instance || strcmp(instance, goal->instance) == 0)
		return 0;
	return error_set(error, OUTCOME_FAILED, EPERM,
		"%s is attached to %s, not to this instance, %s: detach the ENI there, or move the ENI here with \"myha eni move\"",
		eni->id, instance, goal->instance);
}

/* Starts to release detach->before, the ENI as read, if it is attached and may be detached. */
static void start_detachment(struct eni_detach *detach)
{
	struct error error = {0};
	struct eni_release_goal goal = {.eni = &detach->before,
		.first_read_date = detach->start.earliest_date,
		.force = detach->goal->force,
		.force_after = detach->goal->force_after};

	detach->state = eni_state_of(&detach->before);
	if (!detach->before.attachment.id[0]) {
		detach->verdict = ENI_DETACH_IN_PLACE;
	} else if (eni_check_detachable(&detach->before, &error) ||
		   check_instance(detach->goal, &detach->before, &error)) {
		fail(detach, &error);
	} else {
		detach->has_release_begun = true;
		eni_release_init(&detach->release, &goal);
	}
}

/* The search has ended: saves the ENI in detach->before and starts to detach it. */
static int handle_find_end(struct eni_detach *detach)
{
	struct error error = {0};
	const struct ec2_eni *found = eni_find_one(&detach->find, &error);
	int err = found ? ec2_eni_copy(found, &detach->before) : 0;

	if (err)
		return err;
	if (found)
		start_detachment(detach);
	else
		fail(detach, &error);
	return 0;
}

/*
 * The first read was stale: starts again with the newer state of the ENI. If the goal names an
 * instance, and another instance has the ENI now, there is nothing more to detach.
 */
static void restart_from_newer_read(struct eni_detach *detach)
{
	struct ec2_eni *seen = &detach->release.seen;

	if (detach->goal->instance &&
		strcmp(seen->attachment.instance, detach->goal->instance) != 0) {
		detach->verdict = ENI_DETACH_DONE;
		return;
	}
	ec2_eni_done(&detach->before);
	detach->before = TAKE_STRUCT(*seen);
	start_detachment(detach);
}

/* If another instance has attached the ENI meanwhile (TAKEN), the detachment has succeeded. */
static void handle_release_end(struct eni_detach *detach)
{
	const struct eni_release *release = &detach->release;

	detach->state = release->state;
	detach->forced = release->requested && release->forced;
	switch (release->verdict) {
	case ENI_RELEASE_FREE:
		detach->verdict = ENI_DETACH_DONE;
		break;
	case ENI_RELEASE_OUTDATED:
		restart_from_newer_read(detach);
		break;
	case ENI_RELEASE_TAKEN:
		detach->verdict = ENI_DETACH_DONE;
		if (strcmp(detach->state.instance, detach->before.attachment.instance) != 0)
			break;
		error_set(&detach->error, OUTCOME_FAILED, EBUSY,
			"%s: the ENI was detached, but another program attached the ENI to %s again: find that program in CloudTrail",
			detach->goal->name, detach->state.instance);
		detach->verdict = ENI_DETACH_FAILED;
		break;
	case ENI_RELEASE_FAILED:
		eni_set_error_with_state(
			&detach->error, detach->goal->name, &release->error, &detach->state);
		detach->verdict = ENI_DETACH_FAILED;
		break;
	case ENI_RELEASE_PENDING:
		break;
	}
}

/* The detachment has two subflows: the search for the ENI, then its release. */
static struct flow get_subflow(struct eni_detach *detach)
{
	return detach->has_release_begun ? eni_release_flow(&detach->release)
					 : eni_find_flow(&detach->find);
}

static int detach_next(void *state, uint64_t now, uint32_t random, struct flow_batch *ret_batch)
{
	struct eni_detach *detach = state;
	struct flow_batch batch = {0};
	int err = 0;

	eni_start_next(&detach->start, now);
	while (!err && detach->verdict == ENI_DETACH_PENDING && !batch.count && !batch.wait) {
		const struct flow subflow = get_subflow(detach);
		err = subflow.next(subflow.state, now, random, &batch);
		if (err || batch.count || batch.wait)
			break;
		if (detach->has_release_begun)
			handle_release_end(detach);
		else
			err = handle_find_end(detach);
	}
	*ret_batch = batch;
	return err;
}

static int detach_handle_response(void *state, size_t tag, const struct flow_response *response)
{
	struct eni_detach *detach = state;
	const struct flow subflow = get_subflow(detach);

	eni_start_handle_response(&detach->start, response);
	return subflow.handle_response(subflow.state, tag, response);
}

struct flow eni_detach_flow(struct eni_detach *detach)
{
	return (struct flow){
		.next = detach_next, .handle_response = detach_handle_response, .state = detach};
}
