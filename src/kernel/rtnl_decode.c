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

/* Missing in the oldest supported kernel headers, which use enums: #ifndef cannot test for them. */
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

#define ATTRIBUTES_END 53 /* one more than the highest attribute type that is read */

/* The attributes of a message, borrowed from it; NULL: not in the message. */
struct attributes {
	const struct nlattr *by_type[ATTRIBUTES_END];
};

/* The attributes must fill the bytes: leftover bytes mean that the message was cut off. */
static int find_attributes(const void *bytes, size_t length, struct attributes *ret_attributes)
{
	struct attributes found = {0};
	const char *at = bytes;

	while (length >= sizeof(struct nlattr)) {
		const struct nlattr *attribute = (const void *)at;
		uint16_t type = mnl_attr_get_type(attribute);
		size_t padded_size = NLA_ALIGN((size_t)attribute->nla_len);

		if (attribute->nla_len < NLA_HDRLEN || attribute->nla_len > length)
			return -EBADMSG;
		if (type < ATTRIBUTES_END)
			found.by_type[type] = attribute;
		if (padded_size > length)
			padded_size = length; /* the last attribute need not be padded */
		at += padded_size;
		length -= padded_size;
	}
	if (length)
		return -EBADMSG;
	*ret_attributes = found;
	return 0;
}

static int find_nested_attributes(const struct nlattr *attribute, struct attributes *ret_attributes)
{
	return find_attributes(mnl_attr_get_payload(attribute), mnl_attr_get_payload_len(attribute),
		ret_attributes);
}

/* Checks the message's type and length, and finds the attributes after the object's header. */
static int parse_message(const struct nlmsghdr *message, uint16_t type, size_t header_size,
	struct attributes *ret_attributes)
{
	const char *payload = mnl_nlmsg_get_payload(message);

	if (message->nlmsg_type != type)
		return -ENOMSG;
	if (message->nlmsg_len < NLMSG_HDRLEN + NLMSG_ALIGN(header_size))
		return -EBADMSG;
	return find_attributes(payload + NLMSG_ALIGN(header_size),
		message->nlmsg_len - NLMSG_HDRLEN - NLMSG_ALIGN(header_size), ret_attributes);
}

/* Copies the attribute's value to `target`; both must have the same size. */
#define READ(attribute, target) read_value(attribute, sizeof(target), &(target))

/* A missing attribute (NULL) leaves `value` unchanged. -EBADMSG: its size is not `length`. */
static int read_value(const struct nlattr *attribute, size_t length, void *value)
{
	if (!attribute)
		return 0;
	if (mnl_attr_get_payload_len(attribute) != length)
		return -EBADMSG;
	memcpy(value, mnl_attr_get_payload(attribute), length);
	return 0;
}

/* A missing attribute (NULL) leaves `address` unchanged. */
static int read_ip(const struct nlattr *attribute, unsigned char family, struct ip_address *address)
{
	if (!attribute)
		return 0;
	if (ip_address_from_bytes(family, mnl_attr_get_payload(attribute),
		    mnl_attr_get_payload_len(attribute), address) < 0)
		return -EBADMSG;
	return 0;
}

/* `attribute` has the prefix's address. It may be missing (NULL) only if the length is 0. */
static int read_prefix(const struct nlattr *attribute, unsigned char family, unsigned char length,
	struct ip_prefix *prefix)
{
	prefix->address = (struct ip_address){.family = family};
	prefix->length = length;
	if (length > ip_family_bits(family) || (length && !attribute))
		return -EBADMSG;
	return read_ip(attribute, family, &prefix->address);
}

/* The attribute must contain a terminated name that is not empty. */
static int read_name(const struct nlattr *attribute, char name[IFNAMSIZ])
{
	if (!attribute)
		return -EBADMSG;
	const char *text = mnl_attr_get_payload(attribute);
	size_t size = mnl_attr_get_payload_len(attribute);
	bool is_terminated = strnlen(text, size) + 1 == size;
	if (size < 2 || size > IFNAMSIZ || !is_terminated)
		return -EBADMSG;
	memcpy(name, text, size);
	return 0;
}

/* Skips alternative names that IFNAMSIZ cannot hold, which the policy cannot contain either. */
static int read_altnames(const struct nlattr *list, struct net_link *link)
{
	const struct nlattr *attribute;
	struct attributes ignored; /* found only to check that the list is well-formed */
	size_t count = 0;

	if (!list)
		return 0;
	if (find_nested_attributes(list, &ignored) < 0)
		return -EBADMSG;
	mnl_attr_for_each_nested(attribute, list)
	{
		if (mnl_attr_get_type(attribute) == LINK_ALT_IFNAME && count < NET_ALTNAMES_MAX &&
			read_name(attribute, link->altnames[count]) == 0)
			count++;
	}
	return 0;
}

static bool is_equal_text(const struct nlattr *attribute, const char *text)
{
	size_t size = strlen(text) + 1;

	return mnl_attr_get_payload_len(attribute) == size &&
	       memcmp(mnl_attr_get_payload(attribute), text, size) == 0;
}

/* Returns one setting of an array of 32-bit settings; -1: the kernel does not report it. */
static int get_setting(const struct nlattr *settings, size_t index)
{
	size_t offset = index * sizeof(uint32_t);
	uint32_t value;

	if (mnl_attr_get_payload_len(settings) < offset + sizeof(value))
		return -1;
	memcpy(&value, (const char *)mnl_attr_get_payload(settings) + offset, sizeof(value));
	return (int)(value & INT32_MAX); /* without the sign, so that no setting looks like -1 */
}

/* `attribute` is the AF_INET6 part of IFLA_AF_SPEC; NULL: the link cannot have IPv6. */
static int read_ipv6_settings(const struct nlattr *attribute, struct net_link *link)
{
	struct attributes inet6;

	link->no_ipv6 = !attribute;
	if (!attribute)
		return 0;
	if (find_nested_attributes(attribute, &inet6) < 0)
		return -EBADMSG;
	/* IFLA_INET6_CONF is an array of the settings net.ipv6.conf.NAME, numbered from 0. */
	link->no_ipv6 = inet6.by_type[IFLA_INET6_CONF] &&
			get_setting(inet6.by_type[IFLA_INET6_CONF], DEVCONF_DISABLE_IPV6) > 0;
	return 0;
}

/* IFLA_INET_CONF is an array of the settings net.ipv4.conf.NAME, which are numbered from 1. */
static int read_settings(const struct nlattr *attribute, struct net_link *link)
{
	struct attributes spec, inet;

	if (!attribute)
		return 0;
	if (find_nested_attributes(attribute, &spec) < 0 ||
		read_ipv6_settings(spec.by_type[AF_INET6], link) < 0)
		return -EBADMSG;
	if (!spec.by_type[AF_INET])
		return 0;
	if (find_nested_attributes(spec.by_type[AF_INET], &inet) < 0)
		return -EBADMSG;
	const struct nlattr *settings = inet.by_type[IFLA_INET_CONF];
	if (!settings)
		return 0;
	link->promote_secondaries = get_setting(settings, IPV4_DEVCONF_PROMOTE_SECONDARIES - 1);
	link->rp_filter = get_setting(settings, IPV4_DEVCONF_RP_FILTER - 1);
	/* rp_filter is one of the first settings: an array without it was cut off. */
	return link->rp_filter < 0 ? -EBADMSG : 0;
}

/* Hardware has no IFLA_LINKINFO (NULL). A veth is not virtual: a container may use it as an ENI. */
static int read_is_virtual(const struct nlattr *attribute, bool *is_virtual)
{
	struct attributes info;

	if (!attribute)
		return 0;
	if (find_nested_attributes(attribute, &info) < 0)
		return -EBADMSG;
	*is_virtual = info.by_type[IFLA_INFO_KIND] &&
		      !is_equal_text(info.by_type[IFLA_INFO_KIND], "veth");
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
	if (read_name(attributes.by_type[IFLA_IFNAME], link.name) < 0 ||
		read_altnames(attributes.by_type[LINK_PROP_LIST], &link) < 0 ||
		READ(attributes.by_type[IFLA_MTU], link.mtu) < 0 ||
		READ(attributes.by_type[LINK_MAX_MTU], link.max_mtu) < 0 ||
		read_settings(attributes.by_type[IFLA_AF_SPEC], &link) < 0 ||
		read_is_virtual(attributes.by_type[IFLA_LINKINFO], &link.is_virtual) < 0)
		return -EBADMSG;
	/* The hardware address of another type of link may have another size than link.mac. */
	if (info->ifi_type == ARPHRD_ETHER && READ(attributes.by_type[IFLA_ADDRESS], link.mac) < 0)
		return -EBADMSG;
	*ret_link = link;
	return 0;
}

int rtnl_decode_address(const struct nlmsghdr *message, struct net_address *ret_address)
{
	const struct ifaddrmsg *info = mnl_nlmsg_get_payload(message);
	struct attributes attributes;
	struct net_address address = {0};
	int err = parse_message(message, RTM_NEWADDR, sizeof(*info), &attributes);

	if (err)
		return err;
	if (!ip_family_bits(info->ifa_family))
		return -ENOMSG;
	/* On a point-to-point link IFA_ADDRESS is the peer's, and IFA_LOCAL is present. */
	const struct nlattr *local = attributes.by_type[IFA_LOCAL];
	const struct nlattr *ip = local ? local : attributes.by_type[IFA_ADDRESS];
	uint32_t flags = info->ifa_flags; /* only the lowest 8 bits; IFA_FLAGS replaces them */
	if (!ip || !info->ifa_index ||
		read_prefix(ip, info->ifa_family, info->ifa_prefixlen, &address.prefix) < 0 ||
		READ(attributes.by_type[IFA_FLAGS], flags) < 0)
		return -EBADMSG;
	address.link = info->ifa_index;
	address.no_prefix_route = flags & IFA_F_NOPREFIXROUTE;
	address.tentative = flags &
			    (IFA_F_TENTATIVE | IFA_F_DADFAILED); /* DADFAILED: a duplicate */
	/* For IPv6 the bit of IFA_F_SECONDARY means IFA_F_TEMPORARY. */
	address.secondary = info->ifa_family == AF_INET && flags & IFA_F_SECONDARY;
	address.expires = !(flags & IFA_F_PERMANENT);
	*ret_address = address;
	return 0;
}

/* Routes of these types forward no packets and have no link, but IPv6 reports the loopback link. */
static bool route_has_no_link(unsigned char type)
{
	return type == RTN_BLACKHOLE || type == RTN_UNREACHABLE || type == RTN_PROHIBIT ||
	       type == RTN_THROW;
}

/* Returns whether the route has properties that struct net_route cannot represent. */
static bool route_is_unsupported(const struct rtmsg *info, const struct attributes *attributes)
{
	return info->rtm_src_len || attributes->by_type[RTA_MULTIPATH] ||
	       attributes->by_type[RTA_VIA] || attributes->by_type[RTA_ENCAP] ||
	       attributes->by_type[ROUTE_NH_ID];
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
		return -ENOMSG; /* neither IPv4 nor IPv6, or a cached route */
	route.family = info->rtm_family;
	route.type = info->rtm_type;
	route.protocol = info->rtm_protocol;
	route.scope = info->rtm_scope;
	route.tos = info->rtm_tos;
	route.table = info->rtm_table; /* only 8 bits; RTA_TABLE replaces it */
	route.onlink = info->rtm_flags & RTNH_F_ONLINK;
	route.multipath = route_is_unsupported(info, &attributes); /* or several next hops */
	if (read_prefix(attributes.by_type[RTA_DST], info->rtm_family, info->rtm_dst_len,
		    &route.destination) < 0 ||
		READ(attributes.by_type[RTA_TABLE], route.table) < 0 ||
		READ(attributes.by_type[RTA_PRIORITY], route.metric) < 0 ||
		READ(attributes.by_type[RTA_OIF], route.link) < 0 ||
		read_ip(attributes.by_type[RTA_GATEWAY], info->rtm_family, &route.gateway) < 0)
		return -EBADMSG;
	if (route_has_no_link(route.type))
		route.link = 0;
	*ret_route = route;
	return 0;
}

#define ALWAYS_SELECTS (-1)

/* Selectors that struct net_selectors cannot represent. */
static const struct {
	uint16_t type;
	uint16_t length; /* in bytes; 0: any */
	int unused_byte; /* a value of only such bytes means that the selector is not used */
} unsupported_selectors[] = {
	{FRA_FLOW, 4, 0},
	{FRA_TUN_ID, 8, 0},
	{FRA_SUPPRESS_IFGROUP, 4, 0xff},
	{RULE_DSCP, 0, ALWAYS_SELECTS},
	{RULE_FLOWLABEL, 0, ALWAYS_SELECTS},
	{RULE_FLOWLABEL_MASK, 0, ALWAYS_SELECTS},
	{RULE_SPORT_MASK, 0, ALWAYS_SELECTS},
	{RULE_DPORT_MASK, 0, ALWAYS_SELECTS},
	{RULE_DSCP_MASK, 0, ALWAYS_SELECTS},
};

static bool all_bytes_equal(const struct nlattr *attribute, int byte)
{
	const unsigned char *bytes = mnl_attr_get_payload(attribute);

	for (uint16_t i = 0; i < mnl_attr_get_payload_len(attribute); i++)
		if (bytes[i] != byte)
			return false;
	return true;
}

/* Sets `has_more` if the rule has a selector that net_selectors cannot represent. */
static int read_unsupported_selectors(const struct attributes *attributes, bool *has_more)
{
	for (size_t i = 0; i < ARRAY_SIZE(unsupported_selectors); i++) {
		const struct nlattr *attribute = attributes->by_type[unsupported_selectors[i].type];
		uint16_t length = unsupported_selectors[i].length;
		int unused_byte = unsupported_selectors[i].unused_byte;
		if (!attribute)
			continue;
		if (length && mnl_attr_get_payload_len(attribute) != length)
			return -EBADMSG;
		if (unused_byte == ALWAYS_SELECTS || !all_bytes_equal(attribute, unused_byte))
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
	const struct nlattr *mark = attributes->by_type[FRA_FWMARK];
	const struct nlattr *mask = attributes->by_type[FRA_FWMASK];

	if (READ(mark, selectors->mark) < 0 || READ(mask, selectors->mark_mask) < 0)
		return -EBADMSG;
	/* As in the kernel: without a mask, all bits of the mark are compared; 0 means no mark. */
	if (selectors->mark && !mask)
		selectors->mark_mask = UINT32_MAX;
	return 0;
}

/* A range has its first and last number. Uids 0 to 0 are a valid range, hence has_users. */
static int read_ranges(const struct attributes *attributes, struct net_selectors *selectors)
{
	const struct nlattr *users = attributes->by_type[FRA_UID_RANGE];

	selectors->has_users = users != NULL;
	if (READ(users, selectors->users) < 0 ||
		READ(attributes->by_type[FRA_SPORT_RANGE], selectors->source_ports) < 0 ||
		READ(attributes->by_type[FRA_DPORT_RANGE], selectors->destination_ports) < 0)
		return -EBADMSG;
	return 0;
}

static int read_selectors(const struct attributes *attributes, struct net_selectors *selectors)
{
	const struct nlattr *const *by_type = attributes->by_type;
	uint32_t suppress_length = UINT32_MAX; /* in the kernel, too: not set */
	unsigned char l3mdev = 0;

	if (read_optional_name(by_type[FRA_IIFNAME], selectors->input) < 0 ||
		read_optional_name(by_type[FRA_OIFNAME], selectors->output) < 0 ||
		read_mark(attributes, selectors) < 0 || read_ranges(attributes, selectors) < 0 ||
		READ(by_type[FRA_GOTO], selectors->go_to) < 0 ||
		READ(by_type[FRA_SUPPRESS_PREFIXLEN], suppress_length) < 0 ||
		READ(by_type[FRA_L3MDEV], l3mdev) < 0 ||
		READ(by_type[FRA_IP_PROTO], selectors->ip_protocol) < 0)
		return -EBADMSG;
	selectors->l3mdev = l3mdev; /* from a byte, 0 or 1 */
	selectors->suppresses = suppress_length != UINT32_MAX;
	selectors->suppress_length = selectors->suppresses ? suppress_length : 0;
	return read_unsupported_selectors(attributes, &selectors->has_more);
}

/* Returns whether the rule has selectors besides the source and destination address. */
static bool has_nonaddress_selectors(const struct net_selectors *selectors)
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
	rule.table = info->table; /* only 8 bits; FRA_TABLE replaces it */
	rule.selectors.inverted = info->flags & FIB_RULE_INVERT;
	rule.selectors.tos = info->tos;
	if (read_prefix(attributes.by_type[FRA_SRC], info->family, info->src_len, &rule.source) <
			0 ||
		read_prefix(attributes.by_type[FRA_DST], info->family, info->dst_len,
			&rule.destination) < 0 ||
		READ(attributes.by_type[FRA_PRIORITY], rule.priority) < 0 ||
		READ(attributes.by_type[FRA_TABLE], rule.table) < 0 ||
		READ(attributes.by_type[FRA_PROTOCOL], rule.protocol) < 0 ||
		read_selectors(&attributes, &rule.selectors) < 0)
		return -EBADMSG;
	rule.other_selectors = has_nonaddress_selectors(&rule.selectors) ||
			       info->action == FR_ACT_GOTO;
	*ret_rule = rule;
	return 0;
}
