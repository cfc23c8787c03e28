/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/output_eni.h"

#include "base/json_build.h"
#include "cli/output.h"
#include "cli/print.h"

#include <string.h>

static json_t *json_addresses(const struct ec2_eni *eni)
{
	json_t *array = json_array();
	char text[IP_ADDRESS_TEXT_SIZE];

	for (size_t i = 0; i < eni->ipv4s.count; i++)
		json_add_item(
			&array, json_text(ip_address_format(&eni->ipv4s.items[i].address, text)));
	for (size_t i = 0; i < eni->ipv6s.count; i++)
		json_add_item(&array, json_text(ip_address_format(&eni->ipv6s.items[i], text)));
	return array;
}

static json_t *json_tags(const struct ec2_eni *eni)
{
	json_t *object = json_object();

	for (size_t i = 0; i < eni->tags.count; i++) {
		const struct ec2_tag_value *tag = &eni->tags.items[i];
		if (tag->key)
			json_add_member(&object, tag->key, json_text(tag->value ? tag->value : ""));
	}
	return object;
}

/* `own_instance` is this host's id; "": not known. */
static bool is_on_this_host(const struct ec2_eni *eni, const char *own_instance)
{
	return *own_instance && strcmp(eni->attachment.instance, own_instance) == 0;
}

static json_t *json_attachment(const struct ec2_eni *eni, const char *own_instance)
{
	const struct ec2_attachment *attachment = &eni->attachment;

	if (!attachment->id[0])
		return json_null();
	/* A card that EC2 does not report (-1) is card 0. */
	return json_pack("{s:s, s:o, s:i, s:i, s:s, s:b}", "id", attachment->id, "instance",
		output_json_text(attachment->instance), "device-index", attachment->device_index,
		"network-card", attachment->network_card < 0 ? 0 : attachment->network_card,
		"status", ec2_attachment_status_words[attachment->status], "here",
		is_on_this_host(eni, own_instance));
}

static json_t *json_flag(enum ec2_flag flag)
{
	return flag == EC2_FLAG_UNKNOWN ? json_null() : json_boolean(flag == EC2_FLAG_TRUE);
}

json_t *output_eni_json(const struct ec2_eni *eni, const char *own_instance)
{
	char mac[MAC_TEXT_SIZE];

	if (!eni->id[0])
		return json_null();
	return json_pack("{s:s, s:o, s:o, s:o, s:s, s:s, s:o, s:o, s:o, s:o, s:o}", "eni", eni->id,
		"vpc", output_json_text(eni->vpc), "subnet", output_json_text(eni->subnet), "zone",
		output_json_text(eni->zone), "mac", mac_format(&eni->mac, mac), "status",
		ec2_eni_status_words[eni->status], "description",
		output_json_text(eni->description), "addresses", json_addresses(eni),
		"source-dest-check", json_flag(eni->source_dest_check), "attachment",
		json_attachment(eni, own_instance), "tags", json_tags(eni));
}

/* An ENI of an AWS service is attached, but not to an instance of this account. */
static const char *get_attached_to(const struct ec2_eni *eni)
{
	if (eni->attachment.instance[0])
		return eni->attachment.instance;
	return eni->attachment.id[0] ? "an AWS service" : "-";
}

/* The ENI's primary IPv4 address or, if it has none, its first IPv6 address. */
static const char *format_address(const struct ec2_eni *eni, char text[IP_ADDRESS_TEXT_SIZE])
{
	if (ip_address_is_set(&eni->address))
		return ip_address_format(&eni->address, text);
	return eni->ipv6s.count ? ip_address_format(&eni->ipv6s.items[0], text) : "-";
}

void output_eni_table(const struct ec2_eni_list *enis, const char *own_instance)
{
	char text[IP_ADDRESS_TEXT_SIZE];

	print_line("%-22s %-16s %-24s %-15s %-10s %s", "ENI", "ADDRESS", "SUBNET", "ZONE", "STATUS",
		"ATTACHED TO");
	for (size_t i = 0; i < enis->count; i++) {
		const struct ec2_eni *eni = &enis->items[i];
		print_line("%-22s %-16s %-24s %-15s %-10s %s%s", eni->id, format_address(eni, text),
			eni->subnet[0] ? eni->subnet : "-", eni->zone ? eni->zone : "-",
			ec2_eni_status_words[eni->status], get_attached_to(eni),
			is_on_this_host(eni, own_instance) ? ", this host" : "");
	}
}

static void print_addresses(const struct ec2_eni *eni)
{
	char text[IP_ADDRESS_TEXT_SIZE];

	print_text("addresses        ");
	for (size_t i = 0; i < eni->ipv4s.count; i++)
		print_text(" %s%s", ip_address_format(&eni->ipv4s.items[i].address, text),
			eni->ipv4s.items[i].is_primary == EC2_FLAG_TRUE ? " (primary)" : "");
	for (size_t i = 0; i < eni->ipv6s.count; i++)
		print_text(" %s", ip_address_format(&eni->ipv6s.items[i], text));
	print_lines("\n");
}

void output_eni_details(const struct ec2_eni *eni, const char *own_instance)
{
	static const char *const check_words[] = {
		[EC2_FLAG_UNKNOWN] = "unknown", [EC2_FLAG_FALSE] = "off", [EC2_FLAG_TRUE] = "on"};
	const struct ec2_attachment *attachment = &eni->attachment;
	char mac[MAC_TEXT_SIZE];

	print_line("eni               %s", eni->id);
	if (eni->description && *eni->description)
		print_line("description       %s", eni->description);
	print_addresses(eni);
	print_line("mac               %s", mac_format(&eni->mac, mac));
	print_line("subnet            %s in %s, %s", eni->subnet, eni->zone ? eni->zone : "-",
		eni->vpc);
	print_line("status            %s", ec2_eni_status_words[eni->status]);
	if (attachment->id[0])
		print_line("attached to       %s%s, device index %d (%s)", get_attached_to(eni),
			is_on_this_host(eni, own_instance) ? ", this host" : "",
			attachment->device_index, ec2_attachment_status_words[attachment->status]);
	print_line("source/dest check %s", check_words[eni->source_dest_check]);
	for (size_t i = 0; i < eni->tags.count; i++)
		print_line("tag               %s=%s",
			eni->tags.items[i].key ? eni->tags.items[i].key : "",
			eni->tags.items[i].value ? eni->tags.items[i].value : "");
}
