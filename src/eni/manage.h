/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The deeds on ENIs by hand: create and detach. Moving one here is move.h.
 */
#pragma once

#include "eni/eni.h"

struct eni_create_options {
	const char *subnet;
	const struct ip_address *addresses; /* ended by one that is not set; NULL: EC2 chooses */
	const char *const *security_groups; /* NULL-terminated; NULL: the VPC's default one */
	const char *description;
	const struct ec2_tag *tags; /* ended by one without a key; NULL: none */
	const char *client_token; /* the same token gives the same ENI; NULL: a fresh one */
};

/* 0 or -errno as result->error says. */
int eni_create(const struct operation *operation, const struct eni_create_options *options,
	struct eni_result *result);

struct eni_detach_options {
	struct eni_name name;
	bool force;
	uint64_t force_after; /* milliseconds; 0: never */
	bool from_any; /* also from another instance */
};

/* 0 or -errno as result->error says. */
int eni_detach(const struct operation *operation, const struct eni_detach_options *options,
	struct eni_result *result);
