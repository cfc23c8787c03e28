/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/rtnl_decode.h"

#include "base/cleanup.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/rtnetlink.h>
#include <net/if_arp.h>
#include <string.h>

/*
 * Numbers that the oldest supported kernel headers do not have. The headers define attributes in
 * enums, so #ifndef cannot test for them.
 */
enum {
	LINK_MAX_MTU = 51, /* IFLA_MAX_MTU */
	LINK_PROP_LIST = 52, /* IFLA_PROP_LIST */
	LINK_ALT_IFNAME = 53, /* IFLA_ALT_IFNAME */
	LINK_LOWER_UP = 1 << 16, /* IFF_LOWER_UP, which only linux/if.h has */
	ROUTE_NH_ID = 30, /* RTA_NH_ID */
	RULE_DSCP = 25, /* FRA_DSCP */
	RULE_FLOWLABEL = 26, /* FRA_FLOWLABEL */
	RULE_FLOWLABEL_MASK = 27, /* FRA_FLOWLABEL_MASK */
	RULE_SPORT_MASK = 28, /* FRA_SPORT_MASK */
	RULE_DPORT_MASK = 29, /* FRA_DPORT_MASK */
	RULE_DSCP_MASK = 30, /* FRA_DSCP_MASK */
};

/* One more than the highest attribute that is read, of any kind of object. */
#define ATTRIBUTES 53

/* Attributes by type; NULL: not in the message. Borrowed from the message. */
struct attributes {
	const struct nlattr *of[ATTRIBUTES];
};

/*
 * The attributes must fill the bytes to the end: leftover bytes mean that the message was cut off.
 */
static int index_attributes(const void *bytes, size_t length, struct attributes *ret_attributes)
{
	struct attributes found = {0};
	const char *at = bytes;

	while (length >= sizeof(struct nlattr)) {
		const struct nlattr *attribute = (const void *)at;
		uint16_t type = mnl_attr_get_type(attribute);
		size_t step = NLA_ALIGN((size_t)attribute->nla_len);

		if (attribute->nla_len < NLA_HDRLEN || attribute->nla_len > length)
			return -EBADMSG;
		if (type < ATTRIBUTES)
			found.of[type] = attribute;
		if (step > length)
			step = length; /* the last attribute need not be padded */
		at += step;
		length -= step;
	}
	if (length)
		return -EBADMSG;
	*ret_attributes = found;
	return 0;
}

static int index_nested(const struct nlattr *attribute, struct attributes *ret_attributes)
{
	return index_attributes(mnl_attr_get_payload(attribute),
		mnl_attr_get_payload_len(attribute), ret_attributes);
}

/* Checks the type and the length, and finds the attributes behind the type's header. */
static int parse_message(const struct nlmsghdr *message, uint16_t type, size_t header_size,
	struct attributes *ret_attributes)
{
	const char *payload = mnl_nlmsg_get_payload(message);

	if (message->nlmsg_type != type)
		return -ENOMSG;
	if (message->nlmsg_len < NLMSG_HDRLEN + NLMSG_ALIGN(header_size))
		return -EBADMSG;
	return index_attributes(payload + NLMSG_ALIGN(header_size),
		message->nlmsg_len - NLMSG_HDRLEN - NLMSG_ALIGN(header_size), ret_attributes);
}

#define READ(attribute, target) read_value(attribute, sizeof(target), &(target))

/* A missing attribute (NULL) does not change the value. */
static int read_value(const struct nlattr *attribute, size_t length, void *value)
{
	if (!attribute)
		return 0;
	if (mnl_attr_get_payload_len(attribute) != length)
		return -EBADMSG;
	memcpy(value, mnl_attr_get_payload(attribute), length);
	return 0;
}

static int read_ip(const struct nlattr *attribute, unsigned char family, struct ip_address *address)
{
	if (!attribute)
		return 0;
	if (ip_address_from_bytes(family, mnl_attr_get_payload(attribute),
		    mnl_attr_get_payload_len(attribute), address) < 0)
		return -EBADMSG;
	return 0;
}

/* Only a prefix of length 0 may have no address attribute. */
static int read_prefix(const struct nlattr *attribute, unsigned char family, unsigned char length,
	struct ip_prefix *prefix)
{
	prefix->address = (struct ip_address){.family = family};
	prefix->length = length;
	if (length > ip_family_bits(family) || (length && !attribute))
		return -EBADMSG;
	return read_ip(attribute, family, &prefix->address);
}

static int read_name(const struct nlattr *attribute, char name[IFNAMSIZ])
{
	const char *text;
	size_t length;

	if (!attribute)
		return -EBADMSG;
	text = mnl_attr_get_payload(attribute);
	length = mnl_attr_get_payload_len(attribute);
	if (length < 2 || length > IFNAMSIZ || strnlen(text, length) != length - 1)
		return -EBADMSG;
	memcpy(name, text, length);
	return 0;
}

/* Skips alternative names longer than IFNAMSIZ, which the policy cannot contain. */
static int read_altnames(const struct nlattr *list, struct net_link *link)
{
	const struct nlattr *attribute;
	struct attributes ignored;
	size_t count = 0;

	if (!list)
		return 0;
	if (index_nested(list, &ignored) < 0)
		return -EBADMSG;
	mnl_attr_for_each_nested(attribute, list)
	{
		if (mnl_attr_get_type(attribute) == LINK_ALT_IFNAME && count < NET_ALTNAMES_MAX &&
			read_name(attribute, link->altnames[count]) == 0)
			count++;
	}
	return 0;
}

static bool is_text(const struct nlattr *attribute, const char *text)
{
	size_t size = strlen(text) + 1;

	return mnl_attr_get_payload_len(attribute) == size &&
	       memcmp(mnl_attr_get_payload(attribute), text, size) == 0;
}

/* Returns -1 if the kernel does not report the setting. */
static int get_setting(const struct nlattr *conf, size_t number)
{
	size_t at = number * sizeof(uint32_t);
	uint32_t value;

	if (mnl_attr_get_payload_len(conf) < at + sizeof(value))
		return -1;
	memcpy(&value, (const char *)mnl_attr_get_payload(conf) + at, sizeof(value));
	return (int)(value & INT32_MAX);
}

/*
 * IFLA_AF_SPEC / AF_INET6 / IFLA_INET6_CONF: all settings of net.ipv6.conf.NAME, as an array. A
 * link that cannot have IPv6 has no AF_INET6.
 */
static int read_ipv6_settings(const struct nlattr *attribute, struct net_link *link)
{
	struct attributes inet6;

	link->no_ipv6 = !attribute;
	if (!attribute)
		return 0;
	if (index_nested(attribute, &inet6) < 0)
		return -EBADMSG;
	link->no_ipv6 = inet6.of[IFLA_INET6_CONF] &&
			get_setting(inet6.of[IFLA_INET6_CONF], DEVCONF_DISABLE_IPV6) > 0;
	return 0;
}

/* IFLA_AF_SPEC / AF_INET / IFLA_INET_CONF: all settings of net.ipv4.conf.NAME, as an array. */
static int read_settings(const struct nlattr *attribute, struct net_link *link)
{
	const struct nlattr *conf;
	struct attributes spec, inet;

	if (!attribute)
		return 0;
	if (index_nested(attribute, &spec) < 0 || read_ipv6_settings(spec.of[AF_INET6], link) < 0)
		return -EBADMSG;
	if (!spec.of[AF_INET])
		return 0;
	if (index_nested(spec.of[AF_INET], &inet) < 0)
		return -EBADMSG;
	conf = inet.of[IFLA_INET_CONF];
	if (!conf)
		return 0;
	link->promote_secondaries = get_setting(conf, IPV4_DEVCONF_PROMOTE_SECONDARIES - 1);
	link->rp_filter = get_setting(conf, IPV4_DEVCONF_RP_FILTER - 1);
	return link->rp_filter < 0 ? -EBADMSG : 0;
}

/*
 * A hardware device has no IFLA_LINKINFO. A veth does not count as virtual: in a network namespace,
 * as in containers, it may be an instance's ENI.
 */
static int read_kind(const struct nlattr *attribute, bool *is_virtual)
{
	struct attributes info;

	if (!attribute)
		return 0;
	if (index_nested(attribute, &info) < 0)
		return -EBADMSG;
	*is_virtual = info.of[IFLA_INFO_KIND] && !is_text(info.of[IFLA_INFO_KIND], "veth");
	return 0;
}

int rtnl_decode_link(const struct nlmsghdr *message, struct net_link *ret_link)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(message);
	struct attributes attributes;
	struct net_link link = {.rp_filter = -1, .promote_secondaries = -1};
	int err = parse_message(message, RTM_NEWLINK, sizeof(*info), &attributes);

	if (err)
		return err;
	if (info->ifi_family != AF_UNSPEC) /* a bridge describes its ports with the same type */
		return -ENOMSG;
	if (info->ifi_index <= 0)
		return -EBADMSG;
	link.index = (unsigned)info->ifi_index;
	link.up = info->ifi_flags & IFF_UP;
	link.no_carrier = link.up && !(info->ifi_flags & LINK_LOWER_UP);
	link.loopback = info->ifi_flags & IFF_LOOPBACK;
	if (read_name(attributes.of[IFLA_IFNAME], link.name) < 0 ||
		read_altnames(attributes.of[LINK_PROP_LIST], &link) < 0 ||
		READ(attributes.of[IFLA_MTU], link.mtu) < 0 ||
		READ(attributes.of[LINK_MAX_MTU], link.max_mtu) < 0 ||
		read_settings(attributes.of[IFLA_AF_SPEC], &link) < 0 ||
		read_kind(attributes.of[IFLA_LINKINFO], &link.is_virtual) < 0)
		return -EBADMSG;
	if (info->ifi_type == ARPHRD_ETHER && READ(attributes.of[IFLA_ADDRESS], link.mac) < 0)
		return -EBADMSG;
	*ret_link = link;
	return 0;
}

int rtnl_decode_address(const struct nlmsghdr *message, struct net_address *ret_address)
{
	const struct ifaddrmsg *info = mnl_nlmsg_get_payload(message);
	const struct nlattr *own;
	struct attributes attributes;
	struct net_address address = {0};
	uint32_t flags;
	int err = parse_message(message, RTM_NEWADDR, sizeof(*info), &attributes);

	if (err)
		return err;
	if (!ip_family_bits(info->ifa_family))
		return -ENOMSG;
	/* On a point-to-point link IFA_ADDRESS is the peer's, and IFA_LOCAL is present. */
	own = attributes.of[IFA_LOCAL] ? attributes.of[IFA_LOCAL] : attributes.of[IFA_ADDRESS];
	flags = info->ifa_flags;
	if (!own || !info->ifa_index ||
		read_prefix(own, info->ifa_family, info->ifa_prefixlen, &address.prefix) < 0 ||
		READ(attributes.of[IFA_FLAGS], flags) < 0)
		return -EBADMSG;
	address.link = info->ifa_index;
	address.no_prefix_route = flags & IFA_F_NOPREFIXROUTE;
	address.tentative = flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED);
	/* For IPv6 the same bit is IFA_F_TEMPORARY. */
	address.secondary = info->ifa_family == AF_INET && flags & IFA_F_SECONDARY;
	address.expires = !(flags & IFA_F_PERMANENT);
	*ret_address = address;
	return 0;
}

/* Such a route has no link, although IPv6 reports the loopback link for it. */
static bool route_has_no_link(unsigned char type)
{
	return type == RTN_BLACKHOLE || type == RTN_UNREACHABLE || type == RTN_PROHIBIT ||
	       type == RTN_THROW;
}

static bool route_is_unsupported(const struct rtmsg *info, const struct attributes *attributes)
{
	return info->rtm_src_len || attributes->of[RTA_MULTIPATH] || attributes->of[RTA_VIA] ||
	       attributes->of[RTA_ENCAP] || attributes->of[ROUTE_NH_ID];
}

int rtnl_decode_route(const struct nlmsghdr *message, struct net_route *ret_route)
{
	const struct rtmsg *info = mnl_nlmsg_get_payload(message);
	struct attributes attributes;
	struct net_route route = {0};
	int err = parse_message(message, RTM_NEWROUTE, sizeof(*info), &attributes);

	if (err)
		return err;
	if (!ip_family_bits(info->rtm_family) || info->rtm_flags & RTM_F_CLONED)
		return -ENOMSG;
	route.family = info->rtm_family;
	route.type = info->rtm_type;
	route.protocol = info->rtm_protocol;
	route.scope = info->rtm_scope;
	route.tos = info->rtm_tos;
	route.table = info->rtm_table;
	route.onlink = info->rtm_flags & RTNH_F_ONLINK;
	route.multipath = route_is_unsupported(info, &attributes);
	if (read_prefix(attributes.of[RTA_DST], info->rtm_family, info->rtm_dst_len,
		    &route.destination) < 0 ||
		READ(attributes.of[RTA_TABLE], route.table) < 0 ||
		READ(attributes.of[RTA_PRIORITY], route.metric) < 0 ||
		READ(attributes.of[RTA_OIF], route.link) < 0 ||
		read_ip(attributes.of[RTA_GATEWAY], info->rtm_family, &route.gateway) < 0)
		return -EBADMSG;
	if (route_has_no_link(route.type))
		route.link = 0;
	*ret_route = route;
	return 0;
}

#define NO_NEUTRAL_VALUE (-1)

/*
 * Attributes that net_selectors cannot represent. An attribute whose bytes all equal `neutral`
 * selects nothing.
 */
static const struct {
	uint16_t type;
	uint16_t length; /* 0: any */
	int neutral;
} unsupported_selectors[] = {
	{FRA_FLOW, 4, 0},
	{FRA_TUN_ID, 8, 0},
	{FRA_SUPPRESS_IFGROUP, 4, 0xff},
	{RULE_DSCP, 0, NO_NEUTRAL_VALUE},
	{RULE_FLOWLABEL, 0, NO_NEUTRAL_VALUE},
	{RULE_FLOWLABEL_MASK, 0, NO_NEUTRAL_VALUE},
	{RULE_SPORT_MASK, 0, NO_NEUTRAL_VALUE},
	{RULE_DPORT_MASK, 0, NO_NEUTRAL_VALUE},
	{RULE_DSCP_MASK, 0, NO_NEUTRAL_VALUE},
};

static bool is_neutral(const struct nlattr *attribute, int neutral)
{
	const unsigned char *byte = mnl_attr_get_payload(attribute);

	for (uint16_t i = 0; i < mnl_attr_get_payload_len(attribute); i++)
		if (byte[i] != neutral)
			return false;
	return true;
}

static int read_unsupported(const struct attributes *attributes, bool *has_more)
{
	for (size_t i = 0; i < ARRAY_SIZE(unsupported_selectors); i++) {
		const struct nlattr *attribute = attributes->of[unsupported_selectors[i].type];
		uint16_t length = unsupported_selectors[i].length;

		if (!attribute)
			continue;
		if (length && mnl_attr_get_payload_len(attribute) != length)
			return -EBADMSG;
		if (unsupported_selectors[i].neutral == NO_NEUTRAL_VALUE ||
			!is_neutral(attribute, unsupported_selectors[i].neutral))
			*has_more = true;
	}
	return 0;
}

static int read_optional_name(const struct nlattr *attribute, char name[IFNAMSIZ])
{
	return attribute ? read_name(attribute, name) : 0;
}

static int read_mark(const struct attributes *attributes, struct net_selectors *selectors)
{
	const struct nlattr *mark = attributes->of[FRA_FWMARK];
	const struct nlattr *mask = attributes->of[FRA_FWMASK];

	if (READ(mark, selectors->mark) < 0 || READ(mask, selectors->mark_mask) < 0)
		return -EBADMSG;
	/* As in the kernel: without a mask, a mark counts with all bits, and mark 0 is no mark. */
	if (selectors->mark && !mask)
		selectors->mark_mask = UINT32_MAX;
	return 0;
}

/* Ports and uids are ranges: the first and the last one. */
static int read_ranges(const struct attributes *attributes, struct net_selectors *selectors)
{
	const struct nlattr *users = attributes->of[FRA_UID_RANGE];

	selectors->has_users = users != NULL;
	if (READ(users, selectors->users) < 0 ||
		READ(attributes->of[FRA_SPORT_RANGE], selectors->source_ports) < 0 ||
		READ(attributes->of[FRA_DPORT_RANGE], selectors->destination_ports) < 0)
		return -EBADMSG;
	return 0;
}

static int read_selectors(const struct attributes *attributes, struct net_selectors *selectors)
{
	const struct nlattr *const *of = attributes->of;
	uint32_t length = UINT32_MAX;
	unsigned char l3mdev = 0;

	if (read_optional_name(of[FRA_IIFNAME], selectors->input) < 0 ||
		read_optional_name(of[FRA_OIFNAME], selectors->output) < 0 ||
		read_mark(attributes, selectors) < 0 || read_ranges(attributes, selectors) < 0 ||
		READ(of[FRA_GOTO], selectors->go_to) < 0 ||
		READ(of[FRA_SUPPRESS_PREFIXLEN], length) < 0 || READ(of[FRA_L3MDEV], l3mdev) < 0 ||
		READ(of[FRA_IP_PROTO], selectors->ip_protocol) < 0)
		return -EBADMSG;
	selectors->l3mdev = l3mdev;
	selectors->suppresses = length != UINT32_MAX;
	selectors->suppress_length = selectors->suppresses ? length : 0;
	return read_unsupported(attributes, &selectors->has_more);
}

static bool has_selectors(const struct net_selectors *selectors)
{
	return selectors->inverted || selectors->tos || selectors->ip_protocol || selectors->mark ||
	       selectors->mark_mask || selectors->input[0] || selectors->output[0] ||
	       selectors->has_users || selectors->source_ports[1] ||
	       selectors->destination_ports[1] || selectors->l3mdev || selectors->go_to ||
	       selectors->suppresses || selectors->has_more;
}

int rtnl_decode_rule(const struct nlmsghdr *message, struct net_rule *ret_rule)
{
	const struct fib_rule_hdr *info = mnl_nlmsg_get_payload(message);
	struct attributes attributes;
	struct net_rule rule = {0};
	int err = parse_message(message, RTM_NEWRULE, sizeof(*info), &attributes);

	if (err)
		return err;
	if (!ip_family_bits(info->family)) /* multicast routing has rules of its own families */
		return -ENOMSG;
	rule.family = info->family;
	rule.action = info->action;
	rule.table = info->table;
	rule.selectors.inverted = info->flags & FIB_RULE_INVERT;
	rule.selectors.tos = info->tos;
	if (read_prefix(attributes.of[FRA_SRC], info->family, info->src_len, &rule.source) < 0 ||
		read_prefix(attributes.of[FRA_DST], info->family, info->dst_len,
			&rule.destination) < 0 ||
		READ(attributes.of[FRA_PRIORITY], rule.priority) < 0 ||
		READ(attributes.of[FRA_TABLE], rule.table) < 0 ||
		READ(attributes.of[FRA_PROTOCOL], rule.protocol) < 0 ||
		read_selectors(&attributes, &rule.selectors) < 0)
		return -EBADMSG;
	rule.other_selectors = has_selectors(&rule.selectors) || info->action == FR_ACT_GOTO;
	*ret_rule = rule;
	return 0;
}
