/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/policy_address.h"

#include "base/cleanup.h"

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

const char *policy_find_gateway_problem(const struct ip_address *address)
{
	return find_restriction(address, NOT_AS_GATEWAY);
}

const char *policy_find_overlay_problem(const struct ip_address *address)
{
	return find_restriction(address, NOT_AS_OVERLAY);
}
