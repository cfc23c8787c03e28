/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state of one run of `myha check`, which its area checks share. doctor_run() calls each check
 * once, in the order of the declarations below. A check reports what it skips because an earlier
 * check failed.
 */
#pragma once

#include "core/cloud.h"
#include "doctor/doctor.h"
#include "hazard/hazard.h"
#include "iam/location.h"
#include "overlay/result.h"

struct doctor {
	struct operation operation; /* a dry run; its deadline is that of the current check */
	struct deadline total_deadline; /* deadline of all checks together */
	const struct doctor_options *options; /* borrowed */
	bool has_policy;
	struct diagnosis *diagnosis; /* borrowed */

	struct cloud cloud;
	bool has_cloud; /* cloud is open */

	/* Metadata. */
	bool has_metadata; /* the metadata service responds */
	bool is_imds_unreachable; /* the metadata service was queried, and does not respond */
	struct mac primary_mac; /* of the primary ENI; not set: not known */
	char instance[EC2_ID_SIZE], vpc[EC2_ID_SIZE]; /* "": not known */

	/* The host. */
	struct netstate observed; /* the kernel's state */
	struct report report; /* the results of a dry run of boot */
	struct hazard_interface *interfaces; /* owned; those that the policy lists */
	size_t n_interfaces, interfaces_capacity;

	/* EC2. */
	struct api *api; /* borrowed; under the host's own identity; NULL: not available */
	bool has_ec2; /* EC2 responds, and accepts the credentials */
	bool can_skip_ec2; /* EC2 cannot be queried, and the policy's entries do not need it */
	char account[13]; /* of that identity; "": not known */
	char identity_arn[256]; /* "": not known */
	struct overlay_result *overlays; /* owned */
	size_t n_overlays;
};

/* The functions of diagnosis.h, for the diagnosis of this run. */
#define doctor_add_finding(doctor, ...) diagnosis_add((doctor)->diagnosis, __VA_ARGS__)
#define doctor_add_remedy(doctor, ...) diagnosis_add_remedy((doctor)->diagnosis, __VA_ARGS__)
#define doctor_add_passed(doctor, ...) diagnosis_add_passed((doctor)->diagnosis, __VA_ARGS__)

/* Sets the deadline of the next check: in `msec` milliseconds, but not after total_deadline. */
void doctor_set_deadline(struct doctor *doctor, uint64_t msec);

/* Reports an area that is not checked, and why: as a note if EC2 is not needed, else as unknown. */
void doctor_skip(struct doctor *doctor, enum diagnosis_area area, const char *why);

/* Returns this instance's id for a command, or a placeholder. */
const char *doctor_instance(const struct doctor *doctor, char buffer[EC2_ID_SIZE]);

void doctor_policy(struct doctor *doctor);
void doctor_metadata(struct doctor *doctor);
void doctor_vpc(struct doctor *doctor);
void doctor_host(struct doctor *doctor);
void doctor_credentials(struct doctor *doctor);
void doctor_overlays(struct doctor *doctor);
void doctor_permissions(struct doctor *doctor);
void doctor_hazards(struct doctor *doctor);
