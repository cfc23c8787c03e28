/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an answer of the instance metadata service, or the lack of one, means. Pure: a table, the
 * form of a token, and how much patience each try has.
 *
 * The statuses are those of the EC2 user guide, "Use the Instance Metadata Service"; 429 and 503
 * are both seen when it throttles.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum imds_request {
	IMDS_PUT_TOKEN,
	IMDS_GET_KEY,
};

enum imds_verdict {
	IMDS_RESPONSE, /* the body is what was asked for */
	IMDS_ABSENT, /* there is no such key */
	IMDS_NEW_TOKEN, /* ask again with a new token, once; a second time it is to give up */
	IMDS_RETRY, /* worth another try after a while */
	IMDS_GIVE_UP, /* another try would end alike */
};

struct imds_response {
	enum imds_verdict verdict;
	int err; /* positive errno for who has to give up */
	const char *words; /* why, and the remedy; NULL where what failed says it all */
};

struct imds_response imds_response_of_status(enum imds_request request, long status);
/* `err` is http_exchange()'s. */
struct imds_response imds_response_of_failure(int err);

#define IMDS_TOKEN_MAX 1024

/* It goes back in a header, where a line end would begin another one. Other short values too. */
bool imds_token_is_valid(const char *bytes, size_t length);

/* The most time for a connection and for a whole exchange; `round` 0 is the first try. */
struct imds_patience {
	uint64_t connect_msec;
	uint64_t response_msec;
};

struct imds_patience imds_patience_of(unsigned round);
