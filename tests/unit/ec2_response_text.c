/* SPDX-License-Identifier: Apache-2.0 */
#include "ec2_response_text.h"

static void add_text(struct strbuf *out, const char *name, const char *text)
{
	if (text && *text)
		strbuf_printf(out, " %s=%s", name, text);
}

static void add_word(struct strbuf *out, const char *name, const char *const *words, unsigned value)
{
	if (value)
		add_text(out, name, words[value]);
}

static void add_flag(struct strbuf *out, const char *name, enum ec2_flag flag)
{
	static const char *const words[] = {NULL, "false", "true"};

	add_text(out, name, words[flag]);
}

static void add_number(struct strbuf *out, const char *name, int number)
{
	if (number >= 0)
		strbuf_printf(out, " %s=%d", name, number);
}

static void add_address(struct strbuf *out, const char *name, const struct ip_address *address)
{
	char text[IP_ADDRESS_TEXT_SIZE];

	if (ip_address_is_set(address))
		add_text(out, name, ip_address_format(address, text));
}

static void add_prefix(struct strbuf *out, const char *name, const struct ip_prefix *prefix)
{
	char text[IP_PREFIX_TEXT_SIZE];

	if (ip_address_is_set(&prefix->address))
		add_text(out, name, ip_prefix_format(prefix, text));
}

static void add_tags(struct strbuf *out, const struct ec2_tag_list *tags)
{
	for (size_t i = 0; i < tags->count; i++)
		strbuf_printf(out, " tag:%s=%s", tags->items[i].key,
			tags->items[i].value ? tags->items[i].value : "");
}

static void add_association(struct strbuf *out, const struct ec2_association *association)
{
	strbuf_add_string(out, " association");
	add_flag(out, "main", association->is_main);
	add_text(out, "subnet", association->subnet);
	strbuf_add_string(out, "\n");
}

static void add_route(struct strbuf *out, const struct ec2_route *route)
{
	static const char *const kinds[] = {
		[EC2_TARGET_UNKNOWN] = "target",
		[EC2_TARGET_GATEWAY] = "gateway",
		[EC2_TARGET_NAT_GATEWAY] = "nat",
		[EC2_TARGET_TRANSIT_GATEWAY] = "transit",
		[EC2_TARGET_LOCAL_GATEWAY] = "local-gateway",
		[EC2_TARGET_CARRIER_GATEWAY] = "carrier",
		[EC2_TARGET_EGRESS_ONLY_GATEWAY] = "egress",
		[EC2_TARGET_VPC_PEERING] = "peering",
		[EC2_TARGET_CORE_NETWORK] = "core",
		[EC2_TARGET_INSTANCE] = "to-instance",
		[EC2_TARGET_ENI] = "eni",
	};

	strbuf_add_string(out, " route");
	add_prefix(out, "to", &route->destination);
	add_text(out, kinds[route->target.kind], route->target.id);
	add_text(out, "instance", route->instance);
	add_word(out, "state", ec2_route_state_words, route->state);
	add_word(out, "origin", ec2_route_origin_words, route->origin);
	strbuf_add_string(out, "\n");
}

static void add_route_table(struct strbuf *out, const struct ec2_route_table *table)
{
	strbuf_printf(out, "%s", table->id);
	add_text(out, "vpc", table->vpc);
	strbuf_add_string(out, "\n");
	for (size_t i = 0; i < table->associations.count; i++)
		add_association(out, &table->associations.items[i]);
	for (size_t i = 0; i < table->routes.count; i++)
		add_route(out, &table->routes.items[i]);
}

static void add_attachment(struct strbuf *out, const struct ec2_attachment *attachment)
{
	add_text(out, "attachment", attachment->id);
	add_text(out, "instance", attachment->instance);
	add_text(out, "instance-owner", attachment->instance_owner);
	add_number(out, "index", attachment->device_index);
	add_number(out, "card", attachment->network_card);
	add_word(out, "is", ec2_attachment_status_words, attachment->status);
}

static void add_eni_addresses(struct strbuf *out, const struct ec2_eni *eni)
{
	add_address(out, "address", &eni->address);
	for (size_t i = 0; i < eni->ipv4s.count; i++)
		add_address(out,
			eni->ipv4s.items[i].is_primary == EC2_FLAG_TRUE ? "primary" : "ipv4",
			&eni->ipv4s.items[i].address);
	for (size_t i = 0; i < eni->ipv6s.count; i++)
		add_address(out, "ipv6", &eni->ipv6s.items[i]);
}

static void add_eni(struct strbuf *out, const struct ec2_eni *eni)
{
	static const struct mac none;
	char mac[MAC_TEXT_SIZE];

	strbuf_printf(out, "%s", eni->id);
	add_text(out, "vpc", eni->vpc);
	add_text(out, "subnet", eni->subnet);
	add_text(out, "zone", eni->zone);
	add_text(out, "description", eni->description);
	if (mac_format(&eni->mac, mac) && eni->mac.byte[0] != none.byte[0])
		add_text(out, "mac", mac);
	add_word(out, "status", ec2_eni_status_words, eni->status);
	add_flag(out, "check", eni->source_dest_check);
	add_flag(out, "requester-managed", eni->requester_managed);
	add_flag(out, "managed", eni->operator_managed);
	add_text(out, "by", eni->operator_principal);
	add_attachment(out, &eni->attachment);
	add_eni_addresses(out, eni);
	for (size_t i = 0; i < eni->groups.count; i++)
		add_text(out, "group", eni->groups.items[i].id);
	add_tags(out, &eni->tags);
	strbuf_add_string(out, "\n");
}

static void add_instance(struct strbuf *out, const struct ec2_instance *instance)
{
	strbuf_printf(out, "%s", instance->id);
	add_text(out, "vpc", instance->vpc);
	add_word(out, "state", ec2_instance_state_words, instance->state);
	strbuf_add_string(out, "\n");
	for (size_t i = 0; i < instance->enis.count; i++) {
		strbuf_add_string(out, " ");
		add_eni(out, &instance->enis.items[i]);
	}
}

static void add_sts(struct strbuf *out, const struct ec2_reply *reply)
{
	add_text(out, "access-key", reply->credentials.access_key);
	add_text(out, "secret-key", reply->credentials.secret_key);
	add_text(out, "session-token", reply->credentials.session_token);
	if (reply->credentials.expires)
		strbuf_printf(out, " expires=%llu", (unsigned long long)reply->credentials.expires);
	add_text(out, "account", reply->identity.account);
	add_text(out, "arn", reply->identity.arn);
}

static void add_reply(struct strbuf *out, const struct ec2_reply *reply)
{
	strbuf_add_string(out, "reply");
	add_text(out, "next", reply->next_token);
	add_flag(out, "return", reply->returned);
	add_text(out, "attachment", reply->attachment);
	add_sts(out, reply);
	strbuf_add_string(out, "\n");
	for (size_t i = 0; i < reply->route_tables.count; i++)
		add_route_table(out, &reply->route_tables.items[i]);
	for (size_t i = 0; i < reply->enis.count; i++)
		add_eni(out, &reply->enis.items[i]);
	for (size_t i = 0; i < reply->instances.count; i++)
		add_instance(out, &reply->instances.items[i]);
}

const char *ec2_response_text(const struct ec2_response *response, struct strbuf *out)
{
	strbuf_clear(out);
	if (response->is_fault) {
		strbuf_printf(out, "fault status=%ld", response->fault.status);
		add_text(out, "code", response->fault.code);
		add_text(out, "message", response->fault.message);
		strbuf_add_string(out, "\n");
	} else {
		add_reply(out, &response->reply);
	}
	return strbuf_text(out);
}
