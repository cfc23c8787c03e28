/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parses and stores EC2's facts about one ENI: the values of the keys below
 * meta-data/network/interfaces/macs/MAC/ of the instance metadata service. AWS defines the keys and
 * their forms: EC2 user guide, "Instance metadata categories".
 *
 * A fact has three states: not fetched yet, known, and absent (the service responded with 404: no
 * such key). A new ENI's metadata may be incomplete or wrong at first: see facts_find_lag().
 */
#pragma once

#include "base/error.h"
#include "base/ip.h"
#include "base/parse.h"

enum fact {
	FACT_PRIMARY_MAC, /* meta-data/mac: fetched only if device-number is 0 */
	FACT_DEVICE_NUMBER,
	FACT_INTERFACE_ID,
	FACT_SUBNET_ID,
	FACT_LOCAL_IPV4S,
	FACT_SUBNET_IPV4,
	FACT_IPV6S,
	FACT_SUBNET_IPV6,
	FACT_IPV4_PREFIX,
	FACT_IPV6_PREFIX,
	FACT_COUNT_,
};

#define FACT_BIT(fact) (1u << (fact))
#define FACT_VALUE_MAX (64u << 10) /* maximum bytes of one value */

struct prefix_list {
	struct ip_prefix *items;
	size_t count;
	size_t capacity;
};

struct facts {
	struct mac mac; /* of the link */
	char not_listed[64]; /* text of facts_find_lag() if EC2 does not know the MAC yet */
	unsigned known; /* FACT_BIT()s of facts that have a value */
	unsigned absent; /* FACT_BIT()s of facts whose key does not exist */
	struct mac primary_mac;
	uint32_t device_number;
	char interface_id[32];
	char subnet_id[32];
	struct ip_prefix subnet4; /* no host bits */
	struct prefix_list ipv4s; /* host length; the first is the ENI's primary address */
	struct prefix_list ipv6s; /* host length */
	struct prefix_list subnets6; /* IPv6 prefixes of the subnet, no host bits */
	struct prefix_list delegated4; /* prefixes delegated to the ENI */
	struct prefix_list delegated6;
};

void facts_init(struct facts *facts, const struct mac *mac);
void facts_done(struct facts *facts);

/* Returns the key below macs/MAC/ (for FACT_PRIMARY_MAC: below meta-data/). Static. */
const char *facts_key(enum fact fact);

/*
 * Parses a value as the service sent it; checks every byte. Returns 0; -ENOMEM; -EBADMSG with a
 * message if the value does not have the key's form. An empty list does not: EC2 sends 404 instead.
 */
int facts_set(
	struct facts *facts, enum fact fact, const char *bytes, size_t length, struct error *error);
void facts_set_absent(struct facts *facts, enum fact fact);

/* Drops all values, so that a later query does not mix two states; keeps the MAC. */
void facts_clear(struct facts *facts);

/*
 * Checks whether the ENI's facts have propagated, as far as they were fetched. Returns NULL if they
 * have; else a text about the fact that is late, static or borrowed from `facts`. If
 * facts_lag_needs_primary_mac() is true, fetch FACT_PRIMARY_MAC first.
 */
const char *facts_find_lag(const struct facts *facts);
bool facts_lag_needs_primary_mac(const struct facts *facts);

/*
 * A change of a secondary IPv4 address: EC2's API confirmed it, or an administrator released the
 * address from this host. The metadata service may show the previous state for a while.
 */
struct facts_change {
	struct ip_address address;
	bool is_assigned; /* to this ENI; false: released from it */
	uint64_t at; /* clock_boottime(), in milliseconds */
};

/*
 * Milliseconds. A younger change overrides the metadata, which follow within seconds. The limit is
 * for a change that another node, or a user, has reverted in EC2.
 */
#define FACTS_CHANGE_MSEC 60000

/*
 * Whether the metadata do not show the change yet, and the change is recent enough at `now` to
 * override them. A change after `now` (a broken record) does not override them.
 */
bool facts_lag_behind_change(
	const struct facts *facts, const struct facts_change *change, uint64_t now);

/*
 * Copies the IPv4 addresses and applies the changes that the metadata do not show yet; keeps the
 * primary address. Free ret_ipv4s with prefix_list_done(). Returns 0 or -ENOMEM.
 */
int facts_apply_changes(const struct facts *facts, const struct facts_change *changes, size_t count,
	uint64_t now, struct prefix_list *ret_ipv4s);

int prefix_list_add(struct prefix_list *list, const struct ip_prefix *prefix); /* -ENOMEM */
bool prefix_list_has(const struct prefix_list *list, const struct ip_prefix *prefix);
void prefix_list_done(struct prefix_list *list);
