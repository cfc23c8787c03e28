/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/rtnl_encode.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/rtnetlink.h>

/* Bytes; the longest message, an IPv6 route with all attributes, has 104. */
#define MESSAGE_MAX 256

/* Begins a message in `buffer`. Returns the object's header, of `header_size` bytes. */
static void *put_header(void *buffer, uint16_t type, unsigned flags, size_t header_size,
	struct nlmsghdr **ret_message)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);

	message->nlmsg_type = type;
	message->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | flags);
	*ret_message = message;
	return mnl_nlmsg_put_extra_header(message, header_size);
}

static void put_ip(struct nlmsghdr *message, uint16_t type, const struct ip_address *address)
{
	mnl_attr_put(message, type, ip_family_bytes(address->family), address->bytes);
}

/* The kernel applies the object's family to all its addresses, so each must have that IP family. */
static bool has_family(const struct ip_address *address, unsigned char family)
{
	return address->family == family && ip_family_bits(family) > 0;
}

static bool prefix_has_family(const struct ip_prefix *prefix, unsigned char family)
{
	return has_family(&prefix->address, family) && prefix->length <= ip_family_bits(family);
}

/* A rule's prefix of length 0 needs no family: the message omits the address. */
static bool selector_has_family(const struct ip_prefix *prefix, unsigned char family)
{
	return prefix->length == 0 || prefix_has_family(prefix, family);
}

/*
 * The kernel accepts settings of net.ipv4.conf.NAME in IFLA_AF_SPEC / AF_INET / IFLA_INET_CONF,
 * with one attribute per setting, whose type is the setting's number. So /proc/sys need not be
 * writable.
 */
static void put_setting(struct nlmsghdr *message, uint16_t setting, int value)
{
	struct nlattr *spec = mnl_attr_nest_start(message, IFLA_AF_SPEC);
	struct nlattr *inet = mnl_attr_nest_start(message, AF_INET);
	struct nlattr *conf = mnl_attr_nest_start(message, IFLA_INET_CONF);

	mnl_attr_put_u32(message, setting, (uint32_t)value);
	mnl_attr_nest_end(message, conf);
	mnl_attr_nest_end(message, inet);
	mnl_attr_nest_end(message, spec);
}

static int encode_link(const struct step *step, void *buffer)
{
	const struct net_link *link = &step->link;
	struct nlmsghdr *message;
	struct ifinfomsg *info = put_header(
		buffer, RTM_SETLINK, 0, sizeof(struct ifinfomsg), &message);

	bool is_unknown_value = /* -1: the caller does not know the setting */
		(step->kind == STEP_LINK_RP_FILTER && link->rp_filter < 0) ||
		(step->kind == STEP_LINK_PROMOTE_SECONDARIES && link->promote_secondaries < 0);
	if (!link->index || is_unknown_value)
		return -EINVAL;
	info->ifi_family = AF_UNSPEC;
	info->ifi_index = (int)link->index;
	if (step->kind == STEP_LINK_UP) {
		info->ifi_flags = IFF_UP;
		info->ifi_change = IFF_UP; /* the mask of the flags to change */
	} else if (step->kind == STEP_LINK_MTU) {
		mnl_attr_put_u32(message, IFLA_MTU, link->mtu);
	} else if (step->kind == STEP_LINK_PROMOTE_SECONDARIES) {
		put_setting(message, IPV4_DEVCONF_PROMOTE_SECONDARIES, link->promote_secondaries);
	} else { /* STEP_LINK_RP_FILTER */
		put_setting(message, IPV4_DEVCONF_RP_FILTER, link->rp_filter);
	}
	return 0;
}

/*
 * Returns the flags of an address to be added. EC2 ensures that the address is unique, so an IPv6
 * address needs no duplicate address detection: it would be tentative for a second, an outage.
 */
static uint32_t get_address_flags(const struct net_address *address)
{
	uint32_t flags = 0;

	if (address->no_prefix_route)
		flags |= IFA_F_NOPREFIXROUTE;
	if (address->prefix.address.family == AF_INET6)
		flags |= IFA_F_NODAD;
	return flags;
}

/* Preferred lifetime 0: a valid address, but never chosen as source address of new connections. */
static void put_no_preferred_lifetime(struct nlmsghdr *message)
{
	const struct ifa_cacheinfo info = {
		.ifa_prefered = 0, .ifa_valid = UINT32_MAX /* forever */};

	mnl_attr_put(message, IFA_CACHEINFO, sizeof(info), &info);
}

/* Without IFA_CACHEINFO the address never expires, even if it replaces one that would expire. */
static int encode_address(
	const struct step *step, void *buffer, uint16_t type, unsigned request_flags)
{
	const struct net_address *address = &step->address;
	const struct ip_address *ip = &address->prefix.address;
	uint32_t flags = type == RTM_NEWADDR ? get_address_flags(address) : 0;
	struct nlmsghdr *message;
	struct ifaddrmsg *info = put_header(
		buffer, type, request_flags, sizeof(struct ifaddrmsg), &message);

	if (!address->link || !prefix_has_family(&address->prefix, ip->family))
		return -EINVAL;
	info->ifa_family = ip->family;
	info->ifa_prefixlen = address->prefix.length;
	info->ifa_flags = (unsigned char)(flags & 0xff); /* IFA_FLAGS has all */
	info->ifa_scope = RT_SCOPE_UNIVERSE;
	info->ifa_index = address->link;
	put_ip(message, IFA_LOCAL, ip);
	put_ip(message, IFA_ADDRESS, ip); /* the same: the link is not point-to-point */
	if (flags)
		mnl_attr_put_u32(message, IFA_FLAGS, flags);
	if (type == RTM_NEWADDR && address->label[0])
		mnl_attr_put_strz(message, IFA_LABEL, address->label);
	if (type == RTM_NEWADDR && address->not_preferred)
		put_no_preferred_lifetime(message);
	return 0;
}

/* Returns whether one rtnetlink request can add or delete exactly this route. */
static bool can_encode_route(const struct net_route *route)
{
	if (route->multipath || !route->table)
		return false;
	if (ip_address_is_set(&route->gateway) && !has_family(&route->gateway, route->family))
		return false;
	return prefix_has_family(&route->destination, route->family);
}

/* The table field of the header has 8 bits; the attribute always has the full number. */
static unsigned char get_header_table(uint32_t table)
{
	return table < 256 ? (unsigned char)table : RT_TABLE_UNSPEC;
}

/*
 * A deletion has all attributes of an addition: to the kernel a missing attribute means "any". It
 * could delete another program's route to the same destination.
 */
static int encode_route(const struct step *step, void *buffer, uint16_t type, unsigned flags)
{
	const struct net_route *route = &step->route;
	struct nlmsghdr *message;
	struct rtmsg *info = put_header(buffer, type, flags, sizeof(struct rtmsg), &message);

	if (!can_encode_route(route))
		return -EINVAL;
	info->rtm_family = route->family;
	info->rtm_dst_len = route->destination.length;
	info->rtm_tos = route->tos;
	info->rtm_table = get_header_table(route->table);
	info->rtm_protocol = route->protocol;
	info->rtm_scope = route->scope;
	info->rtm_type = route->type;
	info->rtm_flags = route->onlink ? RTNH_F_ONLINK : 0;
	mnl_attr_put_u32(message, RTA_TABLE, route->table);
	if (route->destination.length)
		put_ip(message, RTA_DST, &route->destination.address);
	if (route->metric)
		mnl_attr_put_u32(message, RTA_PRIORITY, route->metric);
	if (ip_address_is_set(&route->gateway))
		put_ip(message, RTA_GATEWAY, &route->gateway);
	if (route->link)
		mnl_attr_put_u32(message, RTA_OIF, route->link);
	return 0;
}

/* A deletion has all attributes, too, so that a similar rule of other software is not deleted. */
static int encode_rule(const struct step *step, void *buffer)
{
	const struct net_rule *rule = &step->rule;
	bool is_addition = step->kind == STEP_RULE_ADD;
	struct nlmsghdr *message;
	struct fib_rule_hdr *info = put_header(buffer, is_addition ? RTM_NEWRULE : RTM_DELRULE,
		is_addition ? NLM_F_CREATE | NLM_F_EXCL : 0, sizeof(struct fib_rule_hdr), &message);

	if (rule->other_selectors || !ip_family_bits(rule->family) ||
		!selector_has_family(&rule->source, rule->family) ||
		!selector_has_family(&rule->destination, rule->family))
		return -EINVAL;
	info->family = rule->family;
	info->src_len = rule->source.length;
	info->dst_len = rule->destination.length;
	info->table = get_header_table(rule->table);
	info->action = rule->action;
	mnl_attr_put_u32(message, FRA_PRIORITY, rule->priority);
	mnl_attr_put_u32(message, FRA_TABLE, rule->table);
	mnl_attr_put_u8(message, FRA_PROTOCOL, rule->protocol);
	if (rule->source.length)
		put_ip(message, FRA_SRC, &rule->source.address);
	if (rule->destination.length)
		put_ip(message, FRA_DST, &rule->destination.address);
	return 0;
}

/* NLM_F_EXCL: an addition fails if the object exists. A replacement need not find an old object. */
static int encode_message(const struct step *step, void *buffer)
{
	switch (step->kind) {
	case STEP_LINK_UP:
	case STEP_LINK_MTU:
	case STEP_LINK_RP_FILTER:
	case STEP_LINK_PROMOTE_SECONDARIES:
		return encode_link(step, buffer);
	case STEP_ADDRESS_ADD:
		return encode_address(step, buffer, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL);
	case STEP_ADDRESS_REPLACE:
		return encode_address(step, buffer, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE);
	case STEP_ADDRESS_DELETE:
		return encode_address(step, buffer, RTM_DELADDR, 0);
	case STEP_ROUTE_ADD:
		return encode_route(step, buffer, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL);
	case STEP_ROUTE_REPLACE:
		return encode_route(step, buffer, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE);
	case STEP_ROUTE_DELETE:
		return encode_route(step, buffer, RTM_DELROUTE, 0);
	case STEP_RULE_ADD:
	case STEP_RULE_DELETE:
		return encode_rule(step, buffer);
	}
	return -EINVAL;
}

int rtnl_encode_step(const struct step *step, struct strbuf *out)
{
	/* Zeroed, because not every version of libmnl clears the padding of attributes. */
	union {
		char bytes[MESSAGE_MAX];
		struct nlmsghdr header;
	} message = {.bytes = {0}};
	int err = encode_message(step, &message);

	if (err)
		return err;
	return strbuf_add(out, message.bytes, NLMSG_ALIGN(message.header.nlmsg_len));
}
