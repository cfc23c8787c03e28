/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is remembered of an interface under /run/myha, so that it can be taken away again when the
 * device, EC2's metadata and even the policy are gone. Written before the kernel is changed: after
 * a kill at any instant it names at least what was done.
 *
 * IFACE.json: {"version": 1, "interface", "entry", "mac", "index", "tables": [number…],
 * "addresses": ["ADDRESS/LENGTH" added by us…], "before": {"mtu", "rp_filter"}}, and where they are known "primary":
 * address, "changes": [{"address", "change": "assigned" or "released", "at": milliseconds}…],
 * "device-number": number, "neighbour": interface. It lives as long as the kernel's state does: /run is empty after a reboot.
 */
#pragma once

#include "base/error.h"
#include "base/ip.h"
#include "base/parse.h"
#include "model/facts.h"
#include "model/netstate.h"

#include <net/if.h>

/* What EC2's API, or the administrator, said of an address, and metadata may not show yet. */
struct record_change {
	struct ip_address address;
	bool is_assigned; /* to this ENI; else released from it */
	uint64_t at; /* clock_boottime() */
};

struct record {
	char interface[IFNAMSIZ];
	char *entry; /* of the policy */
	struct mac mac;
	unsigned index;
	uint32_t *tables;
	size_t n_tables, tables_capacity;
	struct ip_prefix *addresses; /* length 0: an earlier version's record does not tell */
	size_t n_addresses, addresses_capacity;
	struct ip_address primary; /* of the ENI, IPv4; not set: not known */
	int device_number; /* of the ENI; 0: the instance's primary ENI; -1: not known */
	char neighbour
		[IFNAMSIZ]; /* another link in its subnet, which narrows its rules; "": none */
	struct record_change *changes; /* one an address */
	size_t n_changes, changes_capacity;
	uint32_t mtu_before; /* 0: not changed by us */
	int rp_filter_before; /* -1: not changed by us */
};

void record_init(struct record *record, const char *interface);
void record_done(struct record *record);

/* 0; -ENOENT: nothing is remembered; -EBADMSG: the file is not one of ours; -errno; -ENOMEM. */
int record_load(const char *directory, const char *interface, struct record *ret_record,
	struct error *error);
int record_store(const char *directory, const struct record *record, struct error *error);
int record_remove(const char *directory, const char *interface, struct error *error);

/* Names (heap, NULL-terminated, ended by memory_names_free) of the interfaces remembered. */
int record_list(const char *directory, char ***ret_names, struct error *error);
void record_names_free(char ***names);

/* Whether it is this device that was attached, and not another one that has the name now. */
bool record_is_about(const struct record *record, const struct net_link *link);

bool record_has_table(const struct record *record, uint32_t table);
int record_add_table(struct record *record, uint32_t table);
int record_add_address(struct record *record, const struct ip_prefix *address);

/* Whether one was added by us, or is to be here by the latest change. */
bool record_has_address(const struct record *record, const struct ip_address *address);

/* With its age; one of the future, which only a broken record has, is too old to count. */
struct facts_change record_change_at(const struct record_change *change, uint64_t now);

/* Drops the changes that the metadata show by now, and those that are too old; true: there was one. */
bool record_settle_changes(struct record *record, const struct facts *facts, uint64_t now);

/* Replaces the address's earlier change; -ENOMEM. */
int record_note_change(
	struct record *record, const struct ip_address *address, bool is_assigned, uint64_t at);
