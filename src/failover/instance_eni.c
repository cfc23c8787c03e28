/* SPDX-License-Identifier: Apache-2.0 */
#include "failover/instance_eni.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

void instance_eni_init(struct instance_eni *flow, const char *instance)
{
	*flow = (struct instance_eni){.instance = instance, .instances = {instance}};
}

static int find_next(void *state, uint64_t now, uint32_t random, struct flow_batch *ret_batch)
{
	struct instance_eni *flow = state;
	struct flow_call call = {
		.action = EC2_DESCRIBE_INSTANCES,
		.parameters = {.instances = flow->instances},
	};

	(void)now;
	(void)random;
	*ret_batch = (struct flow_batch){0};
	return flow->has_ended ? 0 : flow_batch_add(ret_batch, &call);
}

/*
 * Index 0 of other network cards is not the primary ENI; EC2 may not report the number of card 0.
 */
static const struct ec2_eni *find_primary(const struct ec2_instance *instance)
{
	for (size_t i = 0; i < instance->enis.count; i++) {
		const struct ec2_eni *eni = &instance->enis.items[i];
		if (eni->attachment.device_index == 0 && eni->attachment.network_card <= 0)
			return eni;
	}
	return NULL;
}

static int check_state(struct instance_eni *flow, enum ec2_instance_state state)
{
	switch (state) {
	case EC2_INSTANCE_PENDING:
	case EC2_INSTANCE_RUNNING:
		return 0;
	case EC2_INSTANCE_UNKNOWN:
		return error_set(
			&flow->error, OUTCOME_FAILED, EBADMSG, "EC2 does not report the state");
	case EC2_INSTANCE_SHUTTING_DOWN:
	case EC2_INSTANCE_TERMINATED:
	case EC2_INSTANCE_STOPPING:
	case EC2_INSTANCE_STOPPED:
		break;
	}
	return error_set(&flow->error, OUTCOME_FAILED, EHOSTDOWN,
		"the state is %s: only a running instance receives traffic",
		ec2_instance_state_words[state]);
}

static int handle_instance(struct instance_eni *flow, const struct ec2_instance *instance)
{
	const struct ec2_eni *eni;
	int err;

	if (!instance)
		return error_set(&flow->error, OUTCOME_FAILED, ENOENT,
			"missing in EC2's response: check that the instance exists in this account and region");
	err = check_state(flow, instance->state);
	if (err)
		return err;
	eni = find_primary(instance);
	if (!eni)
		return error_set(&flow->error, OUTCOME_FAILED, ENODEV,
			"EC2 reports no primary ENI (device index 0): specify the ENI instead of the instance");
	snprintf(flow->eni, sizeof(flow->eni), "%s", eni->id);
	snprintf(flow->vpc, sizeof(flow->vpc), "%s", instance->vpc);
	flow->state = instance->state;
	return 0;
}

static int find_handle_response(void *state, size_t tag, const struct flow_response *response)
{
	struct instance_eni *flow = state;
	const struct ec2_instance_list *list = &response->response.reply.instances;
	const struct ec2_instance *instance = NULL;
	int err = flow_check_response(EC2_DESCRIBE_INSTANCES, "*", response, &flow->error);

	(void)tag;
	for (size_t i = 0; !err && !instance && i < list->count; i++)
		if (strcmp(list->items[i].id, flow->instance) == 0)
			instance = &list->items[i];
	if (!err)
		err = handle_instance(flow, instance);
	if (err)
		error_prefix(&flow->error, "instance %s", flow->instance);
	flow->has_ended = true;
	return 0;
}

struct flow instance_eni_flow(struct instance_eni *flow)
{
	return (struct flow){
		.next = find_next, .handle_response = find_handle_response, .state = flow};
}

enum outcome instance_eni_outcome(const struct instance_eni *flow)
{
	return flow->has_ended ? flow->error.outcome : OUTCOME_TIMEOUT;
}
