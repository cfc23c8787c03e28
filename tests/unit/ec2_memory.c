/* SPDX-License-Identifier: Apache-2.0 */
#include "ec2_memory.h"

#include "ec2/reply_shapes.h"
#include "ec2_memory_actions.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HOUR_MSEC (3600 * 1000)
#define RUN_ROUNDS_MAX 100000

uint32_t ec2_memory_random(struct ec2_memory *memory)
{
	if (!memory->random)
		return UINT32_MAX;
	memory->random ^= memory->random << 13;
	memory->random ^= memory->random >> 17;
	memory->random ^= memory->random << 5;
	return memory->random;
}

struct memory_eni *ec2_memory_find(struct memory_eni *enis, const char *id)
{
	for (size_t i = 0; i < MEMORY_ENIS_MAX; i++)
		if (enis[i].id && strcmp(enis[i].id, id) == 0)
			return &enis[i];
	return NULL;
}

struct memory_eni *ec2_memory_eni(struct ec2_memory *memory, const char *id)
{
	struct memory_eni *eni = ec2_memory_find(memory->enis, id);

	assert_non_null(eni);
	return eni;
}

static void keep_past(struct ec2_memory *memory)
{
	struct memory_past *past;

	if (!memory->past)
		memory->past = calloc(MEMORY_PAST_MAX, sizeof(*memory->past));
	assert_non_null(memory->past);
	past = &memory->past[memory->n_past++ % MEMORY_PAST_MAX];
	memcpy(past->enis, memory->enis, sizeof(past->enis));
	past->until = memory->now;
}

/* Saves the ENIs before a change: reads show this state for a while. */
void ec2_memory_save_enis(struct ec2_memory *memory)
{
	if (memory->age_max)
		keep_past(memory);
	if (!memory->stale_msec || memory->now < memory->stale_until)
		return;
	memcpy(memory->before, memory->enis, sizeof(memory->before));
	memory->stale_until = memory->now + memory->stale_msec;
}

static void let_go(struct memory_eni *eni)
{
	eni->attachment[0] = eni->instance[0] = '\0';
	eni->index = eni->card = 0;
	eni->attached_at = 0;
	eni->status = EC2_ATTACHMENT_UNKNOWN;
	eni->settles = 0;
}

static void settle(struct ec2_memory *memory)
{
	for (size_t i = 0; i < MEMORY_ENIS_MAX; i++) {
		struct memory_eni *eni = &memory->enis[i];
		if (!eni->settles || eni->settles > memory->now)
			continue;
		ec2_memory_save_enis(memory);
		eni->settles = 0;
		eni->pending = false;
		if (eni->status == EC2_ATTACHMENT_ATTACHING)
			eni->status = EC2_ATTACHMENT_ATTACHED;
		else if (eni->status == EC2_ATTACHMENT_DETACHING)
			let_go(eni);
	}
}

void ec2_memory_attach(struct ec2_memory *memory, const char *id, const char *instance, int index,
	enum ec2_attachment_status status)
{
	struct memory_eni *eni = ec2_memory_eni(memory, id);

	ec2_memory_save_enis(memory);
	let_go(eni);
	snprintf(eni->attachment, sizeof(eni->attachment), "eni-attach-new%u",
		++memory->attachments);
	eni->attached_at = memory->real_seconds ? memory->now / 1000 : 8 * memory->attachments;
	snprintf(eni->instance, sizeof(eni->instance), "%s", instance);
	eni->index = index;
	eni->status = status;
	if (status == EC2_ATTACHMENT_ATTACHING)
		eni->settles = memory->now + memory->attach_msec;
}

void ec2_memory_detach(struct ec2_memory *memory, const char *id)
{
	ec2_memory_save_enis(memory);
	let_go(ec2_memory_eni(memory, id));
}

void ec2_memory_delete(struct ec2_memory *memory, const char *id)
{
	ec2_memory_save_enis(memory);
	*ec2_memory_eni(memory, id) = (struct memory_eni){0};
}

/* "DetachNetworkInterface AttachmentId=eni-attach-1": the very request, without its version. */
static void write_down(struct ec2_memory *memory, const struct flow_call *call)
{
	struct ec2_request request;
	char *rest, *word;

	assert_int_equal(ec2_request_build(call->action, &call->parameters, &request), 0);
	strbuf_add_string(&memory->calls, ec2_action_name(call->action));
	for (word = strtok_r(request.body.data, "&", &rest); word;
		word = strtok_r(NULL, "&", &rest))
		if (strncmp(word, "Action=", 7) != 0 && strncmp(word, "Version=", 8) != 0)
			strbuf_printf(&memory->calls, " %s", word);
	strbuf_add_string(&memory->calls, "\n");
	ec2_request_done(&request);
}

static void set_fault(struct ec2_response *response, const char *code, char *message)
{
	response->is_fault = true;
	response->fault.status = strcmp(code, "UnauthorizedOperation") == 0 ? 403 : 400;
	response->fault.code = strdup(code);
	response->fault.message = message;
}

void ec2_memory_refuse(struct ec2_response *response, const char *code, const char *format, ...)
{
	va_list arguments;
	char *message;

	va_start(arguments, format);
	assert_true(vasprintf(&message, format, arguments) >= 0);
	va_end(arguments);
	set_fault(response, code, message);
}

void response_set_reply(struct flow_response *response, enum ec2_action action)
{
	response->response.reply.shape = ec2_reply_shape(action);
}

void response_set_fault(struct flow_response *response, const char *code, const char *message)
{
	set_fault(&response->response, code, message ? strdup(message) : NULL);
}

void response_lose(struct flow_response *response, enum ec2_action action, bool is_late)
{
	if (is_late)
		response->err = error_set(&response->error, OUTCOME_TIMEOUT, ETIME,
			"%s: timed out: no response", ec2_action_name(action));
	else
		response->err = error_set(&response->error, OUTCOME_FAILED, ECONNRESET,
			"%s: the connection broke", ec2_action_name(action));
	response->may_be_done = true;
}

static void happen(struct ec2_memory *memory, enum ec2_action action)
{
	for (size_t i = 0; i < MEMORY_SCRIPT_MAX; i++) {
		const struct memory_event *event = &memory->events[i];
		if (event->happen && event->action == action &&
			event->nth == memory->counts[action])
			event->happen(memory);
	}
	for (size_t i = 0; i < MEMORY_SCRIPT_MAX && memory->route_events[i].before; i++) {
		const struct memory_route_event *event = &memory->route_events[i];
		struct memory_table *table;

		if (event->before != memory->n_calls)
			continue;
		table = ec2_memory_table(memory, event->table);
		table->target = event->target;
		if (event->vanishes)
			table->id = "rtb-elsewhere";
	}
}

static const struct memory_fault *find_fault(
	struct ec2_memory *memory, const struct flow_call *call)
{
	const char *subject = call->parameters.route_table ? call->parameters.route_table
							   : call->parameters.eni;
	const struct memory_fault *found = NULL;

	for (size_t i = 0; i < MEMORY_SCRIPT_MAX; i++) {
		const struct memory_fault *fault = &memory->faults[i];
		unsigned last = fault->last ? fault->last : fault->nth, count;

		if (!fault->code || fault->action != call->action ||
			(fault->subject && (!subject || strcmp(fault->subject, subject) != 0)))
			continue;
		count = ++memory->fault_counts[i];
		if (!found && (!fault->nth || (count >= fault->nth && count <= last)))
			found = fault;
	}
	return found;
}

static void fail_call(
	struct flow_response *response, enum ec2_action action, const struct memory_fault *fault)
{
	ec2_response_done(&response->response);
	if (strcmp(fault->code, LOST) == 0 || strcmp(fault->code, LATE) == 0)
		response_lose(response, action, strcmp(fault->code, LATE) == 0);
	else if (strcmp(fault->code, PUT_OFF) == 0)
		response->err = error_set(&response->error, OUTCOME_TIMEOUT, ETIME,
			"%s: timed out, last error: RequestLimitExceeded", ec2_action_name(action));
	else if (strcmp(fault->code, NOTHING) == 0)
		response_set_reply(response, action);
	else
		response_set_fault(response, fault->code, fault->message);
	if (response->err)
		response->date = 0;
}

/* A DryRun is no call of its action: it changes nothing, and meets neither fault nor event. */
static void respond_to_probe(
	struct ec2_memory *memory, enum ec2_action action, struct flow_response *response)
{
	if (memory->probe && strcmp(memory->probe, LOST) == 0)
		response_lose(response, action, false);
	else
		response_set_fault(
			response, memory->probe ? memory->probe : "DryRunOperation", "no");
}

static void respond(
	struct ec2_memory *memory, const struct flow_call *call, struct flow_response *response)
{
	const struct memory_fault *fault;

	write_down(memory, call);
	memory->n_calls++;
	if (call->parameters.dry_run) {
		respond_to_probe(memory, call->action, response);
		return;
	}
	memory->counts[call->action]++;
	if (memory->deadline && memory->now >= memory->deadline) {
		response_lose(response, call->action, true);
		return;
	}
	happen(memory, call->action);
	fault = find_fault(memory, call);
	if (!fault || fault->done)
		ec2_memory_perform(memory, call, &response->response);
	response->date = ec2_memory_date(memory);
	if (fault)
		fail_call(response, call->action, fault);
}

static void respond_to_all(
	struct ec2_memory *memory, const struct flow *flow, const struct flow_batch *batch)
{
	struct flow_response *responses = calloc(batch->count, sizeof(*responses));

	assert_non_null(responses);
	for (size_t i = 0; i < batch->count; i++)
		respond(memory, &batch->calls[i], &responses[i]);
	memory->now += MEMORY_CALL_MSEC;
	for (size_t i = 0; i < batch->count; i++) {
		size_t at = memory->backwards ? batch->count - 1 - i : i;
		assert_int_equal(
			flow->handle_response(flow->state, batch->calls[at].tag, &responses[at]),
			0);
		flow_response_done(&responses[at]);
	}
	free(responses);
}

enum round { ENDED, CALLED, WAITED };

static enum round run_round(struct ec2_memory *memory, const struct flow *flow)
{
	_cleanup_(flow_batch_done) struct flow_batch batch = {0};

	if (!memory->now)
		memory->now = MEMORY_START;
	settle(memory);
	assert_int_equal(
		flow->next(flow->state, memory->now, ec2_memory_random(memory), &batch), 0);
	assert_true(!batch.count || !batch.wait);
	if (batch.count) {
		respond_to_all(memory, flow, &batch);
		return CALLED;
	}
	if (!batch.wait)
		return ENDED;
	if (memory->tells_waits)
		strbuf_add_string(&memory->calls, "wait\n");
	memory->now += batch.wait;
	memory->waited += batch.wait;
	return WAITED;
}

bool ec2_memory_run(struct ec2_memory *memory, const struct flow *flow)
{
	for (unsigned i = 0; i < RUN_ROUNDS_MAX; i++) {
		enum round round = run_round(memory, flow);

		if (round == ENDED)
			return true;
		if (round == WAITED && ((memory->deadline && memory->now >= memory->deadline) ||
					       memory->now > MEMORY_START + HOUR_MSEC))
			return false;
	}
	fail_msg("the flow neither ends nor waits");
	return false;
}

void ec2_memory_run_within(struct ec2_memory *memory, const struct flow *flow, unsigned rounds)
{
	for (unsigned i = 0; i < rounds; i++)
		if (run_round(memory, flow) == ENDED)
			return;
	fail_msg("the flow does not end:\n%s", strbuf_text(&memory->calls));
}

void ec2_memory_run_rounds(struct ec2_memory *memory, const struct flow *flow, unsigned rounds)
{
	for (unsigned i = 0; i < rounds; i++)
		assert_int_not_equal(run_round(memory, flow), ENDED);
}

void ec2_memory_done(struct ec2_memory *memory)
{
	strbuf_done(&memory->calls);
	free(memory->past);
	memory->past = NULL;
}
