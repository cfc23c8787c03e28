/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds the endpoint of an AWS service from the region and the user's options, as the AWS tools do.
 * No I/O. The partitions and their DNS suffixes are those that AWS publishes for its SDKs.
 */
#pragma once

#include "aws/url.h"
#include "base/error.h"

enum aws_service {
	AWS_SERVICE_EC2,
	AWS_SERVICE_STS,
};

#define ENDPOINT_REGION_SIZE 64

/* All strings are borrowed, only for the call. */
struct endpoint_options {
	enum aws_service service;
	const char *region;
	bool fips;
	bool dualstack;
	const char *custom; /* a URL that replaces the region's endpoint; NULL: none */
	const char *custom_from; /* the setting that has `custom`, for messages; NULL: none */
	bool custom_is_explicit; /* set for this service by name: may be http:// to any host */
};

struct endpoint {
	const char *service; /* for signatures: "ec2", "sts" */
	char region[ENDPOINT_REGION_SIZE]; /* for signatures */
	char host[URL_AUTHORITY_SIZE]; /* value of the Host header */
	char url[sizeof("https:///") + URL_AUTHORITY_SIZE]; /* ends with '/' */
};

const char *endpoint_service_name(enum aws_service service);

/* Whether it may be part of a host name: a-z, 0-9, inner '-'; shorter than ENDPOINT_REGION_SIZE. */
bool endpoint_region_is_valid(const char *region);

/* The region's partition as in an ARN: "aws", "aws-cn", …. An unknown region is in "aws". */
const char *endpoint_partition(const char *region);

/* 0, or -EINVAL with OUTCOME_USAGE and words. */
int endpoint_build(
	const struct endpoint_options *options, struct endpoint *ret_endpoint, struct error *error);
