/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the administrator wants: the policy file as plain data, with every default filled in.
 * policy_yaml.h makes one from bytes; nothing here does I/O.
 *
 * The policy owns all that it points to.
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
#define POLICY_PRIORITY 100
#define POLICY_PRIORITY_MAX 9999 /* from 10000 on other tools put theirs */

enum policy_source {
	POLICY_SOURCE_SUBNET, /* the ENI's subnet */
	POLICY_SOURCE_ADDRESSES, /* the ENI's own addresses and delegated prefixes */
	POLICY_SOURCE_LIST, /* the prefixes of `sources` */
};

enum policy_addresses {
	POLICY_ADDRESSES_IMDS, /* link up, MTU and addresses as EC2 says */
	POLICY_ADDRESSES_NONE, /* something else configures them */
};

/* Which link an entry is about. What is given must all hold; what is NULL or unset is not asked. */
struct policy_match {
	char *name; /* a glob over the kernel's interface names */
	bool has_mac;
	struct mac mac;
	char *eni; /* eni-… */
	int device_number; /* -1: not given */
	char *subnet; /* subnet-… */
	char *driver; /* a glob over the driver's name */
};

struct policy_interface {
	char *name; /* the key in the file */
	struct policy_match match;
	uint32_t table;
	uint32_t priority;
	enum policy_source source;
	struct ip_prefix *sources; /* for POLICY_SOURCE_LIST; no host bits */
	size_t n_sources;
	struct ip_address gateway; /* AF_UNSPEC: as the subnet says; else for its own family only */
	enum policy_addresses addresses;
	struct ip_prefix *except; /* destinations that keep the main table; no host bits */
	size_t n_except;
};

enum policy_at_boot {
	POLICY_AT_BOOT_IF_ROUTED_HERE,
	POLICY_AT_BOOT_ALWAYS,
	POLICY_AT_BOOT_NEVER,
};

/* Who decides which node has an overlay. */
enum policy_manager {
	POLICY_MANAGER_SELF, /* whoever moves it */
	POLICY_MANAGER_CLUSTER, /* a cluster manager, by its resources: nobody else is to act */
};

struct policy_overlay {
	char *name;
	struct ip_address address;
	char *interface; /* "primary", "lo" or an interface's name */
	char **route_tables; /* rtb-…, NULL-terminated; NULL: all of the VPC that have the route */
	size_t n_route_tables;
	char *role_arn; /* NULL: the host's own credentials */
	enum policy_at_boot at_boot; /* as in the file: see policy_overlay_at_boot() */
	enum policy_manager managed_by;
};

enum policy_check {
	POLICY_CHECK_FIX,
	POLICY_CHECK_WARN,
	POLICY_CHECK_IGNORE,
};

/* Only to override what the AWS tools' own environment and files say; NULL or -1: not given. */
struct policy_aws {
	char *region;
	char *endpoint;
	char *profile;
	int fips; /* 0, 1 */
	int dualstack; /* 0, 1 */
	char *ca_bundle;
};

struct policy_imds {
	char *endpoint; /* http://…; NULL: the well-known ones */
	char *interface; /* bind requests to this interface; NULL: as the routes say */
};

struct policy {
	struct policy_interface *interfaces; /* in the file's order */
	size_t n_interfaces;
	struct policy_overlay *overlays;
	size_t n_overlays;
	enum policy_check source_dest_check;
	struct policy_aws aws;
	struct policy_imds imds;
};

/* An empty policy: no interface, no overlay, every default. */
void policy_init(struct policy *policy);
void policy_done(struct policy *policy);

/* An entry with the defaults of the key `name`; -ENOMEM. */
int policy_interface_init(struct policy_interface *interface, const char *name);
void policy_interface_done(struct policy_interface *interface);
int policy_overlay_init(struct policy_overlay *overlay, const char *name);
void policy_overlay_done(struct policy_overlay *overlay);

/* What a boot does: never anything where a cluster manages the overlay. */
enum policy_at_boot policy_overlay_at_boot(const struct policy_overlay *overlay);

/* The entry of `interfaces` with this name; NULL: there is none. */
const struct policy_interface *policy_find_interface(const struct policy *policy, const char *name);

/* The words of the file for a value; never NULL. */
const char *policy_source_name(enum policy_source source);
const char *policy_addresses_name(enum policy_addresses addresses);
const char *policy_at_boot_name(enum policy_at_boot at_boot);
const char *policy_manager_name(enum policy_manager manager);
const char *policy_check_name(enum policy_check check);
