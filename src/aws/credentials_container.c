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

#define ATTEMPTS_MAX 3
#define CONNECT_MSEC 2000
#define RESPONSE_MSEC 5000
#define BACKOFF_BASE_MSEC 200
#define BACKOFF_CAP_MSEC 2000
#define RESPONSE_MAX 65536
#define URL_MAX 2048
#define AUTHORIZATION "Authorization: "

/* One fetch of credentials, with its retries. */
struct fetch {
	const struct credentials_search *search;
	struct strbuf url;
	struct strbuf authorization; /* the header line, or "" */
	struct strbuf response;
	struct http http;
};

static void fetch_done(struct fetch *fetch)
{
	http_close(&fetch->http);
	strbuf_done(&fetch->authorization);
	strbuf_done(&fetch->response);
	strbuf_done(&fetch->url);
}

/* Checks the token and stores it as a header line. `token_source` names it in messages. */
static int set_authorization(struct fetch *fetch, const char *token_source, const char *token,
	size_t length, struct error *error)
{
	int err;

	if (!container_token_is_valid(token, length))
		return error_set(error, OUTCOME_USAGE, EINVAL,
			"%s: the token must be 1 to %d printable characters without a line end",
			token_source, CONTAINER_TOKEN_MAX);
	err = strbuf_add_string(&fetch->authorization, AUTHORIZATION);
	log_secrets_learn(token);
	if (!err)
		err = strbuf_add(&fetch->authorization, token, length);
	return err ? error_oom(error) : 0;
}

/* Reads the token file again for each fetch: EKS replaces the token before it expires. */
static int read_token_file(struct fetch *fetch, const char *path, struct error *error)
{
	_cleanup_(strbuf_done) struct strbuf token = {0};
	int err = file_read(path, CONTAINER_TOKEN_MAX, &token, NULL /* no stat */);

	if (err)
		return error_set(error, OUTCOME_FAILED, -err,
			"%s (AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE): %s", path, strerror(-err));
	return set_authorization(fetch, path, strbuf_text(&token), token.length, error);
}

/* Sets the authorization from a file (EKS), or else from the variable; none is needed on ECS. */
static int load_token(struct fetch *fetch, struct error *error)
{
	const char *const *values = fetch->search->settings->environment.values;
	const char *file = values[AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE];
	const char *token = values[AWS_CONTAINER_AUTHORIZATION_TOKEN];

	if (file)
		return read_token_file(fetch, file, error);
	if (!token)
		return 0;
	return set_authorization(
		fetch, "AWS_CONTAINER_AUTHORIZATION_TOKEN", token, strlen(token), error);
}

/* Returns 0; -EAGAIN if a retry may succeed; or another error. */
static int send_request(struct fetch *fetch, struct error *error)
{
	const char *const headers[] = {
		"Accept: application/json", strbuf_text(&fetch->authorization), NULL};
	const struct http_request request = {.method = "GET",
		.url = strbuf_text(&fetch->url),
		.headers = headers,
		.max_response = RESPONSE_MAX,
		.connect_msec = CONNECT_MSEC,
		.response_msec = RESPONSE_MSEC};
	const struct deadline *deadline = fetch->search->deadline;
	long status = 0;
	int err = http_exchange(&fetch->http, &request, deadline, &status, &fetch->response, error);

	if (err == -ETIME || err == -ECONNREFUSED || err == -ECONNRESET)
		return -EAGAIN;
	if (err || status == 200)
		return err;
	error_set(error, OUTCOME_FAILED, EBADMSG, "HTTP %ld", status);
	return status == 429 || status >= 500 ? -EAGAIN : -EBADMSG;
}

/* Sleeps before a retry. Returns false after ATTEMPTS_MAX, or if the deadline would come first. */
static bool wait_for_retry(const struct fetch *fetch, unsigned attempts)
{
	uint64_t remaining = deadline_left(fetch->search->deadline, clock_now());
	uint64_t delay = backoff_delay(
		attempts, clock_random(), BACKOFF_BASE_MSEC, BACKOFF_CAP_MSEC);

	if (attempts == ATTEMPTS_MAX || remaining <= delay)
		return false;
	poll(NULL, 0, (int)delay);
	return true;
}

/* Fetches fetch->response with retries. If they do not help, returns -ETIME or -ECONNREFUSED. */
static int fetch_response(struct fetch *fetch, struct error *error)
{
	struct error last_error = {0};
	unsigned attempts = 0;
	int err;

	do
		err = send_request(fetch, &last_error);
	while (err == -EAGAIN && wait_for_retry(fetch, ++attempts));
	if (!err)
		return 0;
	if (err == -EAGAIN)
		err = last_error.outcome == OUTCOME_TIMEOUT ? -ETIME : -ECONNREFUSED;
	return error_set(error, last_error.outcome, -err, "container credentials: GET %s: %s",
		strbuf_text(&fetch->url), last_error.text);
}

/* Chooses the URL, loads the token, and opens libcurl. Sends nothing. -ENODATA: no URL is set. */
static int prepare_requests(struct fetch *fetch, struct error *error)
{
	const char *const *values = fetch->search->settings->environment.values;
	struct http_options options = {0};
	int err = container_endpoint_choose(values[AWS_CONTAINER_CREDENTIALS_RELATIVE_URI],
		values[AWS_CONTAINER_CREDENTIALS_FULL_URI], &fetch->url, &options.tls, error);

	if (!err)
		err = load_token(fetch, error);
	return err ? err : http_open(&options, &fetch->http, error);
}

int credentials_from_container(const struct credentials_search *search,
	struct credentials *ret_credentials, struct error *error)
{
	_cleanup_(fetch_done) struct fetch fetch = {.search = search,
		.url = {.max = URL_MAX},
		.authorization = {.max = sizeof(AUTHORIZATION) + CONTAINER_TOKEN_MAX},
		.response = {.max = RESPONSE_MAX}};
	int err = prepare_requests(&fetch, error);

	if (!err)
		err = fetch_response(&fetch, error);
	if (err)
		return err;
	err = credentials_json_parse(CREDENTIALS_OF_CONTAINER, strbuf_text(&fetch.response),
		fetch.response.length, search->now, ret_credentials, error);
	if (err)
		error_prefix(error, "container credentials: GET %s", strbuf_text(&fetch.url));
	else
		snprintf(ret_credentials->source, sizeof(ret_credentials->source),
			"the container endpoint");
	return err;
}
