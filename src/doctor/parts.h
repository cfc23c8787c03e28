/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One round of the doctor: what its parts have learned for each other. Each part is called once, in
 * the order in which they stand here, and says what it cannot look at because an earlier one failed.
 */
#pragma once

#include "core/cloud.h"
#include "doctor/doctor.h"
#include "hazard/hazard.h"
#include "iam/location.h"
#include "overlay/result.h"

struct doctor {
	struct operation operation; /* a dry run; its deadline is that of the part at work */
	struct deadline whole;
	const struct doctor_options *options;
	bool has_policy;
	struct diagnosis *diagnosis;

	struct cloud cloud;
	bool has_cloud; /* it is open */

	/* Metadata. */
	bool has_metadata; /* the service answers */
	bool lost_metadata; /* it was asked, and does not */
	struct mac primary; /* not set: not known, as the following */
	char instance[EC2_ID_SIZE], vpc[EC2_ID_SIZE];

	/* The host. */
	struct netstate observed;
	bool has_observed;
	struct report report; /* of the dry run of boot */
	struct hazard_interface *interfaces; /* that the policy lists */
	size_t n_interfaces, interfaces_capacity;

	/* EC2. */
	struct api *api; /* under the host's own identity; NULL: there is none */
	bool has_ec2; /* it answers, and takes the credentials */
	bool does_without_ec2; /* it cannot be asked, and what the policy lists does without */
	char account[13];
	char principal[256]; /* the ARN of the host's own identity */
	struct overlay_result *overlays;
	size_t n_overlays;
	bool has_overlays; /* EC2 was asked for them */
};

/* The next part may take so long, and never longer than the whole. */
void doctor_limit(struct doctor *doctor, uint64_t msec);

/* A part is left out, because of what was said elsewhere; a note where EC2 is not needed. */
void doctor_skip(struct doctor *doctor, enum doctor_area area, const char *why);

/* The instance for commands: its id, or what stands for it in a text. */
const char *doctor_instance(const struct doctor *doctor, char buffer[EC2_ID_SIZE]);

void doctor_policy(struct doctor *doctor);
void doctor_metadata(struct doctor *doctor);
void doctor_vpc(struct doctor *doctor);
void doctor_host(struct doctor *doctor);
void doctor_credentials(struct doctor *doctor);
void doctor_overlays(struct doctor *doctor);
void doctor_permissions(struct doctor *doctor);
void doctor_hazards(struct doctor *doctor);
