/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shared by the floors that use EC2: the identity of this host, and signed requests over TLS
 * that is verified, several at once. Whatever goes wrong ends the program.
 */
#pragma once

#include "bench_net.h"
#include "ec2/sigv4.h"
#include "floor_curl.h"

#define FLOOR_BODY_SIZE (64 * 1024)
#define FLOOR_FORM_SIZE (4 * 1024)
#define FLOOR_WORD_SIZE 64
#define FLOOR_VERSION "&Version=2016-11-15"

/* The identity of the requests, from IMDS. */
struct floor_host {
	char region[FLOOR_WORD_SIZE];
	char role[FLOOR_WORD_SIZE];
	char keys[4 * 1024]; /* as JSON, cut at the ends of the values below */
	struct sigv4_credentials credentials;
};

/* One request that is in flight with others. */
struct floor_call {
	CURL *curl;
	char form[FLOOR_FORM_SIZE];
	struct sigv4_headers signature;
	struct curl_slist *headers;
	char bytes[FLOOR_BODY_SIZE];
	struct floor_body body;
};

struct floor_ec2 {
	const struct floor_host *host; /* borrowed */
	CURLM *multi;
	struct floor_call calls[BENCH_MAX_TABLES];
};

/* One value of IMDS's, by the token's header. */
void floor_ec2_ask(CURL *curl, const char *token, const char *path, char *ret_value, size_t size);

void floor_ec2_identify(CURL *curl, const char *token, struct floor_host *ret_host);

/* Handles for so many calls at once. Authorities: a file, or a directory by hash. */
void floor_ec2_open(struct floor_ec2 *ec2, const struct floor_host *host, const char *authorities,
	size_t at_once);

/* Sends the forms of the first `count` calls at once, and waits for all; each must succeed. */
void floor_ec2_run(struct floor_ec2 *ec2, size_t count);
