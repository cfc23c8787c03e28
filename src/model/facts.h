/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What EC2 says of one ENI: the keys below meta-data/network/interfaces/macs/MAC/ of the instance
 * metadata service, a value each. The keys and their forms are AWS's, from the EC2 user guide's
 * "Instance metadata categories".
 *
 * A fact has three states: not asked yet, known, and absent (the service said 404: no such key). A
 * fresh ENI's facts arrive late and wrong, so facts_lag() says whether they can be believed.
 */
#pragma once

#include "base/error.h"
#include "base/ip.h"
#include "base/parse.h"

#include <stdbool.h>
#include <stdint.h>

enum fact {
	FACT_PRIMARY_MAC, /* meta-data/mac: asked only where device-number reads 0 */
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
#define FACT_VALUE_MAX (64u << 10) /* bytes of one value */

struct prefix_list {
	struct ip_prefix *items;
	size_t count;
	size_t capacity;
};

struct facts {
	struct mac mac; /* of the link that they are about */
	char not_listed[64]; /* facts_lag()'s words where EC2 does not list that MAC */
	unsigned known; /* FACT_BIT()s: there is a value */
	unsigned absent; /* FACT_BIT()s: there is no such key */
	struct mac primary_mac;
	uint32_t device_number;
	char interface_id[32];
	char subnet_id[32];
	struct ip_prefix subnet4; /* no host bits */
	struct prefix_list ipv4s; /* hosts; the first one is the ENI's primary address */
	struct prefix_list ipv6s; /* hosts */
	struct prefix_list subnets6; /* the subnet's, no host bits */
	struct prefix_list delegated4; /* prefixes that the ENI was given whole */
	struct prefix_list delegated6;
};

void facts_init(struct facts *facts, const struct mac *mac);
void facts_done(struct facts *facts);

/* The key below macs/MAC/ (or below meta-data/ for FACT_PRIMARY_MAC). */
const char *facts_key(enum fact fact);

/*
 * Takes a value as the service sent it. Every byte is checked. Returns 0; -EBADMSG with the words
 * for a value that is not of the key's form; -ENOMEM. An empty list is -EBADMSG too: EC2 sends 404.
 */
int facts_set(
	struct facts *facts, enum fact fact, const char *bytes, size_t length, struct error *error);
void facts_set_absent(struct facts *facts, enum fact fact);

/* Forgets all values (a later look must not mix two states), keeps the MAC. */
void facts_clear(struct facts *facts);

/*
 * Whether the ENI's facts have propagated, as far as they were asked. NULL: yes. Else what is late,
 * for a person: "device-number is still 0". `facts_lag_wants_primary()` says that meta-data/mac has
 * to be asked before one can tell.
 */
const char *facts_lag(const struct facts *facts);
bool facts_lag_wants_primary(const struct facts *facts);

/*
 * What EC2's API confirmed of a secondary IPv4 address, or an administrator took off this host: the
 * metadata service may show for a while what was before.
 */
struct facts_change {
	struct ip_address address;
	bool is_assigned; /* to this ENI; else taken off it */
	uint64_t age; /* milliseconds */
};

/*
 * So long a change is believed against the metadata: they follow within seconds, and a minute is far
 * beyond that. A change that EC2 took back since, as by another node, is held on to for no longer.
 */
#define FACTS_CHANGE_MSEC 60000

/* Whether the metadata do not show the change yet, and are not to be believed for that. */
bool facts_lack_change(const struct facts *facts, const struct facts_change *change);

/* The IPv4 addresses with these changes, as far as they are lacking; the primary one stays. -ENOMEM. */
int facts_apply_changes(const struct facts *facts, const struct facts_change *changes, size_t count,
	struct prefix_list *ret_ipv4s);

int prefix_list_add(struct prefix_list *list, const struct ip_prefix *prefix); /* -ENOMEM */
bool prefix_list_has(const struct prefix_list *list, const struct ip_prefix *prefix);
void prefix_list_done(struct prefix_list *list);
