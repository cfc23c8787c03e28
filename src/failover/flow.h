/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Defines the interface between a flow and its driver. A flow is a small state machine without I/O
 * or clock. The driver calls next() for a batch of requests, sends all of them at once, passes each
 * response to handle_response(), and calls next() again until the flow has ended.
 *
 * The driver retries after throttling, lost connections and stale credentials. A flow sees only the
 * final result of each request.
 */
#pragma once

#include "base/error.h"
#include "ec2/requests.h"
#include "ec2/response.h"

#include <stdbool.h>

/*
 * The maximum age, in milliseconds, that this program assumes for the state that a read from EC2
 * shows (eventual consistency: AWS speaks of seconds, without a number). A read that is sent this
 * long after an accepted change shows no state from before that change.
 */
#define FLOW_STALE_MSEC 5000

/*
 * Whether a read that was sent at `read_at` may show the state from before a change at `change_at`.
 * Both are milliseconds of the same clock.
 */
bool flow_read_may_be_older(uint64_t read_at, uint64_t change_at);

/* One request of a flow. The flow owns the parameters and keeps them valid until the response. */
struct flow_call {
	enum ec2_action action;
	struct ec2_parameters parameters;
	/* for DescribeRouteTables: read only routes to this prefix, and local ones; borrowed */
	const struct ip_prefix *destination;
	size_t tag; /* chosen by the flow; handle_response() gets it with the response */
	/*
	 * Milliseconds. 0: the request is retried until the deadline. Otherwise it is tried once,
	 * and is abandoned this long after all other requests of the batch have ended.
	 */
	uint64_t grace_msec;
};

struct flow_batch {
	struct flow_call *calls;
	size_t count, capacity;
	uint64_t wait; /* without calls: milliseconds until next() is called; 0: flow has ended */
};

void flow_batch_done(struct flow_batch *batch);
int flow_batch_add(struct flow_batch *batch, const struct flow_call *call); /* 0 or -ENOMEM */

/* Whether any request changes something: it is neither a read nor a DryRun. */
bool flow_batch_has_change(const struct flow_batch *batch);

/* The result of a request. */
struct flow_response {
	/* 0: EC2 responded; -ETIME, -ECONNRESET, …: no final response, see error */
	int err;
	struct error error;
	/*
	 * The request did not succeed, but EC2 may have executed it: a response was lost, or was a
	 * server error (5xx). False: each try was refused, or was never sent.
	 */
	bool may_be_done;
	/* of the last response: seconds since 1970 by EC2's clock; 0: not known */
	uint64_t date;
	struct ec2_response response;
};

void flow_response_done(struct flow_response *response);

/*
 * Sets the error for a refusal by EC2. `resource` is the id of the affected resource; "*" if the
 * action does not apply to a resource. An IAM denial names the action, the resource, and the
 * permission to add.
 */
void flow_explain_fault(enum ec2_action action, const char *resource, const struct ec2_fault *fault,
	struct error *ret_error);

/*
 * Returns 0 if the response is a success. Otherwise sets the error and returns -EREMOTEIO for a
 * refusal, or the -errno of a lost response.
 */
int flow_check_response(enum ec2_action action, const char *resource,
	const struct flow_response *response, struct error *error);

/*
 * A flow, as its driver sees it. next() returns the requests to send at once, or a time to wait, or
 * neither when the flow has ended. handle_response() receives the result of each request of the
 * last batch, in any order. Both return 0 or -ENOMEM. The result of the flow is in its own type.
 */
struct flow {
	/* `now`: milliseconds of a monotonic clock; `random`: 32 new random bits */
	int (*next)(void *state, uint64_t now, uint32_t random, struct flow_batch *ret_batch);
	int (*handle_response)(void *state, size_t tag, const struct flow_response *response);
	void *state;
};

/*
 * Examines each batch of the flow `inner`, also a wait and the end, before the driver gets it.
 * before_send() returns 0 or an error as next() does. If it empties a batch, the flow ends.
 */
struct flow_filter {
	struct flow inner;
	int (*before_send)(void *state, struct flow_batch *batch);
	void *state; /* for before_send() */
};

/* Returns the flow to give to the driver; borrows `filter`. */
struct flow flow_filter_flow(struct flow_filter *filter);
