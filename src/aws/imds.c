/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/imds.h"

#include "aws/aws_environment.h"
#include "aws/imds_response.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/log_secrets.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#define TOKEN_PATH "/latest/api/token"
#define TOKEN_HEADER "X-aws-ec2-metadata-token: "
/* Seconds. Most runs are shorter; a longer one gets a 401 and then fetches a new token. */
#define TOKEN_TTL_HEADER "X-aws-ec2-metadata-token-ttl-seconds: 300"
#define LATEST "/latest/"
#define MACS "meta-data/network/interfaces/macs/"
#define MAX_PATH 192

#define BACKOFF_BASE_MSEC 50
#define BACKOFF_CAP_MSEC 2000

/* The arguments of imds_get_facts() or imds_get(), all borrowed. */
struct fetch {
	struct imds *imds;
	const struct deadline *deadline;
	uint64_t start; /* milliseconds of CLOCK_MONOTONIC */
	struct error *error;
};

/* One request with all its tries. */
struct request_state {
	enum imds_request request;
	const char *path;
	bool is_endpoint_usable; /* after the last try; false: use another endpoint for the next */
	unsigned endpoint_changes; /* so far */
	unsigned delays; /* so far */
	struct error failures[IMDS_MAX_ENDPOINTS]; /* last failure of each endpoint */
};

static const char *const methods[] = {
	[IMDS_PUT_TOKEN] = "PUT",
	[IMDS_GET_KEY] = "GET",
};

/* Chooses the endpoints by policy and environment, and opens libcurl. Makes no request. */
int imds_open(const struct imds_options *options, struct imds *ret_imds, struct error *error)
{
	const struct http_options http = {.interface = options->interface};
	struct imds_environment environment;
	struct aws_environment variables;
	struct imds imds = {0};
	int err;

	aws_environment_read(&variables);
	environment = aws_environment_imds(&variables);
	err = imds_endpoints_choose(options->endpoint, &environment, &imds.endpoints, error);
	if (err)
		return err;
	err = http_open(&http, &imds.http, error);
	if (err)
		return err;
	strbuf_init(&imds.token, strlen(TOKEN_HEADER) + IMDS_TOKEN_MAX);
	strbuf_init(&imds.body, FACT_VALUE_MAX);
	*ret_imds = imds;
	return 0;
}

void imds_close(struct imds *imds)
{
	http_close(&imds->http);
	strbuf_done(&imds->token);
	strbuf_done(&imds->body);
}

static const char *get_endpoint_url(const struct imds *imds)
{
	return imds->endpoints.url[imds->endpoint];
}

/* Sends the request once, and returns what to do next. The response's body is in imds->body. */
static struct imds_response send_request(
	const struct fetch *fetch, struct request_state *request_state)
{
	static const char *const token_headers[] = {TOKEN_TTL_HEADER, NULL};
	struct imds *imds = fetch->imds;
	const char *const key_headers[] = {strbuf_text(&imds->token), NULL};
	struct imds_timeouts timeouts = imds_get_timeouts(request_state->delays);
	struct error *failure = &request_state->failures[imds->endpoint];
	char url[sizeof(imds->endpoints.url[0]) + MAX_PATH];
	const struct http_request request = {.method = methods[request_state->request],
		.url = url,
		.headers = request_state->request == IMDS_PUT_TOKEN ? token_headers : key_headers,
		.max_response = FACT_VALUE_MAX,
		.connect_msec = timeouts.connect_msec,
		.response_msec = timeouts.response_msec};
	struct error error = {0};
	long status;
	int err;

	snprintf(url, sizeof(url), "%s%s", get_endpoint_url(imds), request_state->path);
	err = http_exchange(&imds->http, &request, fetch->deadline, &status, &imds->body, &error);
	request_state->is_endpoint_usable = !err; /* there is an HTTP status */
	if (!err) {
		/* Used only if the verdict on this status is a failure. */
		error_set(failure, OUTCOME_FAILED, EBADMSG, "HTTP %ld", status);
		return imds_classify_status(request_state->request, status);
	}
	/* At the deadline, keep an earlier failure, which explains more than a timeout. */
	if (!failure->text[0] || deadline_left(fetch->deadline, clock_now()))
		*failure = error;
	return imds_classify_failure(err);
}

/* Reports a failure that a retry would not cure: HTTP status, reason and remedy. */
static int set_final_error(const struct fetch *fetch, const struct request_state *request_state,
	const struct imds_response *response)
{
	const struct imds *imds = fetch->imds;

	return error_set(fetch->error, OUTCOME_FAILED, response->err,
		"metadata service: %s %s%s: %s%s%s", methods[request_state->request],
		get_endpoint_url(imds), request_state->path,
		request_state->failures[imds->endpoint].text, response->words ? ": " : "",
		response->words ? response->words : "");
}

/* Reports the last failure of each endpoint that was tried; at least one endpoint has failed. */
static int set_timeout_error(const struct fetch *fetch, const struct request_state *request_state)
{
	const struct imds_endpoints *endpoints = &fetch->imds->endpoints;
	const struct error *failures = request_state->failures;
	size_t failed_index = failures[0].text[0] ? 0 : 1;
	double seconds = (double)deadline_left(fetch->deadline, fetch->start) / 1000;

	if (failures[0].text[0] && failures[1].text[0])
		return error_set(fetch->error, OUTCOME_TIMEOUT, ETIME,
			"metadata service: no valid response from %s in %.1f s, last error: %s; nor from %s, last error: %s",
			endpoints->url[0], seconds, failures[0].text, endpoints->url[1],
			failures[1].text);
	return error_set(fetch->error, OUTCOME_TIMEOUT, ETIME,
		"metadata service: no valid response from %s in %.1f s, last error: %s",
		endpoints->url[failed_index], seconds, failures[failed_index].text);
}

/*
 * Chooses the endpoint of the next try, and sleeps before this try. If the current endpoint cannot
 * be used, the next one is tried at once; a delay follows only when all were tried. Returns 0, or
 * -ETIME when the deadline has come.
 */
static int prepare_retry(const struct fetch *fetch, struct request_state *request_state)
{
	struct imds *imds = fetch->imds;
	uint64_t left = deadline_left(fetch->deadline, clock_now());
	uint64_t delay;

	if (left == 0)
		return -ETIME;
	if (!request_state->is_endpoint_usable) {
		imds->endpoint = (imds->endpoint + 1) % imds->endpoints.count;
		if (++request_state->endpoint_changes % imds->endpoints.count)
			return 0; /* not all endpoints have been tried since the last delay */
	}
	delay = backoff_delay(
		++request_state->delays, clock_random(), BACKOFF_BASE_MSEC, BACKOFF_CAP_MSEC);
	if (delay > left)
		delay = left;
	log_line(LOG_DEBUG, NULL, "metadata service: retrying in %llu ms",
		(unsigned long long)delay);
	poll(NULL, 0, (int)delay);
	return deadline_left(fetch->deadline, clock_now()) ? 0 : -ETIME;
}

/*
 * Whether the second endpoint is in use because the first one failed. A final error of the second
 * is then not final for the request: IPv6 may be disabled (HTTP 403) while IPv4 is only slow.
 */
static bool is_fallback_endpoint(const struct imds *imds, const struct request_state *request_state)
{
	return imds->endpoint > 0 && request_state->failures[0].text[0];
}

/*
 * Returns 0 with the response in imds->body, -ENOENT (no such key), -EKEYEXPIRED (the token was
 * refused and `may_renew` is true), or another error with words.
 */
static int send_with_retries(
	const struct fetch *fetch, enum imds_request request, const char *path, bool may_renew)
{
	struct request_state request_state = {.request = request, .path = path};

	if (!deadline_left(fetch->deadline, clock_now()))
		return error_set(fetch->error, OUTCOME_TIMEOUT, ETIME,
			"metadata service: %s %s%s: not tried: no time was left", methods[request],
			get_endpoint_url(fetch->imds), path);
	do {
		struct imds_response response = send_request(fetch, &request_state);

		switch (response.verdict) {
		case IMDS_OK:
			return 0;
		case IMDS_ABSENT:
			return -ENOENT;
		case IMDS_RENEW_TOKEN:
			if (may_renew)
				return -EKEYEXPIRED;
			return set_final_error(fetch, &request_state, &response);
		case IMDS_GIVE_UP:
			if (!is_fallback_endpoint(fetch->imds, &request_state))
				return set_final_error(fetch, &request_state, &response);
			request_state.is_endpoint_usable = false; /* back to the first one */
			break;
		case IMDS_RETRY:
			break;
		}
	} while (prepare_retry(fetch, &request_state) == 0);
	return set_timeout_error(fetch, &request_state);
}

/* Stores the token as the header line of later requests. */
static int fetch_token(const struct fetch *fetch)
{
	struct imds *imds = fetch->imds;
	int err = send_with_retries(fetch, IMDS_PUT_TOKEN, TOKEN_PATH, false /* may_renew */);

	if (err)
		return err;
	if (imds_word_is_valid(strbuf_text(&imds->body), imds->body.length))
		err = strbuf_printf(&imds->token, "%s%s", TOKEN_HEADER, strbuf_text(&imds->body));
	else
		err = error_set(fetch->error, OUTCOME_FAILED, EBADMSG,
			"metadata service: PUT %s%s: the token must be 1 to %d printable characters without blanks",
			get_endpoint_url(imds), TOKEN_PATH, IMDS_TOKEN_MAX);
	log_secrets_learn(strbuf_text(&imds->body)); /* logs mask the token */
	strbuf_clear(&imds->body);
	return err;
}

/* If the token is refused, it has expired: fetches a new one and tries again, but only once. */
static int fetch_key(const struct fetch *fetch, const char *path)
{
	struct imds *imds = fetch->imds;

	for (bool renewed = false;; renewed = true) {
		int err = imds->token.length ? 0 : fetch_token(fetch);

		if (!err)
			err = send_with_retries(fetch, IMDS_GET_KEY, path, !renewed);
		if (err != -EKEYEXPIRED)
			return err;
		strbuf_clear(&imds->token);
	}
}

/* Fetches a fact of the instance, or of the interface facts->mac. Stores HTTP 404 as "absent". */
static int fetch_fact(const struct fetch *fetch, enum fact fact, struct facts *facts)
{
	struct imds *imds = fetch->imds;
	char mac[MAC_TEXT_SIZE];
	char path[MAX_PATH];
	int err;

	if (fact == FACT_PRIMARY_MAC)
		snprintf(path, sizeof(path), LATEST "meta-data/%s", facts_key(fact));
	else
		snprintf(path, sizeof(path), LATEST MACS "%s/%s", mac_format(&facts->mac, mac),
			facts_key(fact));
	err = fetch_key(fetch, path);
	if (err == -ENOENT) {
		facts_set_absent(facts, fact);
		return 0;
	}
	if (err)
		return err;
	err = facts_set(facts, fact, strbuf_text(&imds->body), imds->body.length, fetch->error);
	if (err == -EBADMSG)
		error_prefix(
			fetch->error, "metadata service: GET %s%s", get_endpoint_url(imds), path);
	return err;
}

int imds_get_facts(struct imds *imds, unsigned needed, const struct deadline *deadline,
	struct facts *facts, struct error *error)
{
	const struct fetch fetch = {
		.imds = imds, .deadline = deadline, .start = clock_now(), .error = error};

	for (unsigned fact = 0; fact < FACT_COUNT_; fact++) {
		int err;

		/* Skip facts that are not needed, known, or known to be absent. */
		if (!(needed & ~(facts->known | facts->absent) & FACT_BIT(fact)))
			continue;
		err = fetch_fact(&fetch, (enum fact)fact, facts);
		if (err)
			return err;
	}
	return 0;
}

int imds_get(struct imds *imds, const char *key, const struct deadline *deadline,
	struct strbuf *ret_value, struct error *error)
{
	const struct fetch fetch = {
		.imds = imds, .deadline = deadline, .start = clock_now(), .error = error};
	char path[MAX_PATH];
	int err;

	strbuf_clear(ret_value);
	if (snprintf(path, sizeof(path), LATEST "%s", key) >= (int)sizeof(path))
		return error_set(error, OUTCOME_FAILED, EINVAL,
			"metadata service: key \"%s\" is too long", key);
	err = fetch_key(&fetch, path);
	if (err == -ENOENT)
		return error_set(error, OUTCOME_FAILED, ENOENT,
			"metadata service: GET %s%s: there is no such key", get_endpoint_url(imds),
			path);
	if (err)
		return err;
	err = strbuf_add(ret_value, strbuf_text(&imds->body), imds->body.length);
	/* The value may be credentials, and the caller has its own copy. */
	strbuf_clear(&imds->body);
	if (err)
		return error_set(error, OUTCOME_FAILED, err == -E2BIG ? EBADMSG : -err,
			"metadata service: GET %s%s: %s", get_endpoint_url(imds), path,
			err == -E2BIG ? "the response is too long" : "out of memory");
	return 0;
}

int imds_get_for_interface(struct imds *imds, const struct mac *mac, const char *key,
	const struct deadline *deadline, struct strbuf *ret_value, struct error *error)
{
	char path[MAX_PATH], text[MAC_TEXT_SIZE];

	snprintf(path, sizeof(path), MACS "%s/%s", mac_format(mac, text), key);
	return imds_get(imds, path, deadline, ret_value, error);
}

int imds_get_word(struct imds *imds, const char *key, const struct deadline *deadline,
	struct strbuf *ret_value, struct error *error)
{
	int err = imds_get(imds, key, deadline, ret_value, error);

	if (err || imds_word_is_valid(strbuf_text(ret_value), ret_value->length))
		return err;
	strbuf_clear(ret_value);
	return error_set(error, OUTCOME_FAILED, EBADMSG,
		"metadata service: GET %s" LATEST "%s: the response is not a single word",
		get_endpoint_url(imds), key);
}
