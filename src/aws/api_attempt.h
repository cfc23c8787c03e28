/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes one call to EC2 or STS with retries: signs the request, hands it to libcurl, parses the
 * response as it streams in, then ends the call or schedules a retry. Times are milliseconds of
 * CLOCK_MONOTONIC, unless a comment says otherwise. api.c runs the loop.
 */
#pragma once

#include "aws/credentials.h"
#include "aws/endpoint.h"
#include "aws/libcurl.h"
#include "base/deadline.h"
#include "ec2/sigv4.h"
#include "failover/flow.h"

/* Shared by all calls of all runs. Pointers are borrowed. */
struct api_context {
	CURLM *multi;
	CURLSH *share; /* DNS cache; TLS sessions: only the first one is a full handshake */
	/* Trusted authorities: a bundle or a hashed directory. Both NULL: libcurl's default. */
	const char *ca_file;
	const char *ca_directory;
	struct endpoint endpoints[2]; /* by enum aws_service */
	const struct deadline *deadline; /* of this run */
	const struct credentials *credentials; /* of this run */
	/* Throttled responses minus successful ones, at least 0: delays grow with it. */
	unsigned throttle_count;
	/* Seconds that the service's clock is ahead of this host's, by the last response. */
	int64_t clock_offset;
	bool has_clock_offset; /* false: no response had a valid Date header */
	int64_t time_correction; /* seconds added in signatures; 0 until a time is refused */
	bool credentials_refused; /* by the service: fetch new ones before the next try */
};

enum api_state {
	API_WAITING, /* the next try starts at `due` */
	API_RUNNING, /* libcurl has the request */
	API_ENDED, /* `response` has the result */
};

struct api_attempt {
	const struct flow_call *call; /* borrowed */
	struct flow_response *response; /* borrowed */
	enum api_state state;
	uint64_t due; /* when the next try starts */
	unsigned tries; /* started so far */
	/* One retry each, with new credentials or with another time in the signature. */
	bool has_new_credentials, has_new_correction;
	int64_t used_correction; /* context's time_correction when the running try was signed */
	struct ec2_request request;
	struct sigv4_headers headers;
	struct curl_slist lines[LIBCURL_LINES_MAX]; /* the request's headers; borrowed texts */
	struct ec2_response_reader *reader; /* of the running try; NULL: none */
	size_t received; /* bytes of the body */
	bool too_long; /* the body exceeded XML_READER_MAX_BYTES */
	char date[64]; /* the response's Date header; "": none */
	char curl_error[CURL_ERROR_SIZE]; /* libcurl's text about this try; "": none */
	struct error last_error; /* of the last try that failed */
	CURL *transfer; /* of the running try; NULL: none */
};

/*
 * Builds the request. `call` and `response` must outlive the attempt. Returns 0, or as
 * ec2_request_build(): -EINVAL if the parameters do not fit the action, -E2BIG, -ENOMEM. Call
 * api_attempt_done() after an error, too.
 */
int api_attempt_init(
	struct api_attempt *attempt, const struct flow_call *call, struct flow_response *response);
void api_attempt_done(struct api_attempt *attempt, struct api_context *context);

/* Starts a try. Returns 0, or -errno: then the attempt has ended and its response has the error. */
int api_attempt_start(struct api_attempt *attempt, struct api_context *context);

/* For a try that libcurl has ended with `code`. `random`: 32 fresh bits. Returns 0 or -ENOMEM. */
int api_attempt_finish(
	struct api_attempt *attempt, struct api_context *context, CURLcode code, uint32_t random);

/* Ends the attempt with -ETIME, unless it has ended: its deadline or grace time is over. */
void api_attempt_end_timeout(struct api_attempt *attempt, struct api_context *context);
