/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/imds_probe.h"

#include "aws/imds.h"
#include "aws/imds_response.h"
#include "base/clock.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define TTL_HEADER "X-aws-ec2-metadata-token-ttl-seconds: 60"
#define TOKEN_HEADER "X-aws-ec2-metadata-token: "
#define RESPONSE_MAX 4096
#define CONNECT_MSEC 1000
#define RESPONSE_MSEC 1500

struct session {
	struct http http;
	const char *url;
	const struct deadline *deadline;
	struct strbuf body;
};

/* Sends one request, for `path` below /latest/. `header`: one header line, or NULL. */
static int send_request(struct session *session, const char *method, const char *path,
	const char *header, long *ret_status, struct error *error)
{
	const char *const headers[] = {header, NULL};
	char url[512];
	const struct http_request request = {.method = method,
		.url = url,
		.headers = headers,
		.max_response = RESPONSE_MAX,
		.connect_msec = CONNECT_MSEC,
		.response_msec = RESPONSE_MSEC};

	snprintf(url, sizeof(url), "%s/latest/%s", session->url, path);
	return http_exchange(
		&session->http, &request, session->deadline, ret_status, &session->body, error);
}

/* Maps an HTTP status to a state. A service of version 2 accepts a new token and has this key. */
static enum imds_state classify_status(enum imds_request request, long status)
{
	struct imds_response response = imds_classify_status(request, status);

	switch (response.verdict) {
	case IMDS_OK:
		return IMDS_WORKS;
	case IMDS_RETRY:
		return IMDS_BUSY;
	case IMDS_ABSENT:
	case IMDS_RENEW_TOKEN:
	case IMDS_GIVE_UP:
		break;
	}
	return status == 403 ? IMDS_OFF : IMDS_NOT_V2;
}

/*
 * Tells why the response with the token was lost. The hop limit applies only to that response: if a
 * request without a token gets any response, 401 included, then there are too many hops.
 */
static enum imds_state diagnose_token_timeout(struct session *session)
{
	long status;
	int err = send_request(session, "GET", IMDS_INSTANCE_ID, NULL /* no token */, &status,
		NULL /* no words */);

	return err ? IMDS_UNREACHABLE : IMDS_HOP_LIMIT;
}

/* Fetches a token, then a key with it. Stores the state that the first failure shows. */
static void probe_service(struct session *session, struct imds_probe *probe)
{
	char token[sizeof(TOKEN_HEADER) + IMDS_TOKEN_MAX];
	long status;
	int err = send_request(session, "PUT", "api/token", TTL_HEADER, &status, &probe->error);

	if (err) {
		probe->state = err == -ETIME ? diagnose_token_timeout(session) : IMDS_UNREACHABLE;
		return;
	}
	probe->state = classify_status(IMDS_PUT_TOKEN, status);
	if (probe->state == IMDS_WORKS &&
		!imds_word_is_valid(strbuf_text(&session->body), session->body.length))
		probe->state = IMDS_NOT_V2;
	if (probe->state == IMDS_WORKS) {
		snprintf(token, sizeof(token), TOKEN_HEADER "%s", strbuf_text(&session->body));
		err = send_request(session, "GET", IMDS_INSTANCE_ID, token, &status, &probe->error);
		explicit_bzero(token, sizeof(token));
		probe->state = err ? IMDS_UNREACHABLE : classify_status(IMDS_GET_KEY, status);
	}
	if (!err && probe->state != IMDS_WORKS)
		error_set(&probe->error, OUTCOME_FAILED, EBADMSG, "HTTP %ld", status);
}

/* A failure of the service is a result in `ret_probe`; only a failure to start is an error. */
int imds_probe(const char *url, const char *interface, const struct deadline *deadline,
	struct imds_probe *ret_probe, struct error *error)
{
	const struct http_options options = {.interface = interface};
	struct session session = {.url = url, .deadline = deadline};
	uint64_t start = clock_now();
	int err = http_open(&options, &session.http, error);

	if (err)
		return err;
	*ret_probe = (struct imds_probe){.state = IMDS_UNREACHABLE};
	strbuf_init(&session.body, RESPONSE_MAX);
	probe_service(&session, ret_probe);
	ret_probe->msec = clock_now() - start;
	strbuf_done(&session.body);
	http_close(&session.http);
	return 0;
}
