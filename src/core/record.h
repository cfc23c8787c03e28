/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stores a record of each attached interface under /run/myha, so that detach can remove what attach
 * added after the device, EC2's metadata or even the policy are gone. The record is written before
 * the kernel is changed. So it names at least what was changed, even if the program is killed at
 * any instant. /run is empty after a reboot: a record lives as long as the kernel's state.
 *
 * Format of IFACE.json:
 *   {"version": 1, "interface", "entry", "mac", "index", "tables": [number…],
 *    "addresses": ["ADDRESS/LENGTH" added by myha…], "before": {"mtu", "rp_filter"}}
 * Members that are present only if their value is known:
 *   "primary": address, "device-number": number, "neighbour": interface,
 *   "changes": [{"address", "change": "assigned" or "released", "at": milliseconds}…]
 */
#pragma once

#include "model/facts.h"
#include "model/netstate.h"

struct record {
	char interface[IFNAMSIZ];
	char *entry; /* owned; the name of the policy's entry */
	struct mac mac;
	unsigned index;
	uint32_t *tables;
	size_t n_tables, tables_capacity;
	struct ip_prefix *addresses; /* added by myha; length 0: recorded without a length */
	size_t n_addresses, addresses_capacity;
	struct ip_address primary; /* the ENI's primary IPv4 address; not set: not known */
	int device_number; /* the ENI's; 0: the instance's primary ENI; -1: not known */
	/* Another link in the same subnet, because of which the rules are narrower; "": none. */
	char neighbour[IFNAMSIZ];
	struct facts_change *changes; /* at most one per address */
	size_t n_changes, changes_capacity;
	uint32_t original_mtu; /* before attach changed it; 0: not changed */
	int original_rp_filter; /* before attach changed it; -1: not changed */
};

void record_init(struct record *record, const char *interface);
void record_done(struct record *record);

/*
 * Returns 0; -ENOENT without a message if there is no record; -EBADMSG if the file is not a valid
 * record; -ENOMEM; or another -errno. On failure *ret_record is an empty record of the interface.
 * Free it by record_done().
 */
int record_load(const char *directory, const char *interface, struct record *ret_record,
	struct error *error);
int record_store(const char *directory, const struct record *record, struct error *error);
int record_remove(const char *directory, const char *interface, struct error *error);

/* Lists the interfaces that have a record: NULL-terminated; free by record_names_free(). */
int record_list_interfaces(const char *directory, char ***ret_interfaces, struct error *error);
void record_names_free(char ***names);

/* Whether the record is about this device, and not about an earlier device of the same name. */
bool record_matches_link(const struct record *record, const struct net_link *link);

/* record_add_…() do nothing if the record has the item already. They return 0 or -ENOMEM. */
bool record_has_table(const struct record *record, uint32_t table);
int record_add_table(struct record *record, uint32_t table);
int record_add_address(struct record *record, const struct ip_prefix *address);

/* Whether attach added the address, or the latest change in EC2 assigned the address. */
bool record_has_address(const struct record *record, const struct ip_address *address);

/*
 * Drops the changes that `facts` show by now or that are too old, and all changes if `facts` have
 * no FACT_LOCAL_IPV4S. The kept changes still override `facts`. `now` is clock_boottime(). Returns
 * true if at least one change was dropped.
 */
bool record_drop_outdated_changes(struct record *record, const struct facts *facts, uint64_t now);

/* Adds a change; replaces an earlier change of the same address. Returns 0 or -ENOMEM. */
int record_set_change(
	struct record *record, const struct ip_address *address, bool is_assigned, uint64_t at);
