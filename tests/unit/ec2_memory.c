/* SPDX-License-Identifier: Apache-2.0 */
#include "ec2_memory.h"

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
#define ROUNDS_MAX 100000

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

/* What is shown for a while after a change is what was before it. */
void ec2_memory_remember(struct ec2_memory *memory)
{
	struct memory_past *past = &memory->past[memory->n_past++ % MEMORY_PAST_MAX];

	memcpy(past->enis, memory->enis, sizeof(past->enis));
	past->until = memory->now;
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
		ec2_memory_remember(memory);
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

	ec2_memory_remember(memory);
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
	ec2_memory_remember(memory);
	let_go(ec2_memory_eni(memory, id));
}

void ec2_memory_delete(struct ec2_memory *memory, const char *id)
{
	ec2_memory_remember(memory);
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

static void lose(struct flow_response *response, const struct flow_call *call, bool out_of_time)
{
	response->err = error_set(&response->error, out_of_time ? OUTCOME_TIMEOUT : OUTCOME_FAILED,
		out_of_time ? ETIME : ECONNRESET, "%s: %s", ec2_action_name(call->action),
		out_of_time ? "out of time" : "the connection broke");
}

static const struct memory_fault *find_fault(
	const struct ec2_memory *memory, enum ec2_action action)
{
	for (size_t i = 0; i < MEMORY_SCRIPT_MAX; i++) {
		const struct memory_fault *one = &memory->faults[i];
		if (one->action == action && (one->nth || one->code) &&
			(!one->nth || one->nth == memory->counts[action]))
			return one;
	}
	return NULL;
}

/* A DryRun is no call of its action: it changes nothing, and meets no event. */
static void answer_probe(
	struct ec2_memory *memory, const struct flow_call *call, struct flow_response *response)
{
	write_down(memory, call);
	if (memory->probe && strcmp(memory->probe, MEMORY_LOST) == 0)
		lose(response, call, false);
	else
		ec2_memory_refuse(&response->response,
			memory->probe ? memory->probe : "DryRunOperation", "no");
}

static void response_call(
	struct ec2_memory *memory, const struct flow_call *call, struct flow_response *response)
{
	const struct memory_fault *wrong;
	unsigned nth;

	if (call->parameters.dry_run) {
		answer_probe(memory, call, response);
		return;
	}
	nth = ++memory->counts[call->action];
	write_down(memory, call);
	if (memory->deadline && memory->now >= memory->deadline) {
		lose(response, call, true);
		return;
	}
	for (size_t i = 0; i < MEMORY_SCRIPT_MAX; i++) {
		const struct memory_event *event = &memory->events[i];
		if (event->happen && event->action == call->action && event->nth == nth)
			event->happen(memory);
	}
	wrong = find_fault(memory, call->action);
	if (!wrong || wrong->done)
		ec2_memory_perform(memory, call, &response->response);
	response->date = wrong && !wrong->code ? 0 : ec2_memory_date(memory);
	if (wrong)
		ec2_response_done(&response->response);
	if (wrong && wrong->code)
		ec2_memory_refuse(&response->response, wrong->code, "%s",
			wrong->message ? wrong->message : "no");
	else if (wrong)
		lose(response, call, false);
}

static void response_all(
	struct ec2_memory *memory, const struct flow *flow, const struct flow_batch *batch)
{
	struct flow_response *answers = calloc(batch->count, sizeof(*answers));

	assert_non_null(answers);
	for (size_t i = 0; i < batch->count; i++)
		response_call(memory, &batch->calls[i], &answers[i]);
	memory->now += MEMORY_CALL_MSEC;
	for (size_t i = 0; i < batch->count; i++) {
		size_t at = memory->backwards ? batch->count - 1 - i : i;
		assert_int_equal(flow->take(flow->state, batch->calls[at].tag, &answers[at]), 0);
		flow_response_done(&answers[at]);
	}
	free(answers);
}

bool ec2_memory_run(struct ec2_memory *memory, const struct flow *flow)
{
	if (!memory->now)
		memory->now = MEMORY_START;
	for (unsigned rounds = 0; rounds < ROUNDS_MAX; rounds++) {
		_cleanup_(flow_batch_done) struct flow_batch batch = {0};

		settle(memory);
		assert_int_equal(
			flow->next(flow->state, memory->now, ec2_memory_random(memory), &batch), 0);
		if (!batch.count && !batch.wait)
			return true;
		if (batch.count) {
			response_all(memory, flow, &batch);
			continue;
		}
		memory->now += batch.wait;
		if (memory->deadline && memory->now >= memory->deadline)
			return false;
		if (memory->now > MEMORY_START + HOUR_MSEC)
			return false;
	}
	fail_msg("the flow neither ends nor waits");
	return false;
}

void ec2_memory_done(struct ec2_memory *memory)
{
	strbuf_done(&memory->calls);
}
