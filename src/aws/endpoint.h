/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a service of AWS is: from the region, and from what was wished for, as the AWS tools choose
 * it. Pure. The partitions and their DNS suffixes are those that AWS publishes for its SDKs.
 */
#pragma once

#include "aws/url.h"
#include "base/error.h"

enum aws_service {
	AWS_SERVICE_EC2,
	AWS_SERVICE_STS,
};

#define ENDPOINT_REGION_SIZE 64

/* All strings are borrowed. */
struct endpoint_options {
	enum aws_service service;
	const char *region;
	bool fips;
	bool dualstack;
	const char *custom; /* a URL instead of the region's own; NULL: none */
	const char *custom_from; /* where that was said, for messages */
	bool custom_is_explicit; /* said of this service by name: may be http:// anywhere */
};

struct endpoint {
	const char *service; /* as it is signed: "ec2", "sts" */
	char region[ENDPOINT_REGION_SIZE]; /* as it is signed */
	char host[URL_AUTHORITY_SIZE]; /* as the Host header has it */
	char url[sizeof("https:///") + URL_AUTHORITY_SIZE]; /* with the final '/' */
	bool tls;
	bool in_clear; /* http:// to another host: the caller warns */
};

const char *endpoint_service_name(enum aws_service service);

/* Lower-case letters, digits and '-', as they may stand in a host's name. */
bool endpoint_region_is_valid(const char *region);

/* "aws", "aws-cn", …: as it stands in an ARN. What no partition claims is "aws". */
const char *endpoint_partition(const char *region);

/* Returns 0, or -EINVAL with OUTCOME_USAGE. */
int endpoint_resolve(
	const struct endpoint_options *options, struct endpoint *ret_endpoint, struct error *error);
