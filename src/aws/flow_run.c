/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/flow_run.h"

#include "base/clock.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

/* One flow: its calls in this round, and whether it is to be called in the next rounds. */
struct flow_progress {
	struct flow_batch batch;
	bool has_ended;
	uint64_t delay_end; /* in milliseconds of CLOCK_MONOTONIC; 0: no delay */
};

struct round {
	const struct flow *flows;
	struct flow_progress *progress; /* as many as flows */
	size_t count;
	struct flow_batch calls; /* of this round: of all flows, in the order of the flows */
};

static void round_done(struct round *round)
{
	for (size_t i = 0; round->progress && i < round->count; i++)
		flow_batch_done(&round->progress[i].batch);
	free(round->progress);
	flow_batch_done(&round->calls);
}

/*
 * Gets the next calls of each flow that has neither ended nor requested a delay. A flow that has no
 * more calls requests a delay (batch->wait), or has ended if that is 0.
 */
static int collect_calls(struct round *round)
{
	uint64_t now = clock_now();
	int err = 0;

	flow_batch_done(&round->calls);
	for (size_t i = 0; !err && i < round->count; i++) {
		struct flow_progress *progress = &round->progress[i];
		const struct flow *flow = &round->flows[i];
		struct flow_batch *batch = &progress->batch;

		flow_batch_done(batch);
		if (progress->has_ended || progress->delay_end > now)
			continue;
		progress->delay_end = 0;
		err = flow->next(flow->state, now, clock_random(), batch);
		if (err)
			continue;
		if (!batch->count && batch->wait)
			progress->delay_end = now + batch->wait;
		progress->has_ended = !batch->count && !batch->wait;
		for (size_t j = 0; !err && j < batch->count; j++)
			err = flow_batch_add(&round->calls, &batch->calls[j]);
	}
	return err;
}

/* Gives each flow the responses to its calls, which are in the order of collect_calls(). */
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

/* Sends the calls of all flows at once, waits for the responses, and gives them to the flows. */
static int send_calls(
	struct round *round, struct api *api, const struct deadline *deadline, struct error *error)
{
	size_t count = round->calls.count;
	struct flow_response *responses = calloc(count, sizeof(*responses));
	int err;

	if (!responses)
		return error_oom(error);
	err = api_run(api, round->calls.calls, count, deadline, responses, error);
	if (!err && deliver_responses(round, responses))
		err = error_oom(error);
	for (size_t i = 0; i < count; i++)
		flow_response_done(&responses[i]);
	free(responses);
	return err;
}

/*
 * Sleeps until one flow's delay ends, or the deadline comes; no request runs meanwhile. Returns
 * -ETIME if the deadline has already come.
 */
static int wait_for_delay(
	const struct round *round, const struct deadline *deadline, struct error *error)
{
	uint64_t now = clock_now();
	uint64_t left = deadline_left(deadline, now);
	uint64_t wait = left < INT32_MAX ? left : INT32_MAX;

	if (!left)
		return error_set(error, OUTCOME_TIMEOUT, ETIME, "timed out");
	for (size_t i = 0; i < round->count; i++) {
		const struct flow_progress *progress = &round->progress[i];
		uint64_t end = progress->delay_end;
		uint64_t delay = end > now ? end - now : 0;

		if (!progress->has_ended && delay < wait)
			wait = delay;
	}
	poll(NULL, 0, (int)wait);
	return 0;
}

static bool have_all_ended(const struct round *round)
{
	for (size_t i = 0; i < round->count; i++)
		if (!round->progress[i].has_ended)
			return false;
	return true;
}

/* Each round sends the calls of all flows. Without calls, it waits for a flow's delay to end. */
int flow_run(struct api *api, const struct flow *flows, size_t count,
	const struct deadline *deadline, struct error *error)
{
	_cleanup_(round_done) struct round round = {.flows = flows, .count = count};
	int err = 0;

	/* calloc() may return NULL for 0 elements. */
	round.progress = calloc(count ? count : 1, sizeof(*round.progress));
	if (!round.progress)
		return error_oom(error);
	while (!err) {
		err = collect_calls(&round);
		if (err)
			return error_set(error, OUTCOME_FAILED, -err,
				"cannot build the request: %s", ec2_request_error_text(err));
		if (have_all_ended(&round))
			return 0;
		err = round.calls.count ? send_calls(&round, api, deadline, error)
					: wait_for_delay(&round, deadline, error);
	}
	return err;
}
