/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signs requests with AWS Signature Version 4: only POST of a body to "/". The rules are in "Create
 * a signed AWS API request" of the IAM user guide.
 *
 * All copies of the secret key, and all keys derived from it, are wiped before a call returns.
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
	const char *host; /* the Host header as it is sent */
	const char *content_type; /* as it is sent */
	const void *body;
	size_t length;
	uint64_t time; /* seconds since 1970, by the service's clock */
};

/* The header lines to send beside Host and Content-Type: "Name: value". */
struct sigv4_headers {
	struct strbuf authorization;
	struct strbuf date;
	struct strbuf token; /* empty: no session token */
};

/*
 * Returns 0, and the caller frees *ret_headers; -EINVAL if a value is empty or has a character that
 * no header may have (such as a line end); -ERANGE for a time after the year 9999; -EIO if
 * libcrypto fails; -E2BIG; or -ENOMEM.
 */
int sigv4_sign(const struct sigv4_credentials *credentials, const struct sigv4_request *request,
	struct sigv4_headers *ret_headers);
void sigv4_headers_done(struct sigv4_headers *headers);
