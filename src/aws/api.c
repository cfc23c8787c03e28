/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/api.h"

#include "aws/api_attempt.h"
#include "aws/credentials_chain.h"
#include "aws/libcurl.h"
#include "aws/proxy.h"
#include "aws/tls_roots.h"
#include "base/clock.h"
#include "base/log.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* As many tables as a VPC has at the most, within reason: beyond, they wait for each other. */
#define CONNECTIONS_MAX 32L

struct api {
	const struct api_options *options;
	struct endpoint endpoints[2]; /* by enum aws_service */
	CURLM *multi;
	CURLSH *share;
	struct credentials credentials;
	bool has_credentials;
	/* As the contexts have them, from one to the next. */
	int64_t skew;
	int64_t offset;
	bool has_offset;
	unsigned throttled;
};

int api_open(const struct api_options *options, struct api **ret_api, struct error *error)
{
	_cleanup_(api_close) struct api *api = calloc(1, sizeof(*api));
	int err = 0;

	if (!api || libcurl_start(true) != CURLE_OK)
		return error_set(error, OUTCOME_FAILED, ENOMEM, "out of memory");
	api->options = options;
	proxy_learn_passwords();
	for (enum aws_service service = AWS_SERVICE_EC2; !err && service <= AWS_SERVICE_STS;
		service++)
		err = aws_settings_endpoint(
			options->settings, service, &api->endpoints[service], error);
	if (err)
		return err;
	/* With CURLOPT_NOSIGNAL libcurl leaves this to us. */
	signal(SIGPIPE, SIG_IGN);
	api->multi = curl_multi_init();
	api->share = curl_share_init();
	if (!api->multi || !api->share)
		return error_set(error, OUTCOME_FAILED, ENOMEM, "out of memory");
	curl_multi_setopt(api->multi, CURLMOPT_MAXCONNECTS, CONNECTIONS_MAX);
	curl_multi_setopt(api->multi, CURLMOPT_MAX_HOST_CONNECTIONS, CONNECTIONS_MAX);
	curl_share_setopt(api->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
	curl_share_setopt(api->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS);
	*ret_api = TAKE_PTR(api);
	return 0;
}

void api_close(struct api **api)
{
	struct api *gone = *api;

	if (!gone)
		return;
	credentials_done(&gone->credentials);
	curl_multi_cleanup(gone->multi);
	curl_share_cleanup(gone->share);
	curl_global_cleanup();
	free(gone);
	*api = NULL;
}

const char *api_identity(const struct api *api)
{
	return api->has_credentials ? api->credentials.source : "";
}

uint64_t api_expiry(const struct api *api)
{
	return api->has_credentials ? api->credentials.expires : CREDENTIALS_NEVER;
}

bool api_clock_offset(const struct api *api, int64_t *ret_seconds)
{
	if (api->has_offset)
		*ret_seconds = api->offset;
	return api->has_offset;
}

/*
 * What the calls that are not to be waited for have left, from when all others have ended; *since is
 * when that was, 0: they have not.
 */
static void give_up_impatient(
	struct api_attempt *attempts, size_t count, struct api_context *context, uint64_t *since)
{
	uint64_t now = clock_now();

	for (size_t i = 0; i < count; i++)
		if (attempts[i].state != API_ENDED && !attempts[i].call->patience)
			return;
	if (!*since)
		*since = now;
	for (size_t i = 0; i < count; i++)
		if (now - *since >= attempts[i].call->patience)
			api_attempt_give_up(&attempts[i], context);
}

/* How long until something is due; at most until the deadline. */
static uint64_t next_due(const struct api_attempt *attempts, size_t count,
	const struct deadline *deadline, uint64_t since)
{
	uint64_t now = clock_now();
	uint64_t left = deadline_left(deadline, now);

	for (size_t i = 0; i < count; i++) {
		uint64_t patience = attempts[i].call->patience;
		if (!since || attempts[i].state == API_ENDED)
			continue;
		if (now - since >= patience)
			return 0;
		if (patience - (now - since) < left)
			left = patience - (now - since);
	}
	for (size_t i = 0; i < count; i++) {
		if (attempts[i].state != API_WAITS)
			continue;
		if (attempts[i].due <= now)
			return 0;
		if (attempts[i].due - now < left)
			left = attempts[i].due - now;
	}
	return left;
}

static int start_due(struct api_attempt *attempts, size_t count, struct api_context *context)
{
	uint64_t now = clock_now();

	for (size_t i = 0; i < count; i++)
		if (attempts[i].state == API_WAITS && attempts[i].due <= now &&
			api_attempt_start(&attempts[i], context) == -ENOMEM)
			return -ENOMEM;
	return 0;
}

static int collect(struct api_context *context)
{
	CURLMsg *message;
	int left, err = 0;

	while (!err && (message = curl_multi_info_read(context->multi, &left))) {
		struct api_attempt *attempt = NULL;
		CURLcode code = message->data.result;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&attempt);
		err = api_attempt_finish(attempt, context, code, clock_random());
	}
	return err;
}

static bool all_ended(const struct api_attempt *attempts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (attempts[i].state != API_ENDED)
			return false;
	return true;
}

/* curl_multi_wait() returns at once where nothing is in flight; curl_multi_poll() is newer than 7.61. */
static void wait_for_events(CURLM *multi, int running, uint64_t msec)
{
	int at_most = (int)(msec < 1000 ? msec : 1000);

	if (running)
		curl_multi_wait(multi, NULL, 0, at_most, NULL);
	else
		poll(NULL, 0, at_most);
}

/* Until all have ended, the deadline has come, or the credentials have to be renewed. */
static int drive(struct api_attempt *attempts, size_t count, struct api_context *context)
{
	uint64_t since = 0;
	int err = 0;

	while (!err && !all_ended(attempts, count) && !context->stale) {
		uint64_t wait;
		int running = 0;

		if (!deadline_left(context->deadline, clock_now())) {
			for (size_t i = 0; i < count; i++)
				api_attempt_give_up(&attempts[i], context);
			break;
		}
		err = start_due(attempts, count, context);
		if (!err && curl_multi_perform(context->multi, &running) != CURLM_OK)
			err = -ENOMEM;
		if (!err)
			err = collect(context);
		if (!err)
			give_up_impatient(attempts, count, context, &since);
		wait = next_due(attempts, count, context->deadline, since);
		if (!err && wait && !all_ended(attempts, count) && !context->stale)
			wait_for_events(context->multi, running, wait);
	}
	return err;
}

/* The calls with these credentials; ret_stale: the service refused them. */
static int run_with(struct api *api, const struct credentials *credentials,
	struct api_attempt *attempts, size_t count, const struct deadline *deadline,
	bool *ret_stale)
{
	struct api_context context = {
		.multi = api->multi,
		.share = api->share,
		.ca_file = api->options->settings->ca_bundle.value,
		.ca_directory = api->options->settings->ca_bundle.value ? NULL
									: tls_roots_directory(),
		.deadline = deadline,
		.endpoints = api->endpoints,
		.credentials = credentials,
		.skew = api->skew,
		.throttled = api->throttled,
	};
	int err = drive(attempts, count, &context);

	api->skew = context.skew;
	if (context.has_offset)
		api->offset = context.offset;
	api->has_offset |= context.has_offset;
	api->throttled = context.throttled;
	*ret_stale = context.stale;
	return err;
}

static int explain_refused_role(
	const struct credentials_role *role, const struct ec2_fault *fault, struct error *error)
{
	const char *code = fault->code ? fault->code : "no error code";
	const char *message = fault->message ? fault->message : "";
	const char *colon = fault->message ? ": " : "";

	if (ec2_fault_advice(STS_ASSUME_ROLE, fault) == EC2_DENIED)
		return error_set(error, OUTCOME_DENIED, EACCES,
			"IAM does not permit sts:AssumeRole on %s: allow \"sts:AssumeRole\" on it "
			"(see \"myha iam-policy\"), and this host's role in its trust policy: "
			"%s%s%s",
			role->arn, code, colon, message);
	return error_set(error, OUTCOME_FAILED, EACCES, "cannot assume %s: %s%s%s", role->arn, code,
		colon, message);
}

static int assume(struct api *api, const struct credentials_role *role,
	const struct deadline *deadline, struct credentials *credentials, struct error *error)
{
	const struct flow_call call = {
		.action = STS_ASSUME_ROLE,
		.parameters = {.role_arn = role->arn,
			.session_name = role->session_name ? role->session_name
							   : api->options->session_name,
			.external_id = role->external_id,
			.duration_seconds = role->duration_seconds},
	};
	_cleanup_(flow_response_done) struct flow_response response = {0};
	const struct sts_credentials *given = &response.response.reply.credentials;
	const struct ec2_fault *fault = &response.response.fault;
	struct api_attempt attempt;
	struct api_context none = {.multi = api->multi};
	bool stale = true;
	int err = api_attempt_init(&attempt, &call, &response);

	/* They were only just fetched: where STS does not know them yet, it is asked once more. */
	while (!err && stale)
		err = run_with(api, credentials, &attempt, 1, deadline, &stale);
	api_attempt_done(&attempt, &none);
	if (err)
		return error_set(error, OUTCOME_FAILED, -err, "cannot ask to assume %s: %s",
			role->arn, strerror(-err));
	if (response.err) {
		*error = response.error;
		return response.err;
	}
	/* Fail closed: whoever may not have the role does not go on as somebody else. */
	if (response.response.is_fault)
		return explain_refused_role(role, fault, error);
	credentials_done(credentials);
	err = credentials_set(
		credentials, given->access_key, given->secret_key, given->session_token);
	if (err)
		return error_set(error, OUTCOME_FAILED, ENOMEM, "out of memory");
	credentials->expires = given->expires;
	snprintf(credentials->source, sizeof(credentials->source), "%s", role->arn);
	return 0;
}

static int find_credentials(struct api *api, const struct deadline *deadline, struct error *error)
{
	const struct credentials_search search = {
		.settings = api->options->settings,
		.imds = api->options->imds,
		.no_imds = api->options->no_imds,
		.deadline = deadline,
		.now = clock_wall(),
	};
	_cleanup_(credentials_plan_done) struct credentials_plan plan = {0};
	int err = credentials_find(&search, &plan, error);

	if (!err && api->options->role_arn &&
		credentials_plan_add_role(&plan, api->options->role_arn, NULL, NULL, 0))
		err = error_set(error, OUTCOME_FAILED, ENOMEM, "out of memory");
	for (size_t i = 0; !err && i < plan.count; i++)
		err = assume(api, &plan.roles[i], deadline, &plan.base, error);
	if (err)
		return err;
	credentials_done(&api->credentials);
	api->credentials = plan.base;
	plan.base = (struct credentials){0};
	api->has_credentials = true;
	return 0;
}

/* Fresh ones where there are none, or where those that there are end soon. */
static int have_credentials(struct api *api, const struct deadline *deadline, struct error *error)
{
	enum credentials_age age = CREDENTIALS_STALE;
	int err;

	if (api->has_credentials)
		age = credentials_age(&api->credentials, clock_wall());
	if (age == CREDENTIALS_FRESH)
		return 0;
	err = find_credentials(api, deadline, error);
	return err && age == CREDENTIALS_DUE ? 0 : err;
}

static int run_attempts(struct api *api, struct api_attempt *attempts, size_t count,
	const struct deadline *deadline, struct error *error)
{
	bool stale = true;
	int err = 0;

	while (!err && stale) {
		err = have_credentials(api, deadline, error);
		if (err)
			return err;
		err = run_with(api, &api->credentials, attempts, count, deadline, &stale);
		if (err)
			return error_set(error, OUTCOME_FAILED, -err, "out of memory");
		if (stale) {
			credentials_done(&api->credentials);
			api->has_credentials = false;
		}
	}
	return err;
}

int api_run(struct api *api, const struct flow_call *calls, size_t count,
	const struct deadline *deadline, struct flow_response *ret_responses, struct error *error)
{
	struct api_context none = {.multi = api->multi};
	struct api_attempt *attempts = calloc(count, sizeof(*attempts));
	size_t made = 0;
	int err = attempts ? 0 : -ENOMEM;

	memset(ret_responses, 0, count * sizeof(*ret_responses));
	for (; !err && made < count; made++)
		err = api_attempt_init(&attempts[made], &calls[made], &ret_responses[made]);
	if (err)
		error_set(error, OUTCOME_FAILED, -err, "cannot make the request: %s",
			ec2_request_explain(err));
	else
		err = run_attempts(api, attempts, count, deadline, error);
	for (size_t i = 0; i < made; i++)
		api_attempt_done(&attempts[i], &none);
	free(attempts);
	return err;
}
