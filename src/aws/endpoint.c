/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/endpoint.h"

#include "base/cleanup.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct partition {
	const char *prefix; /* of the names of its regions */
	const char *name;
	const char *suffix;
	const char *dualstack_suffix;
	bool is_always_fips; /* the host names without "-fips" are FIPS endpoints already */
} partitions[] = {
	{"cn-", "aws-cn", "amazonaws.com.cn", "api.amazonwebservices.com.cn", false},
	{"us-gov-", "aws-us-gov", "amazonaws.com", "api.aws", true},
	{"eusc-", "aws-eusc", "amazonaws.eu", "api.amazonwebservices.eu", false},
	{"us-iso-", "aws-iso", "c2s.ic.gov", "api.aws.ic.gov", false},
	{"us-isob-", "aws-iso-b", "sc2s.sgov.gov", "api.aws.scloud", false},
	{"eu-isoe-", "aws-iso-e", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk", false},
	{"us-isof-", "aws-iso-f", "csp.hci.ic.gov", "api.aws.hci.ic.gov", false},
	{"", "aws", "amazonaws.com", "api.aws", false}, /* last: matches every region */
};

static const char *const services[] = {
	[AWS_SERVICE_EC2] = "ec2",
	[AWS_SERVICE_STS] = "sts",
};

static const struct partition *find_partition(const char *region)
{
	const struct partition *partition = partitions;

	while (strncmp(region, partition->prefix, strlen(partition->prefix)) != 0)
		partition++; /* ends at the last one, whose prefix is empty */
	return partition;
}

const char *endpoint_service_name(enum aws_service service)
{
	return services[service];
}

const char *endpoint_partition(const char *region)
{
	return find_partition(region)->name;
}

bool endpoint_region_is_valid(const char *region)
{
	size_t length = strlen(region);

	return length > 0 && length < ENDPOINT_REGION_SIZE && region[0] != '-' &&
	       region[length - 1] != '-' &&
	       strspn(region, "abcdefghijklmnopqrstuvwxyz0123456789-") == length;
}

/* Builds the service's own endpoint in the region, "ec2.eu-central-1.amazonaws.com". */
static void build_region_endpoint(const struct endpoint_options *options, struct endpoint *endpoint)
{
	const struct partition *partition = find_partition(options->region);
	/* GovCloud's usual names are FIPS endpoints, but its dual stack names are not. */
	bool has_fips_name = options->fips && (!partition->is_always_fips || options->dualstack);

	snprintf(endpoint->host, sizeof(endpoint->host), "%s%s.%s.%s", services[options->service],
		has_fips_name ? "-fips" : "", options->region,
		options->dualstack ? partition->dualstack_suffix : partition->suffix);
	snprintf(endpoint->url, sizeof(endpoint->url), "https://%s/", endpoint->host);
}

/*
 * Uses the user's URL. Refuses it beside fips or dualstack. Refuses http:// to another host, unless
 * the URL is set for this service by name.
 */
static int use_custom_endpoint(
	const struct endpoint_options *options, struct endpoint *endpoint, struct error *error)
{
	const char *conflict = options->fips        ? "a FIPS"
			       : options->dualstack ? "a dual stack"
						    : NULL;
	struct url url;
	bool is_host_only = url_parse(options->custom, &url) == 0 &&
			    (!*url.rest || !strcmp(url.rest, "/"));

	if (!is_host_only)
		return error_set(error, OUTCOME_USAGE, EINVAL,
			"%s is \"%s\", but must be https://HOST or https://HOST:PORT",
			options->custom_from, options->custom);
	if (conflict)
		return error_set(error, OUTCOME_USAGE, EINVAL,
			"%s sets an endpoint, so %s endpoint cannot be selected: remove one of the two settings",
			options->custom_from, conflict);
	if (!url.tls && !url_is_loopback(&url) && !options->custom_is_explicit)
		return error_set(error, OUTCOME_USAGE, EINVAL,
			"%s is \"%s\", which is neither encrypted nor on this host: use https://, or set this endpoint only for %s",
			options->custom_from, options->custom, services[options->service]);
	url_format_authority(&url, endpoint->host);
	snprintf(endpoint->url, sizeof(endpoint->url), "http%s://%s/", url.tls ? "s" : "",
		endpoint->host);
	return 0;
}

int endpoint_build(
	const struct endpoint_options *options, struct endpoint *ret_endpoint, struct error *error)
{
	struct endpoint endpoint = {.service = services[options->service]};
	int err = 0;

	if (!endpoint_region_is_valid(options->region))
		return error_set(error, OUTCOME_USAGE, EINVAL,
			"\"%s\" is not a region such as eu-central-1", options->region);
	strcpy(endpoint.region, options->region); /* its length has been checked */
	if (options->custom)
		err = use_custom_endpoint(options, &endpoint, error);
	else
		build_region_endpoint(options, &endpoint);
	if (err)
		return err;
	*ret_endpoint = endpoint;
	return 0;
}
