/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which overlay is meant: an entry of the policy, or an address and route tables from the command line.
 */
#pragma once

#include "base/error.h"
#include "base/ip.h"
#include "failover/overlay_read.h"
#include "policy/policy.h"

#include <net/if.h>
#include <stdbool.h>

/* Which overlay is meant: an entry of the policy, or an address and tables from the command line. */
struct overlay_subject {
	char name[64]; /* the policy's, or the address: for messages */
	struct ip_address address;
	char interface[IFNAMSIZ]; /* "primary", "lo" or a name */
	const char *const
		*tables; /* NULL-terminated, borrowed; NULL: all of the VPC that have it */
	const char *role_arn; /* borrowed; NULL: the host's own credentials */
	char label[IFNAMSIZ]; /* of the address, after the interface's name; "": none */
	const struct policy_overlay *policy; /* NULL: the policy does not have it */
	bool is_secondary; /* no overlay, but a private address of an ENI: its half on the host */
};

/* What is given on the command line beside the name; NULL: as the policy says. */
struct overlay_override {
	const char *const *tables; /* NULL-terminated; an empty list is as none */
	const char *interface;
	bool without_tables; /* they do not matter: an address that the policy has not will do */
};

/*
 * `what` is a name or an address, also with /32 or /128. Returns 0, or with OUTCOME_USAGE -ENOENT where
 * the policy has no such overlay, and it is no address for which tables are given, and -EINVAL for one
 * that can be none.
 */
int overlay_find_subject(const struct policy *policy, const char *what,
	const struct overlay_override *override, struct overlay_subject *ret_subject,
	struct error *error);
void overlay_subject_of(const struct policy_overlay *overlay, struct overlay_subject *ret_subject);

/* The routes as a flow wants them described; points into `subject`. `vpc` may be "". */
struct overlay_routes overlay_routes_of(const struct overlay_subject *subject, const char *vpc);
