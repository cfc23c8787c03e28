/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One HTTP exchange at a time over one kept-alive connection, by libcurl: no proxy, no redirect is
 * followed, only http and https, sizes capped, every wait bounded by the deadline.
 */
#pragma once

#include "base/deadline.h"
#include "base/error.h"
#include "base/strbuf.h"

#include <curl/curl.h>

struct http {
	CURL *curl; /* NULL: not open */
	unsigned requests; /* answered or not, for the tests and the bench */
};

struct http_options {
	const char *interface; /* bind to it; NULL: as the routes say */
	bool tls; /* https too: wakes the TLS library, which costs milliseconds */
};

#define HTTP_MAX_HEADERS 16

struct http_request {
	const char *method; /* "GET", "PUT" */
	const char *url; /* borrowed */
	const char *const *headers; /* NULL-terminated "Name: value", borrowed; may be NULL */
	size_t max_response; /* bytes of the body; more is -EMSGSIZE */
	uint64_t connect_msec; /* most time for a connection */
	uint64_t response_msec; /* most time for the whole exchange, the connection included */
};

int http_open(const struct http_options *options, struct http *ret_http, struct error *error);
void http_close(struct http *http);

/*
 * Returns 0 with any HTTP status, or: -ETIME (the deadline or a most time came first),
 * -ECONNREFUSED (no connection could be made), -ECONNRESET (it broke, or the body was shorter than
 * announced), -EMSGSIZE (too long), -EPROTO (no HTTP), -EINVAL (too many headers), -ENOMEM; then
 * `error` says it in words, without the URL, which the caller knows. `ret_body` is emptied first;
 * after a failure its bytes mean nothing.
 */
int http_exchange(struct http *http, const struct http_request *request,
	const struct deadline *deadline, long *ret_status, struct strbuf *ret_body,
	struct error *error);
