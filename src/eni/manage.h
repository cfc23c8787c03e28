/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Creates and detaches ENIs for the user's commands. move.h moves an ENI to this host.
 * Both functions fill in the result and return 0 or -errno; the message is in result->error. The
 * options are borrowed.
 */
#pragma once

#include "eni/eni.h"

struct eni_create_options {
	const char *subnet;
	const struct ip_address *addresses; /* an unset one ends the list; NULL: EC2 chooses */
	/* Ids, NULL-terminated; NULL: the VPC's default group. */
	const char *const *security_groups;
	const char *description; /* NULL: none */
	const struct ec2_tag *tags; /* a tag without a key ends the list; NULL: none */
	const char *client_token; /* the same token gives the same ENI; NULL: a random token */
};

int eni_create(const struct operation *operation, const struct eni_create_options *options,
	struct eni_result *result);

struct eni_detach_options {
	struct eni_name name;
	bool force; /* detach by force at once */
	uint64_t force_after; /* milliseconds until it is detached by force; 0: never */
	bool from_any; /* detach it also from another instance */
};

int eni_detach(const struct operation *operation, const struct eni_detach_options *options,
	struct eni_result *result);
