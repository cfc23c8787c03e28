/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes HTTP requests with libcurl, one at a time over one kept-alive connection. Uses no proxy and
 * follows no redirects. The size of the body is limited, and the deadline limits each exchange.
 */
#pragma once

#include "base/deadline.h"
#include "base/error.h"
#include "base/strbuf.h"

#include <curl/curl.h>

struct http {
	CURL *curl; /* NULL: closed */
};

struct http_options {
	const char *interface; /* bind to it; NULL: the routing table decides */
	bool tls; /* allow https, too: initialises the TLS library, which costs milliseconds */
};

struct http_request {
	const char *method; /* "GET", "PUT" */
	const char *url; /* borrowed */
	/* "Name: value", at most LIBCURL_LINES_MAX, NULL-terminated; borrowed */
	const char *const *headers;
	size_t max_response; /* bytes of the body; a longer one is -EMSGSIZE */
	uint64_t connect_msec; /* milliseconds; limit for the connection */
	uint64_t response_msec; /* milliseconds; limit for the exchange, connection included */
};

/* Sends nothing. Returns 0; -ENOMEM; -EINVAL (OUTCOME_USAGE) if the interface name is too long. */
int http_open(const struct http_options *options, struct http *ret_http, struct error *error);
void http_close(struct http *http);

/*
 * Returns 0 with any HTTP status from 200 on, or: -ETIME (the deadline or a time limit came first),
 * -ECONNREFUSED (no connection), -ECONNRESET (the connection broke, or the body was shorter than
 * announced), -EMSGSIZE (body too long), -EPROTO (not HTTP, or another failure of libcurl),
 * -ENOMEM. The words in `error` do not name the URL. After a failure `ret_body` is undefined.
 */
int http_exchange(struct http *http, const struct http_request *request,
	const struct deadline *deadline, long *ret_status, struct strbuf *ret_body,
	struct error *error);
