/* SPDX-License-Identifier: Apache-2.0 */
#include "failover/eni_attach.h"

#include <errno.h>
#include <string.h>

#define TAG_ATTACH 0

/* What exists may not be known everywhere, for a while after it was made. */
#define UNKNOWN_MAX 6

/* An answer may be older than the one before; so many in a row, over most of a second, are not. */
#define MISSING_MAX 10

void eni_attach_init(struct eni_attach *flow, const struct eni_attach_wish *wish)
{
	*flow = (struct eni_attach){.wish = *wish, .due = true};
	flow->place = eni_place_make(ENI_PLACE_FREE, "");
	eni_look_init(&flow->look, wish->eni);
}

void eni_attach_init_waiting(struct eni_attach *flow, const struct eni_attach_wish *wish)
{
	eni_attach_init(flow, wish);
	flow->due = false;
	flow->accepted = true;
	flow->place = eni_place_make(ENI_PLACE_ATTACHING, wish->instance);
}

void eni_attach_done(struct eni_attach *flow)
{
	ec2_eni_done(&flow->eni);
	*flow = (struct eni_attach){0};
}

static int ask(struct eni_attach *flow, struct flow_batch *batch)
{
	struct flow_call call = {.action = EC2_ATTACH_NETWORK_INTERFACE,
		.parameters = {.eni = flow->wish.eni, .instance = flow->wish.instance},
		.tag = TAG_ATTACH};

	if (!eni_slots_pick(flow->wish.slots, &flow->slot)) {
		error_set(&flow->error, OUTCOME_FAILED, ENOSPC,
			"%s has no free device index: detach another ENI there",
			flow->wish.instance);
		flow->verdict = ENI_ATTACH_REFUSED;
		return 0;
	}
	call.parameters.device_index = flow->slot.index;
	call.parameters.network_card = flow->slot.card;
	flow->asked = true;
	flow->due = false;
	return flow_batch_add(batch, &call);
}

static int attach_next(void *state, uint64_t now, uint32_t random, struct flow_batch *ret_batch)
{
	struct eni_attach *flow = state;

	(void)now;
	*ret_batch = (struct flow_batch){0};
	if (flow->verdict != ENI_ATTACH_OPEN)
		return 0;
	if (flow->due)
		return ask(flow, ret_batch);
	return eni_look_next(&flow->look, random, UINT64_MAX, ret_batch);
}

static bool is_limit(const struct ec2_fault *fault)
{
	return fault->code && strcmp(fault->code, "AttachmentLimitExceeded") == 0;
}

/* The ENI is in use, the instance is not ready, or one of them is not known: looks tell. */
static bool is_worth_waiting(struct eni_attach *flow, enum ec2_advice advice)
{
	if (advice == EC2_NOT_FOUND_MAYBE_NEW)
		return ++flow->unknown < UNKNOWN_MAX;
	return ++flow->tries != flow->wish.tries_max;
}

/* EC2 does not take that slot: the next one, at once. False: there is none. */
static bool try_next_slot(struct eni_attach *flow)
{
	struct eni_slot next;

	flow->due = eni_slots_pick(flow->wish.slots, &next);
	return flow->due;
}

static void take_fault(struct eni_attach *flow, const struct ec2_fault *fault)
{
	enum ec2_advice advice = ec2_fault_advice(EC2_ATTACH_NETWORK_INTERFACE, fault);
	struct error words;

	flow_explain_fault(EC2_ATTACH_NETWORK_INTERFACE, flow->wish.eni, fault, &words);
	switch (advice) {
	case EC2_NOT_YET:
	case EC2_THROTTLED:
	case EC2_TRANSIENT:
	case EC2_NOT_FOUND_MAYBE_NEW:
		flow->held = words;
		if (is_worth_waiting(flow, advice))
			return;
		break;
	case EC2_USE_OTHER_INDEX:
		eni_slots_take(flow->wish.slots, &flow->slot);
		if (try_next_slot(flow))
			return;
		break;
	case EC2_PERMANENT:
		if (!is_limit(fault))
			break;
		eni_slots_fill(flow->wish.slots, flow->slot.card);
		if (try_next_slot(flow))
			return;
		break;
	case EC2_DONE_ALREADY:
	case EC2_REFRESH_CREDENTIALS:
	case EC2_CLOCK_SKEW:
	case EC2_USE_REPLACE:
	case EC2_USE_CREATE:
	case EC2_USE_ENI:
	case EC2_DENIED:
	case EC2_WOULD_BE_ALLOWED:
		break;
	}
	flow->error = words;
	flow->verdict = ENI_ATTACH_REFUSED;
}

static void take_attach(struct eni_attach *flow, const struct flow_answer *answer)
{
	if (answer->err) {
		flow->place = eni_place_make(ENI_PLACE_MAYBE_ATTACHING, flow->wish.instance);
	} else if (answer->answer.is_fault) {
		take_fault(flow, &answer->answer.fault);
	} else {
		flow->accepted = true;
		flow->held = (struct error){0};
		flow->place = eni_place_make(ENI_PLACE_ATTACHING, flow->wish.instance);
		eni_look_soon(&flow->look);
	}
}

/* It is available: the time to ask; or, where EC2 had said yes, a sign that it did not last. */
static void see_free(struct eni_attach *flow)
{
	if (!flow->accepted) {
		flow->due = true;
		return;
	}
	if (++flow->missing < MISSING_MAX)
		return;
	flow->verdict = ENI_ATTACH_FAILED;
	error_set(&flow->error, OUTCOME_FAILED, EAGAIN,
		"EC2 was attaching %s to %s, but it is detached again: look for who does that "
		"(CloudTrail tells), or try again",
		flow->wish.eni, flow->wish.instance);
}

static int see_ours(struct eni_attach *flow, const struct ec2_eni *eni)
{
	flow->accepted = true;
	flow->missing = 0;
	if (eni->attachment.status != EC2_ATTACHMENT_ATTACHED)
		return 0;
	flow->verdict = ENI_ATTACH_DONE;
	return ec2_eni_copy(eni, &flow->eni);
}

static int take_look(struct eni_attach *flow, const struct flow_answer *answer)
{
	const struct ec2_eni *eni = NULL;
	int err = eni_look_take(&flow->look, answer, &eni, &flow->error);

	if (err == -ENOENT)
		flow->place = eni_place_make(ENI_PLACE_GONE, "");
	if (err)
		flow->verdict = ENI_ATTACH_FAILED;
	if (!eni)
		return 0;
	flow->place = eni_place_of(eni);
	if (flow->place.kind == ENI_PLACE_FREE) {
		see_free(flow);
		return 0;
	}
	/* Nobody's, or what it had before and is still on its way from: wait. */
	if (!eni->attachment.id[0] || strcmp(eni->attachment.id, flow->wish.left) == 0)
		return 0;
	if (strcmp(eni->attachment.instance, flow->wish.instance) == 0)
		return see_ours(flow, eni);
	flow->verdict = ENI_ATTACH_TAKEN;
	return 0;
}

static int attach_take(void *state, size_t tag, const struct flow_answer *answer)
{
	if (tag == TAG_ATTACH) {
		take_attach(state, answer);
		return 0;
	}
	return take_look(state, answer);
}

struct flow eni_attach_flow(struct eni_attach *flow)
{
	return (struct flow){.next = attach_next, .take = attach_take, .state = flow};
}
