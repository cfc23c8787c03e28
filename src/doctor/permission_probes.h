/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Trying out permissions: EC2 says of a request with DryRun whether it would be allowed, and does
 * nothing. A request must name things that exist, so each action has its own way to make one up.
 */
#pragma once

#include "doctor/parts.h"
#include "failover/eni_find.h"

/*
 * One dry run. Its parameters point into the scene and the doctor. Of what EC2 has no dry run it is a
 * request for what is so already: a refusal by IAM is one, and another error tells nothing.
 */
struct probe {
	const char *permission; /* "ec2:ReplaceRoute", that it is a trial of; static */
	struct flow_call call;
	bool is_dry_run;
	char thing[3 * EC2_ID_SIZE]; /* what it is tried on, for messages */
};

/* Why a permission cannot be tried. */
struct probe_obstacle {
	bool is_by_nature; /* not because something else failed */
	char why[256];
};

/* What there is to try them on. It points into itself: not to be copied. */
struct probe_scene {
	struct doctor *doctor;
	struct api *api; /* whose permissions are tried */
	const char *role; /* whose overlays; NULL: those without a role */
	char eni[EC2_ID_SIZE], subnet[EC2_ID_SIZE]; /* the primary ENI's; "": not known */
	char address_text
		[IP_ADDRESS_TEXT_SIZE]; /* the primary address of that one; "": not known */
	const char *addresses[2];
	bool has_table, has_enis; /* the following were looked for */
	char any_table[EC2_ID_SIZE]; /* of the VPC, where no table of an overlay is known */
	struct eni_filter *filters;
	struct eni_find *finds; /* the ENIs that eni verbs move, or those of this host */
	size_t n_finds;
	struct ip_prefix *destinations; /* of the overlays */
	const char **groups; /* security groups of this host, NULL-terminated */
	struct probe *probes;
	size_t count, capacity;
};

/* Asks the metadata service alone. 0 or -ENOMEM; what cannot be learned is an obstacle later. */
int probe_scene_open(
	struct doctor *doctor, struct api *api, const char *role, struct probe_scene *scene);
void probe_scene_close(struct probe_scene *scene);

/*
 * Adds the trials of a permission; may ask EC2 what there is to try it on. 0; -ENOTSUP with the
 * obstacle where it cannot be tried; -ENOMEM.
 */
int probe_scene_add(
	struct probe_scene *scene, const char *permission, struct probe_obstacle *obstacle);
