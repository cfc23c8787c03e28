/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Classifies the responses and failures of the instance metadata service, checks tokens, and sets
 * the timeouts of each try. No I/O. The statuses are those of the EC2 user guide, "Use the Instance
 * Metadata Service". The service sends 429 or 503 when it throttles.
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
	IMDS_OK, /* the body is the requested value */
	IMDS_ABSENT, /* there is no such key */
	IMDS_RENEW_TOKEN, /* the token was refused: retry with a new one, once; then give up */
	IMDS_RETRY, /* retry after a delay */
	IMDS_GIVE_UP, /* a retry would fail in the same way */
};

struct imds_response {
	enum imds_verdict verdict;
	int err; /* positive errno for a caller that gives up; 0: not set */
	const char *words; /* the reason, and the remedy; NULL: the failure itself is enough */
};

struct imds_response imds_classify_status(enum imds_request request, long status);
/* `err`: negative, from http_exchange(). */
struct imds_response imds_classify_failure(int err);

#define IMDS_TOKEN_MAX 1024 /* bytes */

/*
 * Whether a response is one word: 1 to IMDS_TOKEN_MAX printable ASCII characters without blanks.
 * A token must be: it is sent in a header, where a line end would begin another header.
 */
bool imds_word_is_valid(const char *bytes, size_t length);

/* Timeouts for the connection and for the exchange, connection included, in milliseconds. */
struct imds_timeouts {
	uint64_t connect_msec;
	uint64_t response_msec;
};

/* The timeouts after `round` back-off delays; 0: of the first try. */
struct imds_timeouts imds_get_timeouts(unsigned round);
