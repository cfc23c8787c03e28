/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sends requests to EC2 and STS: signs a batch of requests, sends all of them at once over one pool
 * of kept-alive connections, and parses the responses as they stream in. Retries until the deadline
 * after throttling, lost connections, stale credentials and clock skew. Verifies certificates.
 */
#pragma once

#include "aws/aws_settings.h"
#include "aws/credentials.h"
#include "aws/imds.h"
#include "base/deadline.h"
#include "base/error.h"
#include "failover/flow.h"

/* All pointers are borrowed and must stay valid until api_close(). */
struct api_options {
	const struct aws_settings *settings; /* the region must be known */
	struct imds *imds; /* NULL: do not use the metadata service */
	const char *imds_error; /* why `imds` is NULL, for messages */
	const char *role_arn; /* assumed after all roles of the profile; NULL: none */
	const char *session_name; /* for roles without a session name of their own */
};

struct api;

/* Makes no request. The caller calls api_close(). Returns 0, or -errno with words. */
int api_open(const struct api_options *options, struct api **ret_api, struct error *error);
void api_close(struct api **api);

/*
 * Makes all calls at once and waits until each has a result. `ret_responses` has `count` elements;
 * the caller frees each with flow_response_done(), also after an error. Returns 0 if the calls were
 * made: each response has its own `err`. Otherwise returns -errno with words: no credentials
 * (-ENOKEY, or the error of the source that failed), -ENOMEM.
 */
int api_run(struct api *api, const struct flow_call *calls, size_t count,
	const struct deadline *deadline, struct flow_response *ret_responses, struct error *error);

/* The source of the credentials, for messages: "role web of the instance"; "": none yet. */
const char *api_identity(const struct api *api);

/* When the credentials expire, in seconds since 1970; CREDENTIALS_NEVER: not known, or none yet. */
uint64_t api_expiry(const struct api *api);

/* Gets how far AWS's clock is ahead, by the last Date header. Returns false if there was none. */
bool api_clock_offset(const struct api *api, int64_t *ret_seconds);
