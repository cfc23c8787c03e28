/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AWS Signature Version 4 of the one kind of request that is made here: POST of a body to "/". The
 * rules are AWS's, "Create a signed AWS API request" in the IAM user guide.
 *
 * Nothing of the secret, and none of the keys made of it, outlives a call.
 */
#pragma once

#include "base/strbuf.h"

#include <stdint.h>

struct sigv4_credentials { /* all borrowed */
	const char *access_key;
	const char *secret_key;
	const char *session_token; /* NULL: none */
};

struct sigv4_request { /* all borrowed */
	const char *region;
	const char *service; /* "ec2", "sts" */
	const char *host; /* the Host header as it is sent: from sigv4_host() */
	const char *content_type; /* as it is sent */
	const void *body;
	size_t length;
	uint64_t time; /* seconds since 1970, as the service's clock has it */
};

/* The header lines to send beside Host and Content-Type: "Name: value". */
struct sigv4_headers {
	struct strbuf authorization;
	struct strbuf date;
	struct strbuf token; /* empty where there is none */
};

/*
 * 0; -EINVAL where a value is empty or has a character that no header may have (a line end, say),
 * -ERANGE for a time after the year 9999, -EIO where libcrypto fails, -E2BIG, -ENOMEM.
 */
int sigv4_sign(const struct sigv4_credentials *credentials, const struct sigv4_request *request,
	struct sigv4_headers *ret_headers);
void sigv4_headers_done(struct sigv4_headers *headers); /* wipes */

/*
 * The Host header for an endpoint, "https://HOST[:PORT][/]" or http: in lower case, an IPv6 address
 * in brackets, without the scheme's own port. 0; -EINVAL for anything else, such as a path or a
 * user; -E2BIG, -ENOMEM.
 */
int sigv4_host(const char *endpoint, struct strbuf *ret_host);
