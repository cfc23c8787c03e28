/* SPDX-License-Identifier: Apache-2.0 */
#include "failover/instance_eni.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

void instance_eni_init(struct instance_eni *search, const char *instance)
{
	*search = (struct instance_eni){.instance = instance, .instances = {instance}};
}

static int search_next(void *state, uint64_t now, uint32_t random, struct flow_batch *ret_batch)
{
	struct instance_eni *search = state;
	struct flow_call call = {
		.action = EC2_DESCRIBE_INSTANCES,
		.parameters = {.instances = search->instances},
	};

	(void)now;
	(void)random;
	*ret_batch = (struct flow_batch){0};
	return search->has_ended ? 0 : flow_batch_add(ret_batch, &call);
}

/* The primary ENI has index 0 on card 0. A card that EC2 does not report is -1. */
static const struct ec2_eni *find_primary_eni(const struct ec2_instance *instance)
{
	for (size_t i = 0; i < instance->enis.count; i++) {
		const struct ec2_eni *eni = &instance->enis.items[i];
		if (eni->attachment.device_index == 0 && eni->attachment.network_card <= 0)
			return eni;
	}
	return NULL;
}

/* Only a running instance receives traffic; a pending one is about to run. */
static int check_running(struct instance_eni *search, enum ec2_instance_state state)
{
	switch (state) {
	case EC2_INSTANCE_PENDING:
	case EC2_INSTANCE_RUNNING:
		return 0;
	case EC2_INSTANCE_UNKNOWN:
		return error_set(
			&search->error, OUTCOME_FAILED, EBADMSG, "EC2 does not report the state");
	case EC2_INSTANCE_SHUTTING_DOWN:
	case EC2_INSTANCE_TERMINATED:
	case EC2_INSTANCE_STOPPING:
	case EC2_INSTANCE_STOPPED:
		break;
	}
	return error_set(&search->error, OUTCOME_FAILED, EHOSTDOWN,
		"the state is %s: only a running instance receives traffic",
		ec2_instance_state_words[state]);
}

/* Saves the result, or sets the error. `instance` is NULL if the response does not have it. */
static int save_result(struct instance_eni *search, const struct ec2_instance *instance)
{
	const struct ec2_eni *eni;
	int err;

	if (!instance)
		return error_set(&search->error, OUTCOME_FAILED, ENOENT,
			"missing in EC2's response: check that the instance exists in this account and region");
	err = check_running(search, instance->state);
	if (err)
		return err;
	eni = find_primary_eni(instance);
	if (!eni)
		return error_set(&search->error, OUTCOME_FAILED, ENODEV,
			"EC2 reports no primary ENI (device index 0): specify the ENI instead of the instance");
	snprintf(search->eni, sizeof(search->eni), "%s", eni->id);
	snprintf(search->vpc, sizeof(search->vpc), "%s", instance->vpc);
	search->state = instance->state;
	return 0;
}

/* Finds the instance in the response and saves its primary ENI. One response ends the flow. */
static int search_handle_response(void *state, size_t tag, const struct flow_response *response)
{
	struct instance_eni *search = state;
	const struct ec2_instance_list *list = &response->response.reply.instances;
	const struct ec2_instance *instance = NULL;
	int err = flow_check_response(EC2_DESCRIBE_INSTANCES, "*", response, &search->error);

	(void)tag;
	for (size_t i = 0; !err && !instance && i < list->count; i++)
		if (strcmp(list->items[i].id, search->instance) == 0)
			instance = &list->items[i];
	if (!err)
		err = save_result(search, instance);
	if (err)
		error_prefix(&search->error, "instance %s", search->instance);
	search->has_ended = true;
	return 0;
}

struct flow instance_eni_flow(struct instance_eni *search)
{
	return (struct flow){
		.next = search_next, .handle_response = search_handle_response, .state = search};
}

enum outcome instance_eni_outcome(const struct instance_eni *search)
{
	return search->has_ended ? search->error.outcome : OUTCOME_TIMEOUT;
}
