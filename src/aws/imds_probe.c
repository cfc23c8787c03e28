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

struct visit {
	struct http http;
	const char *url;
	const struct deadline *deadline;
	struct strbuf body;
};

static int ask(struct visit *visit, const char *method, const char *path, const char *header,
	long *ret_status, struct error *error)
{
	const char *const headers[] = {header, NULL};
	char url[512];
	const struct http_request request = {
		.method = method,
		.url = url,
		.headers = headers,
		.max_response = RESPONSE_MAX,
		.connect_msec = CONNECT_MSEC,
		.response_msec = RESPONSE_MSEC,
	};

	snprintf(url, sizeof(url), "%s/latest/%s", visit->url, path);
	return http_exchange(
		&visit->http, &request, visit->deadline, ret_status, &visit->body, error);
}

static enum imds_state state_of(enum imds_request request, long status)
{
	struct imds_response response = imds_response_of_status(request, status);

	switch (response.verdict) {
	case IMDS_RESPONSE:
		return IMDS_WORKS;
	case IMDS_RETRY:
		return IMDS_BUSY;
	case IMDS_ABSENT:
	case IMDS_NEW_TOKEN:
	case IMDS_GIVE_UP:
		break;
	}
	return response.err == EACCES && status == 403 ? IMDS_OFF : IMDS_NO_TOKENS;
}

/*
 * The hop limit is that of the answer with the token alone: where that is lost and another request is
 * answered, whatever the answer, there is a hop too many.
 */
static enum imds_state state_without_token(struct visit *visit)
{
	long status;

	return ask(visit, "GET", IMDS_INSTANCE_ID, NULL, &status, NULL) ? IMDS_UNREACHABLE
									: IMDS_HOP_LIMIT;
}

static void visit_service(struct visit *visit, struct imds_probe *probe)
{
	char token[sizeof(TOKEN_HEADER) + IMDS_TOKEN_MAX];
	long status;
	int err = ask(visit, "PUT", "api/token", TTL_HEADER, &status, &probe->error);

	if (err) {
		probe->state = err == -ETIME ? state_without_token(visit) : IMDS_UNREACHABLE;
		return;
	}
	probe->state = state_of(IMDS_PUT_TOKEN, status);
	if (probe->state == IMDS_WORKS &&
		!imds_token_is_valid(strbuf_text(&visit->body), visit->body.length))
		probe->state = IMDS_NO_TOKENS;
	if (probe->state == IMDS_WORKS) {
		snprintf(token, sizeof(token), TOKEN_HEADER "%s", strbuf_text(&visit->body));
		err = ask(visit, "GET", IMDS_INSTANCE_ID, token, &status, &probe->error);
		explicit_bzero(token, sizeof(token));
		probe->state = err ? IMDS_UNREACHABLE : state_of(IMDS_GET_KEY, status);
	}
	if (!err && probe->state != IMDS_WORKS)
		error_set(&probe->error, OUTCOME_FAILED, EBADMSG, "HTTP %ld", status);
}

int imds_probe(const char *url, const char *interface, const struct deadline *deadline,
	struct imds_probe *ret_probe, struct error *error)
{
	const struct http_options options = {.interface = interface};
	struct visit visit = {.url = url, .deadline = deadline};
	uint64_t start = clock_now();
	int err = http_open(&options, &visit.http, error);

	if (err)
		return err;
	*ret_probe = (struct imds_probe){.state = IMDS_UNREACHABLE};
	strbuf_init(&visit.body, RESPONSE_MAX);
	visit_service(&visit, ret_probe);
	ret_probe->msec = clock_now() - start;
	strbuf_wipe(&visit.body);
	strbuf_done(&visit.body);
	http_close(&visit.http);
	return 0;
}
