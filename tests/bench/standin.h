/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The HTTP server of the stand-ins, which costs next to nothing: one process, epoll, HTTP/1.1 with
 * kept-alive connections, over TLS where it is given a certificate.
 *
 * On BENCH_CONTROL_PORT of the same address it listens without TLS for the bench itself:
 * - BENCH_LATENCY_PATH and a number of milliseconds: each response of the service waits so long from
 *   now on, and the responses to concurrent requests wait together. At first they do not wait.
 * - BENCH_COUNTS_PATH shows the requests to the service since the last time:
 *   "connections N\nresumed N\nrequests N\n" (resumed: TLS handshakes that were cut short so),
 *   then each request's method, path and body, a line each.
 */
#pragma once

#include "base/strbuf.h"

#include <stdint.h>

struct standin_request {
	const char *method;
	const char *path;
	const char *head; /* for standin_header() */
	const char *body; /* NUL-terminated */
	size_t length; /* of the body */
};

struct standin_options {
	const char *address;
	uint16_t port;
	const char *certificate, *key; /* PEM files; NULL: no TLS */
	const char *headers; /* of each response, whole lines */
	void *data; /* for the two below */
	/* Adds the response's body, and returns its status. */
	int (*respond)(void *data, const struct standin_request *request, struct strbuf *body);
	/* The same on the control port, for its own paths; NULL: it has none. */
	int (*control)(void *data, const struct standin_request *request, struct strbuf *body);
};

/* Closes its stdout once it listens. Ends only where it cannot go on. */
void standin_run(const struct standin_options *options) __attribute__((noreturn));

/* The value of a header line, its name in any case; "" where there is none. Holds until the next. */
const char *standin_header(const struct standin_request *request, const char *name);

/* An argument of a stand-in's; ends it where that is no number of this range. */
uint32_t standin_number(const char *text, uint32_t min, uint32_t max);

void standin_die(const char *what) __attribute__((noreturn));
