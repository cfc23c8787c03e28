/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a response of EC2: the first one chooses the action, the second one the status and
 * the size of the pieces that it comes in.
 */
#include "ec2/response.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void require(bool holds)
{
	if (!holds)
		abort();
}

static void check_id(const char *id, const char *prefix, bool needed)
{
	require(*id ? parse_ec2_id(id, prefix) == 0 : !needed);
}

static void check_family(const struct ip_address *address, unsigned char family)
{
	require(address->family == family);
}

static void check_route(const struct ec2_route *route)
{
	const struct ip_address *to = &route->destination.address;

	require(!ip_address_is_set(to) || route->destination.length <= ip_family_bits(to->family));
	require((route->target.kind == EC2_TARGET_UNKNOWN) == (route->target.id == NULL));
	if (route->target.kind == EC2_TARGET_ENI)
		check_id(route->target.id, "eni", true);
	check_id(route->instance, "i", route->target.kind == EC2_TARGET_INSTANCE);
	require(route->state <= EC2_ROUTE_FILTERED && route->origin <= EC2_ORIGIN_ADVERTISEMENT);
}

static void check_table(const struct ec2_route_table *table)
{
	check_id(table->id, "rtb", true);
	check_id(table->vpc, "vpc", false);
	for (size_t i = 0; i < table->associations.count; i++) {
		check_id(table->associations.items[i].subnet, "subnet", false);
		require(table->associations.items[i].is_main <= EC2_FLAG_TRUE);
	}
	for (size_t i = 0; i < table->routes.count; i++)
		check_route(&table->routes.items[i]);
}

static void check_eni(const struct ec2_eni *eni)
{
	check_id(eni->id, "eni", true);
	check_id(eni->subnet, "subnet", false);
	if (strncmp(eni->attachment.id, "ela", 3) == 0)
		check_id(eni->attachment.id, "ela-attach", true);
	else
		check_id(eni->attachment.id, "eni-attach", false);
	check_id(eni->attachment.instance, "i", false);
	require(eni->attachment.device_index >= -1 && eni->attachment.network_card >= -1);
	require(eni->status <= EC2_ENI_DETACHING);
	require(eni->attachment.status <= EC2_ATTACHMENT_DETACHED);
	require(eni->source_dest_check <= EC2_FLAG_TRUE);
	for (size_t i = 0; i < eni->ipv4s.count; i++)
		check_family(&eni->ipv4s.items[i].address, AF_INET);
	for (size_t i = 0; i < eni->ipv6s.count; i++)
		check_family(&eni->ipv6s.items[i], AF_INET6);
}

static void check_reply(enum ec2_action action, const struct ec2_reply *reply)
{
	for (size_t i = 0; i < reply->route_tables.count; i++)
		check_table(&reply->route_tables.items[i]);
	for (size_t i = 0; i < reply->enis.count; i++)
		check_eni(&reply->enis.items[i]);
	for (size_t i = 0; i < reply->instances.count; i++) {
		const struct ec2_instance *instance = &reply->instances.items[i];

		check_id(instance->id, "i", true);
		require(instance->state <= EC2_INSTANCE_STOPPED);
		for (size_t j = 0; j < instance->enis.count; j++)
			check_eni(&instance->enis.items[j]);
	}
	check_id(reply->attachment, "eni-attach", action == EC2_ATTACH_NETWORK_INTERFACE);
	require(action != EC2_CREATE_NETWORK_INTERFACE || reply->enis.count > 0);
	require(reply->returned != EC2_FLAG_FALSE);
}

static void check_failure(int err, const struct error *error)
{
	require(err == -ENODATA || err == -EPIPE || err == -EPROTO || err == -EBADMSG ||
		err == -EMSGSIZE);
	require(error->outcome == OUTCOME_FAILED && strlen(error->text) > 0);
	for (const char *at = error->text; *at; at++)
		require((unsigned char)*at >= ' ' && *at != '\177');
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	static const long statuses[] = {200, 204, 400, 503};
	_cleanup_(ec2_response_reader_cleanup) struct ec2_response_reader *reader = NULL;
	_cleanup_(ec2_response_done) struct ec2_response response = {0};
	struct error error = {0};

	if (length < 2)
		return 0;
	enum ec2_action action = (enum ec2_action)(bytes[0] % STS_ASSUME_ROLE);
	long status = statuses[bytes[1] % ARRAY_SIZE(statuses)];
	size_t piece = 1 + bytes[1] / ARRAY_SIZE(statuses) * 8;
	require(ec2_response_reader_new(action, NULL, &reader) == 0);
	for (size_t at = 2; at < length; at += piece)
		ec2_response_reader_feed(reader, (const char *)bytes + at,
			length - at < piece ? length - at : piece);
	int err = ec2_response_reader_end(reader, status, &response, &error);
	if (err) {
		check_failure(err, &error);
		return 0;
	}
	require(status < 300 || response.is_fault);
	if (response.is_fault)
		ec2_fault_advice(action, &response.fault);
	else
		check_reply(action, &response.reply);
	return 0;
}
