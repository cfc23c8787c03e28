/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the instance metadata service is: what the policy says, else what the environment says,
 * else the well-known addresses, IPv4 before IPv6. Pure.
 */
#pragma once

#include "base/error.h"

#define IMDS_ENDPOINT_IPV4 "http://169.254.169.254"
#define IMDS_ENDPOINT_IPV6 "http://[fd00:ec2::254]"
#define IMDS_MAX_ENDPOINTS 2

/* The variables that the AWS tools honour; NULL or "": not set. */
struct imds_environment {
	const char *disabled; /* AWS_EC2_METADATA_DISABLED */
	const char *endpoint; /* AWS_EC2_METADATA_SERVICE_ENDPOINT */
	const char *mode; /* AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE */
};

struct imds_endpoints {
	char url[IMDS_MAX_ENDPOINTS][256]; /* http://HOST[:PORT]; in the order to be tried */
	size_t count;
};

/*
 * `policy_endpoint` may be NULL. Returns 0; -EINVAL with OUTCOME_USAGE for a value that is not of
 * its form; -EACCES with OUTCOME_FAILED where metadata are disabled.
 */
int imds_endpoints_choose(const char *policy_endpoint, const struct imds_environment *environment,
	struct imds_endpoints *ret_endpoints, struct error *error);
