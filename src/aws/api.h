/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loop that runs flows: signs what a flow wants sent, sends all of it at once over one pool of
 * kept-alive connections, reads the answers as they stream in, and tries again what is worth it
 * (throttling, lost connections, stale credentials, a wrong clock) until the deadline.
 *
 * TLS is always verified. Secrets are wiped when done.
 */
#pragma once

#include "aws/aws_settings.h"
#include "aws/credentials.h"
#include "aws/imds.h"
#include "base/deadline.h"
#include "base/error.h"
#include "failover/flow.h"

/* All borrowed, and to hold as long as the api. */
struct api_options {
	const struct aws_settings *settings; /* the region is known */
	struct imds *imds; /* NULL: not to be asked; `no_imds` says why */
	const char *no_imds;
	const char *role_arn; /* to be assumed after all others; NULL: none */
	const char *session_name; /* for roles that name none: this host, say */
};

struct api;

/* Makes no request. */
int api_open(const struct api_options *options, struct api **ret_api, struct error *error);
void api_close(struct api **api);

/*
 * Makes all calls, to EC2 and to STS, at once and waits for what each came to; ret_answers (of `count`) are to be done by
 * the caller whatever happens. Returns 0, or -errno with words where nothing could be sent at all:
 * no credentials (-ENOKEY), -ENOMEM.
 */
int api_run(struct api *api, const struct flow_call *calls, size_t count,
	const struct deadline *deadline, struct flow_response *ret_responses, struct error *error);

/* Whose credentials the last requests were signed with, for messages; "" before the first. */
const char *api_identity(const struct api *api);

/* When they expire, in seconds since 1970; CREDENTIALS_NEVER: they do not, or nobody says. */
uint64_t api_expiry(const struct api *api);

/*
 * How many seconds AWS's clock is ahead of ours, by the Date header of the last answer, whatever it
 * was. False where there was no answer.
 */
bool api_clock_offset(const struct api *api, int64_t *ret_seconds);
