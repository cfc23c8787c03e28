/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a flow and whoever drives it tell each other. A flow is a small state machine without I/O or
 * clock: the driver asks what to send, sends all of it at once, gives every answer back, and asks
 * again, until there is nothing more.
 *
 * Tries again after throttling, lost connections and stale credentials are the driver's: a flow sees
 * what an action came to.
 */
#pragma once

#include "base/error.h"
#include "ec2/requests.h"
#include "ec2/response.h"

#include <stdbool.h>

/*
 * The oldest state that EC2 is taken to show to who reads (eventual consistency: AWS names seconds,
 * and no figure). What a read shows so long after an accepted change is no older than that change.
 */
#define FLOW_STALE_MSEC 5000

/* Whether a read that was sent then may show what was before the change; both by the same clock. */
bool flow_read_may_be_older(uint64_t read_at, uint64_t change_at);

/* One request that a flow wants made. Its parameters are the flow's and hold until the answer. */
struct flow_call {
	enum ec2_action action;
	struct ec2_parameters parameters;
	/* DescribeRouteTables: read only the routes to it, and the VPC's own; NULL: all routes */
	const struct ip_prefix *destination;
	size_t tag; /* the flow's own: comes back with the answer */
	/*
	 * 0: it is tried until the deadline. Else it is tried once, and given up so many milliseconds after
	 * all other calls of the batch have ended.
	 */
	uint64_t patience;
};

/* Whether it changes nothing: a read, or a DryRun. */
bool flow_call_is_read(const struct flow_call *call);

struct flow_batch {
	struct flow_call *calls;
	size_t count, capacity;
	uint64_t
		wait; /* without calls: milliseconds after which to ask again; 0: the flow has ended */
};

void flow_batch_done(struct flow_batch *batch);
int flow_batch_add(struct flow_batch *batch, const struct flow_call *call); /* -ENOMEM */

/* What a call came to. */
struct flow_response {
	/*
	 * 0: EC2 answered. Else there is no answer that ends it: -ETIME, -ECONNRESET, … with words.
	 */
	int err;
	struct error error;
	/*
	 * Of what is no success: EC2 may have carried the request out all the same, since a response was
	 * lost or was an error of EC2's own (5xx). False: each try was refused, or was never sent.
	 */
	bool may_be_done;
	uint64_t date; /* of the last response: seconds since 1970, by EC2's clock; 0: not said */
	struct ec2_response response;
};

void flow_response_done(struct flow_response *response);

/*
 * A refusal in words. `resource` is the id of what it is about, for IAM's refusals, which name what is
 * not permitted on what, and what to allow; "*" where the action knows no resources.
 */
void flow_explain_fault(enum ec2_action action, const char *resource, const struct ec2_fault *fault,
	struct error *ret_error);

/* 0 where there is a reply; else words, and -errno of the lost answer or -EREMOTEIO of a refusal. */
int flow_check_response(enum ec2_action action, const char *resource,
	const struct flow_response *response, struct error *error);

/*
 * What every flow is to its driver. next() says what to do: calls to make all at once, or a time to
 * wait, or nothing more. take() is told what a call of the last batch came to, in any order. Both
 * return 0 or -ENOMEM; how the flow ended is in its own type.
 */
struct flow {
	/* `now`: milliseconds of a clock that only goes forward; `random`: 32 fresh bits. */
	int (*next)(void *state, uint64_t now, uint32_t random, struct flow_batch *ret_batch);
	int (*take)(void *state, size_t tag, const struct flow_response *response);
	void *state;
};
