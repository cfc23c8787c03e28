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

/* One for each route table of a VPC, within reason. libcurl queues further requests. */
#define CONNECTIONS_MAX 32L

struct api {
	const struct api_options *options;
	struct credentials credentials; /* without keys: none yet */
	struct api_context context;
};

/* Prepares the endpoints, the trusted certificates and the connection pool. Makes no request. */
int api_open(const struct api_options *options, struct api **ret_api, struct error *error)
{
	_cleanup_(api_close) struct api *api = calloc(1, sizeof(*api));
	int err = 0;

	if (!api || libcurl_init(CURL_GLOBAL_SSL) != CURLE_OK)
		return error_oom(error);
	api->options = options;
	proxy_register_passwords();
	for (enum aws_service service = AWS_SERVICE_EC2; !err && service <= AWS_SERVICE_STS;
		service++)
		err = aws_settings_endpoint(
			options->settings, service, &api->context.endpoints[service], error);
	if (err)
		return err;
	/* With CURLOPT_NOSIGNAL, libcurl does not ignore SIGPIPE by itself. */
	signal(SIGPIPE, SIG_IGN);
	api->context.ca_file = options->settings->ca_bundle.value;
	if (!api->context.ca_file)
		api->context.ca_directory = tls_roots_find_directory();
	api->context.multi = curl_multi_init();
	api->context.share = curl_share_init();
	if (!api->context.multi || !api->context.share)
		return error_oom(error);
	curl_multi_setopt(api->context.multi, CURLMOPT_MAXCONNECTS, CONNECTIONS_MAX);
	curl_multi_setopt(api->context.multi, CURLMOPT_MAX_HOST_CONNECTIONS, CONNECTIONS_MAX);
	curl_share_setopt(api->context.share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
	curl_share_setopt(api->context.share, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS);
	*ret_api = TAKE_PTR(api);
	return 0;
}

void api_close(struct api **api)
{
	struct api *closed = *api;

	if (!closed)
		return;
	credentials_done(&closed->credentials);
	curl_multi_cleanup(closed->context.multi);
	curl_share_cleanup(closed->context.share);
	curl_global_cleanup(); /* pairs with libcurl_init() */
	free(closed);
	*api = NULL;
}

const char *api_identity(const struct api *api)
{
	return api->credentials.source;
}

uint64_t api_expiry(const struct api *api)
{
	return api->credentials.expires;
}

bool api_clock_offset(const struct api *api, int64_t *ret_seconds)
{
	*ret_seconds = api->context.clock_offset;
	return api->context.has_clock_offset;
}

/*
 * Calls with a grace time are optional: when all required calls have ended, they get only that much
 * more time. Ends those whose grace time is over. `*grace_start`: when the last required call
 * ended; 0: not yet.
 */
static void end_calls_after_grace(struct api_attempt *attempts, size_t count,
	struct api_context *context, uint64_t *grace_start)
{
	uint64_t now = clock_now();

	for (size_t i = 0; i < count; i++)
		if (attempts[i].state != API_ENDED && !attempts[i].call->grace_msec)
			return;
	if (!*grace_start)
		*grace_start = now;
	for (size_t i = 0; i < count; i++)
		if (now - *grace_start >= attempts[i].call->grace_msec)
			api_attempt_end_timeout(&attempts[i], context);
}

/* Milliseconds until a retry, a grace time's end or the deadline. `grace_start` 0: none runs. */
static uint64_t compute_wait(const struct api_attempt *attempts, size_t count,
	const struct deadline *deadline, uint64_t grace_start)
{
	uint64_t now = clock_now();
	uint64_t wait = deadline_left(deadline, now);

	for (size_t i = 0; i < count; i++) {
		uint64_t grace_end = grace_start + attempts[i].call->grace_msec;
		uint64_t next_event = UINT64_MAX;

		if (attempts[i].state == API_WAITING)
			next_event = attempts[i].due;
		if (attempts[i].state != API_ENDED && grace_start && grace_end < next_event)
			next_event = grace_end;
		if (next_event <= now)
			return 0;
		if (next_event - now < wait)
			wait = next_event - now;
	}
	return wait;
}

/* Starts a try of each attempt that is due. Errors except -ENOMEM become the attempt's result. */
static int start_due_attempts(
	struct api_attempt *attempts, size_t count, struct api_context *context)
{
	uint64_t now = clock_now();

	for (size_t i = 0; i < count; i++)
		if (attempts[i].state == API_WAITING && attempts[i].due <= now &&
			api_attempt_start(&attempts[i], context) == -ENOMEM)
			return -ENOMEM;
	return 0;
}

/* For each transfer that libcurl has completed: stores its result, or schedules a retry. */
static int finish_transfers(struct api_context *context)
{
	CURLMsg *message;
	int unused, err = 0;

	while (!err && (message = curl_multi_info_read(context->multi, &unused))) {
		struct api_attempt *attempt = NULL;
		CURLcode code = message->data.result;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&attempt);
		err = api_attempt_finish(attempt, context, code, clock_random());
	}
	return err;
}

static bool have_all_ended(const struct api_attempt *attempts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (attempts[i].state != API_ENDED)
			return false;
	return true;
}

/*
 * Waits for sockets of running transfers, at most one second. Without a transfer, curl_multi_wait()
 * would return at once, hence poll(). libcurl 7.61 does not have curl_multi_poll().
 */
static void wait_for_events(CURLM *multi, int running_count, uint64_t msec)
{
	int max_msec = (int)(msec < 1000 ? msec : 1000);

	if (running_count)
		curl_multi_wait(multi, NULL, 0, max_msec, NULL);
	else
		poll(NULL, 0, max_msec);
}

/* Returns when all attempts have ended, at the deadline, or when credentials are refused. */
static int process_attempts(struct api_attempt *attempts, size_t count, struct api_context *context)
{
	uint64_t grace_start = 0;
	int err = 0;

	while (!err && !have_all_ended(attempts, count) && !context->credentials_refused) {
		uint64_t wait;
		int running_count = 0;

		if (!deadline_left(context->deadline, clock_now())) {
			for (size_t i = 0; i < count; i++)
				api_attempt_end_timeout(&attempts[i], context);
			break;
		}
		err = start_due_attempts(attempts, count, context);
		if (!err && curl_multi_perform(context->multi, &running_count) != CURLM_OK)
			err = -ENOMEM; /* the only error with valid handles */
		if (!err)
			err = finish_transfers(context);
		if (!err)
			end_calls_after_grace(attempts, count, context, &grace_start);
		wait = compute_wait(attempts, count, context->deadline, grace_start);
		if (!err && wait && !have_all_ended(attempts, count) &&
			!context->credentials_refused)
			wait_for_events(context->multi, running_count, wait);
	}
	return err;
}

/* Runs the attempts until all have ended, or until the service refuses these credentials. */
static int run_with_credentials(struct api *api, const struct credentials *credentials,
	struct api_attempt *attempts, size_t count, const struct deadline *deadline)
{
	api->context.deadline = deadline;
	api->context.credentials = credentials;
	api->context.credentials_refused = false;
	return process_attempts(attempts, count, &api->context);
}

/* Reports why STS refused AssumeRole; if IAM denies it, also how to permit it. Returns -EACCES. */
static int set_role_refused_error(
	const struct credentials_role *role, const struct ec2_fault *fault, struct error *error)
{
	const char *code = fault->code ? fault->code : "no error code";
	const char *message = fault->message ? fault->message : "";
	const char *colon = fault->message ? ": " : "";

	if (ec2_fault_advice(STS_ASSUME_ROLE, fault) == EC2_DENIED) {
		error_set(error, OUTCOME_DENIED, EACCES,
			"IAM does not permit sts:AssumeRole on %s: allow \"sts:AssumeRole\" on this role (see \"myha iam-policy\"), and allow this host's role in its trust policy: %s%s%s",
			role->arn, code, colon, message);
		if (ec2_fault_is_explicit_deny(fault))
			error->code = ERROR_EXPLICIT_DENY;
		return -EACCES;
	}
	return error_set(error, OUTCOME_FAILED, EACCES, "cannot assume %s: %s%s%s", role->arn, code,
		colon, message);
}

/* Assumes the role with `credentials`, and replaces these with the role's credentials. */
static int assume_role(struct api *api, const struct credentials_role *role,
	const struct deadline *deadline, struct credentials *credentials, struct error *error)
{
	const struct flow_call call = {.action = STS_ASSUME_ROLE,
		.parameters = {.role_arn = role->arn,
			.session_name = role->session_name ? role->session_name
							   : api->options->session_name,
			.external_id = role->external_id,
			.duration_seconds = role->duration_seconds}};
	_cleanup_(flow_response_done) struct flow_response response = {0};
	const struct sts_credentials *assumed = &response.response.reply.credentials;
	const struct ec2_fault *fault = &response.response.fault;
	struct api_attempt attempt;
	int err = api_attempt_init(&attempt, &call, &response);

	/*
	 * run_with_credentials() returns early if STS refuses the credentials. They are new, and
	 * STS may not know them yet, so try once more: a second refusal ends the attempt.
	 */
	while (!err && !have_all_ended(&attempt, 1))
		err = run_with_credentials(api, credentials, &attempt, 1, deadline);
	api_attempt_done(&attempt, &api->context);
	if (err)
		return error_set(error, OUTCOME_FAILED, -err,
			"cannot make the AssumeRole request for %s: %s", role->arn, strerror(-err));
	if (response.err) {
		*error = response.error;
		return response.err;
	}
	/* Fail closed: if the role is refused, do not continue under another identity. */
	if (response.response.is_fault)
		return set_role_refused_error(role, fault, error);
	credentials_done(credentials);
	err = credentials_set(
		credentials, assumed->access_key, assumed->secret_key, assumed->session_token);
	if (err)
		return error_oom(error);
	credentials->expires = assumed->expires;
	snprintf(credentials->source, sizeof(credentials->source), "%s", role->arn);
	return 0;
}

/* Finds base credentials, then assumes the profile's roles and options->role_arn, in turn. */
static int fetch_credentials(struct api *api, const struct deadline *deadline, struct error *error)
{
	const struct credentials_search search = {.settings = api->options->settings,
		.imds = api->options->imds,
		.imds_error = api->options->imds_error,
		.deadline = deadline,
		.now = clock_wall()};
	_cleanup_(credentials_plan_done) struct credentials_plan plan = {0};
	int err = credentials_find(&search, &plan, error);

	if (!err && api->options->role_arn &&
		credentials_plan_append_role(&plan, api->options->role_arn, NULL /* session */,
			NULL /* external id */, 0 /* duration */))
		err = error_oom(error);
	for (size_t i = 0; !err && i < plan.count; i++)
		err = assume_role(api, &plan.roles[i], deadline, &plan.base, error);
	if (err)
		return err;
	credentials_done(&api->credentials);
	api->credentials = TAKE_STRUCT(plan.base);
	return 0;
}

/*
 * Fetches credentials if there are none, or if they expire soon. If the fetch fails, credentials
 * that are due for renewal are used until they are stale.
 */
static int ensure_credentials(struct api *api, const struct deadline *deadline, struct error *error)
{
	enum credentials_age age = CREDENTIALS_STALE;
	int err;

	if (api->credentials.access_key)
		age = credentials_age(&api->credentials, clock_wall());
	if (age == CREDENTIALS_FRESH)
		return 0;
	err = fetch_credentials(api, deadline, error);
	if (err && age == CREDENTIALS_DUE)
		return 0; /* the current ones are valid for some more minutes */
	return err;
}

/* Runs the attempts to their ends, with new credentials if the service refuses the current ones. */
static int run_attempts(struct api *api, struct api_attempt *attempts, size_t count,
	const struct deadline *deadline, struct error *error)
{
	do {
		int err = ensure_credentials(api, deadline, error);

		if (err)
			return err;
		if (run_with_credentials(api, &api->credentials, attempts, count, deadline))
			return error_oom(error);
		if (api->context.credentials_refused)
			credentials_done(&api->credentials); /* so that new ones are fetched */
	} while (api->context.credentials_refused);
	return 0;
}

/* Builds all requests before it sends any: an invalid call is an error of the whole batch. */
int api_run(struct api *api, const struct flow_call *calls, size_t count,
	const struct deadline *deadline, struct flow_response *ret_responses, struct error *error)
{
	struct api_attempt *attempts = calloc(count, sizeof(*attempts));
	size_t initialized = 0;
	int err = attempts ? 0 : -ENOMEM;

	memset(ret_responses, 0, count * sizeof(*ret_responses));
	for (; !err && initialized < count; initialized++)
		err = api_attempt_init(
			&attempts[initialized], &calls[initialized], &ret_responses[initialized]);
	if (err)
		error_set(error, OUTCOME_FAILED, -err, "cannot build the request: %s",
			ec2_request_error_text(err));
	else
		err = run_attempts(api, attempts, count, deadline, error);
	for (size_t i = 0; i < initialized; i++)
		api_attempt_done(&attempts[i], &api->context);
	free(attempts);
	return err;
}
