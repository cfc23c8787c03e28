/* SPDX-License-Identifier: Apache-2.0 */
#include "failover/eni_move.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The parts have tags of their own, and one of them at a time has calls. */
#define TAG_INSTANCE ((size_t)-3)

/* The old instance may be on its way down; the new error is more urgent. */
#define PUT_BACK_TRIES_MAX 8

const char *const eni_move_step_words[] = {
	[ENI_MOVE_FINDS] = "looking for it",
	[ENI_MOVE_DETACHES] = "detaching it",
	[ENI_MOVE_FORCES] = "detaching it by force",
	[ENI_MOVE_ATTACHES] = "attaching it",
	[ENI_MOVE_WAITS] = "waiting until it is attached",
	[ENI_MOVE_PUTS_BACK] = "putting it back",
	[ENI_MOVE_ENDS] = "done",
};

void eni_move_init(struct eni_move *flow, const struct eni_move_goal *goal)
{
	*flow = (struct eni_move){.goal = goal, .instances = {goal->instance}};
	flow->filter = eni_filter_one(goal->eni, &goal->address, goal->vpc);
	eni_slots_init(&flow->slots);
	eni_find_init(&flow->find, &flow->filter);
}

void eni_move_done(struct eni_move *flow)
{
	eni_find_done(&flow->find);
	eni_release_done(&flow->release);
	eni_attach_done(&flow->attach);
	ec2_eni_done(&flow->before);
	ec2_eni_done(&flow->eni);
	*flow = (struct eni_move){0};
}

/* Where the ENI is. */

static const struct eni_place *place_of(const struct eni_move *flow)
{
	switch (flow->part) {
	case ENI_MOVE_PART_RELEASE:
		return &flow->release.place;
	case ENI_MOVE_PART_ATTACH:
	case ENI_MOVE_PART_PUT_BACK:
		return &flow->attach.place;
	case ENI_MOVE_PART_FIND:
	case ENI_MOVE_PART_TRIAL:
	case ENI_MOVE_PART_NONE:
		break;
	}
	return &flow->place;
}

/* Why it takes so long, as far as EC2 said. */
static const struct error *held_of(const struct eni_move *flow)
{
	static const struct error none;

	switch (flow->part) {
	case ENI_MOVE_PART_RELEASE:
		return &flow->release.held;
	case ENI_MOVE_PART_ATTACH:
		return &flow->attach.held;
	case ENI_MOVE_PART_PUT_BACK:
		return &flow->reason;
	case ENI_MOVE_PART_FIND:
	case ENI_MOVE_PART_TRIAL:
	case ENI_MOVE_PART_NONE:
		break;
	}
	return &none;
}

const char *eni_move_where(const struct eni_move *flow, char buffer[ENI_WHERE_SIZE])
{
	bool goes_back = flow->part == ENI_MOVE_PART_PUT_BACK;

	if (flow->part == ENI_MOVE_PART_FIND || flow->part == ENI_MOVE_PART_TRIAL) {
		snprintf(buffer, ENI_WHERE_SIZE, "nothing was changed");
		return buffer;
	}
	return eni_place_explain(place_of(flow),
		goes_back ? ", and was to be put back: " : "; last: ", held_of(flow), buffer);
}

/* How it ends. */

static void end(struct eni_move *flow, enum eni_move_verdict verdict)
{
	flow->place = *place_of(flow);
	flow->part = ENI_MOVE_PART_NONE;
	flow->verdict = verdict;
}

/* Nothing was changed. */
static void fail(struct eni_move *flow, const struct error *reason)
{
	eni_fail(&flow->error, flow->goal->name, reason, NULL);
	end(flow, ENI_MOVE_FAILED);
}

/* Something may have been. */
static void fail_midway(struct eni_move *flow, const struct error *reason)
{
	eni_place_fail(&flow->error, flow->goal->name, reason, place_of(flow));
	end(flow, ENI_MOVE_FAILED);
}

static void fail_taken(struct eni_move *flow)
{
	const struct eni_place *place = place_of(flow);

	error_set(&flow->error, OUTCOME_FAILED, EBUSY,
		"%s: %s has taken it meanwhile, and keeps it: move it again if it is wanted here",
		flow->goal->name, place->instance[0] ? place->instance : "a service");
	end(flow, ENI_MOVE_FAILED);
}

/* The parts, one after the other. */

static const struct ec2_attachment *attachment_before(const struct eni_move *flow)
{
	const struct ec2_attachment *attachment = &flow->before.attachment;

	return attachment->id[0] ? attachment : NULL;
}

static struct eni_attach_goal attach_goal(struct eni_move *flow)
{
	return (struct eni_attach_goal){.eni = flow->before.id,
		.instance = flow->goal->instance,
		.began_at = flow->start.at,
		.left = attachment_before(flow),
		.slots = &flow->slots};
}

static void begin_attaching(struct eni_move *flow)
{
	const struct eni_attach_goal goal = attach_goal(flow);

	eni_attach_init(&flow->attach, &goal);
	flow->part = ENI_MOVE_PART_ATTACH;
}

/* It is on its way here, on whoever's word. */
static void begin_waiting(struct eni_move *flow, const struct ec2_attachment *attachment)
{
	struct eni_attach_goal goal = attach_goal(flow);

	if (attachment == goal.left)
		goal.left = NULL;
	eni_attach_init_waiting(&flow->attach, &goal, attachment);
	flow->part = ENI_MOVE_PART_ATTACH;
}

static void begin_releasing(struct eni_move *flow)
{
	const struct eni_release_goal goal = {.eni = &flow->before,
		.began_at = flow->start.at,
		.force = flow->goal->force,
		.force_after = flow->goal->force_after};

	eni_release_init(&flow->release, &goal);
	flow->part = ENI_MOVE_PART_RELEASE;
}

static void begin_putting_back(struct eni_move *flow)
{
	struct eni_attach_goal goal = attach_goal(flow);

	flow->reason = flow->attach.error;
	goal.instance = flow->before.attachment.instance;
	goal.slots = &flow->old_slot;
	goal.tries_max = PUT_BACK_TRIES_MAX;
	eni_slots_init_only(&flow->old_slot, &flow->before.attachment);
	eni_attach_done(&flow->attach);
	eni_attach_init(&flow->attach, &goal);
	flow->part = ENI_MOVE_PART_PUT_BACK;
}

static bool is_here(const struct eni_move *flow)
{
	return strcmp(flow->before.attachment.instance, flow->goal->instance) == 0;
}

/* What is known to be denied here is not detached there. */
static void begin_changing(struct eni_move *flow)
{
	if (flow->probe.denied.outcome != OUTCOME_DONE)
		fail(flow, &flow->probe.denied);
	else if (!attachment_before(flow))
		begin_attaching(flow);
	else if (!flow->probe.is_sent)
		flow->part = ENI_MOVE_PART_TRIAL;
	else
		begin_releasing(flow);
}

/* By what is known of it: flow->before. */
static int decide(struct eni_move *flow)
{
	const struct eni_move_goal *goal = flow->goal;
	struct error error = {0};

	flow->place = eni_place_of(&flow->before);
	if (is_here(flow) && goal->is_secondary && eni_check_detachable(&flow->before, &error)) {
		fail(flow, &error);
		return 0;
	}
	if (is_here(flow) && flow->place.kind == ENI_PLACE_ATTACHED) {
		end(flow, ENI_MOVE_IN_PLACE);
		return ec2_eni_copy(&flow->before, &flow->eni);
	}
	if (eni_check_detachable(&flow->before, &error) ||
		eni_check_reach(&flow->before, goal->instance, goal->vpc, goal->zone, &error))
		fail(flow, &error);
	else if (is_here(flow) && flow->place.kind == ENI_PLACE_ATTACHING)
		begin_waiting(flow, &flow->before.attachment);
	else
		begin_changing(flow);
	return 0;
}

static int after_find(struct eni_move *flow)
{
	struct error error = {0};
	const struct ec2_eni *found = eni_find_one(&flow->find, &error);
	int err = found ? ec2_eni_copy(found, &flow->before) : 0;

	if (err)
		return err;
	if (found)
		return decide(flow);
	fail(flow, &error);
	return 0;
}

/* What was found was old: this is what was there. */
static int decide_anew(struct eni_move *flow, struct ec2_eni *seen)
{
	ec2_eni_done(&flow->before);
	flow->before = *seen;
	*seen = (struct ec2_eni){0};
	return decide(flow);
}

static int after_release(struct eni_move *flow)
{
	struct eni_release *release = &flow->release;

	flow->forced = release->asked && release->forced;
	switch (release->verdict) {
	case ENI_RELEASE_FREE:
		begin_attaching(flow);
		break;
	case ENI_RELEASE_TAKEN:
		if (strcmp(release->place.instance, flow->goal->instance) == 0)
			begin_waiting(flow, &release->seen.attachment);
		else
			fail_taken(flow);
		break;
	case ENI_RELEASE_OUTDATED:
		return decide_anew(flow, &release->seen);
	case ENI_RELEASE_FAILED:
		fail_midway(flow, &release->error);
		break;
	case ENI_RELEASE_OPEN:
		break;
	}
	return 0;
}

static int after_attach(struct eni_move *flow)
{
	struct eni_attach *attach = &flow->attach;

	switch (attach->verdict) {
	case ENI_ATTACH_DONE:
		flow->eni = attach->eni;
		attach->eni = (struct ec2_eni){0};
		end(flow, attach->asked || flow->release.asked ? ENI_MOVE_DONE : ENI_MOVE_IN_PLACE);
		break;
	case ENI_ATTACH_TAKEN:
		fail_taken(flow);
		break;
	case ENI_ATTACH_OUTDATED:
		return decide_anew(flow, &attach->eni);
	case ENI_ATTACH_REFUSED:
		if (flow->release.asked && !is_here(flow))
			begin_putting_back(flow);
		else
			fail_midway(flow, &attach->error);
		break;
	case ENI_ATTACH_FAILED:
		fail_midway(flow, &attach->error);
		break;
	case ENI_ATTACH_OPEN:
		break;
	}
	return 0;
}

static void fail_to_put_back(struct eni_move *flow)
{
	const struct error *second = &flow->attach.error;
	bool is_same = strcmp(second->text, flow->reason.text) == 0;
	char place[ENI_PLACE_TEXT_SIZE], tail[sizeof(second->text)];

	eni_place_format(place_of(flow), place);
	snprintf(tail, sizeof(tail), "it cannot be put back to %s%s%.200s; %s",
		flow->attach.goal.instance, is_same ? " either" : ": ", is_same ? "" : second->text,
		place);
	eni_fail(&flow->error, flow->goal->name, &flow->reason, tail);
	end(flow, ENI_MOVE_FAILED);
}

static void after_putting_back(struct eni_move *flow)
{
	char tail[ENI_PLACE_TEXT_SIZE];

	switch (flow->attach.verdict) {
	case ENI_ATTACH_DONE:
		snprintf(tail, sizeof(tail), "it was put back to %s", flow->attach.goal.instance);
		eni_fail(&flow->error, flow->goal->name, &flow->reason, tail);
		end(flow, ENI_MOVE_FAILED);
		break;
	case ENI_ATTACH_TAKEN:
	case ENI_ATTACH_OUTDATED:
		fail_midway(flow, &flow->reason);
		break;
	case ENI_ATTACH_REFUSED:
	case ENI_ATTACH_FAILED:
		fail_to_put_back(flow);
		break;
	case ENI_ATTACH_OPEN:
		break;
	}
}

/* What comes after the part that has ended. */
static int advance(struct eni_move *flow)
{
	switch (flow->part) {
	case ENI_MOVE_PART_FIND:
		return after_find(flow);
	case ENI_MOVE_PART_TRIAL:
		begin_changing(flow);
		break;
	case ENI_MOVE_PART_RELEASE:
		return after_release(flow);
	case ENI_MOVE_PART_ATTACH:
		return after_attach(flow);
	case ENI_MOVE_PART_PUT_BACK:
		after_putting_back(flow);
		break;
	case ENI_MOVE_PART_NONE:
		break;
	}
	return 0;
}

/* The driver's side. */

static struct flow part_of(struct eni_move *flow)
{
	switch (flow->part) {
	case ENI_MOVE_PART_FIND:
		return eni_find_flow(&flow->find);
	case ENI_MOVE_PART_RELEASE:
		return eni_release_flow(&flow->release);
	case ENI_MOVE_PART_TRIAL:
	case ENI_MOVE_PART_ATTACH:
	case ENI_MOVE_PART_PUT_BACK:
	case ENI_MOVE_PART_NONE:
		break;
	}
	return eni_attach_flow(&flow->attach);
}

static enum eni_move_step step_of(const struct eni_move *flow)
{
	switch (flow->part) {
	case ENI_MOVE_PART_FIND:
	case ENI_MOVE_PART_TRIAL:
		return ENI_MOVE_FINDS;
	case ENI_MOVE_PART_RELEASE:
		return flow->release.forced ? ENI_MOVE_FORCES : ENI_MOVE_DETACHES;
	case ENI_MOVE_PART_ATTACH:
		return flow->attach.accepted ? ENI_MOVE_WAITS : ENI_MOVE_ATTACHES;
	case ENI_MOVE_PART_PUT_BACK:
		return ENI_MOVE_PUTS_BACK;
	case ENI_MOVE_PART_NONE:
		break;
	}
	return ENI_MOVE_ENDS;
}

static void note_progress(struct eni_move *flow, uint64_t now)
{
	enum eni_move_step step = step_of(flow);

	if (flow->begun && flow->progress.step == step)
		return;
	flow->progress.step = step;
	flow->progress.since = now;
}

/* This instance's ENIs tell which device index is free. They go out with the first look. */
static int ask_for_instance(const struct eni_move *flow, struct flow_batch *batch)
{
	const struct flow_call call = {.action = EC2_DESCRIBE_INSTANCES,
		.parameters = {.instances = flow->instances},
		.tag = TAG_INSTANCE};

	return flow_batch_add(batch, &call);
}

static int part_next(
	struct eni_move *flow, uint64_t now, uint32_t random, struct flow_batch *ret_batch)
{
	const struct flow part = part_of(flow);

	if (flow->part != ENI_MOVE_PART_TRIAL)
		return part.next(part.state, now, random, ret_batch);
	if (flow->probe.is_sent)
		return 0;
	return eni_attach_probe_add(&flow->probe, flow->before.id, flow->goal->instance, ret_batch);
}

static int move_next(void *state, uint64_t now, uint32_t random, struct flow_batch *ret_batch)
{
	struct eni_move *flow = state;
	struct flow_batch batch = {0};
	int err = 0;

	eni_start_next(&flow->start, now);
	*ret_batch = (struct flow_batch){0};
	while (!err && flow->part != ENI_MOVE_PART_NONE && !batch.count && !batch.wait) {
		err = part_next(flow, now, random, &batch);
		if (!err && !batch.count && !batch.wait)
			err = advance(flow);
	}
	note_progress(flow, now);
	if (!err && !flow->begun)
		err = ask_for_instance(flow, &batch);
	/* By address, the id is known one round trip later. */
	if (!err && !flow->begun && flow->goal->eni)
		err = eni_attach_probe_add(
			&flow->probe, flow->goal->eni, flow->goal->instance, &batch);
	flow->begun = true;
	*ret_batch = batch;
	return err;
}

/*
 * Without it EC2 has to tell which indexes are taken, one by one; so nobody is kept from a move by
 * what only makes it quicker.
 */
static void take_instance(struct eni_move *flow, const struct flow_response *response)
{
	const struct ec2_instance_list *found = &response->response.reply.instances;

	if (!response->err && !response->response.is_fault && found->count)
		eni_slots_use(&flow->slots, &found->items[0]);
}

static int move_take(void *state, size_t tag, const struct flow_response *response)
{
	struct eni_move *flow = state;

	eni_start_take(&flow->start, response);
	if (tag == TAG_INSTANCE) {
		take_instance(flow, response);
		return 0;
	}
	if (tag == ENI_TRIAL_TAG) {
		eni_attach_probe_take(&flow->probe,
			flow->goal->eni ? flow->goal->eni : flow->before.id, response);
		return 0;
	}
	const struct flow part = part_of(flow);
	return part.take(part.state, tag, response);
}

struct flow eni_move_flow(struct eni_move *flow)
{
	return (struct flow){.next = move_next, .take = move_take, .state = flow};
}
