/* SPDX-License-Identifier: Apache-2.0 */
#include "failover/eni_move.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Each subflow has its own tags, and only one subflow at a time sends requests. */
#define TAG_INSTANCE ((size_t)-3)

/*
 * Few retries: the old instance may be shutting down, and the user needs the error of the failed
 * attachment.
 */
#define PUT_BACK_TRIES_MAX 8

const char *const eni_move_step_texts[] = {
	[ENI_MOVE_FINDS] = "finding the ENI",
	[ENI_MOVE_DETACHES] = "detaching",
	[ENI_MOVE_FORCES] = "detaching by force",
	[ENI_MOVE_ATTACHES] = "attaching",
	[ENI_MOVE_WAITS] = "waiting until the ENI is attached",
	[ENI_MOVE_PUTS_BACK] = "reattaching to the previous instance",
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

/* The state of the ENI. */

static const struct eni_place *get_place(const struct eni_move *flow)
{
	if (flow->phase == ENI_MOVE_PHASE_RELEASE)
		return &flow->release.place;
	if (flow->phase == ENI_MOVE_PHASE_ATTACH || flow->phase == ENI_MOVE_PHASE_PUT_BACK)
		return &flow->attach.place;
	return &flow->place;
}

/* Returns the reason why the move takes so long, as far as EC2 reported it. */
static const struct error *get_delay_reason(const struct eni_move *flow)
{
	static const struct error none;

	if (flow->phase == ENI_MOVE_PHASE_RELEASE)
		return &flow->release.delay_reason;
	if (flow->phase == ENI_MOVE_PHASE_ATTACH)
		return &flow->attach.delay_reason;
	return flow->phase == ENI_MOVE_PHASE_PUT_BACK ? &flow->reason : &none;
}

const char *eni_move_format_state(const struct eni_move *flow, char buffer[ENI_WHERE_SIZE])
{
	bool goes_back = flow->phase == ENI_MOVE_PHASE_PUT_BACK;

	if (flow->phase == ENI_MOVE_PHASE_FIND || flow->phase == ENI_MOVE_PHASE_PROBE) {
		snprintf(buffer, ENI_WHERE_SIZE, "nothing was changed");
		return buffer;
	}
	return eni_place_explain(get_place(flow),
		goes_back ? "; not yet reattached to the previous instance after: "
			  : "; last error: ",
		get_delay_reason(flow), buffer);
}

/* The end of the move. */

static void end_flow(struct eni_move *flow, enum eni_move_verdict verdict)
{
	flow->place = *get_place(flow);
	flow->phase = ENI_MOVE_PHASE_NONE;
	flow->verdict = verdict;
}

/* Fails before anything was changed. */
static void fail(struct eni_move *flow, const struct error *reason)
{
	eni_fail(&flow->error, flow->goal->name, reason, NULL);
	end_flow(flow, ENI_MOVE_FAILED);
}

/* Fails when something may have been changed. */
static void fail_changed(struct eni_move *flow, const struct error *reason)
{
	eni_place_fail(&flow->error, flow->goal->name, reason, get_place(flow));
	end_flow(flow, ENI_MOVE_FAILED);
}

static void fail_taken(struct eni_move *flow)
{
	const struct eni_place *place = get_place(flow);

	error_set(&flow->error, OUTCOME_FAILED, EBUSY,
		"%s: another program attached the ENI to %s during this move: repeat the move if the ENI belongs here",
		flow->goal->name, place->instance[0] ? place->instance : "a service");
	end_flow(flow, ENI_MOVE_FAILED);
}

/* The subflows, in their order. */

static const struct ec2_attachment *get_old_attachment(const struct eni_move *flow)
{
	const struct ec2_attachment *attachment = &flow->before.attachment;

	return attachment->id[0] ? attachment : NULL;
}

static struct eni_attach_goal make_attach_goal(struct eni_move *flow)
{
	return (struct eni_attach_goal){.eni = flow->before.id,
		.instance = flow->goal->instance,
		.began_at = flow->start.at,
		.old_attachment = get_old_attachment(flow),
		.slots = &flow->slots};
}

static void start_attach(struct eni_move *flow)
{
	const struct eni_attach_goal goal = make_attach_goal(flow);

	eni_attach_init(&flow->attach, &goal);
	flow->phase = ENI_MOVE_PHASE_ATTACH;
}

/* The ENI is already being attached to this instance, by our request or another one. */
static void start_waiting(struct eni_move *flow, const struct ec2_attachment *attachment)
{
	struct eni_attach_goal goal = make_attach_goal(flow);

	if (attachment == goal.old_attachment)
		goal.old_attachment = NULL;
	eni_attach_init_waiting(&flow->attach, &goal, attachment);
	flow->phase = ENI_MOVE_PHASE_ATTACH;
}

static void start_release(struct eni_move *flow)
{
	const struct eni_release_goal goal = {.eni = &flow->before,
		.began_at = flow->start.at,
		.force = flow->goal->force,
		.force_after = flow->goal->force_after};

	eni_release_init(&flow->release, &goal);
	flow->phase = ENI_MOVE_PHASE_RELEASE;
}

static void start_put_back(struct eni_move *flow)
{
	struct eni_attach_goal goal = make_attach_goal(flow);

	flow->reason = flow->attach.error;
	goal.instance = flow->before.attachment.instance;
	goal.slots = &flow->old_slot;
	goal.tries_max = PUT_BACK_TRIES_MAX;
	eni_slots_init_only(&flow->old_slot, &flow->before.attachment);
	eni_attach_done(&flow->attach);
	eni_attach_init(&flow->attach, &goal);
	flow->phase = ENI_MOVE_PHASE_PUT_BACK;
}

static bool is_here(const struct eni_move *flow)
{
	return strcmp(flow->before.attachment.instance, flow->goal->instance) == 0;
}

/* If IAM is known to deny the attachment, the ENI is not detached from its holder. */
static void start_changes(struct eni_move *flow)
{
	if (flow->probe.denied.outcome != OUTCOME_DONE)
		fail(flow, &flow->probe.denied);
	else if (!get_old_attachment(flow))
		start_attach(flow);
	else if (!flow->probe.is_sent)
		flow->phase = ENI_MOVE_PHASE_PROBE;
	else
		start_release(flow);
}

/* Decides by flow->before, the ENI as read. */
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
		end_flow(flow, ENI_MOVE_IN_PLACE);
		return ec2_eni_copy(&flow->before, &flow->eni);
	}
	if (eni_check_detachable(&flow->before, &error) ||
		eni_check_reach(&flow->before, goal->instance, goal->vpc, goal->zone, &error))
		fail(flow, &error);
	else if (is_here(flow) && flow->place.kind == ENI_PLACE_ATTACHING)
		start_waiting(flow, &flow->before.attachment);
	else
		start_changes(flow);
	return 0;
}

static int handle_find_end(struct eni_move *flow)
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

/* The first read was old: decides again by the newer state of the ENI. */
static int decide_again(struct eni_move *flow, struct ec2_eni *seen)
{
	ec2_eni_done(&flow->before);
	flow->before = *seen;
	*seen = (struct ec2_eni){0};
	return decide(flow);
}

static int handle_release_end(struct eni_move *flow)
{
	struct eni_release *release = &flow->release;

	flow->forced = release->requested && release->forced;
	switch (release->verdict) {
	case ENI_RELEASE_FREE:
		start_attach(flow);
		break;
	case ENI_RELEASE_TAKEN:
		if (strcmp(release->place.instance, flow->goal->instance) == 0)
			start_waiting(flow, &release->seen.attachment);
		else
			fail_taken(flow);
		break;
	case ENI_RELEASE_OUTDATED:
		return decide_again(flow, &release->seen);
	case ENI_RELEASE_FAILED:
		fail_changed(flow, &release->error);
		break;
	case ENI_RELEASE_PENDING:
		break;
	}
	return 0;
}

static int handle_attach_end(struct eni_move *flow)
{
	struct eni_attach *attach = &flow->attach;

	switch (attach->verdict) {
	case ENI_ATTACH_DONE:
		flow->eni = attach->eni;
		attach->eni = (struct ec2_eni){0};
		end_flow(flow, attach->requested || flow->release.requested ? ENI_MOVE_DONE
									    : ENI_MOVE_IN_PLACE);
		break;
	case ENI_ATTACH_TAKEN:
		fail_taken(flow);
		break;
	case ENI_ATTACH_OUTDATED:
		return decide_again(flow, &attach->eni);
	case ENI_ATTACH_REFUSED:
		if (flow->release.requested && !is_here(flow))
			start_put_back(flow);
		else
			fail_changed(flow, &attach->error);
		break;
	case ENI_ATTACH_FAILED:
		fail_changed(flow, &attach->error);
		break;
	case ENI_ATTACH_PENDING:
		break;
	}
	return 0;
}

static void fail_to_put_back(struct eni_move *flow)
{
	const struct error *second = &flow->attach.error;
	bool is_same = strcmp(second->text, flow->reason.text) == 0;
	char place[ENI_PLACE_TEXT_SIZE], tail[sizeof(second->text)];

	eni_place_format(get_place(flow), place);
	snprintf(tail, sizeof(tail), "reattaching to %s failed%s%.200s; %s",
		flow->attach.goal.instance, is_same ? " too" : ": ", is_same ? "" : second->text,
		place);
	eni_fail(&flow->error, flow->goal->name, &flow->reason, tail);
	end_flow(flow, ENI_MOVE_FAILED);
}

static void handle_put_back_end(struct eni_move *flow)
{
	char tail[ENI_PLACE_TEXT_SIZE];

	switch (flow->attach.verdict) {
	case ENI_ATTACH_DONE:
		snprintf(tail, sizeof(tail), "reattached to %s", flow->attach.goal.instance);
		eni_fail(&flow->error, flow->goal->name, &flow->reason, tail);
		end_flow(flow, ENI_MOVE_FAILED);
		break;
	case ENI_ATTACH_TAKEN:
	case ENI_ATTACH_OUTDATED:
		fail_changed(flow, &flow->reason);
		break;
	case ENI_ATTACH_REFUSED:
	case ENI_ATTACH_FAILED:
		fail_to_put_back(flow);
		break;
	case ENI_ATTACH_PENDING:
		break;
	}
}

/* Handles the end of the current subflow and starts the next one. */
static int advance(struct eni_move *flow)
{
	switch (flow->phase) {
	case ENI_MOVE_PHASE_FIND:
		return handle_find_end(flow);
	case ENI_MOVE_PHASE_PROBE:
		start_changes(flow);
		break;
	case ENI_MOVE_PHASE_RELEASE:
		return handle_release_end(flow);
	case ENI_MOVE_PHASE_ATTACH:
		return handle_attach_end(flow);
	case ENI_MOVE_PHASE_PUT_BACK:
		handle_put_back_end(flow);
		break;
	case ENI_MOVE_PHASE_NONE:
		break;
	}
	return 0;
}

/* The interface to the driver. */

static struct flow get_subflow(struct eni_move *flow)
{
	if (flow->phase == ENI_MOVE_PHASE_FIND)
		return eni_find_flow(&flow->find);
	if (flow->phase == ENI_MOVE_PHASE_RELEASE)
		return eni_release_flow(&flow->release);
	return eni_attach_flow(&flow->attach);
}

static enum eni_move_step get_step(const struct eni_move *flow)
{
	switch (flow->phase) {
	case ENI_MOVE_PHASE_FIND:
	case ENI_MOVE_PHASE_PROBE:
		return ENI_MOVE_FINDS;
	case ENI_MOVE_PHASE_RELEASE:
		return flow->release.forced ? ENI_MOVE_FORCES : ENI_MOVE_DETACHES;
	case ENI_MOVE_PHASE_ATTACH:
		return flow->attach.accepted ? ENI_MOVE_WAITS : ENI_MOVE_ATTACHES;
	case ENI_MOVE_PHASE_PUT_BACK:
		return ENI_MOVE_PUTS_BACK;
	case ENI_MOVE_PHASE_NONE:
		break;
	}
	return ENI_MOVE_ENDS;
}

static void update_progress(struct eni_move *flow, uint64_t now)
{
	enum eni_move_step step = get_step(flow);

	if (flow->begun && flow->progress.step == step)
		return;
	flow->progress.step = step;
	flow->progress.since = now;
}

/* Reads this instance, whose ENIs show which device indexes are free. Sent with the first read. */
static int add_instance_call(const struct eni_move *flow, struct flow_batch *batch)
{
	const struct flow_call call = {.action = EC2_DESCRIBE_INSTANCES,
		.parameters = {.instances = flow->instances},
		.tag = TAG_INSTANCE};

	return flow_batch_add(batch, &call);
}

static int subflow_next(
	struct eni_move *flow, uint64_t now, uint32_t random, struct flow_batch *ret_batch)
{
	const struct flow subflow = get_subflow(flow);

	if (flow->phase != ENI_MOVE_PHASE_PROBE)
		return subflow.next(subflow.state, now, random, ret_batch);
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
	while (!err && flow->phase != ENI_MOVE_PHASE_NONE && !batch.count && !batch.wait) {
		err = subflow_next(flow, now, random, &batch);
		if (!err && !batch.count && !batch.wait)
			err = advance(flow);
	}
	update_progress(flow, now);
	if (!err && !flow->begun)
		err = add_instance_call(flow, &batch);
	/* If the ENI is given by its address, its id is known only after the first read. */
	if (!err && !flow->begun && flow->goal->eni)
		err = eni_attach_probe_add(
			&flow->probe, flow->goal->eni, flow->goal->instance, &batch);
	flow->begun = true;
	*ret_batch = batch;
	return err;
}

/*
 * An error is ignored, since this read only makes the move faster: without it, EC2 refuses used
 * device indexes one by one.
 */
static void handle_instance(struct eni_move *flow, const struct flow_response *response)
{
	const struct ec2_instance_list *found = &response->response.reply.instances;

	if (!response->err && !response->response.is_fault && found->count)
		eni_slots_add_instance(&flow->slots, &found->items[0]);
}

static int move_handle_response(void *state, size_t tag, const struct flow_response *response)
{
	struct eni_move *flow = state;

	eni_start_handle_response(&flow->start, response);
	if (tag == TAG_INSTANCE) {
		handle_instance(flow, response);
		return 0;
	}
	if (tag == ENI_PROBE_TAG) {
		eni_attach_probe_handle_response(&flow->probe,
			flow->goal->eni ? flow->goal->eni : flow->before.id, response);
		return 0;
	}
	const struct flow subflow = get_subflow(flow);
	return subflow.handle_response(subflow.state, tag, response);
}

struct flow eni_move_flow(struct eni_move *flow)
{
	return (struct flow){
		.next = move_next, .handle_response = move_handle_response, .state = flow};
}
