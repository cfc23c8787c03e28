/* SPDX-License-Identifier: Apache-2.0 */
#include "failover/eni_create.h"

#include "base/deadline.h"
#include "failover/eni_place.h"

#include <errno.h>
#include <stdio.h>

#define TAG_CREATE 0

/*
 * Requests at most, and the back-off in milliseconds, after lost responses. The driver retries as
 * well.
 */
#define TRIES_MAX 3
#define TRY_AGAIN_BASE 200
#define TRY_AGAIN_CAP 2000

void eni_create_init(struct eni_create *flow, const struct eni_create_goal *goal)
{
	*flow = (struct eni_create){.goal = goal};
}

void eni_create_done(struct eni_create *flow)
{
	ec2_eni_done(&flow->eni);
	*flow = (struct eni_create){0};
}

const char *eni_create_format_state(
	const struct eni_create *flow, char buffer[ENI_CREATE_STATE_SIZE])
{
	if (flow->id[0])
		snprintf(buffer, ENI_CREATE_STATE_SIZE, "%s was created%s", flow->id,
			flow->read.absent ? ", but EC2 does not show the ENI" : "");
	else if (flow->lost)
		snprintf(buffer, ENI_CREATE_STATE_SIZE, "unknown whether an ENI was created in %s",
			flow->goal->subnet);
	else
		snprintf(buffer, ENI_CREATE_STATE_SIZE, "no ENI was created");
	return buffer;
}

static void fail(struct eni_create *flow, const struct error *reason)
{
	char where[ENI_CREATE_STATE_SIZE];

	flow->verdict = ENI_CREATE_FAILED;
	eni_fail(&flow->error, flow->goal->name, reason,
		flow->id[0] || flow->lost ? eni_create_format_state(flow, where) : NULL);
}

static int send_create(struct eni_create *flow, struct flow_batch *batch)
{
	const struct eni_create_goal *goal = flow->goal;
	const struct flow_call call = {.action = EC2_CREATE_NETWORK_INTERFACE,
		.parameters = {.subnet = goal->subnet,
			.addresses = goal->addresses,
			.security_groups = goal->security_groups,
			.description = goal->description,
			.tags = goal->tags,
			.client_token = goal->token},
		.tag = TAG_CREATE};

	flow->tries++;
	flow->waited = false;
	return flow_batch_add(batch, &call);
}

static int create_next(void *state, uint64_t now, uint32_t random, struct flow_batch *ret_batch)
{
	struct eni_create *flow = state;

	*ret_batch = (struct flow_batch){0};
	if (flow->verdict != ENI_CREATE_PENDING)
		return 0;
	if (flow->id[0])
		return eni_read_next(&flow->read, now, random, UINT64_MAX, ret_batch);
	if (flow->tries && !flow->waited) {
		flow->waited = true;
		ret_batch->wait = backoff_delay(flow->tries, random, TRY_AGAIN_BASE, TRY_AGAIN_CAP);
		return 0;
	}
	return send_create(flow, ret_batch);
}

static void handle_create(struct eni_create *flow, const struct flow_response *response)
{
	struct error error;
	int err = flow_check_response(
		EC2_CREATE_NETWORK_INTERFACE, flow->goal->subnet, response, &error);

	/* A response to this client token also decides earlier requests with the same token. */
	flow->lost = response->err;
	if (flow->lost && flow->tries < TRIES_MAX)
		return;
	if (err) {
		fail(flow, &error);
		return;
	}
	snprintf(flow->id, sizeof(flow->id), "%s", response->response.reply.enis.items[0].id);
	eni_read_init(&flow->read, flow->id);
}

static int handle_read(struct eni_create *flow, const struct flow_response *response)
{
	const struct ec2_eni *eni = NULL;
	struct error error;
	int err = eni_read_handle_response(&flow->read, response, &eni, &error);

	/* EC2 has confirmed the creation, so that a read without the new ENI proves nothing. */
	if (err && err != -ENOENT)
		fail(flow, &error);
	/*
	 * The status "pending" is read as EC2_ENI_UNKNOWN. An ENI that is already attached counts
	 * as created.
	 */
	if (!eni || eni->status == EC2_ENI_UNKNOWN)
		return 0;
	flow->verdict = ENI_CREATE_DONE;
	return ec2_eni_copy(eni, &flow->eni);
}

static int create_handle_response(void *state, size_t tag, const struct flow_response *response)
{
	if (tag == TAG_CREATE) {
		handle_create(state, response);
		return 0;
	}
	return handle_read(state, response);
}

struct flow eni_create_flow(struct eni_create *flow)
{
	return (struct flow){
		.next = create_next, .handle_response = create_handle_response, .state = flow};
}
