/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Represents the policy file as plain data, with all defaults filled in. policy_yaml.h parses a
 * policy from bytes; this module does no I/O. The policy owns all memory that it points to.
 */
#pragma once

#include "base/error.h"
#include "base/ip.h"
#include "base/parse.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define POLICY_TABLE_NAME "MYHA"
#define POLICY_TABLE_NUMBER 100

enum policy_source {
	POLICY_SOURCE_SUBNET, /* the ENI's subnet */
	POLICY_SOURCE_ADDRESSES, /* the ENI's own addresses and delegated prefixes */
	POLICY_SOURCE_LIST, /* the prefixes of `sources` */
};

enum policy_addresses {
	POLICY_ADDRESSES_IMDS, /* set the link up; configure MTU and addresses as EC2 specifies */
	POLICY_ADDRESSES_NONE, /* other software configures them */
};

/* Selects the link of an entry: all conditions that are given (not NULL or unset) must hold. */
struct policy_match {
	char *name; /* a glob for the kernel's interface name; NULL: not given */
	bool has_mac;
	struct mac mac;
	char *eni; /* eni-…; NULL: not given */
	int device_number; /* -1: not given */
	char *subnet; /* subnet-…; NULL: not given */
	char *driver; /* a glob for the driver's name; NULL: not given */
};

struct policy_interface {
	char *name; /* the entry's key in the file */
	struct policy_match match;
	uint32_t table;
	uint32_t priority;
	enum policy_source source;
	struct ip_prefix *sources; /* for POLICY_SOURCE_LIST; without host bits */
	size_t n_sources;
	struct ip_address gateway; /* only for its family; AF_UNSPEC: the subnet's router */
	enum policy_addresses addresses;
	uint32_t mtu; /* 0: that of the link with the main table's default route */
	struct ip_prefix *except; /* destinations that use the main table; without host bits */
	size_t n_except;
};

enum policy_at_boot {
	POLICY_AT_BOOT_IF_ROUTED_HERE,
	POLICY_AT_BOOT_ALWAYS,
	POLICY_AT_BOOT_NEVER,
};

/* The party that decides which node holds an overlay. */
enum policy_manager {
	POLICY_MANAGER_SELF, /* a user or script that runs "myha overlay move" */
	POLICY_MANAGER_CLUSTER, /* a cluster manager, by its resources; nothing else may act */
};

/* The words of the file for enum policy_manager, NULL-terminated. */
extern const char *const policy_manager_words[];

struct policy_overlay {
	char *name;
	struct ip_address address;
	char *interface; /* "primary", "lo" or the name of an interface */
	char **route_tables; /* NULL-terminated; NULL: the VPC's tables that have the route */
	size_t n_route_tables;
	char *role_arn; /* NULL: use the host's own credentials */
	enum policy_at_boot at_boot; /* as in the file; use policy_get_boot_action() instead */
	enum policy_manager managed_by;
};

enum policy_check {
	POLICY_CHECK_FIX,
	POLICY_CHECK_WARN,
	POLICY_CHECK_IGNORE,
};

/* Overrides the environment and files of the AWS tools. NULL or -1: not given. */
struct policy_aws {
	char *region;
	char *endpoint;
	char *profile;
	int fips; /* 0 or 1 */
	int dualstack; /* 0 or 1 */
	char *ca_bundle;
};

struct policy_imds {
	char *endpoint; /* http://…; NULL: the well-known endpoints */
	char *interface; /* bind requests to this interface; NULL: use the routing table */
};

struct policy {
	struct policy_interface *interfaces; /* in the order of the file */
	size_t n_interfaces;
	struct policy_overlay *overlays;
	size_t n_overlays;
	enum policy_check source_dest_check;
	struct policy_aws aws;
	struct policy_imds imds;
};

/* Initializes an empty policy: no interfaces, no overlays, all defaults. */
void policy_init(struct policy *policy);
void policy_done(struct policy *policy);

/* Initializes an entry with the key `name` and defaults. Returns 0 or -ENOMEM. */
int policy_interface_init(struct policy_interface *interface, const char *name);
void policy_interface_done(struct policy_interface *interface);
int policy_overlay_init(struct policy_overlay *overlay, const char *name);
void policy_overlay_done(struct policy_overlay *overlay);

/* Whether both are the same role; NULL: the identity of the host itself, which counts as a role. */
bool policy_is_same_role(const char *role_arn, const char *other_arn);

/* Returns the action at boot: POLICY_AT_BOOT_NEVER if a cluster manages the overlay. */
enum policy_at_boot policy_get_boot_action(const struct policy_overlay *overlay);

/* Returns the interface entry with this name, or NULL. */
const struct policy_interface *policy_find_interface(const struct policy *policy, const char *name);

/* Return the id that the entry's match requires; NULL: the match has no such condition. */
const char *policy_get_eni(const struct policy_interface *interface);
const char *policy_get_subnet(const struct policy_interface *interface);

/* Returns true if there are interface entries, and get_id() returns an id for each. */
bool policy_has_all_ids(const struct policy *policy,
	const char *(*get_id)(const struct policy_interface *interface));
