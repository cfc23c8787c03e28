/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One call on its way through as many tries as it takes: signed and handed to libcurl, its answer
 * read as it streams in, and then judged: that was it, or once more, and when.
 */
#pragma once

#include "aws/credentials.h"
#include "aws/endpoint.h"
#include "base/deadline.h"
#include "ec2/sigv4.h"
#include "failover/flow.h"

#include <curl/curl.h>

/* What all tries of all calls of a run share. */
struct api_context {
	CURLM *multi;
	CURLSH *share; /* TLS sessions, so that only the first connection costs a full handshake */
	const char *ca_file; /* NULL: the system's */
	const char *ca_directory;
	const struct deadline *deadline;
	const struct endpoint *endpoints; /* by enum aws_service */
	const struct credentials *credentials;
	/* How often that was the answer of late: the more, the longer are the waits. */
	unsigned throttled;
	/* Seconds that the services' clock is ahead of ours, by the last answer. */
	int64_t offset;
	bool has_offset;
	int64_t skew; /* the same, as it is signed by: only where a service complained */
	bool stale; /* the service refused the credentials: get new ones before the next try */
};

enum api_state {
	API_WAITS, /* to be started at `due` */
	API_RUNS,
	API_ENDED, /* the answer says what it came to */
};

struct api_attempt {
	const struct flow_call *call;
	struct flow_response *response;
	enum api_state state;
	uint64_t due;
	unsigned tries;
	bool refreshed, reclocked; /* each is done once */
	struct ec2_request request;
	struct sigv4_headers headers;
	struct curl_slist lines[8];
	struct ec2_response_reader *reader;
	size_t received;
	bool too_long;
	char date[64]; /* of the answer */
	char why[CURL_ERROR_SIZE]; /* libcurl's words on this try */
	struct error last; /* of a try that was no success, the last of them */
	CURL *easy;
};

/* 0; -EINVAL where the parameters make no request; -ENOMEM. */
int api_attempt_init(
	struct api_attempt *attempt, const struct flow_call *call, struct flow_response *response);
void api_attempt_done(struct api_attempt *attempt, struct api_context *context);

/* Starts a try. 0, or -errno with words: then it ended. */
int api_attempt_start(struct api_attempt *attempt, struct api_context *context);

/* libcurl has finished: takes the answer, or plans the next try. -ENOMEM. */
int api_attempt_finish(
	struct api_attempt *attempt, struct api_context *context, CURLcode code, uint32_t random);

/* The deadline has come. */
void api_attempt_give_up(struct api_attempt *attempt, struct api_context *context);
