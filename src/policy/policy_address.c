/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/policy_address.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define NOT_AS_GATEWAY (1u << 0)
#define NOT_AS_OVERLAY (1u << 1)

static const struct {
	struct ip_prefix prefix;
	unsigned forbidden_uses; /* uses for which the prefix is not allowed */
	const char *description;
} special_prefixes[] = {
	{{{AF_INET, {0}}, 8}, NOT_AS_GATEWAY | NOT_AS_OVERLAY, "an unspecified address"},
	{{{AF_INET, {127}}, 8}, NOT_AS_GATEWAY | NOT_AS_OVERLAY, "a loopback address"},
	{{{AF_INET, {224}}, 4}, NOT_AS_GATEWAY | NOT_AS_OVERLAY, "a multicast address"},
	{{{AF_INET, {240}}, 4}, NOT_AS_GATEWAY | NOT_AS_OVERLAY, "a reserved address"},
	{{{AF_INET, {169, 254}}, 16}, NOT_AS_OVERLAY, "a link-local address"},
	{{{AF_INET6, {0}}, 128}, NOT_AS_GATEWAY | NOT_AS_OVERLAY, "an unspecified address"},
	{{{AF_INET6, {[15] = 1}}, 128}, NOT_AS_GATEWAY | NOT_AS_OVERLAY, "a loopback address"},
	{{{AF_INET6, {[10] = 0xff, [11] = 0xff}}, 96}, NOT_AS_GATEWAY | NOT_AS_OVERLAY,
		"an IPv4-mapped IPv6 address"},
	{{{AF_INET6, {0xff}}, 8}, NOT_AS_GATEWAY | NOT_AS_OVERLAY, "a multicast address"},
	{{{AF_INET6, {0xfe, 0x80}}, 10}, NOT_AS_OVERLAY, "a link-local address"},
	{{{AF_INET6, {0xfd, 0x00, 0x0e, 0xc2}}, 32}, NOT_AS_OVERLAY,
		"reserved by EC2 (fd00:ec2::/32)"},
};

/* Returns why the address is not allowed for `use`, or NULL. */
static const char *find_restriction(const struct ip_address *address, unsigned use)
{
	for (size_t i = 0; i < ARRAY_SIZE(special_prefixes); i++)
		if ((special_prefixes[i].forbidden_uses & use) &&
			ip_prefix_contains(&special_prefixes[i].prefix, address))
			return special_prefixes[i].description;
	return NULL;
}

int policy_check_gateway(const struct policy_reader *reader, const struct yaml_value *value,
	const struct ip_address *address)
{
	const char *description = find_restriction(address, NOT_AS_GATEWAY);

	if (!description)
		return 0;
	return yaml_report_error(reader->source, &value->place, "%s is %s and cannot be a gateway",
		value->text, description);
}

const char *policy_find_overlay_problem(const struct ip_address *address)
{
	return find_restriction(address, NOT_AS_OVERLAY);
}

int policy_check_overlay(const struct policy_reader *reader, const struct yaml_value *value,
	const struct ip_prefix *prefix)
{
	if (prefix->length != ip_family_bits(prefix->address.family))
		return yaml_report_error(reader->source, &value->place,
			"%s is a network: an overlay is a single address, without a prefix length",
			value->text);

	const char *description = policy_find_overlay_problem(&prefix->address);
	if (!description)
		return 0;
	return yaml_report_error(reader->source, &value->place, "%s is %s and cannot be an overlay",
		value->text, description);
}

int policy_refuse_single_prefix(const struct policy_reader *reader, const struct policy_key *key,
	const struct yaml_value *value)
{
	struct ip_prefix prefix;

	if (value->kind != YAML_KIND_SCALAR || ip_prefix_parse(value->text, &prefix) < 0)
		return 0;
	return yaml_report_error(reader->source, &value->place,
		"%s must be a list, also for a single prefix: write [\"%s\"]", key->name,
		value->text);
}

static int read_prefix(const struct policy_reader *reader, const struct policy_key *key,
	const struct yaml_value *value, struct ip_prefix *ret_prefix)
{
	char text[IP_PREFIX_TEXT_SIZE], name[64];
	struct ip_prefix prefix;

	snprintf(name, sizeof(name), "each entry of %s", key->name);
	if (value->kind != YAML_KIND_SCALAR || ip_prefix_parse(value->text, &prefix) < 0)
		return policy_refuse_value(reader, name, "an address or a prefix", value);
	if (ip_prefix_has_host_bits(&prefix)) {
		struct ip_prefix network = ip_prefix_network(&prefix);
		return yaml_report_error(reader->source, &value->place,
			"%s has host bits set, did you mean %s?", value->text,
			ip_prefix_format(&network, text));
	}
	if (ip_prefix_is_default(&prefix))
		return yaml_report_error(reader->source, &value->place,
			"\"%s\" cannot contain the default route", key->name);
	*ret_prefix = prefix;
	return 0;
}

/* Appends the prefix to the `count` prefixes of the array. */
static int add_prefix(const struct policy_reader *reader, const struct policy_key *key,
	const struct yaml_value *value, struct ip_prefix *prefixes, size_t *count)
{
	if (yaml_is_faulty(value))
		return 0;
	int err = read_prefix(reader, key, value, &prefixes[*count]);
	if (err)
		return err;
	for (size_t i = 0; i < *count; i++)
		if (ip_prefix_compare(&prefixes[i], &prefixes[*count]) == 0)
			return yaml_report_error(
				reader->source, &value->place, "%s is listed twice", value->text);
	++*count;
	return 0;
}

int policy_read_prefixes(const struct policy_reader *reader, const struct policy_key *key,
	const struct yaml_value *list, struct ip_prefix **ret_prefixes, size_t *ret_count)
{
	_cleanup_(cleanup_free) struct ip_prefix *prefixes = NULL;
	size_t count = 0;
	int refused = 0;

	if (list->n_items > 0) {
		prefixes = calloc(list->n_items, sizeof(*prefixes));
		if (!prefixes)
			return -ENOMEM;
	}
	for (size_t i = 0; i < list->n_items; i++) {
		int err = add_prefix(reader, key, &list->items[i].value, prefixes, &count);
		refused = err ? err : refused;
	}
	if (refused)
		return refused;
	*ret_prefixes = TAKE_PTR(prefixes);
	*ret_count = count;
	return 0;
}
