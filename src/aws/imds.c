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
/* Seconds. A run is shorter, and one that is not gets a 401 and takes another token. */
#define TOKEN_TTL_HEADER "X-aws-ec2-metadata-token-ttl-seconds: 300"
#define LATEST "/latest/"
#define MACS "meta-data/network/interfaces/macs/"
#define MAX_PATH 192

#define BACKOFF_BASE_MSEC 50
#define BACKOFF_CAP_MSEC 2000

/* One call of imds_get_facts() or imds_get(). */
struct inquiry {
	struct imds *imds;
	const struct deadline *deadline;
	uint64_t start;
	struct error *error;
};

/* One request of it, with all its tries. */
struct question {
	enum imds_request request;
	const char *path;
	bool reached; /* the last try got an HTTP status */
	unsigned misses; /* tries that did not */
	unsigned waits;
	struct error failures[IMDS_MAX_ENDPOINTS]; /* each endpoint's last one */
};

static const char *const methods[] = {
	[IMDS_PUT_TOKEN] = "PUT",
	[IMDS_GET_KEY] = "GET",
};

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
	strbuf_wipe(&imds->token);
	strbuf_done(&imds->token);
	strbuf_wipe(&imds->body);
	strbuf_done(&imds->body);
}

static const char *endpoint_url(const struct imds *imds)
{
	return imds->endpoints.url[imds->endpoint];
}

static struct imds_response try_once(const struct inquiry *inquiry, struct question *question)
{
	static const char *const token_headers[] = {TOKEN_TTL_HEADER, NULL};
	struct imds *imds = inquiry->imds;
	const char *const key_headers[] = {strbuf_text(&imds->token), NULL};
	struct imds_patience patience = imds_patience_of(question->waits);
	struct error *failure = &question->failures[imds->endpoint];
	char url[sizeof(imds->endpoints.url[0]) + MAX_PATH];
	const struct http_request request = {
		.method = methods[question->request],
		.url = url,
		.headers = question->request == IMDS_PUT_TOKEN ? token_headers : key_headers,
		.max_response = FACT_VALUE_MAX,
		.connect_msec = patience.connect_msec,
		.response_msec = patience.response_msec,
	};
	struct error error = {0};
	long status;
	int err;

	snprintf(url, sizeof(url), "%s%s", endpoint_url(imds), question->path);
	err = http_exchange(&imds->http, &request, inquiry->deadline, &status, &imds->body, &error);
	question->reached = !err;
	if (!err) {
		error_set(failure, OUTCOME_FAILED, EBADMSG, "HTTP %ld", status);
		return imds_response_of_status(question->request, status);
	}
	/* A try that the deadline cut short says less than the one before it. */
	if (!failure->text[0] || deadline_left(inquiry->deadline, clock_now()))
		*failure = error;
	return imds_response_of_failure(err);
}

static int fail_for_good(const struct inquiry *inquiry, const struct question *question,
	const struct imds_response *response)
{
	const struct imds *imds = inquiry->imds;

	return error_set(inquiry->error, OUTCOME_FAILED, response->err,
		"metadata service: %s %s%s: %s%s%s", methods[question->request], endpoint_url(imds),
		question->path, question->failures[imds->endpoint].text,
		response->words ? ": " : "", response->words ? response->words : "");
}

static int fail_in_time(const struct inquiry *inquiry, const struct question *question)
{
	const struct imds_endpoints *endpoints = &inquiry->imds->endpoints;
	const struct error *failures = question->failures;
	size_t first = failures[0].text[0] ? 0 : 1;
	double seconds = (double)deadline_left(inquiry->deadline, inquiry->start) / 1000;

	if (failures[0].text[0] && failures[1].text[0])
		return error_set(inquiry->error, OUTCOME_TIMEOUT, ETIME,
			"no answer from the metadata service at %s in %.1f s, last: %s; "
			"nor at %s, last: %s",
			endpoints->url[0], seconds, failures[0].text, endpoints->url[1],
			failures[1].text);
	return error_set(inquiry->error, OUTCOME_TIMEOUT, ETIME,
		"no answer from the metadata service at %s in %.1f s, last: %s",
		endpoints->url[first], seconds, failures[first].text);
}

/*
 * Another endpoint is tried at once where this one could not be reached; only when each has had its
 * turn is there a wait. It never passes the deadline: -ETIME when that has come.
 */
static int prepare_retry(const struct inquiry *inquiry, struct question *question)
{
	struct imds *imds = inquiry->imds;
	uint64_t left = deadline_left(inquiry->deadline, clock_now());
	uint64_t delay;

	if (left == 0)
		return -ETIME;
	if (!question->reached) {
		imds->endpoint = (imds->endpoint + 1) % imds->endpoints.count;
		if (++question->misses % imds->endpoints.count)
			return 0;
	}
	delay = backoff_delay(
		++question->waits, clock_random(), BACKOFF_BASE_MSEC, BACKOFF_CAP_MSEC);
	if (delay > left)
		delay = left;
	log_line(LOG_DEBUG, NULL, "metadata service: next try in %llu ms",
		(unsigned long long)delay);
	poll(NULL, 0, (int)delay);
	return deadline_left(inquiry->deadline, clock_now()) ? 0 : -ETIME;
}

/*
 * An endpoint that is only the second choice does not decide for the first one, which could not be
 * reached so far: IPv6 may be switched off (HTTP 403) while IPv4 is only slow.
 */
static bool has_missed_earlier(const struct imds *imds, const struct question *question)
{
	return imds->endpoint > 0 && question->failures[0].text[0];
}

/*
 * Returns 0 with the answer in the body, -ENOENT (no such key), -EKEYEXPIRED (the token is refused
 * and may be renewed), or why it failed for good.
 */
static int ask(
	const struct inquiry *inquiry, enum imds_request request, const char *path, bool may_renew)
{
	struct question question = {.request = request, .path = path};

	do {
		struct imds_response response = try_once(inquiry, &question);

		switch (response.verdict) {
		case IMDS_RESPONSE:
			return 0;
		case IMDS_ABSENT:
			return -ENOENT;
		case IMDS_NEW_TOKEN:
			if (may_renew)
				return -EKEYEXPIRED;
			return fail_for_good(inquiry, &question, &response);
		case IMDS_GIVE_UP:
			if (!has_missed_earlier(inquiry->imds, &question))
				return fail_for_good(inquiry, &question, &response);
			question.reached = false;
			break;
		case IMDS_RETRY:
			break;
		}
	} while (prepare_retry(inquiry, &question) == 0);
	return fail_in_time(inquiry, &question);
}

static int take_token(const struct inquiry *inquiry)
{
	struct imds *imds = inquiry->imds;
	int err = ask(inquiry, IMDS_PUT_TOKEN, TOKEN_PATH, false);

	if (err)
		return err;
	if (imds_token_is_valid(strbuf_text(&imds->body), imds->body.length))
		err = strbuf_printf(&imds->token, "%s%s", TOKEN_HEADER, strbuf_text(&imds->body));
	else
		err = error_set(inquiry->error, OUTCOME_FAILED, EBADMSG,
			"metadata service: PUT %s%s: "
			"the token is not 1 to %d printable characters without blanks",
			endpoint_url(imds), TOKEN_PATH, IMDS_TOKEN_MAX);
	log_secrets_learn(strbuf_text(&imds->body));
	strbuf_wipe(&imds->body);
	return err;
}

/* A token may have expired since it was taken, so a refusal costs another one, once. */
static int get_key(const struct inquiry *inquiry, const char *path)
{
	struct imds *imds = inquiry->imds;

	for (bool renewed = false;; renewed = true) {
		int err = imds->token.length ? 0 : take_token(inquiry);

		if (!err)
			err = ask(inquiry, IMDS_GET_KEY, path, !renewed);
		if (err != -EKEYEXPIRED)
			return err;
		strbuf_wipe(&imds->token);
	}
}

static int get_fact(const struct inquiry *inquiry, enum fact fact, struct facts *facts)
{
	struct imds *imds = inquiry->imds;
	char mac[MAC_TEXT_SIZE];
	char path[MAX_PATH];
	int err;

	if (fact == FACT_PRIMARY_MAC)
		snprintf(path, sizeof(path), LATEST "meta-data/%s", facts_key(fact));
	else
		snprintf(path, sizeof(path), LATEST MACS "%s/%s", mac_format(&facts->mac, mac),
			facts_key(fact));
	err = get_key(inquiry, path);
	if (err == -ENOENT) {
		facts_set_absent(facts, fact);
		return 0;
	}
	if (err)
		return err;
	err = facts_set(facts, fact, strbuf_text(&imds->body), imds->body.length, inquiry->error);
	if (err == -EBADMSG)
		error_prefix(
			inquiry->error, "metadata service: GET %s%s", endpoint_url(imds), path);
	return err;
}

int imds_get_facts(struct imds *imds, unsigned wanted, const struct deadline *deadline,
	struct facts *facts, struct error *error)
{
	const struct inquiry inquiry = {
		.imds = imds,
		.deadline = deadline,
		.start = clock_now(),
		.error = error,
	};

	for (unsigned fact = 0; fact < FACT_COUNT_; fact++) {
		int err;

		if (!(wanted & ~(facts->known | facts->absent) & FACT_BIT(fact)))
			continue;
		err = get_fact(&inquiry, (enum fact)fact, facts);
		if (err)
			return err;
	}
	return 0;
}

int imds_get(struct imds *imds, const char *key, const struct deadline *deadline,
	struct strbuf *ret_value, struct error *error)
{
	const struct inquiry inquiry = {
		.imds = imds,
		.deadline = deadline,
		.start = clock_now(),
		.error = error,
	};
	char path[MAX_PATH];
	int err;

	strbuf_wipe(ret_value);
	if (snprintf(path, sizeof(path), LATEST "%s", key) >= (int)sizeof(path))
		return error_set(error, OUTCOME_FAILED, EINVAL,
			"metadata service: \"%s\" is too long for a key", key);
	err = get_key(&inquiry, path);
	if (err == -ENOENT)
		return error_set(error, OUTCOME_FAILED, ENOENT,
			"metadata service: GET %s%s: there is no such key", endpoint_url(imds),
			path);
	if (err)
		return err;
	err = strbuf_add(ret_value, strbuf_text(&imds->body), imds->body.length);
	/* It may be credentials, and nobody needs it twice. */
	strbuf_wipe(&imds->body);
	if (err)
		return error_set(error, OUTCOME_FAILED, err == -E2BIG ? EBADMSG : -err,
			"metadata service: GET %s%s: %s", endpoint_url(imds), path,
			err == -E2BIG ? "the answer is too long" : "out of memory");
	return 0;
}

int imds_get_of_interface(struct imds *imds, const struct mac *mac, const char *key,
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

	if (err || imds_token_is_valid(strbuf_text(ret_value), ret_value->length))
		return err;
	strbuf_wipe(ret_value);
	return error_set(error, OUTCOME_FAILED, EBADMSG,
		"metadata service: GET %s" LATEST "%s: the answer is not one word",
		endpoint_url(imds), key);
}
