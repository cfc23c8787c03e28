/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds the overlay that a command names: an entry of the policy, or an address whose route tables
 * the command line lists. Memory: a subject owns nothing. It borrows from the policy and from the
 * override.
 */
#pragma once

#include "base/error.h"
#include "base/ip.h"
#include "failover/overlay_read.h"
#include "policy/policy.h"

#include <net/if.h>
#include <stdbool.h>

/* One overlay: an entry of the policy, or an address and tables from the command line. */
struct overlay_subject {
	char name[64]; /* the name in the policy, or the address as text; used in messages */
	struct ip_address address;
	char interface[IFNAMSIZ]; /* "primary", "lo" or a name */
	/* Ids, NULL-terminated, borrowed; NULL: all tables of the VPC with a route to it. */
	const char *const *tables;
	const char *role_arn; /* borrowed; NULL: use the host's own credentials */
	char label[IFNAMSIZ]; /* suffix of the address label, after "INTERFACE:"; "": no label */
	const struct policy_overlay *policy; /* borrowed; NULL: the policy has no such overlay */
	bool is_secondary; /* not an overlay, but a secondary private address of an ENI */
};

/* Values from the command line that replace those of the policy; NULL: not given. All borrowed. */
struct overlay_override {
	const char *const *tables; /* ids, NULL-terminated; an empty list counts as NULL */
	const char *interface;
	bool without_tables; /* accept an address outside the policy even without tables */
};

/*
 * `text` is the name or the address of an overlay; an address may end with /32 or /128. Returns 0
 * or an error with OUTCOME_USAGE. -ENOENT: the policy has no such overlay, and `text` is not an
 * address with tables (or with without_tables). -EINVAL: `text` is a network, or an address that
 * cannot be an overlay.
 */
int overlay_find_subject(const struct policy *policy, const char *text,
	const struct overlay_override *override, struct overlay_subject *ret_subject,
	struct error *error);
/* Fills in the subject from an entry of the policy, which is borrowed. */
void overlay_subject_init(
	const struct policy_overlay *overlay, struct overlay_subject *ret_subject);

/*
 * Returns the description of the routes that the flows use. It borrows `subject` and `vpc`. `vpc`
 * is the VPC that the tables must belong to; "": any VPC, which requires that the subject names its
 * tables.
 */
struct overlay_routes overlay_subject_get_routes(
	const struct overlay_subject *subject, const char *vpc);
