/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/flow_run.h"

#include "base/clock.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

/* What one flow wants in this round. */
struct part {
	struct flow_batch batch;
	bool ended;
	uint64_t due; /* of a wait; 0: it has calls, or none */
};

struct round {
	const struct flow *flows;
	struct part *parts;
	size_t count;
	struct flow_batch all; /* the calls of all, tagged with their place */
};

static void round_done(struct round *round)
{
	for (size_t i = 0; round->parts && i < round->count; i++)
		flow_batch_done(&round->parts[i].batch);
	free(round->parts);
	flow_batch_done(&round->all);
}

/* Asks each flow that neither waits nor has ended. */
static int ask(struct round *round)
{
	uint64_t now = clock_now();
	int err = 0;

	flow_batch_done(&round->all);
	for (size_t i = 0; !err && i < round->count; i++) {
		struct part *part = &round->parts[i];
		const struct flow *flow = &round->flows[i];

		flow_batch_done(&part->batch);
		if (part->ended || part->due > now)
			continue;
		part->due = 0;
		err = flow->next(flow->state, now, clock_random(), &part->batch);
		if (err)
			continue;
		if (!part->batch.count && part->batch.wait)
			part->due = now + part->batch.wait;
		part->ended = !part->batch.count && !part->batch.wait;
		for (size_t j = 0; !err && j < part->batch.count; j++)
			err = flow_batch_add(&round->all, &part->batch.calls[j]);
	}
	return err;
}

static int give(struct round *round, const struct flow_response *answers)
{
	size_t at = 0;
	int err = 0;

	for (size_t i = 0; i < round->count; i++) {
		const struct flow *flow = &round->flows[i];
		for (size_t j = 0; !err && j < round->parts[i].batch.count; j++)
			err = flow->take(
				flow->state, round->parts[i].batch.calls[j].tag, &answers[at++]);
	}
	return err;
}

static int send_and_give(
	struct round *round, struct api *api, const struct deadline *deadline, struct error *error)
{
	size_t count = round->all.count;
	struct flow_response *answers = calloc(count, sizeof(*answers));
	int err;

	if (!answers)
		return error_set(error, OUTCOME_FAILED, ENOMEM, "out of memory");
	err = api_run(api, round->all.calls, count, deadline, answers, error);
	if (!err && give(round, answers))
		err = error_set(error, OUTCOME_FAILED, ENOMEM, "out of memory");
	for (size_t i = 0; i < count; i++)
		flow_response_done(&answers[i]);
	free(answers);
	return err;
}

/* Until the first flow's wait is over. Nothing is in flight meanwhile. */
static int wait_for_due(
	const struct round *round, const struct deadline *deadline, struct error *error)
{
	uint64_t now = clock_now();
	uint64_t left = deadline_left(deadline, now);
	uint64_t wait = UINT64_MAX;

	for (size_t i = 0; i < round->count; i++) {
		const struct part *part = &round->parts[i];
		uint64_t rest = part->due > now ? part->due - now : 0;
		if (!part->ended && rest < wait)
			wait = rest;
	}
	if (wait > left)
		wait = left;
	if (!left)
		return error_set(error, OUTCOME_TIMEOUT, ETIME, "out of time");
	poll(NULL, 0, wait < INT32_MAX ? (int)wait : INT32_MAX);
	return 0;
}

static bool all_ended(const struct round *round)
{
	for (size_t i = 0; i < round->count; i++)
		if (!round->parts[i].ended)
			return false;
	return true;
}

int flow_run(struct api *api, const struct flow *flows, size_t count,
	const struct deadline *deadline, struct error *error)
{
	_cleanup_(round_done) struct round round = {.flows = flows, .count = count};
	int err = 0;

	round.parts = calloc(count ? count : 1, sizeof(*round.parts));
	if (!round.parts)
		return error_set(error, OUTCOME_FAILED, ENOMEM, "out of memory");
	while (!err) {
		err = ask(&round);
		if (err)
			return error_set(error, OUTCOME_FAILED, -err, "cannot make the request: %s",
				ec2_request_explain(err));
		if (all_ended(&round))
			return 0;
		err = round.all.count ? send_and_give(&round, api, deadline, error)
				      : wait_for_due(&round, deadline, error);
	}
	return err;
}
