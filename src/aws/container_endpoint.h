/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a container's credentials are, as its environment says. Pure.
 *
 * A path is asked of the well-known address. A whole URL must be https, or of this host, or one of
 * the addresses that ECS and EKS use: whoever can set the variable must not be able to send the
 * authorization token anywhere in clear.
 */
#pragma once

#include "base/error.h"
#include "base/strbuf.h"

#define CONTAINER_ENDPOINT_ECS "169.254.170.2"
#define CONTAINER_ENDPOINT_EKS "169.254.170.23"
#define CONTAINER_ENDPOINT_EKS_IPV6 "fd00:ec2::23"

#define CONTAINER_TOKEN_MAX 16384

/* `relative` beats `full`; either may be NULL. -ENODATA: both are; -EINVAL with OUTCOME_USAGE. */
int container_endpoint_choose(const char *relative, const char *full, struct strbuf *ret_url,
	bool *ret_tls, struct error *error);

/* It goes into a header, where a line end would begin another one. */
bool container_token_is_valid(const char *bytes, size_t length);
