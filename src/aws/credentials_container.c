/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/container_endpoint.h"
#include "aws/credentials_json.h"
#include "aws/credentials_sources.h"
#include "aws/http.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log_secrets.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#define TRIES 3
#define CONNECT_MSEC 2000
#define RESPONSE_MSEC 5000
#define BACKOFF_BASE_MSEC 200
#define BACKOFF_CAP_MSEC 2000
#define RESPONSE_MAX 65536
#define URL_MAX 2048
#define AUTHORIZATION "Authorization: "

/* One search there. */
struct inquiry {
	const struct credentials_search *search;
	struct strbuf url;
	struct strbuf authorization; /* the header line, or "" */
	struct strbuf response;
	struct http http;
};

static void inquiry_done(struct inquiry *inquiry)
{
	http_close(&inquiry->http);
	strbuf_wipe(&inquiry->authorization);
	strbuf_done(&inquiry->authorization);
	strbuf_wipe(&inquiry->response);
	strbuf_done(&inquiry->response);
	strbuf_done(&inquiry->url);
}

static int set_token(struct inquiry *inquiry, const char *from, const char *bytes, size_t length,
	struct error *error)
{
	int err;

	if (!container_token_is_valid(bytes, length))
		return error_set(error, OUTCOME_USAGE, EINVAL,
			"%s: not 1 to %d printable characters in one line without a line end", from,
			CONTAINER_TOKEN_MAX);
	err = strbuf_add_string(&inquiry->authorization, AUTHORIZATION);
	log_secrets_learn(bytes);
	if (!err)
		err = strbuf_add(&inquiry->authorization, bytes, length);
	return err ? error_set(error, OUTCOME_FAILED, -err, "out of memory") : 0;
}

/* Read anew each time: it is replaced there before it expires. */
static int read_token(struct inquiry *inquiry, const char *path, struct error *error)
{
	struct strbuf token = {0};
	int err = file_read(path, CONTAINER_TOKEN_MAX, &token, NULL);

	if (err)
		error_set(error, OUTCOME_FAILED, -err,
			"%s (AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE): %s", path, strerror(-err));
	else
		err = set_token(inquiry, path, strbuf_text(&token), token.length, error);
	strbuf_wipe(&token);
	strbuf_done(&token);
	return err;
}

static int take_token(struct inquiry *inquiry, struct error *error)
{
	const char *const *values = inquiry->search->settings->environment.values;
	const char *file = values[AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE];
	const char *token = values[AWS_CONTAINER_AUTHORIZATION_TOKEN];

	if (file)
		return read_token(inquiry, file, error);
	if (!token)
		return 0;
	return set_token(inquiry, "AWS_CONTAINER_AUTHORIZATION_TOKEN", token, strlen(token), error);
}

/* Returns 0, -EAGAIN for what is worth another try, or other. */
static int try_once(struct inquiry *inquiry, struct error *error)
{
	const char *authorization = strbuf_text(&inquiry->authorization);
	const char *const headers[] = {
		"Accept: application/json", *authorization ? authorization : NULL, NULL};
	const struct http_request request = {
		.method = "GET",
		.url = strbuf_text(&inquiry->url),
		.headers = headers,
		.max_response = RESPONSE_MAX,
		.connect_msec = CONNECT_MSEC,
		.response_msec = RESPONSE_MSEC,
	};
	const struct deadline *deadline = inquiry->search->deadline;
	long status = 0;
	int err = http_exchange(
		&inquiry->http, &request, deadline, &status, &inquiry->response, error);

	if (err == -ETIME || err == -ECONNREFUSED || err == -ECONNRESET)
		return -EAGAIN;
	if (err || status == 200)
		return err;
	error_set(error, OUTCOME_FAILED, EBADMSG, "HTTP %ld", status);
	return status == 429 || status >= 500 ? -EAGAIN : -EBADMSG;
}

/* False when it is not to go on. */
static bool wait_for_turn(const struct inquiry *inquiry, unsigned tries)
{
	uint64_t left = deadline_left(inquiry->search->deadline, clock_now());
	uint64_t delay = backoff_delay(tries, clock_random(), BACKOFF_BASE_MSEC, BACKOFF_CAP_MSEC);

	if (tries == TRIES || left <= delay)
		return false;
	poll(NULL, 0, (int)delay);
	return true;
}

static int ask(struct inquiry *inquiry, struct error *error)
{
	struct error last = {0};
	unsigned tries = 0;
	int err;

	do
		err = try_once(inquiry, &last);
	while (err == -EAGAIN && wait_for_turn(inquiry, ++tries));
	if (!err)
		return 0;
	if (err == -EAGAIN)
		err = last.outcome == OUTCOME_TIMEOUT ? -ETIME : -ECONNREFUSED;
	return error_set(error, last.outcome, -err, "container credentials: GET %s: %s",
		strbuf_text(&inquiry->url), last.text);
}

static int open_connection(struct inquiry *inquiry, struct error *error)
{
	const char *const *values = inquiry->search->settings->environment.values;
	struct http_options options = {0};
	int err = container_endpoint_choose(values[AWS_CONTAINER_CREDENTIALS_RELATIVE_URI],
		values[AWS_CONTAINER_CREDENTIALS_FULL_URI], &inquiry->url, &options.tls, error);

	if (!err)
		err = take_token(inquiry, error);
	return err ? err : http_open(&options, &inquiry->http, error);
}

int credentials_from_container(const struct credentials_search *search,
	struct credentials *ret_credentials, struct error *error)
{
	_cleanup_(inquiry_done) struct inquiry inquiry = {
		.search = search,
		.url = {.max = URL_MAX},
		.authorization = {.max = sizeof(AUTHORIZATION) + CONTAINER_TOKEN_MAX},
		.response = {.max = RESPONSE_MAX},
	};
	int err = open_connection(&inquiry, error);

	if (!err)
		err = ask(&inquiry, error);
	if (err)
		return err;
	err = credentials_json_parse(CREDENTIALS_OF_CONTAINER, strbuf_text(&inquiry.response),
		inquiry.response.length, search->now, ret_credentials, error);
	if (err)
		error_prefix(error, "container credentials: GET %s", strbuf_text(&inquiry.url));
	else
		snprintf(ret_credentials->source, sizeof(ret_credentials->source),
			"the container endpoint");
	return err;
}
