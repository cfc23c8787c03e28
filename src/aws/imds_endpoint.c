/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/imds_endpoint.h"

#include "aws/url.h"
#include "base/cleanup.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define SCHEME "http://"

static const struct {
	const char *mode;
	const char *url;
} modes[] = {
	{"IPv4", IMDS_ENDPOINT_IPV4},
	{"IPv6", IMDS_ENDPOINT_IPV6},
};

static bool is_set(const char *value)
{
	return value && value[0];
}

/* Accepts http://HOST[:PORT], with or without one '/' at the end, and stores it without the '/'. */
static int set_endpoint(const char *setting, const char *text, struct imds_endpoints *ret_endpoints,
	struct error *error)
{
	struct url url = {0};
	bool is_http = !strncmp(text, SCHEME, strlen(SCHEME)) && url_parse(text, &url) == 0;

	if (!is_http || (*url.rest && strcmp(url.rest, "/") != 0) ||
		(size_t)(url.rest - text) >= sizeof(ret_endpoints->url[0]))
		return error_set(error, OUTCOME_USAGE, EINVAL,
			"%s is \"%s\", but must be http://HOST or http://HOST:PORT", setting, text);
	snprintf(ret_endpoints->url[0], sizeof(ret_endpoints->url[0]), "%.*s",
		(int)(url.rest - text), text);
	ret_endpoints->count = 1;
	return 0;
}

/* Selects the well-known address of one IP version: "IPv4" or "IPv6", in any case. */
static int set_endpoint_by_mode(
	const char *mode, struct imds_endpoints *ret_endpoints, struct error *error)
{
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		if (strcasecmp(mode, modes[i].mode))
			continue;
		strcpy(ret_endpoints->url[0], modes[i].url);
		ret_endpoints->count = 1;
		return 0;
	}
	return error_set(error, OUTCOME_USAGE, EINVAL,
		"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE is \"%s\", but must be IPv4 or IPv6", mode);
}

int imds_endpoints_choose(const char *policy_endpoint, const struct imds_environment *environment,
	struct imds_endpoints *ret_endpoints, struct error *error)
{
	if (is_set(environment->disabled) && !strcasecmp(environment->disabled, "true"))
		return error_set(error, OUTCOME_FAILED, EACCES,
			"the metadata service is disabled: AWS_EC2_METADATA_DISABLED is \"%s\": unset this variable",
			environment->disabled);
	if (policy_endpoint)
		return set_endpoint("imds.endpoint", policy_endpoint, ret_endpoints, error);
	if (is_set(environment->endpoint))
		return set_endpoint("AWS_EC2_METADATA_SERVICE_ENDPOINT", environment->endpoint,
			ret_endpoints, error);
	if (is_set(environment->mode))
		return set_endpoint_by_mode(environment->mode, ret_endpoints, error);
	/* Nothing is set: try both well-known addresses, IPv4 first. */
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++)
		strcpy(ret_endpoints->url[i], modes[i].url);
	ret_endpoints->count = ARRAY_SIZE(modes);
	return 0;
}
