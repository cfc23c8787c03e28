/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds the URL of a container's credentials from its environment variables. No I/O. A relative URI
 * is a path on the address of ECS. A full URI must be https, or of this host, or of an address that
 * ECS or EKS uses: a process that sets the variable must not be able to send the authorization
 * token to any host in clear text.
 */
#pragma once

#include "base/error.h"
#include "base/strbuf.h"

#define CONTAINER_ENDPOINT_ECS "169.254.170.2"
#define CONTAINER_ENDPOINT_EKS "169.254.170.23"
#define CONTAINER_ENDPOINT_EKS_IPV6 "fd00:ec2::23"

#define CONTAINER_TOKEN_MAX 16384 /* bytes */

/*
 * `relative` and `full` are AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and _FULL_URI, or NULL if not
 * set; `relative` has precedence. `*ret_tls`: the URL is https. Returns 0; -ENODATA if both are
 * NULL; -EINVAL with OUTCOME_USAGE for an invalid value; each error with words.
 */
int container_endpoint_choose(const char *relative, const char *full, struct strbuf *ret_url,
	bool *ret_tls, struct error *error);

/* Whether a token fits in a header line: 1 to CONTAINER_TOKEN_MAX printable ASCII characters. */
bool container_token_is_valid(const char *bytes, size_t length);
