/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/policy_address.h"

#include "base/cleanup.h"

static const struct {
	struct ip_prefix prefix;
	const char *description;
	bool can_be_gateway; /* no address in the list can be an overlay */
} special_prefixes[] = {
	{{{AF_INET, {0}}, 8}, "an unspecified address"},
	{{{AF_INET, {127}}, 8}, "a loopback address"},
	{{{AF_INET, {224}}, 4}, "a multicast address"},
	{{{AF_INET, {240}}, 4}, "a reserved address"},
	{{{AF_INET, {169, 254}}, 16}, "a link-local address", true},
	{{{AF_INET6, {0}}, 128}, "an unspecified address"},
	{{{AF_INET6, {[15] = 1}}, 128}, "a loopback address"},
	{{{AF_INET6, {[10] = 0xff, [11] = 0xff}}, 96}, "an IPv4-mapped IPv6 address"},
	{{{AF_INET6, {0xff}}, 8}, "a multicast address"},
	{{{AF_INET6, {0xfe, 0x80}}, 10}, "a link-local address", true},
	{{{AF_INET6, {0xfd, 0x00, 0x0e, 0xc2}}, 32}, "reserved by EC2 (fd00:ec2::/32)", true},
};

enum address_use { USE_GATEWAY, USE_OVERLAY };

/* Returns why the address is not valid for the use; NULL: it is valid. */
static const char *find_problem(const struct ip_address *address, enum address_use use)
{
	for (size_t i = 0; i < ARRAY_SIZE(special_prefixes); i++) {
		bool is_allowed = use == USE_GATEWAY && special_prefixes[i].can_be_gateway;
		if (!is_allowed && ip_prefix_contains(&special_prefixes[i].prefix, address))
			return special_prefixes[i].description;
	}
	return NULL;
}

const char *policy_find_gateway_problem(const struct ip_address *address)
{
	return find_problem(address, USE_GATEWAY);
}

const char *policy_find_overlay_problem(const struct ip_address *address)
{
	return find_problem(address, USE_OVERLAY);
}
