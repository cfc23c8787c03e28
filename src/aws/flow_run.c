/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/flow_run.h"

#include "base/clock.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

/* The state of one flow in this round. */
struct flow_progress {
	struct flow_batch batch;
	bool ended;
	uint64_t delay_end; /* in milliseconds of CLOCK_MONOTONIC; 0: no delay */
};

struct round {
	const struct flow *flows;
	struct flow_progress *progress;
	size_t count;
	struct flow_batch merged; /* the calls of all flows, in the order of the flows */
};

static void round_done(struct round *round)
{
	for (size_t i = 0; round->progress && i < round->count; i++)
		flow_batch_done(&round->progress[i].batch);
	free(round->progress);
	flow_batch_done(&round->merged);
}

/* Gets the next calls of each flow that has no delay and has not ended. */
static int collect_calls(struct round *round)
{
	uint64_t now = clock_now();
	int err = 0;

	flow_batch_done(&round->merged);
	for (size_t i = 0; !err && i < round->count; i++) {
		struct flow_progress *flow_progress = &round->progress[i];
		const struct flow *flow = &round->flows[i];

		flow_batch_done(&flow_progress->batch);
		if (flow_progress->ended || flow_progress->delay_end > now)
			continue;
		flow_progress->delay_end = 0;
		err = flow->next(flow->state, now, clock_random(), &flow_progress->batch);
		if (err)
			continue;
		if (!flow_progress->batch.count && flow_progress->batch.wait)
			flow_progress->delay_end = now + flow_progress->batch.wait;
		flow_progress->ended = !flow_progress->batch.count && !flow_progress->batch.wait;
		for (size_t j = 0; !err && j < flow_progress->batch.count; j++)
			err = flow_batch_add(&round->merged, &flow_progress->batch.calls[j]);
	}
	return err;
}

static int deliver_responses(struct round *round, const struct flow_response *responses)
{
	size_t next_response = 0;
	int err = 0;

	for (size_t i = 0; i < round->count; i++) {
		const struct flow *flow = &round->flows[i];
		for (size_t j = 0; !err && j < round->progress[i].batch.count; j++)
			err = flow->handle_response(flow->state,
				round->progress[i].batch.calls[j].tag, &responses[next_response++]);
	}
	return err;
}

static int exchange_calls(
	struct round *round, struct api *api, const struct deadline *deadline, struct error *error)
{
	size_t count = round->merged.count;
	struct flow_response *responses = calloc(count, sizeof(*responses));
	int err;

	if (!responses)
		return error_oom(error);
	err = api_run(api, round->merged.calls, count, deadline, responses, error);
	if (!err && deliver_responses(round, responses))
		err = error_oom(error);
	for (size_t i = 0; i < count; i++)
		flow_response_done(&responses[i]);
	free(responses);
	return err;
}

/* Sleeps until the first flow's delay ends or the deadline comes. No request runs at this time. */
static int wait_for_flows(
	const struct round *round, const struct deadline *deadline, struct error *error)
{
	uint64_t now = clock_now();
	uint64_t left = deadline_left(deadline, now);
	uint64_t wait = UINT64_MAX;

	for (size_t i = 0; i < round->count; i++) {
		const struct flow_progress *flow_progress = &round->progress[i];
		uint64_t end = flow_progress->delay_end;
		uint64_t remaining = end > now ? end - now : 0;
		if (!flow_progress->ended && remaining < wait)
			wait = remaining;
	}
	if (wait > left)
		wait = left;
	if (!left)
		return error_set(error, OUTCOME_TIMEOUT, ETIME, "timed out");
	poll(NULL, 0, wait < INT32_MAX ? (int)wait : INT32_MAX);
	return 0;
}

static bool is_finished(const struct round *round)
{
	for (size_t i = 0; i < round->count; i++)
		if (!round->progress[i].ended)
			return false;
	return true;
}

int flow_run(struct api *api, const struct flow *flows, size_t count,
	const struct deadline *deadline, struct error *error)
{
	_cleanup_(round_done) struct round round = {.flows = flows, .count = count};
	int err = 0;

	round.progress = calloc(count ? count : 1, sizeof(*round.progress));
	if (!round.progress)
		return error_oom(error);
	while (!err) {
		err = collect_calls(&round);
		if (err)
			return error_set(error, OUTCOME_FAILED, -err,
				"cannot build the request: %s", ec2_request_explain(err));
		if (is_finished(&round))
			return 0;
		err = round.merged.count ? exchange_calls(&round, api, deadline, error)
					 : wait_for_flows(&round, deadline, error);
	}
	return err;
}
