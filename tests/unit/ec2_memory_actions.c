/* SPDX-License-Identifier: Apache-2.0 */
#include "ec2_memory_actions.h"

#include "ec2/reply_shapes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MEMORY_EPOCH 1700000000 /* when what was attached before the run was attached */

static const char *given(const char *text, const char *other)
{
	return text ? text : other;
}

static struct memory_eni *find_attachment(struct ec2_memory *memory, const char *attachment)
{
	for (size_t i = 0; i < MEMORY_ENIS_MAX; i++)
		if (memory->enis[i].id && strcmp(memory->enis[i].attachment, attachment) == 0)
			return &memory->enis[i];
	return NULL;
}

static const struct memory_instance *find_instance(const struct ec2_memory *memory, const char *id)
{
	for (size_t i = 0; i < MEMORY_INSTANCES_MAX; i++)
		if (memory->instances[i].id && strcmp(memory->instances[i].id, id) == 0)
			return &memory->instances[i];
	return NULL;
}

uint64_t ec2_memory_date(const struct ec2_memory *memory)
{
	if (memory->same_second)
		return 0;
	if (memory->real_seconds)
		return MEMORY_EPOCH + memory->now / 1000;
	/* Between the last attachment and the next one. */
	return MEMORY_EPOCH + 8 * memory->attachments + 4;
}

static struct memory_eni *get_shown_enis(struct ec2_memory *memory)
{
	uint64_t age = memory->age_max ? ec2_memory_random(memory) % (memory->age_max + 1) : 0;
	size_t first = memory->n_past > MEMORY_PAST_MAX ? memory->n_past - MEMORY_PAST_MAX : 0;

	if (memory->now < memory->stale_until)
		return memory->before;
	for (size_t i = first; age && i < memory->n_past; i++)
		if (memory->now < memory->past[i % MEMORY_PAST_MAX].until + age)
			return memory->past[i % MEMORY_PAST_MAX].enis;
	return memory->enis;
}

/* Describing. */

static struct ip_address address_of(const char *text)
{
	struct ip_address address = {0};

	assert_int_equal(ip_address_parse(text, &address), 0);
	return address;
}

static enum ec2_eni_status status_of(const struct memory_eni *eni)
{
	if (eni->pending)
		return EC2_ENI_UNKNOWN;
	switch (eni->status) {
	case EC2_ATTACHMENT_UNKNOWN:
		return eni->service ? EC2_ENI_IN_USE : EC2_ENI_AVAILABLE;
	case EC2_ATTACHMENT_ATTACHING:
		return EC2_ENI_ATTACHING;
	case EC2_ATTACHMENT_ATTACHED:
		return EC2_ENI_IN_USE;
	case EC2_ATTACHMENT_DETACHING:
		return EC2_ENI_DETACHING;
	case EC2_ATTACHMENT_DETACHED:
		return EC2_ENI_AVAILABLE;
	}
	return EC2_ENI_UNKNOWN;
}

static void fill_attachment(const struct memory_eni *from, struct ec2_attachment *attachment)
{
	*attachment = (struct ec2_attachment){.device_index = -1, .network_card = -1};
	if (from->service) {
		snprintf(attachment->id, sizeof(attachment->id), "ela-attach-1");
		attachment->instance_owner = strdup(from->service);
		attachment->device_index = 1;
		attachment->status = EC2_ATTACHMENT_ATTACHED;
	}
	if (!from->attachment[0])
		return;
	snprintf(attachment->id, sizeof(attachment->id), "%s", from->attachment);
	snprintf(attachment->instance, sizeof(attachment->instance), "%s", from->instance);
	attachment->device_index = from->index;
	attachment->network_card = from->card || from->names_card ? from->card : -1;
	attachment->status = from->status;
	attachment->attached_at = MEMORY_EPOCH + from->attached_at;
}

static void fill_addresses(const struct memory_eni *from, struct ec2_eni *eni)
{
	for (size_t i = 0; i < MEMORY_ADDRESSES_MAX && from->addresses[i]; i++) {
		const struct ec2_private_address address = {
			address_of(from->addresses[i]), i ? EC2_FLAG_FALSE : EC2_FLAG_TRUE};
		MEMORY_ADD(&eni->ipv4s, address);
	}
	if (from->addresses[0])
		eni->address = address_of(from->addresses[0]);
	if (from->ipv6)
		MEMORY_ADD(&eni->ipv6s, address_of(from->ipv6));
}

/* `memory`: NULL: of a response that is made by hand. */
static void fill_eni(
	const struct ec2_memory *memory, const struct memory_eni *from, struct ec2_eni_list *list)
{
	struct ec2_eni eni = {
		.zone = strdup(given(from->zone, "zone-a")),
		.mac = {{2, 0, 0, 0, 0, 1}},
		.status = status_of(from),
		.source_dest_check = from->source_dest_check,
		.requester_managed = from->requester_managed ? EC2_FLAG_TRUE : EC2_FLAG_FALSE,
	};

	snprintf(eni.id, sizeof(eni.id), "%s", from->id);
	snprintf(eni.vpc, sizeof(eni.vpc), "%s", given(from->vpc, MEMORY_VPC));
	snprintf(eni.subnet, sizeof(eni.subnet), "%s", given(from->subnet, "subnet-a"));
	if (from->operator_principal) {
		eni.operator_managed = EC2_FLAG_TRUE;
		eni.operator_principal = strdup(from->operator_principal);
	}
	fill_attachment(from, &eni.attachment);
	if (memory && memory->same_second)
		eni.attachment.attached_at = MEMORY_EPOCH;
	fill_addresses(from, &eni);
	MEMORY_ADD(list, eni);
}

static void fill_instance(const struct ec2_memory *memory, const struct memory_instance *from,
	const struct memory_eni *enis, size_t n_enis, struct ec2_instance_list *list)
{
	struct ec2_instance instance = {.vpc = MEMORY_VPC, .state = from->state};

	snprintf(instance.id, sizeof(instance.id), "%s", from->id);
	for (size_t i = 0; i < n_enis; i++)
		if (enis[i].id && strcmp(enis[i].instance, from->id) == 0)
			fill_eni(memory, &enis[i], &instance.enis);
	MEMORY_ADD(list, instance);
}

void response_add_eni(struct flow_response *response, const struct memory_eni *eni)
{
	fill_eni(NULL, eni, &response->response.reply.enis);
}

void response_add_instance(struct flow_response *response, const struct memory_instance *instance,
	const struct memory_eni *enis, size_t n_enis)
{
	fill_instance(NULL, instance, enis, n_enis, &response->response.reply.instances);
}

bool ec2_memory_names(const char *const *ids, const char *id)
{
	for (size_t i = 0; ids && ids[i]; i++)
		if (strcmp(ids[i], id) == 0)
			return true;
	return false;
}

static bool passes(const struct memory_eni *eni, const char *name, const char *value)
{
	if (strcmp(name, "vpc-id") == 0)
		return strcmp(given(eni->vpc, MEMORY_VPC), value) == 0;
	if (strcmp(name, "subnet-id") == 0)
		return strcmp(given(eni->subnet, "subnet-a"), value) == 0;
	if (strcmp(name, "attachment.instance-id") == 0)
		return strcmp(eni->instance, value) == 0;
	if (strcmp(name, "status") == 0)
		return strcmp(ec2_eni_status_words[status_of(eni)], value) == 0;
	if (strcmp(name, "tag-key") == 0)
		return eni->tag_key && strcmp(eni->tag_key, value) == 0;
	if (strncmp(name, "tag:", 4) == 0)
		return eni->tag_key && strcmp(eni->tag_key, name + 4) == 0 &&
		       strcmp(eni->tag_value, value) == 0;
	if (strcmp(name, "ipv6-addresses.ipv6-address") == 0)
		return eni->ipv6 && strcmp(eni->ipv6, value) == 0;
	assert_string_equal(name, "addresses.private-ip-address");
	for (size_t i = 0; i < MEMORY_ADDRESSES_MAX && eni->addresses[i]; i++)
		if (strcmp(eni->addresses[i], value) == 0)
			return true;
	return false;
}

static bool is_requested(const struct memory_eni *eni, const struct ec2_parameters *parameters)
{
	const struct ec2_filter *filter = parameters->filters;

	if (parameters->enis && !ec2_memory_names(parameters->enis, eni->id))
		return false;
	for (; filter && filter->name; filter++)
		if (!passes(eni, filter->name, filter->values[0]))
			return false;
	return true;
}

static void describe_enis(struct ec2_memory *memory, const struct ec2_parameters *parameters,
	struct ec2_response *response)
{
	struct memory_eni *enis = get_shown_enis(memory);
	struct ec2_reply *reply = &response->reply;
	size_t first = parameters->next_token ? strtoul(parameters->next_token, NULL, 10) : 0;
	size_t fitting = 0;

	if (parameters->enis && !memory->deaf && !ec2_memory_find(enis, parameters->enis[0])) {
		ec2_memory_refuse(response, "InvalidNetworkInterfaceID.NotFound",
			"The networkInterface ID '%s' does not exist", parameters->enis[0]);
		return;
	}
	for (size_t i = 0; i < MEMORY_ENIS_MAX; i++) {
		if (!enis[i].id || (!memory->deaf && !is_requested(&enis[i], parameters)) ||
			fitting++ < first)
			continue;
		if (memory->page && reply->enis.count == memory->page) {
			assert_true(asprintf(&reply->next_token, "%zu", fitting - 1) >= 0);
			return;
		}
		fill_eni(memory, &enis[i], &reply->enis);
	}
}

static void describe_instances(struct ec2_memory *memory, const struct ec2_parameters *parameters,
	struct ec2_response *response)
{
	const struct memory_eni *enis = get_shown_enis(memory);

	if (!memory->deaf && !find_instance(memory, parameters->instances[0])) {
		ec2_memory_refuse(response, "InvalidInstanceID.NotFound",
			"The instance ID '%s' does not exist", parameters->instances[0]);
		return;
	}
	for (size_t i = 0; i < MEMORY_INSTANCES_MAX; i++) {
		const struct memory_instance *instance = &memory->instances[i];
		if (instance->id &&
			(memory->deaf || ec2_memory_names(parameters->instances, instance->id)))
			fill_instance(memory, instance, enis, MEMORY_ENIS_MAX,
				&response->reply.instances);
	}
}

/* Changing. */

static int count_enis(const struct ec2_memory *memory, const char *instance, int card)
{
	int count = 0;

	for (size_t i = 0; i < MEMORY_ENIS_MAX; i++) {
		const struct memory_eni *eni = &memory->enis[i];
		count += eni->id && strcmp(eni->instance, instance) == 0 && eni->card == card;
	}
	return count;
}

static bool is_taken(const struct ec2_memory *memory, const char *instance, int card, int index)
{
	for (size_t i = 0; i < MEMORY_ENIS_MAX; i++) {
		const struct memory_eni *eni = &memory->enis[i];
		if (eni->id && strcmp(eni->instance, instance) == 0 && eni->card == card &&
			eni->index == index)
			return true;
	}
	return false;
}

/* Whether the instance takes it. */
static bool fits(const struct ec2_memory *memory, const struct memory_eni *eni,
	const struct memory_instance *instance, int card, int index, struct ec2_response *response)
{
	if (strcmp(given(eni->zone, "zone-a"), given(instance->zone, "zone-a")) != 0)
		ec2_memory_refuse(response, "InvalidParameterCombination",
			"You may not attach a network interface to an instance if they are not in "
			"the same availability zone");
	else if (memory->now < instance->busy)
		ec2_memory_refuse(response, "IncorrectState",
			"The instance '%s' is not in a valid state for this operation.",
			instance->id);
	else if (is_taken(memory, instance->id, card, index))
		ec2_memory_refuse(response, "InvalidParameterValue",
			"Instance '%s' already has an interface attached at device index '%d'.",
			instance->id, index);
	else if (card && card >= instance->cards)
		ec2_memory_refuse(response, "InvalidParameterValue",
			"Network card index %d is invalid", card);
	else if (instance->limit && count_enis(memory, instance->id, card) >= instance->limit)
		ec2_memory_refuse(response, "AttachmentLimitExceeded",
			"Interface count %d exceeds the limit", instance->limit + 1);
	return !response->is_fault;
}

static void attach(struct ec2_memory *memory, const struct ec2_parameters *parameters,
	struct ec2_response *response)
{
	struct memory_eni *eni = ec2_memory_find(memory->enis, parameters->eni);
	const struct memory_instance *instance = find_instance(memory, parameters->instance);
	int card = (int)parameters->network_card, index = (int)parameters->device_index;

	if (!eni)
		ec2_memory_refuse(response, "InvalidNetworkInterfaceID.NotFound",
			"The networkInterface ID '%s' does not exist", parameters->eni);
	else if (!instance)
		ec2_memory_refuse(response, "InvalidInstanceID.NotFound",
			"The instance ID '%s' does not exist", parameters->instance);
	else if (eni->attachment[0] && memory->in_use_is_a_parameter)
		ec2_memory_refuse(response, "InvalidParameterValue",
			"Network interface '%s' is currently in use.", eni->id);
	else if (eni->attachment[0])
		ec2_memory_refuse(response, "InvalidNetworkInterface.InUse",
			"Interface: [%s] in use.", eni->id);
	else if (fits(memory, eni, instance, card, index, response)) {
		ec2_memory_attach(memory, eni->id, instance->id, index, EC2_ATTACHMENT_ATTACHING);
		eni->card = card;
		snprintf(response->reply.attachment, sizeof(response->reply.attachment), "%s",
			eni->attachment);
	}
}

static void detach(struct ec2_memory *memory, const struct ec2_parameters *parameters,
	struct ec2_response *response)
{
	struct memory_eni *eni = find_attachment(memory, parameters->attachment);
	const struct memory_instance *instance = eni ? find_instance(memory, eni->instance) : NULL;

	if (!eni) {
		ec2_memory_refuse(response, "InvalidAttachmentID.NotFound",
			"The attachment ID '%s' does not exist", parameters->attachment);
	} else if (!eni->index) {
		ec2_memory_refuse(response, "OperationNotPermitted",
			"The network interface at device index 0 cannot be detached.");
	} else if (instance && memory->now < instance->busy) {
		ec2_memory_refuse(response, "IncorrectInstanceState",
			"The instance '%s' is not in a valid state for this operation.",
			instance->id);
	} else if (eni->status != EC2_ATTACHMENT_ATTACHED && !parameters->force) {
		ec2_memory_refuse(response, "IncorrectState",
			"The attachment '%s' is in state '%s'.", parameters->attachment,
			ec2_attachment_status_words[eni->status]);
	} else {
		ec2_memory_save_enis(memory);
		eni->status = EC2_ATTACHMENT_DETACHING;
		eni->settles = memory->now + memory->detach_msec;
		if (memory->stuck && !parameters->force)
			eni->settles = 0;
	}
}

/* The same token again: the same ENI. */
static void create(struct ec2_memory *memory, const struct ec2_parameters *parameters,
	struct ec2_response *response)
{
	struct memory_eni *eni = ec2_memory_find(memory->enis, "eni-made");

	if (eni && strcmp(memory->token, parameters->client_token) == 0) {
		fill_eni(memory, eni, &response->reply.enis);
		return;
	}
	for (eni = memory->enis; eni->id; eni++)
		assert_true(eni < memory->enis + MEMORY_ENIS_MAX - 1);
	ec2_memory_save_enis(memory);
	memory->made++;
	snprintf(memory->token, sizeof(memory->token), "%s", parameters->client_token);
	*eni = (struct memory_eni){
		.id = "eni-made", .pending = true, .settles = memory->now + memory->attach_msec};
	fill_eni(memory, eni, &response->reply.enis);
}

static void modify(struct ec2_memory *memory, const struct ec2_parameters *parameters,
	struct ec2_response *response)
{
	struct memory_eni *eni = ec2_memory_find(memory->enis, parameters->eni);

	if (!eni) {
		ec2_memory_refuse(response, "InvalidNetworkInterfaceID.NotFound",
			"The networkInterface ID '%s' does not exist", parameters->eni);
		return;
	}
	ec2_memory_save_enis(memory);
	eni->source_dest_check = parameters->source_dest_check;
}

static void take_away(struct memory_eni *eni, const char *address)
{
	size_t kept = 0;

	for (size_t i = 0; i < MEMORY_ADDRESSES_MAX; i++)
		if (eni->addresses[i] && strcmp(eni->addresses[i], address) != 0)
			eni->addresses[kept++] = eni->addresses[i];
	for (; kept < MEMORY_ADDRESSES_MAX; kept++)
		eni->addresses[kept] = NULL;
}

/* Tests read the address after the flow has freed its text, so point to a constant. */
static void assign(struct ec2_memory *memory, const struct ec2_parameters *parameters,
	struct ec2_response *response)
{
	static const char *const known[] = {"10.0.1.50", "10.0.1.60", "10.0.1.70"};
	struct memory_eni *eni = ec2_memory_find(memory->enis, parameters->eni);
	const char *address = NULL;
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (strcmp(known[i], parameters->private_addresses[0]) == 0)
			address = known[i];
	assert_non_null(address);
	assert_true(parameters->allow_reassignment);
	if (!eni) {
		ec2_memory_refuse(response, "InvalidNetworkInterfaceID.NotFound",
			"The networkInterface ID '%s' does not exist", parameters->eni);
		return;
	}
	ec2_memory_save_enis(memory);
	for (size_t i = 0; i < MEMORY_ENIS_MAX; i++)
		if (memory->enis[i].id)
			take_away(&memory->enis[i], address);
	while (eni->addresses[count])
		count++;
	assert_true(count < MEMORY_ADDRESSES_MAX);
	eni->addresses[count] = address;
}

void ec2_memory_perform(
	struct ec2_memory *memory, const struct flow_call *call, struct ec2_response *response)
{
	static void (*const actions[EC2_ACTION_COUNT_])(struct ec2_memory * memory,
		const struct ec2_parameters *parameters, struct ec2_response *response) = {
		[EC2_DESCRIBE_ROUTE_TABLES] = ec2_memory_describe_tables,
		[EC2_CREATE_ROUTE] = ec2_memory_create_route,
		[EC2_REPLACE_ROUTE] = ec2_memory_replace_route,
		[EC2_DELETE_ROUTE] = ec2_memory_delete_route,
		[EC2_DESCRIBE_NETWORK_INTERFACES] = describe_enis,
		[EC2_DESCRIBE_INSTANCES] = describe_instances,
		[EC2_ATTACH_NETWORK_INTERFACE] = attach,
		[EC2_DETACH_NETWORK_INTERFACE] = detach,
		[EC2_CREATE_NETWORK_INTERFACE] = create,
		[EC2_MODIFY_NETWORK_INTERFACE_ATTRIBUTE] = modify,
		[EC2_ASSIGN_PRIVATE_IP_ADDRESSES] = assign,
	};

	assert_non_null(actions[call->action]);
	response->reply.shape = ec2_reply_shape(call->action);
	actions[call->action](memory, &call->parameters, response);
}
