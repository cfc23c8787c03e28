/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Represents links, addresses, routes and rules, both as read from the kernel and as desired. The
 * pure rooms and the kernel edge share these plain values. A netstate owns its arrays.
 *
 * Numbers are those of linux/rtnetlink.h (RTN_*, RTPROT_*, RT_SCOPE_*, RT_TABLE_*) and
 * linux/fib_rules.h (FR_ACT_*).
 */
#pragma once

#include "base/ip.h"
#include "base/parse.h"

#include <net/if.h>

#define NET_PROTOCOL_MYHA 77 /* of every route and rule that myha adds */

/* Alternative names (ip link property add) that fit IFNAMSIZ; "" ends the list. */
#define NET_ALTNAMES_MAX 8

struct net_link {
	unsigned index;
	char name[IFNAMSIZ];
	char altnames[NET_ALTNAMES_MAX][IFNAMSIZ];
	struct mac mac; /* zero: the link has no Ethernet address */
	bool up; /* administratively (IFF_UP) */
	bool no_carrier; /* the link is up, but has no carrier (no IFF_LOWER_UP) */
	bool loopback;
	bool no_ipv6; /* IPv6 is disabled on the link (disable_ipv6), or on the host */
	bool is_virtual; /* created by software (a bridge, a tunnel, …): never an ENI */
	uint32_t mtu;
	uint32_t max_mtu; /* 0: the kernel does not report it */
	int rp_filter; /* net.ipv4.conf.NAME.rp_filter; -1: unknown, or do not change it */
	int promote_secondaries; /* net.ipv4.conf.NAME.promote_secondaries; -1: unknown */
};

/*
 * label and not_preferred are settings for the kernel, not set in a snapshot. secondary and expires
 * are set only in a snapshot.
 */
struct net_address {
	unsigned link; /* index */
	struct ip_prefix prefix; /* the address, host bits included, with its prefix length */
	bool no_prefix_route; /* IFA_F_NOPREFIXROUTE */
	char label[IFNAMSIZ]; /* IFA_LABEL to set; "": none */
	bool not_preferred; /* set preferred lifetime 0: never chosen as source */
	bool tentative; /* IPv6: not usable yet, or never (a duplicate) */
	bool secondary; /* IFA_F_SECONDARY: IPv4, in the subnet of an earlier address */
	bool expires; /* has a finite lifetime, as with DHCP */
};

struct net_route {
	unsigned char family;
	unsigned char type; /* RTN_UNICAST, RTN_THROW, … */
	unsigned char protocol;
	unsigned char scope;
	unsigned char tos;
	uint32_t table;
	uint32_t metric; /* 0: not set; for IPv6 routes the kernel and desired_build() use 1024 */
	struct ip_prefix destination;
	struct ip_address gateway; /* AF_UNSPEC: directly connected */
	unsigned link; /* index; 0: none */
	bool onlink; /* RTNH_F_ONLINK */
	bool multipath; /* several next hops, or attributes that this struct cannot represent */
};

/* A rule's selectors besides addresses, and how it uses the table's result. Zero: not set. */
struct net_selectors {
	bool inverted; /* "not": selects the packets that do not match */
	unsigned char tos;
	unsigned char ip_protocol; /* IPPROTO_TCP, … */
	uint32_t mark, mark_mask; /* mask 0: any mark */
	char input[IFNAMSIZ], output[IFNAMSIZ]; /* names of links */
	bool has_users;
	uint32_t users[2]; /* first and last uid */
	uint16_t source_ports[2], destination_ports[2]; /* first and last; last 0: any */
	bool l3mdev;
	uint32_t go_to; /* target priority of FR_ACT_GOTO */
	bool suppresses; /* ignores results with a prefix length up to suppress_length */
	uint32_t suppress_length;
	bool has_more; /* selectors that this struct cannot represent */
};

struct net_rule {
	unsigned char family;
	unsigned char protocol; /* FRA_PROTOCOL */
	unsigned char action; /* FR_ACT_TO_TBL, … */
	uint32_t priority;
	uint32_t table;
	struct ip_prefix source; /* length 0: from all */
	struct ip_prefix destination; /* length 0: to all */
	bool other_selectors; /* any of `selectors`, or a goto: never a rule of myha */
	struct net_selectors selectors; /* only in a snapshot */
};

struct netstate {
	struct net_link *links;
	size_t n_links, links_capacity;
	struct net_address *addresses;
	size_t n_addresses, addresses_capacity;
	struct net_route *routes;
	size_t n_routes, routes_capacity;
	struct net_rule *rules;
	size_t n_rules, rules_capacity;
};

void netstate_done(struct netstate *state);

/* Each copies the value to the end of its array. Returns 0 or -ENOMEM. */
int netstate_add_link(struct netstate *state, const struct net_link *link);
int netstate_add_address(struct netstate *state, const struct net_address *address);
int netstate_add_route(struct netstate *state, const struct net_route *route);
int netstate_add_rule(struct netstate *state, const struct net_rule *rule);

/*
 * Copies one interface's objects from `from`: the link, its addresses, and the routes of the tables
 * and the rules that look them up. Returns 0 or -ENOMEM.
 */
int netstate_copy_interface(struct netstate *state, const struct netstate *from, unsigned link,
	const uint32_t *tables, size_t n_tables);

/*
 * Each finds a link; NULL: there is none. netstate_link_by_name() tries the names first, then the
 * alternative names. The link is valid until the netstate changes.
 */
const struct net_link *netstate_link_by_name(const struct netstate *state, const char *name);
const struct net_link *netstate_link_by_index(const struct netstate *state, unsigned index);

/* Finds the device with the ENI's MAC address; ignores virtual links, which may copy it. */
const struct net_link *netstate_link_of_eni(const struct netstate *state, const struct mac *mac);

/* Returns why the link cannot pass traffic: "is down", "has no carrier" (static); NULL: it can. */
const char *net_link_fault(const struct net_link *link);

/*
 * Finds an address on a link, with any prefix length; prefers an entry that does not expire. NULL:
 * there is none. Valid until the netstate changes.
 */
const struct net_address *netstate_find_address_on_link(
	const struct netstate *state, unsigned link, const struct ip_address *address);

/* Finds the first such address on any link; NULL: there is none. */
const struct net_address *netstate_find_address(
	const struct netstate *state, const struct ip_address *address);

size_t netstate_count_addresses(const struct netstate *state, unsigned link, unsigned char family);

bool netstate_has_rule(const struct netstate *state, const struct net_rule *rule);

/* Whether a rule of myha leads to the table in this family. */
bool netstate_uses_table(const struct netstate *state, uint32_t table, unsigned char family);

bool net_table_is_listed(uint32_t table, const uint32_t *tables, size_t n_tables);

/*
 * Whether both are the same object for the kernel, with the same configuration. Does not compare
 * the details of a rule's `selectors`.
 */
bool net_route_equal(const struct net_route *a, const struct net_route *b);
bool net_rule_equal(const struct net_rule *a, const struct net_rule *b);
/* Whether one route would replace the other: same table, destination, tos and metric. */
bool net_route_same_key(const struct net_route *a, const struct net_route *b);
