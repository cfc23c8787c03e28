/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kernel/rtnl_decode.h"
#include "netlink_bytes.h"
#include "netstate_text.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if_arp.h>
#include <stdlib.h>
#include <string.h>

/* The headers of a link, an address, a route, a rule; each behind a struct nlmsghdr. */
#define LINK(length, hardware, index, flags)                                                       \
	MESSAGE(length, RTM_NEWLINK, 0), AF_UNSPEC, 0, U16(hardware), U32(index), U32(flags), U32(0)
#define ADDRESS(length, family, bits, flags, index)                                                \
	MESSAGE(length, RTM_NEWADDR, 0), family, bits, flags, 0, U32(index)
#define ROUTE(length, family, bits, table, protocol, scope, type, flags)                           \
	MESSAGE(length, RTM_NEWROUTE, 0), family, bits, 0, 0, table, protocol, scope, type,        \
		U32(flags)
#define RULE(length, family, to, from, table, action, flags)                                       \
	MESSAGE(length, RTM_NEWRULE, 0), family, to, from, 0, table, 0, 0, action, U32(flags)

#define NAME ATTRIBUTE(9, 3), 'e', 't', 'h', '1', 0, 0, 0, 0
#define U32_ATTRIBUTE(type, value) ATTRIBUTE(8, type), U32(value)
#define IP4_ATTRIBUTE(type, last) ATTRIBUTE(8, type), 10, 0, 1, last
#define IP6_ATTRIBUTE(type, last) ATTRIBUTE(20, type), IPV6(last)
/* The first eight settings of net.ipv4.conf.NAME, rp_filter being the eighth. */
#define DEVCONF(rp_filter) U32(0), U32(0), U32(0), U32(0), U32(0), U32(0), U32(0), U32(rp_filter)

/* The first 27 settings of net.ipv6.conf.NAME, disable_ipv6 being the last of them. */
#define FOUR U32(0), U32(0), U32(0), U32(0)
#define CONF6(disabled) FOUR, FOUR, FOUR, FOUR, FOUR, FOUR, U32(0), U32(0), U32(disabled)

#define RULE_TEXT "rule family 2 priority 100 from 10.0.1.0/24 to 0.0.0.0/0 action 1 table 100"
#define ROUTE_TEXT "route family 2 table 100 0.0.0.0/0 via 10.0.1.1 dev 3 type 1 proto 77 scope 0"

/* A rule of ours (60 bytes) with further attributes; a route of ours (52 bytes) likewise. */
#define OUR_RULE(length)                                                                           \
	RULE(length, AF_INET, 0, 24, 100, 1, 0), U32_ATTRIBUTE(6, 100), U32_ATTRIBUTE(15, 100),    \
		ATTRIBUTE(5, 21), 77, 0, 0, 0, IP4_ATTRIBUTE(2, 0)
#define OUR_ROUTE(length)                                                                          \
	ROUTE(length, AF_INET, 0, 100, 77, 0, 1, 0), U32_ATTRIBUTE(15, 100), IP4_ATTRIBUTE(5, 1),  \
		U32_ATTRIBUTE(4, 3)

/* clang-format off */
static const struct {
	const char *name;
	const char *text;
	_Alignas(4) unsigned char bytes[192];
} decoded[] = {
	{"loopback", "link 1 lo 00:00:00:00:00:00 up loopback mtu 65536 max 0 rp_filter -1\n",
		{LINK(60, ARPHRD_LOOPBACK, 1, 0x10009), ATTRIBUTE(7, 3), 'l', 'o', 0, 0,
			U32_ATTRIBUTE(4, 65536), ATTRIBUTE(10, 1), 0, 0, 0, 0, 0, 0, 0, 0}},
	{"ENI", "link 3 eth1 0a:01:02:03:04:05 up no-carrier no-ipv6 mtu 1500 max 9216 rp_filter 2\n",
		{LINK(116, ARPHRD_ETHER, 3, 1), NAME, U32_ATTRIBUTE(4, 1500),
			ATTRIBUTE(10, 1), 0x0a, 1, 2, 3, 4, 5, 0, 0, U32_ATTRIBUTE(51, 9216),
			ATTRIBUTE(44, 26), ATTRIBUTE(40, AF_INET), ATTRIBUTE(36, 1), DEVCONF(2)}},
	{"alternative names",
		"link 3 eth1 enp0s6 x 00:00:00:00:00:00 mtu 0 max 0 rp_filter -1\n",
		{LINK(100, ARPHRD_ETHER, 3, 0), NAME, ATTRIBUTE(56, NLA_F_NESTED | 52),
			ATTRIBUTE(11, 53), 'e', 'n', 'p', '0', 's', '6', 0, 0,
			ATTRIBUTE(22, 53), 'l', 'o', 'n', 'g', 'e', 'r', '-', 't', 'h', 'a', 'n', '-',
			'n', 'a', 'm', 'e', 's', 0, 0, 0,
			ATTRIBUTE(8, 2), U32(7), ATTRIBUTE(6, 53), 'x', 0, 0, 0}},
	{"IPv6", "link 3 eth1 00:00:00:00:00:00 mtu 0 max 0 rp_filter -1\n",
		{LINK(164, ARPHRD_ETHER, 3, 0), NAME, ATTRIBUTE(120, 26), ATTRIBUTE(116, AF_INET6),
			ATTRIBUTE(112, 2), CONF6(0)}},
	{"IPv6 disabled", "link 3 eth1 00:00:00:00:00:00 no-ipv6 mtu 0 max 0 rp_filter -1\n",
		{LINK(164, ARPHRD_ETHER, 3, 0), NAME, ATTRIBUTE(120, 26), ATTRIBUTE(116, AF_INET6),
			ATTRIBUTE(112, 2), CONF6(1)}},
	{"without a MAC", "link 3 eth1 00:00:00:00:00:00 mtu 1500 max 0 rp_filter -1\n",
		{LINK(72, ARPHRD_NONE, 3, 0), NAME, U32_ATTRIBUTE(4, 1500),
			ATTRIBUTE(8, 26), ATTRIBUTE(4, AF_INET6),
			ATTRIBUTE(12, 1), U32(1), U32(2)}},
	{"flagged as nested", "link 3 eth1 00:00:00:00:00:00 no-ipv6 mtu 0 max 0 rp_filter 1\n",
		{LINK(88, ARPHRD_ETHER, 3, 0), NAME, ATTRIBUTE(44, NLA_F_NESTED | 26),
			ATTRIBUTE(40, NLA_F_NESTED | AF_INET), ATTRIBUTE(36, 1), DEVCONF(1)}},
	{"bridge", "link 3 eth1 00:00:00:00:00:00 virtual mtu 0 max 0 rp_filter -1\n",
		{LINK(60, ARPHRD_ETHER, 3, 0), NAME, ATTRIBUTE(16, 18), ATTRIBUTE(11, 1),
			'b', 'r', 'i', 'd', 'g', 'e', 0, 0}},
	{"veth", "link 3 eth1 00:00:00:00:00:00 mtu 0 max 0 rp_filter -1\n",
		{LINK(60, ARPHRD_ETHER, 3, 0), NAME, ATTRIBUTE(16, 18), ATTRIBUTE(9, 1),
			'v', 'e', 't', 'h', 0, 0, 0, 0}},
	{"link information without a kind",
		"link 3 eth1 00:00:00:00:00:00 mtu 0 max 0 rp_filter -1\n",
		{LINK(56, ARPHRD_ETHER, 3, 0), NAME, ATTRIBUTE(12, 18), U32_ATTRIBUTE(3, 1)}},
	{"unknown attributes", "link 3 eth1 00:00:00:00:00:00 mtu 0 max 0 rp_filter -1\n",
		{LINK(56, ARPHRD_ETHER, 3, 0), NAME, ATTRIBUTE(5, 0x3fff), 1, 0, 0, 0,
			ATTRIBUTE(4, 0)}},
	{"IPv4 address", "address 3 10.0.1.10/24\n",
		{ADDRESS(48, AF_INET, 24, 0x80, 3), IP4_ATTRIBUTE(1, 10), IP4_ATTRIBUTE(2, 10),
			U32_ATTRIBUTE(8, 0x80)}},
	{"peer's address", "address 3 10.0.1.10/32 expires\n",
		{ADDRESS(40, AF_INET, 32, 0, 3), IP4_ATTRIBUTE(1, 99), IP4_ATTRIBUTE(2, 10)}},
	{"without a prefix route", "address 3 10.0.1.10/24 noprefixroute\n",
		{ADDRESS(40, AF_INET, 24, 0, 3), IP4_ATTRIBUTE(2, 10), U32_ATTRIBUTE(8, 0x280)}},
	{"leased, in the subnet of an earlier one", "address 3 10.0.1.10/24 secondary expires\n",
		{ADDRESS(40, AF_INET, 24, 1, 3), IP4_ATTRIBUTE(2, 10), U32_ATTRIBUTE(8, 1)}},
	{"IPv6 address", "address 3 2001:db8::9/128\n",
		{ADDRESS(52, AF_INET6, 128, 0, 3), IP6_ATTRIBUTE(1, 9), U32_ATTRIBUTE(8, 0x80)}},
	{"tentative", "address 3 2001:db8::9/64 tentative expires\n",
		{ADDRESS(44, AF_INET6, 64, IFA_F_TENTATIVE, 3), IP6_ATTRIBUTE(1, 9)}},
	{"duplicate", "address 3 2001:db8::9/64 tentative expires\n",
		{ADDRESS(52, AF_INET6, 64, 0, 3), IP6_ATTRIBUTE(1, 9),
			U32_ATTRIBUTE(8, IFA_F_DADFAILED)}},
	{"default route", ROUTE_TEXT " tos 0 metric 0\n", {OUR_ROUTE(52)}},
	{"table above 255", "route family 2 table 300 10.0.1.0/24 via none dev 3 type 1 proto 2 "
		"scope 253 tos 0 metric 7\n",
		{ROUTE(60, AF_INET, 24, 252, 2, 253, 1, 0), U32_ATTRIBUTE(15, 300),
			IP4_ATTRIBUTE(1, 0), U32_ATTRIBUTE(6, 7), U32_ATTRIBUTE(4, 3)}},
	{"only the short table",
		"route family 2 table 252 0.0.0.0/0 via none dev 0 type 6 proto 77 "
		"scope 0 tos 0 metric 0\n",
		{ROUTE(28, AF_INET, 0, 252, 77, 0, RTN_BLACKHOLE, 0)}},
	{"IPv6 throw", "route family 10 table 100 2001:db8::/64 via none dev 0 type 9 proto 77 "
		"scope 0 tos 0 metric 1024\n",
		{ROUTE(72, AF_INET6, 64, 100, 77, 0, RTN_THROW, 0), U32_ATTRIBUTE(15, 100),
			IP6_ATTRIBUTE(1, 0), U32_ATTRIBUTE(6, 1024), U32_ATTRIBUTE(4, 1)}},
	{"on the link", "route family 10 table 100 ::/0 via 2001:db8::1 dev 3 type 1 proto 77 "
		"scope 0 tos 0 metric 0 onlink\n",
		{ROUTE(56, AF_INET6, 0, 100, 77, 0, 1, RTNH_F_ONLINK), IP6_ATTRIBUTE(5, 1),
			U32_ATTRIBUTE(4, 3)}},
	{"several next hops", "route family 2 table 100 0.0.0.0/0 via none dev 0 type 1 proto 77 "
		"scope 0 tos 0 metric 0 multipath\n",
		{ROUTE(40, AF_INET, 0, 100, 77, 0, 1, 0), ATTRIBUTE(12, RTA_MULTIPATH),
			U16(8), 0, 0, U32(3)}},
	{"via IPv6", "route family 2 table 100 0.0.0.0/0 via none dev 0 type 1 proto 77 "
		"scope 0 tos 0 metric 0 multipath\n",
		{ROUTE(52, AF_INET, 0, 100, 77, 0, 1, 0), ATTRIBUTE(22, RTA_VIA), U16(AF_INET6),
			IPV6(1), 0, 0}},
	{"next hop object", ROUTE_TEXT " tos 0 metric 0 multipath\n",
		{OUR_ROUTE(60), U32_ATTRIBUTE(30, 5)}},
	{"encapsulated", ROUTE_TEXT " tos 0 metric 0 multipath\n",
		{OUR_ROUTE(56), ATTRIBUTE(4, RTA_ENCAP)}},
	{"by source", "route family 10 table 100 ::/0 via none dev 0 type 1 proto 77 scope 0 tos 0 "
		"metric 0 multipath\n",
		{MESSAGE(48, RTM_NEWROUTE, 0), AF_INET6, 0, 64, 0, 100, 77, 0, 1, U32(0),
			IP6_ATTRIBUTE(2, 0)}},
	{"our rule", RULE_TEXT " proto 77\n",
		{OUR_RULE(68), U32_ATTRIBUTE(14, 0xffffffff)}},
	{"all defaults in the message", RULE_TEXT " proto 77\n",
		{OUR_RULE(108), U32_ATTRIBUTE(10, 0), U32_ATTRIBUTE(16, 0), U32_ATTRIBUTE(11, 0),
			U32_ATTRIBUTE(13, 0xffffffff), ATTRIBUTE(5, 19), 0, 0, 0, 0,
			ATTRIBUTE(5, 22), 0, 0, 0, 0}},
	{"the kernel's own",
		"rule family 10 priority 0 from ::/0 to ::/0 action 1 table 255 proto 2\n",
		{RULE(44, AF_INET6, 0, 0, 255, 1, 0), U32_ATTRIBUTE(15, 255),
			ATTRIBUTE(5, 21), 2, 0, 0, 0}},
	{"to", "rule family 10 priority 0 from ::/0 to 2001:db8::9/128 action 6 table 0 proto 0\n",
		{RULE(48, AF_INET6, 128, 0, 0, 6, 0), IP6_ATTRIBUTE(1, 9)}},
	{"not",
		"rule family 2 priority 0 from 0.0.0.0/0 to 0.0.0.0/0 action 1 table 9 "
		"proto 0 other\n",
		{RULE(28, AF_INET, 0, 0, 9, 1, FIB_RULE_INVERT)}},
	{"goto",
		"rule family 2 priority 0 from 0.0.0.0/0 to 0.0.0.0/0 action 2 table 0 "
		"proto 0 other\n",
		{RULE(28, AF_INET, 0, 0, 0, FR_ACT_GOTO, 0)}},
	{"tos",
		"rule family 2 priority 0 from 0.0.0.0/0 to 0.0.0.0/0 action 1 table 9 "
		"proto 0 other\n",
		{MESSAGE(28, RTM_NEWRULE, 0), AF_INET, 0, 0, 16, 9, 0, 0, 1, U32(0)}},
#define OTHER(name, ...) \
	{name, RULE_TEXT " proto 77 other\n", \
		{OUR_RULE(sizeof((char[]){__VA_ARGS__}) + 60), __VA_ARGS__}}
	OTHER("iif", ATTRIBUTE(7, 3), 'l', 'o', 0, 0),
	OTHER("oif", ATTRIBUTE(7, 17), 'l', 'o', 0, 0),
	OTHER("mark", U32_ATTRIBUTE(10, 1)),
	OTHER("mark's mask", U32_ATTRIBUTE(16, 1)),
	OTHER("flow", U32_ATTRIBUTE(11, 1)),
	OTHER("tunnel", ATTRIBUTE(12, 12), U32(0), U32(1)),
	OTHER("suppress group", U32_ATTRIBUTE(13, 0)),
	OTHER("suppress prefix length", U32_ATTRIBUTE(14, 0)),
	OTHER("l3mdev", ATTRIBUTE(5, 19), 1, 0, 0, 0),
	OTHER("uids", ATTRIBUTE(12, 20), U32(0), U32(0)),
	OTHER("protocol", ATTRIBUTE(5, 22), 6, 0, 0, 0),
	OTHER("source port", ATTRIBUTE(8, 23), U16(80), U16(80)),
	OTHER("destination port", ATTRIBUTE(8, 24), U16(80), U16(80)),
	OTHER("DSCP", ATTRIBUTE(5, 25), 0, 0, 0, 0),
	OTHER("flow label", U32_ATTRIBUTE(26, 1)),
	OTHER("destination port mask", ATTRIBUTE(6, 29), U16(1), 0, 0),
};

static const struct {
	const char *name;
	int err;
	_Alignas(4) unsigned char bytes[96];
} refused[] = {
	{"another type", -ENOMSG, {MESSAGE(16, NLMSG_DONE, 0)}},
	{"deleted route", -ENOMSG, {MESSAGE(28, RTM_DELROUTE, 0), AF_INET}},
	{"bridge port", -ENOMSG, {MESSAGE(32, RTM_NEWLINK, 0), AF_BRIDGE}},
	{"address of no IP", -ENOMSG, {ADDRESS(24, AF_PACKET, 0, 0, 3)}},
	{"cached route", -ENOMSG, {ROUTE(28, AF_INET, 0, 254, 2, 0, 1, RTM_F_CLONED)}},
	{"multicast route", -ENOMSG, {ROUTE(28, RTNL_FAMILY_IPMR, 0, 254, 2, 0, 1, 0)}},
	{"multicast rule", -ENOMSG, {RULE(28, RTNL_FAMILY_IP6MR, 0, 0, 253, 1, 0)}},
	{"link cut in its header", -EBADMSG, {MESSAGE(28, RTM_NEWLINK, 0)}},
	{"address cut in its header", -EBADMSG, {MESSAGE(20, RTM_NEWADDR, 0)}},
	{"route cut in its header", -EBADMSG, {MESSAGE(27, RTM_NEWROUTE, 0)}},
	{"rule without its header", -EBADMSG, {MESSAGE(16, RTM_NEWRULE, 0)}},
	{"link without a name", -EBADMSG, {LINK(40, ARPHRD_ETHER, 3, 0), U32_ATTRIBUTE(4, 1500)}},
	{"link 0", -EBADMSG, {LINK(44, ARPHRD_ETHER, 0, 0), NAME}},
	{"negative link", -EBADMSG, {LINK(44, ARPHRD_ETHER, 0x80000000, 0), NAME}},
	{"empty name", -EBADMSG, {LINK(37, ARPHRD_ETHER, 3, 0), ATTRIBUTE(5, 3), 0}},
	{"name without an end", -EBADMSG, {LINK(40, ARPHRD_ETHER, 3, 0), ATTRIBUTE(8, 3),
		'e', 't', 'h', '1'}},
	{"end within the name", -EBADMSG, {LINK(40, ARPHRD_ETHER, 3, 0), ATTRIBUTE(8, 3),
		'e', 0, 'h', 0}},
	{"name too long", -EBADMSG, {LINK(53, ARPHRD_ETHER, 3, 0), ATTRIBUTE(21, 3),
		'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o', 'p', 0}},
	{"short MTU", -EBADMSG, {LINK(50, ARPHRD_ETHER, 3, 0), NAME, ATTRIBUTE(6, 4), U16(1500)}},
	{"long MAC", -EBADMSG,
		{LINK(56, ARPHRD_ETHER, 3, 0), NAME, ATTRIBUTE(12, 1), U32(1), U32(2)}},
	{"settings cut before rp_filter", -EBADMSG, {LINK(84, ARPHRD_ETHER, 3, 0), NAME,
		ATTRIBUTE(40, 26), ATTRIBUTE(36, AF_INET), ATTRIBUTE(32, 1), DEVCONF(0)}},
	{"nested beyond its parent", -EBADMSG, {LINK(56, ARPHRD_ETHER, 3, 0), NAME,
		ATTRIBUTE(12, 26), ATTRIBUTE(12, AF_INET), U32(0)}},
	{"kind beyond its parent", -EBADMSG, {LINK(56, ARPHRD_ETHER, 3, 0), NAME,
		ATTRIBUTE(12, 18), ATTRIBUTE(12, 1), U32(0)}},
	{"address without one", -EBADMSG, {ADDRESS(24, AF_INET, 24, 0, 3)}},
	{"address of no link", -EBADMSG, {ADDRESS(32, AF_INET, 24, 0, 0), IP4_ATTRIBUTE(2, 10)}},
	{"prefix too long", -EBADMSG, {ADDRESS(32, AF_INET, 33, 0, 3), IP4_ATTRIBUTE(2, 10)}},
	{"IPv6 in an IPv4 address", -EBADMSG,
		{ADDRESS(44, AF_INET, 24, 0, 3), IP6_ATTRIBUTE(2, 1)}},
	{"short flags", -EBADMSG, {ADDRESS(38, AF_INET, 24, 0, 3), IP4_ATTRIBUTE(2, 10),
		ATTRIBUTE(6, 8), U16(0)}},
	{"attribute of length 3", -EBADMSG, {ROUTE(32, AF_INET, 0, 100, 77, 0, 1, 0),
		ATTRIBUTE(3, 15)}},
	{"attribute beyond the end", -EBADMSG, {ROUTE(32, AF_INET, 0, 100, 77, 0, 1, 0),
		ATTRIBUTE(8, 15)}},
	{"half an attribute's head", -EBADMSG, {ROUTE(30, AF_INET, 0, 100, 77, 0, 1, 0), U16(8)}},
	{"no destination", -EBADMSG, {ROUTE(36, AF_INET, 24, 100, 77, 0, 1, 0),
		U32_ATTRIBUTE(15, 100)}},
	{"destination too long", -EBADMSG, {ROUTE(36, AF_INET, 129, 100, 77, 0, 1, 0),
		IP4_ATTRIBUTE(1, 0)}},
	{"short table", -EBADMSG, {ROUTE(33, AF_INET, 0, 100, 77, 0, 1, 0), ATTRIBUTE(5, 15), 1}},
	{"IPv4 gateway in an IPv6 route", -EBADMSG, {ROUTE(36, AF_INET6, 0, 100, 77, 0, 1, 0),
		IP4_ATTRIBUTE(5, 1)}},
	{"rule without its source", -EBADMSG, {RULE(36, AF_INET, 0, 24, 100, 1, 0),
		U32_ATTRIBUTE(15, 100)}},
	{"long protocol", -EBADMSG, {RULE(36, AF_INET, 0, 0, 100, 1, 0), U32_ATTRIBUTE(21, 77)}},
	{"short mark", -EBADMSG, {RULE(33, AF_INET, 0, 0, 100, 1, 0), ATTRIBUTE(5, 10), 1}},
};
/* clang-format on */

/* Formats the message as text; at most one decoder may accept it. */
static int decode_any(const struct nlmsghdr *message, struct strbuf *out)
{
	struct net_link link;
	struct net_address address;
	struct net_route route;
	struct net_rule rule;
	int err = rtnl_decode_link(message, &link);

	if (!err)
		link_text(&link, out);
	if (err != -ENOMSG)
		return err;
	err = rtnl_decode_address(message, &address);
	if (!err)
		address_text(&address, out);
	if (err != -ENOMSG)
		return err;
	err = rtnl_decode_route(message, &route);
	if (!err)
		route_text(&route, out);
	if (err != -ENOMSG)
		return err;
	err = rtnl_decode_rule(message, &rule);
	if (!err)
		rule_text(&rule, out);
	return err;
}

/* The message in memory of exactly its length, so that a read beyond its end is detected. */
static int decode_exactly(const unsigned char *bytes, uint32_t length, struct strbuf *out)
{
	_cleanup_(cleanup_free) struct nlmsghdr *message = malloc(length);

	assert_non_null(message);
	memcpy(message, bytes, length);
	message->nlmsg_len = length;
	return decode_any(message, out);
}

static uint32_t length_of(const unsigned char *bytes)
{
	uint32_t length;

	memcpy(&length, bytes, sizeof(length));
	return length;
}

static void test_decoded(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(decoded); i++) {
		_cleanup_(strbuf_done) struct strbuf found;

		print_message("  %s\n", decoded[i].name);
		strbuf_init(&found, 0);
		assert_int_equal(
			decode_exactly(decoded[i].bytes, length_of(decoded[i].bytes), &found), 0);
		assert_string_equal(strbuf_text(&found), decoded[i].text);
	}
}

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		_cleanup_(strbuf_done) struct strbuf found;

		print_message("  %s\n", refused[i].name);
		strbuf_init(&found, 0);
		assert_int_equal(
			decode_exactly(refused[i].bytes, length_of(refused[i].bytes), &found),
			refused[i].err);
		assert_string_equal(strbuf_text(&found), "");
	}
}

/* Whether the attributes of a message of that length end with it, or in the padding of the last. */
static bool ends_with_attribute(const unsigned char *bytes, uint32_t length, uint32_t header_size)
{
	uint32_t at = NLMSG_HDRLEN + header_size;

	while (at < length) {
		struct nlattr attribute;

		if (length - at < sizeof(attribute))
			return false;
		memcpy(&attribute, bytes + at, sizeof(attribute));
		if (at + attribute.nla_len > length)
			return false;
		at += NLA_ALIGN((uint32_t)attribute.nla_len);
	}
	return length >= NLMSG_HDRLEN + header_size;
}

static uint32_t header_size_of(const unsigned char *bytes)
{
	switch (((const struct nlmsghdr *)(const void *)bytes)->nlmsg_type) {
	case RTM_NEWLINK:
		return 16;
	case RTM_NEWADDR:
		return 8;
	default:
		return 12;
	}
}

/* Cut anywhere it is refused, unless that leaves a shorter message that is whole in itself. */
static void test_truncated(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(decoded); i++) {
		const unsigned char *bytes = decoded[i].bytes;

		for (uint32_t length = NLMSG_HDRLEN; length < length_of(bytes); length++) {
			_cleanup_(strbuf_done) struct strbuf found;
			int err;

			strbuf_init(&found, 0);
			err = decode_exactly(bytes, length, &found);
			if (!ends_with_attribute(bytes, length, header_size_of(bytes)))
				assert_int_equal(err, -EBADMSG);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decoded),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_truncated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
