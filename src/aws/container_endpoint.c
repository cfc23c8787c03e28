/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/container_endpoint.h"

#include "aws/url.h"
#include "base/utf8.h"

#include <errno.h>

#define RELATIVE "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
#define FULL "AWS_CONTAINER_CREDENTIALS_FULL_URI"

/* Whether credentials may be sent without TLS: to this host, or to the addresses of ECS and EKS. */
static bool may_be_cleartext(const struct url *url)
{
	static const char *const addresses[] = {
		CONTAINER_ENDPOINT_ECS, CONTAINER_ENDPOINT_EKS, CONTAINER_ENDPOINT_EKS_IPV6};

	for (size_t i = 0; i < ARRAY_SIZE(addresses); i++)
		if (url_is_address(url, addresses[i]))
			return true;
	return url_is_loopback(url);
}

/* Parses AWS_CONTAINER_CREDENTIALS_FULL_URI, and refuses it if it would expose the token. */
static int parse_full_uri(const char *full, struct url *ret_url, struct error *error)
{
	if (url_parse(full, ret_url) < 0)
		return error_set(
			error, OUTCOME_USAGE, EINVAL, FULL " is \"%s\", but must be a URL", full);
	if (!ret_url->tls && !may_be_cleartext(ret_url))
		return error_set(error, OUTCOME_USAGE, EINVAL,
			FULL
			" is \"%s\", but a URL without https:// must be on this host or at one of " CONTAINER_ENDPOINT_ECS
			", " CONTAINER_ENDPOINT_EKS ", " CONTAINER_ENDPOINT_EKS_IPV6,
			full);
	return 0;
}

/* `relative`, a path at the address of ECS, precedes the URL `full`. Only `full` may use TLS. */
int container_endpoint_choose(const char *relative, const char *full, struct strbuf *ret_url,
	bool *ret_tls, struct error *error)
{
	struct url url = {0};
	int err;

	if (!relative && !full)
		return error_set(
			error, OUTCOME_FAILED, ENODATA, "no " FULL " or ..._RELATIVE_URI is set");
	/* Without the '/', the path would extend the host name. */
	if (relative && (*relative != '/' || !url_is_valid_path(relative)))
		return error_set(error, OUTCOME_USAGE, EINVAL,
			RELATIVE " is \"%s\", but must be a path that begins with /", relative);
	err = relative ? 0 : parse_full_uri(full, &url, error);
	if (err)
		return err;
	strbuf_clear(ret_url);
	if (relative)
		err = strbuf_printf(ret_url, "http://" CONTAINER_ENDPOINT_ECS "%s", relative);
	else
		err = strbuf_add_string(ret_url, full);
	if (err)
		return error_set(
			error, OUTCOME_USAGE, EINVAL, "%s is too long", relative ? RELATIVE : FULL);
	*ret_tls = url.tls;
	return 0;
}

bool container_token_is_valid(const char *bytes, size_t length)
{
	return length <= CONTAINER_TOKEN_MAX && ascii_is_printable(bytes, length, ' ');
}
