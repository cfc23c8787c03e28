/* SPDX-License-Identifier: Apache-2.0 */
#include "failover/eni_move.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* No subflow uses this tag. Tags of subflows may be equal: only one subflow at a time runs. */
#define TAG_INSTANCE ((size_t)-3)

/* Few requests: the old instance may be shutting down, and the user waits for the error. */
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

void eni_move_init(struct eni_move *move, const struct eni_move_goal *goal)
{
	*move = (struct eni_move){.goal = goal, .instances = {goal->instance}};
	move->filter = eni_filter_make(goal->eni, &goal->address, goal->vpc);
	eni_slots_init(&move->slots);
	eni_find_init(&move->find, &move->filter);
}

void eni_move_done(struct eni_move *move)
{
	eni_find_done(&move->find);
	eni_release_done(&move->release);
	eni_attach_done(&move->attach);
	ec2_eni_done(&move->before);
	ec2_eni_done(&move->eni);
	*move = (struct eni_move){0};
}

/* The state of the ENI. */

/* Returns the ENI's latest state: that of the running subflow, or of those that have ended. */
static const struct eni_state *get_state(const struct eni_move *move)
{
	if (move->phase == ENI_MOVE_PHASE_RELEASE)
		return &move->release.state;
	if (move->phase == ENI_MOVE_PHASE_ATTACH || move->phase == ENI_MOVE_PHASE_PUT_BACK)
		return &move->attach.state;
	return &move->state;
}

/* Returns the reason why the move takes so long, as far as EC2 reported it. */
static const struct error *get_delay_reason(const struct eni_move *move)
{
	static const struct error none;

	if (move->phase == ENI_MOVE_PHASE_RELEASE)
		return &move->release.delay_reason;
	if (move->phase == ENI_MOVE_PHASE_ATTACH)
		return &move->attach.delay_reason;
	return move->phase == ENI_MOVE_PHASE_PUT_BACK ? &move->put_back_reason : &none;
}

const char *eni_move_format_state(const struct eni_move *move, char buffer[ENI_STATE_SIZE])
{
	bool is_put_back = move->phase == ENI_MOVE_PHASE_PUT_BACK;

	if (move->phase == ENI_MOVE_PHASE_FIND || move->phase == ENI_MOVE_PHASE_PROBE) {
		snprintf(buffer, ENI_STATE_SIZE, "nothing was changed");
		return buffer;
	}
	return eni_state_explain(get_state(move),
		is_put_back ? "; not yet reattached to the previous instance after: "
			    : "; last error: ",
		get_delay_reason(move), buffer);
}

/* The end of the move. */

/* Saves the state before the phase changes, since get_state() depends on the phase. */
static void end_flow(struct eni_move *move, enum eni_move_verdict verdict)
{
	move->state = *get_state(move);
	move->phase = ENI_MOVE_PHASE_NONE;
	move->verdict = verdict;
}

/* Fails before anything was changed. */
static void fail(struct eni_move *move, const struct error *reason)
{
	eni_set_error(&move->error, move->goal->name, reason, NULL);
	end_flow(move, ENI_MOVE_FAILED);
}

/* Fails when something may have been changed. */
static void fail_changed(struct eni_move *move, const struct error *reason)
{
	eni_set_error_with_state(&move->error, move->goal->name, reason, get_state(move));
	end_flow(move, ENI_MOVE_FAILED);
}

/* Another program has attached the ENI meanwhile. Without an instance id, a service has the ENI. */
static void fail_taken(struct eni_move *move)
{
	const struct eni_state *state = get_state(move);

	error_set(&move->error, OUTCOME_FAILED, EBUSY,
		"%s: another program attached the ENI to %s during this move: repeat the move if the ENI belongs here",
		move->goal->name, state->instance[0] ? state->instance : "a service");
	end_flow(move, ENI_MOVE_FAILED);
}

/* The subflows, in their order. */

/* Returns the ENI's attachment at the start of the move; NULL: the ENI was not attached. */
static const struct ec2_attachment *get_old_attachment(const struct eni_move *move)
{
	const struct ec2_attachment *attachment = &move->before.attachment;

	return attachment->id[0] ? attachment : NULL;
}

static struct eni_attach_goal make_attach_goal(struct eni_move *move)
{
	return (struct eni_attach_goal){.eni = move->before.id,
		.instance = move->goal->instance,
		.first_read_date = move->start.earliest_date,
		.old_attachment = get_old_attachment(move),
		.slots = &move->slots};
}

static void start_attach(struct eni_move *move)
{
	const struct eni_attach_goal goal = make_attach_goal(move);

	eni_attach_init(&move->attach, &goal);
	move->phase = ENI_MOVE_PHASE_ATTACH;
}

/* The ENI is already being attached to this instance: by our request, or by another program. */
static void start_waiting_for_attachment(
	struct eni_move *move, const struct ec2_attachment *attachment)
{
	struct eni_attach_goal goal = make_attach_goal(move);

	if (attachment == goal.old_attachment) /* a read that shows it is not stale */
		goal.old_attachment = NULL;
	eni_attach_init_waiting(&move->attach, &goal, attachment);
	move->phase = ENI_MOVE_PHASE_ATTACH;
}

static void start_release(struct eni_move *move)
{
	const struct eni_release_goal goal = {.eni = &move->before,
		.first_read_date = move->start.earliest_date,
		.force = move->goal->force,
		.force_after = move->goal->force_after};

	eni_release_init(&move->release, &goal);
	move->phase = ENI_MOVE_PHASE_RELEASE;
}

/* After EC2 has refused the attachment here for good: reattaches to the old instance and slot. */
static void start_put_back(struct eni_move *move)
{
	struct eni_attach_goal goal = make_attach_goal(move);

	move->put_back_reason = move->attach.error;
	goal.instance = move->before.attachment.instance;
	goal.slots = &move->old_slot;
	goal.tries_max = PUT_BACK_TRIES_MAX;
	eni_slots_init_only(&move->old_slot, &move->before.attachment);
	eni_attach_done(&move->attach);
	eni_attach_init(&move->attach, &goal);
	move->phase = ENI_MOVE_PHASE_PUT_BACK;
}

static bool is_held_here(const struct eni_move *move)
{
	return strcmp(move->before.attachment.instance, move->goal->instance) == 0;
}

/* An attached ENI is detached only after a DryRun, and if IAM does not deny the attachment here. */
static void start_changes(struct eni_move *move)
{
	if (move->probe.denied.outcome != OUTCOME_DONE)
		fail(move, &move->probe.denied);
	else if (!get_old_attachment(move))
		start_attach(move);
	else if (!move->probe.is_sent)
		move->phase = ENI_MOVE_PHASE_PROBE;
	else
		start_release(move);
}

/* Starts the first change that move->before, the ENI as read, requires; or ends the flow. */
static int start_move(struct eni_move *move)
{
	const struct eni_move_goal *goal = move->goal;
	struct error error = {0};
	bool is_here = is_held_here(move);

	move->state = eni_state_of(&move->before);
	if (is_here && goal->is_secondary && eni_check_detachable(&move->before, &error)) {
		fail(move, &error);
		return 0;
	}
	if (is_here && move->state.kind == ENI_STATE_ATTACHED) {
		end_flow(move, ENI_MOVE_IN_PLACE);
		return ec2_eni_copy(&move->before, &move->eni);
	}
	if (eni_check_detachable(&move->before, &error) ||
		eni_check_vpc_and_zone(
			&move->before, goal->instance, goal->vpc, goal->zone, &error))
		fail(move, &error);
	else if (is_here && move->state.kind == ENI_STATE_ATTACHING)
		start_waiting_for_attachment(move, &move->before.attachment);
	else
		start_changes(move);
	return 0;
}

/* The search has ended: saves the ENI in move->before and starts the move. */
static int handle_find_end(struct eni_move *move)
{
	struct error error = {0};
	const struct ec2_eni *found = eni_find_one(&move->find, &error);
	int err = found ? ec2_eni_copy(found, &move->before) : 0;

	if (err)
		return err;
	if (found)
		return start_move(move);
	fail(move, &error);
	return 0;
}

/* The first read was stale: starts again with the newer state of the ENI, moved out of `seen`. */
static int restart_from_newer_read(struct eni_move *move, struct ec2_eni *seen)
{
	ec2_eni_done(&move->before);
	move->before = TAKE_STRUCT(*seen);
	return start_move(move);
}

/* The ENI is detached, or another program was faster: attaches the ENI, or ends the move. */
static int handle_release_end(struct eni_move *move)
{
	struct eni_release *release = &move->release;

	move->forced = release->requested && release->forced;
	switch (release->verdict) {
	case ENI_RELEASE_FREE:
		start_attach(move);
		break;
	case ENI_RELEASE_TAKEN:
		if (strcmp(release->state.instance, move->goal->instance) == 0)
			start_waiting_for_attachment(move, &release->seen.attachment);
		else
			fail_taken(move);
		break;
	case ENI_RELEASE_OUTDATED:
		return restart_from_newer_read(move, &release->seen);
	case ENI_RELEASE_FAILED:
		fail_changed(move, &release->error);
		break;
	case ENI_RELEASE_PENDING:
		break;
	}
	return 0;
}

static int handle_attach_end(struct eni_move *move)
{
	struct eni_attach *attach = &move->attach;

	switch (attach->verdict) {
	case ENI_ATTACH_DONE:
		move->eni = TAKE_STRUCT(attach->eni);
		end_flow(move, attach->requested || move->release.requested ? ENI_MOVE_DONE
									    : ENI_MOVE_IN_PLACE);
		break;
	case ENI_ATTACH_TAKEN:
		fail_taken(move);
		break;
	case ENI_ATTACH_OUTDATED:
		return restart_from_newer_read(move, &attach->eni);
	case ENI_ATTACH_REFUSED: /* the ENI is free: back to its old instance, if detached by us */
		if (move->release.requested && !is_held_here(move))
			start_put_back(move);
		else
			fail_changed(move, &attach->error);
		break;
	case ENI_ATTACH_FAILED:
		fail_changed(move, &attach->error);
		break;
	case ENI_ATTACH_PENDING:
		break;
	}
	return 0;
}

/* The error is why the ENI was not attached here, and then why it was not reattached either. */
static void fail_to_put_back(struct eni_move *move)
{
	const struct error *reattach_error = &move->attach.error;
	bool is_same = strcmp(reattach_error->text, move->put_back_reason.text) == 0;
	char state[ENI_STATE_TEXT_SIZE], tail[sizeof(reattach_error->text)];

	eni_state_format(get_state(move), state);
	snprintf(tail, sizeof(tail), "reattaching to %s failed%s%.200s; %s",
		move->attach.goal.instance, is_same ? " too" : ": ",
		is_same ? "" : reattach_error->text, state);
	eni_set_error(&move->error, move->goal->name, &move->put_back_reason, tail);
	end_flow(move, ENI_MOVE_FAILED);
}

/* The move has failed in any case; the error also says whether the old instance has the ENI. */
static void handle_put_back_end(struct eni_move *move)
{
	char tail[ENI_STATE_TEXT_SIZE];

	switch (move->attach.verdict) {
	case ENI_ATTACH_DONE:
		snprintf(tail, sizeof(tail), "reattached to %s", move->attach.goal.instance);
		eni_set_error(&move->error, move->goal->name, &move->put_back_reason, tail);
		end_flow(move, ENI_MOVE_FAILED);
		break;
	case ENI_ATTACH_TAKEN: /* another program attached the ENI: the state names the holder */
	case ENI_ATTACH_OUTDATED:
		fail_changed(move, &move->put_back_reason);
		break;
	case ENI_ATTACH_REFUSED:
	case ENI_ATTACH_FAILED:
		fail_to_put_back(move);
		break;
	case ENI_ATTACH_PENDING:
		break;
	}
}

/* The current subflow has ended: starts the next one, or ends the move. */
static int handle_subflow_end(struct eni_move *move)
{
	switch (move->phase) {
	case ENI_MOVE_PHASE_FIND:
		return handle_find_end(move);
	case ENI_MOVE_PHASE_PROBE:
		start_changes(move);
		break;
	case ENI_MOVE_PHASE_RELEASE:
		return handle_release_end(move);
	case ENI_MOVE_PHASE_ATTACH:
		return handle_attach_end(move);
	case ENI_MOVE_PHASE_PUT_BACK:
		handle_put_back_end(move);
		break;
	case ENI_MOVE_PHASE_NONE:
		break;
	}
	return 0;
}

/* The interface to the driver. */

static struct flow get_subflow(struct eni_move *move)
{
	if (move->phase == ENI_MOVE_PHASE_FIND)
		return eni_find_flow(&move->find);
	if (move->phase == ENI_MOVE_PHASE_RELEASE)
		return eni_release_flow(&move->release);
	return eni_attach_flow(&move->attach);
}

/* Returns the step that the user sees for the current phase. */
static enum eni_move_step get_step(const struct eni_move *move)
{
	switch (move->phase) {
	case ENI_MOVE_PHASE_FIND:
	case ENI_MOVE_PHASE_PROBE:
		return ENI_MOVE_FINDS;
	case ENI_MOVE_PHASE_RELEASE:
		return move->release.forced ? ENI_MOVE_FORCES : ENI_MOVE_DETACHES;
	case ENI_MOVE_PHASE_ATTACH:
		return move->attach.accepted ? ENI_MOVE_WAITS : ENI_MOVE_ATTACHES;
	case ENI_MOVE_PHASE_PUT_BACK:
		return ENI_MOVE_PUTS_BACK;
	case ENI_MOVE_PHASE_NONE:
		break;
	}
	return ENI_MOVE_ENDS;
}

/* If the step has changed, saves the step and its time, for the progress that the user sees. */
static void update_progress(struct eni_move *move, uint64_t now)
{
	enum eni_move_step step = get_step(move);

	if (move->has_begun && move->progress.step == step)
		return;
	move->progress.step = step;
	move->progress.since = now;
}

/* Reads this instance: its ENIs show which device indexes are used. */
static int add_instance_call(const struct eni_move *move, struct flow_batch *batch)
{
	const struct flow_call call = {.action = EC2_DESCRIBE_INSTANCES,
		.parameters = {.instances = move->instances},
		.tag = TAG_INSTANCE};

	return flow_batch_add(batch, &call);
}

/* The probe phase has no subflow, only one request. After that, an empty batch ends the phase. */
static int subflow_next(
	struct eni_move *move, uint64_t now, uint32_t random, struct flow_batch *ret_batch)
{
	const struct flow subflow = get_subflow(move);

	if (move->phase != ENI_MOVE_PHASE_PROBE)
		return subflow.next(subflow.state, now, random, ret_batch);
	if (move->probe.is_sent)
		return 0;
	return eni_attach_probe_add(&move->probe, move->before.id, move->goal->instance, ret_batch);
}

/*
 * Runs the subflows until one of them has a request or a wait. The first batch also reads this
 * instance and, if the goal has the ENI's id, probes the permission to attach the ENI.
 */
static int move_next(void *state, uint64_t now, uint32_t random, struct flow_batch *ret_batch)
{
	struct eni_move *move = state;
	struct flow_batch batch = {0};
	int err = 0;

	eni_start_next(&move->start, now);
	*ret_batch = (struct flow_batch){0};
	while (!err && move->phase != ENI_MOVE_PHASE_NONE && !batch.count && !batch.wait) {
		err = subflow_next(move, now, random, &batch);
		if (!err && !batch.count && !batch.wait)
			err = handle_subflow_end(move);
	}
	update_progress(move, now);
	if (!err && !move->has_begun)
		err = add_instance_call(move, &batch);
	if (!err && !move->has_begun && move->goal->eni)
		err = eni_attach_probe_add(
			&move->probe, move->goal->eni, move->goal->instance, &batch);
	move->has_begun = true;
	*ret_batch = batch;
	return err;
}

/* An error is ignored: EC2 refuses used device indexes, and the flow tries the next index. */
static void handle_instance(struct eni_move *move, const struct flow_response *response)
{
	const struct ec2_instance_list *found = &response->response.reply.instances;

	if (!response->err && !response->response.is_fault && found->count)
		eni_slots_add_instance(&move->slots, &found->items[0]);
}

static int move_handle_response(void *state, size_t tag, const struct flow_response *response)
{
	struct eni_move *move = state;

	eni_start_handle_response(&move->start, response);
	if (tag == TAG_INSTANCE) {
		handle_instance(move, response);
		return 0;
	}
	if (tag == ENI_PROBE_TAG) {
		eni_attach_probe_handle_response(&move->probe,
			move->goal->eni ? move->goal->eni : move->before.id, response);
		return 0;
	}
	const struct flow subflow = get_subflow(move);
	return subflow.handle_response(subflow.state, tag, response);
}

struct flow eni_move_flow(struct eni_move *move)
{
	return (struct flow){
		.next = move_next, .handle_response = move_handle_response, .state = move};
}
