/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Chooses the endpoints of the instance metadata service: from the policy, else from the
 * environment, else the well-known addresses, IPv4 before IPv6. No I/O.
 */
#pragma once

#include "base/error.h"

#define IMDS_ENDPOINT_IPV4 "http://169.254.169.254"
#define IMDS_ENDPOINT_IPV6 "http://[fd00:ec2::254]"
#define IMDS_MAX_ENDPOINTS 2

/* The variables that the AWS tools use, borrowed; NULL or "": not set. */
struct imds_environment {
	const char *disabled; /* AWS_EC2_METADATA_DISABLED */
	const char *endpoint; /* AWS_EC2_METADATA_SERVICE_ENDPOINT */
	const char *mode; /* AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE */
};

struct imds_endpoints {
	char url[IMDS_MAX_ENDPOINTS][256]; /* http://HOST[:PORT]; tried in this order */
	size_t count;
};

/*
 * `policy_endpoint` is NULL if the policy has none. Returns 0; -EINVAL with OUTCOME_USAGE for an
 * invalid value; -EACCES with OUTCOME_FAILED if AWS_EC2_METADATA_DISABLED is "true"; with words.
 */
int imds_endpoints_choose(const char *policy_endpoint, const struct imds_environment *environment,
	struct imds_endpoints *ret_endpoints, struct error *error);
