/* SPDX-License-Identifier: Apache-2.0 */
#include "failover/eni_create.h"

#include "base/deadline.h"
#include "failover/eni_state.h"

#include <errno.h>
#include <stdio.h>

#define TAG_CREATE 0

/* Maximum number of requests, and the back-off in milliseconds, after lost responses. */
#define TRIES_MAX 3
#define TRY_AGAIN_BASE 200
#define TRY_AGAIN_CAP 2000

void eni_create_init(struct eni_create *create, const struct eni_create_goal *goal)
{
	*create = (struct eni_create){.goal = goal};
}

void eni_create_done(struct eni_create *create)
{
	ec2_eni_done(&create->eni);
	*create = (struct eni_create){0};
}

const char *eni_create_format_state(
	const struct eni_create *create, char buffer[ENI_CREATE_STATE_SIZE])
{
	if (create->id[0])
		snprintf(buffer, ENI_CREATE_STATE_SIZE, "%s was created%s", create->id,
			create->read.n_absent ? ", but EC2 does not show the ENI" : "");
	else if (create->is_response_lost)
		snprintf(buffer, ENI_CREATE_STATE_SIZE, "unknown whether an ENI was created in %s",
			create->goal->subnet);
	else
		snprintf(buffer, ENI_CREATE_STATE_SIZE, "no ENI was created");
	return buffer;
}

static void fail(struct eni_create *create, const struct error *reason)
{
	char text[ENI_CREATE_STATE_SIZE];

	create->verdict = ENI_CREATE_FAILED;
	eni_set_error(&create->error, create->goal->name, reason,
		create->id[0] || create->is_response_lost ? eni_create_format_state(create, text)
							  : NULL);
}

static int send_create(struct eni_create *create, struct flow_batch *batch)
{
	const struct eni_create_goal *goal = create->goal;
	const struct flow_call call = {.action = EC2_CREATE_NETWORK_INTERFACE,
		.parameters = {.subnet = goal->subnet,
			.addresses = goal->addresses,
			.security_groups = goal->security_groups,
			.description = goal->description,
			.tags = goal->tags,
			.client_token = goal->token},
		.tag = TAG_CREATE};

	create->tries++;
	create->has_waited = false;
	return flow_batch_add(batch, &call);
}

/* Sends the creation, and after a wait repeats it; when the id is known, reads the ENI. */
static int create_next(void *state, uint64_t now, uint32_t random, struct flow_batch *ret_batch)
{
	struct eni_create *create = state;

	*ret_batch = (struct flow_batch){0};
	if (create->verdict != ENI_CREATE_PENDING)
		return 0;
	if (create->id[0])
		return eni_read_next(
			&create->read, now, random, UINT64_MAX /* any wait */, ret_batch);
	if (create->tries && !create->has_waited) {
		create->has_waited = true;
		ret_batch->wait = backoff_delay(
			create->tries, random, TRY_AGAIN_BASE, TRY_AGAIN_CAP);
		return 0;
	}
	return send_create(create, ret_batch);
}

static void handle_create(struct eni_create *create, const struct flow_response *response)
{
	struct error error;
	int err = flow_check_response(
		EC2_CREATE_NETWORK_INTERFACE, create->goal->subnet, response, &error);

	/* All requests have the same client token: a response also covers those before this one. */
	create->is_response_lost = response->err; /* err is 0 if EC2 responded */
	if (create->is_response_lost && create->tries < TRIES_MAX)
		return;
	if (err) {
		fail(create, &error);
		return;
	}
	snprintf(create->id, sizeof(create->id), "%s", response->response.reply.enis.items[0].id);
	eni_read_init(&create->read, create->id);
}

static int handle_read(struct eni_create *create, const struct flow_response *response)
{
	const struct ec2_eni *eni = NULL;
	struct error error;
	int err = eni_read_handle_response(&create->read, response, &eni, &error);

	/* -ENOENT is ignored: EC2 has confirmed the creation, and reads may not show the ENI yet. */
	if (err && err != -ENOENT)
		fail(create, &error);
	/* A new ENI is "pending", which is read as EC2_ENI_UNKNOWN. Attached is as good as available. */
	if (!eni || eni->status == EC2_ENI_UNKNOWN)
		return 0;
	create->verdict = ENI_CREATE_DONE;
	return ec2_eni_copy(eni, &create->eni);
}

static int create_handle_response(void *state, size_t tag, const struct flow_response *response)
{
	if (tag == TAG_CREATE) {
		handle_create(state, response);
		return 0;
	}
	return handle_read(state, response);
}

struct flow eni_create_flow(struct eni_create *create)
{
	return (struct flow){
		.next = create_next, .handle_response = create_handle_response, .state = create};
}
