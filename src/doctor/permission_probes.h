/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Builds permission probes: for a request with DryRun, EC2 reports whether IAM permits it, and
 * changes nothing. A request must name existing resources, so each action has its own function that
 * builds it.
 */
#pragma once

#include "doctor/parts.h"
#include "failover/eni_find.h"

/*
 * One request that shows whether IAM permits an action. Its parameters point into the set and its
 * doctor. If the action has no DryRun, the probe requests the state that already exists: a refusal
 * by IAM is conclusive, another error is not.
 */
struct probe {
	const char *permission; /* the permission that is probed: "ec2:ReplaceRoute"; static */
	struct flow_call call;
	bool is_dry_run;
	char resources[3 * EC2_ID_SIZE]; /* the resources that the request names, for messages */
};

/* Why a permission cannot be probed. */
struct probe_obstacle {
	bool is_expected; /* the host's state does not allow a probe; false: something failed */
	char why[256];
};

#define PROBE_GROUPS_MAX 16

/* The probes of one identity, and what their requests name. Do not copy: it points into itself. */
struct probe_set {
	struct doctor *doctor; /* borrowed */
	struct api *api; /* borrowed; its identity's permissions are probed */
	const char *role; /* borrowed; only overlays with this role count; NULL: without a role */
	char eni[EC2_ID_SIZE], subnet[EC2_ID_SIZE]; /* of the primary ENI; "": not known */
	char address_text[IP_ADDRESS_TEXT_SIZE]; /* that ENI's primary address; "": not known */
	const char *addresses[2]; /* address_text, NULL-terminated */
	bool is_table_queried; /* EC2 was queried for any_table */
	bool are_enis_queried; /* EC2 was queried for finds and groups */
	char any_table[EC2_ID_SIZE]; /* of the VPC, for overlays without a known table; "": none */
	struct eni_filter *filters;
	struct eni_find *finds; /* the ENIs that the policy names, or those of this host */
	size_t n_finds;
	struct ip_prefix *destinations; /* one for each overlay */
	/* security groups of the first ENI in finds, NULL-terminated */
	const char *groups[PROBE_GROUPS_MAX + 1];
	struct probe *probes;
	size_t count, capacity;
};

/*
 * Queries only the metadata service. A value that it cannot fetch becomes an obstacle in
 * probe_set_add(). Returns 0 or -ENOMEM; call probe_set_close() in either case.
 */
int probe_set_open(struct doctor *doctor, struct api *api, const char *role, struct probe_set *set);
void probe_set_close(struct probe_set *set);

/*
 * Adds the probes of a permission, and may query EC2 for the resources. Returns 0; -ENOTSUP with
 * `obstacle` set if the permission cannot be probed; -ENOMEM.
 */
int probe_set_add(struct probe_set *set, const char *permission, struct probe_obstacle *obstacle);
