/* SPDX-License-Identifier: Apache-2.0 */
#include "failover/eni_detach.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

void eni_detach_init(struct eni_detach *flow, const struct eni_detach_goal *goal)
{
	*flow = (struct eni_detach){.goal = goal};
	flow->filter = eni_filter_one(goal->eni, &goal->address, goal->vpc);
	eni_find_init(&flow->find, &flow->filter);
}

void eni_detach_done(struct eni_detach *flow)
{
	eni_find_done(&flow->find);
	eni_release_done(&flow->release);
	ec2_eni_done(&flow->before);
	*flow = (struct eni_detach){0};
}

const char *eni_detach_format_state(const struct eni_detach *flow, char buffer[ENI_WHERE_SIZE])
{
	if (!flow->releases) {
		snprintf(buffer, ENI_WHERE_SIZE, "nothing was changed");
		return buffer;
	}
	return eni_place_explain(
		&flow->release.place, "; last error: ", &flow->release.delay_reason, buffer);
}

/* Fails before anything was changed. */
static void fail(struct eni_detach *flow, const struct error *reason)
{
	eni_fail(&flow->error, flow->goal->name, reason, NULL);
	flow->verdict = ENI_DETACH_FAILED;
}

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

/* Decides by flow->before, the ENI as read. */
static void decide(struct eni_detach *flow)
{
	struct error error = {0};
	struct eni_release_goal goal = {.eni = &flow->before,
		.began_at = flow->start.at,
		.force = flow->goal->force,
		.force_after = flow->goal->force_after};

	flow->place = eni_place_of(&flow->before);
	if (!flow->before.attachment.id[0]) {
		flow->verdict = ENI_DETACH_IN_PLACE;
	} else if (eni_check_detachable(&flow->before, &error) ||
		   check_instance(flow->goal, &flow->before, &error)) {
		fail(flow, &error);
	} else {
		flow->releases = true;
		eni_release_init(&flow->release, &goal);
	}
}

static int end_find(struct eni_detach *flow)
{
	struct error error = {0};
	const struct ec2_eni *found = eni_find_one(&flow->find, &error);
	int err = found ? ec2_eni_copy(found, &flow->before) : 0;

	if (err)
		return err;
	if (found)
		decide(flow);
	else
		fail(flow, &error);
	return 0;
}

/*
 * The first read was old: decides again by the newer state of the ENI. If another instance has it
 * now and the goal names an instance, there is nothing more to detach.
 */
static void decide_again(struct eni_detach *flow)
{
	struct ec2_eni *seen = &flow->release.seen;

	if (flow->goal->instance && strcmp(seen->attachment.instance, flow->goal->instance) != 0) {
		flow->verdict = ENI_DETACH_DONE;
		return;
	}
	ec2_eni_done(&flow->before);
	flow->before = *seen;
	*seen = (struct ec2_eni){0};
	decide(flow);
}

static void end_release(struct eni_detach *flow)
{
	const struct eni_release *release = &flow->release;

	flow->place = release->place;
	flow->forced = release->requested && release->forced;
	switch (release->verdict) {
	case ENI_RELEASE_FREE:
		flow->verdict = ENI_DETACH_DONE;
		break;
	case ENI_RELEASE_OUTDATED:
		decide_again(flow);
		break;
	case ENI_RELEASE_TAKEN:
		flow->verdict = ENI_DETACH_DONE;
		if (strcmp(flow->place.instance, flow->before.attachment.instance) != 0)
			break;
		error_set(&flow->error, OUTCOME_FAILED, EBUSY,
			"%s: the ENI was detached, but another program attached the ENI to %s again: find that program in CloudTrail",
			flow->goal->name, flow->place.instance);
		flow->verdict = ENI_DETACH_FAILED;
		break;
	case ENI_RELEASE_FAILED:
		eni_place_fail(&flow->error, flow->goal->name, &release->error, &flow->place);
		flow->verdict = ENI_DETACH_FAILED;
		break;
	case ENI_RELEASE_PENDING:
		break;
	}
}

static struct flow get_subflow(struct eni_detach *flow)
{
	return flow->releases ? eni_release_flow(&flow->release) : eni_find_flow(&flow->find);
}

static int detach_next(void *state, uint64_t now, uint32_t random, struct flow_batch *ret_batch)
{
	struct eni_detach *flow = state;
	struct flow_batch batch = {0};
	int err = 0;

	eni_start_next(&flow->start, now);
	while (!err && flow->verdict == ENI_DETACH_PENDING && !batch.count && !batch.wait) {
		const struct flow subflow = get_subflow(flow);
		err = subflow.next(subflow.state, now, random, &batch);
		if (err || batch.count || batch.wait)
			break;
		if (flow->releases)
			end_release(flow);
		else
			err = end_find(flow);
	}
	*ret_batch = batch;
	return err;
}

static int detach_handle_response(void *state, size_t tag, const struct flow_response *response)
{
	struct eni_detach *flow = state;
	const struct flow subflow = get_subflow(flow);

	eni_start_handle_response(&flow->start, response);
	return subflow.handle_response(subflow.state, tag, response);
}

struct flow eni_detach_flow(struct eni_detach *flow)
{
	return (struct flow){
		.next = detach_next, .handle_response = detach_handle_response, .state = flow};
}
