/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Links, addresses, routes and rules, as the kernel has them or as we want them: the one language
 * that the thinking rooms and the kernel edge share. Plain values; a netstate owns its arrays.
 *
 * Numbers are those of linux/rtnetlink.h (RTN_*, RTPROT_*, RT_SCOPE_*, RT_TABLE_*) and
 * linux/fib_rules.h (FR_ACT_*).
 */
#pragma once

#include "base/ip.h"
#include "base/parse.h"

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NET_PROTOCOL_MYHA 77 /* of every route and rule that myha makes */

/* Alternative names (ip link property add) of a length that the policy can have; "" ends them. */
#define NET_ALTNAMES_MAX 8

struct net_link {
	unsigned index;
	char name[IFNAMSIZ];
	char altnames[NET_ALTNAMES_MAX][IFNAMSIZ];
	struct mac mac; /* zero where the link has no Ethernet address */
	bool up; /* administratively (IFF_UP) */
	bool no_carrier; /* it is up, but nothing is at its other end (no IFF_LOWER_UP) */
	bool loopback;
	bool no_ipv6; /* IPv6 is disabled on it (disable_ipv6), or on the whole host */
	bool is_virtual; /* made by software (a bridge, a tunnel, …): never an ENI */
	uint32_t mtu;
	uint32_t max_mtu; /* 0: the kernel does not say */
	int rp_filter; /* net.ipv4.conf.NAME.rp_filter; -1: unknown, or not wished */
	int promote_secondaries; /* net.ipv4.conf.NAME.promote_secondaries; -1: unknown */
};

struct net_address {
	unsigned link; /* index */
	struct ip_prefix prefix; /* the address with its prefix length */
	bool no_prefix_route; /* IFA_F_NOPREFIXROUTE */
	char label[IFNAMSIZ]; /* IFA_LABEL, to be set; what is found has none here */
	bool not_preferred; /* preferred lifetime 0, to be set: never chosen as a source address */
	bool tentative; /* IPv6: not usable yet, or never (duplicate) */
	bool secondary; /* IFA_F_SECONDARY: IPv4, in the subnet of an earlier one; only as found */
	bool expires; /* its lifetime is finite, as by DHCP; only as found */
};

struct net_route {
	unsigned char family;
	unsigned char type; /* RTN_UNICAST, RTN_THROW, … */
	unsigned char protocol;
	unsigned char scope;
	unsigned char tos;
	uint32_t table;
	uint32_t metric; /* 0: none given (IPv6: the kernel then says 1024, and so do we) */
	struct ip_prefix destination;
	struct ip_address gateway; /* AF_UNSPEC: directly connected */
	unsigned link; /* index; 0: none */
	bool onlink; /* RTNH_F_ONLINK */
	bool multipath; /* several next hops, or one that this shape cannot say */
};

/* What a rule selects by beside addresses, and what it does with the table's answer. Zero: nothing. */
struct net_selectors {
	bool inverted; /* "not": what does not match is selected */
	unsigned char tos;
	unsigned char ip_protocol; /* IPPROTO_TCP, … */
	uint32_t mark, mark_mask; /* mask 0: by no mark */
	char input[IFNAMSIZ], output[IFNAMSIZ]; /* names of links */
	bool has_users;
	uint32_t users[2]; /* the first and the last uid */
	uint16_t source_ports[2], destination_ports[2]; /* first and last; 0: any */
	bool l3mdev;
	uint32_t go_to; /* the priority that FR_ACT_GOTO names */
	bool suppresses; /* answers with prefixes of at most this length are passed over: */
	uint32_t suppress_length;
	bool has_more; /* something that this shape cannot say */
};

struct net_rule {
	unsigned char family;
	unsigned char protocol; /* FRA_PROTOCOL */
	unsigned char action; /* FR_ACT_TO_TBL, … */
	uint32_t priority;
	uint32_t table;
	struct ip_prefix source; /* length 0: from all */
	struct ip_prefix destination; /* length 0: to all */
	bool other_selectors; /* any of `selectors`: never one of ours */
	struct net_selectors selectors; /* only as found */
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

void netstate_init(struct netstate *state);
void netstate_done(struct netstate *state);

/* Each copies the value in; -ENOMEM. */
int netstate_add_link(struct netstate *state, const struct net_link *link);
int netstate_add_address(struct netstate *state, const struct net_address *address);
int netstate_add_route(struct netstate *state, const struct net_route *route);
int netstate_add_rule(struct netstate *state, const struct net_rule *rule);

/*
 * Adds what `from` has of one interface and its table: the link, its addresses, the table's routes,
 * the rules that look it up. -ENOMEM.
 */
int netstate_add_of_interface(
	struct netstate *state, const struct netstate *from, unsigned link, uint32_t table);

/* By its name, or else by an alternative name. NULL where there is none. Valid until the netstate changes. */
const struct net_link *netstate_link_by_name(const struct netstate *state, const char *name);
const struct net_link *netstate_link_by_index(const struct netstate *state, unsigned index);

/* The device with the ENI's MAC address, not a link above it that copies the address (bridge, macvlan, …). */
const struct net_link *netstate_link_of_eni(const struct netstate *state, const struct mac *mac);

/* Why nothing can be reached through the link: "is down", "has no carrier"; NULL: it can serve. */
const char *net_link_fault(const struct net_link *link);

/*
 * The link's own of that address, with whatever prefix length: one that is there for ever before one
 * whose lifetime ends. NULL where there is none. Valid until the netstate changes.
 */
const struct net_address *netstate_address_on(
	const struct netstate *state, unsigned link, const struct ip_address *address);

/* How many addresses of that family the link has. */
size_t netstate_count_addresses(const struct netstate *state, unsigned link, unsigned char family);

/* Whether two are the same object for the kernel, all attributes alike. */
bool net_address_equal(const struct net_address *a, const struct net_address *b);
bool net_route_equal(const struct net_route *a, const struct net_route *b);
bool net_rule_equal(const struct net_rule *a, const struct net_rule *b);
/* Whether the one would replace the other: same table, destination, tos and metric. */
bool net_route_same_key(const struct net_route *a, const struct net_route *b);
