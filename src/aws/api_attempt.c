/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/api_attempt.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/log_secrets.h"
#include "ec2/query.h"
#include "ec2/xml_reader.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Back-off in milliseconds. A failover waits for these requests, so the first retries come soon. */
#define THROTTLED_BASE_MSEC 300
#define TRANSIENT_BASE_MSEC 50
#define BACKOFF_CAP_MSEC 5000

#define UPLOAD_BUFFER_SIZE 16384L /* bytes; the minimum that libcurl accepts */

#define CONNECT_MSEC 3000L
#define RESPONSE_MSEC 15000L

/* Seconds. EC2 accepts signatures whose time differs from its clock by five minutes, or more. */
#define TIME_ERROR_MAX 60

int api_attempt_init(
	struct api_attempt *attempt, const struct flow_call *call, struct flow_response *response)
{
	*attempt = (struct api_attempt){.call = call, .response = response, .state = API_WAITING};
	return ec2_request_build(call->action, &call->parameters, &attempt->request);
}

/* Frees what the running try uses, if there is one. The request is kept for the next try. */
static void free_transfer(struct api_attempt *attempt, struct api_context *context)
{
	if (attempt->transfer) {
		curl_multi_remove_handle(context->multi, attempt->transfer);
		curl_easy_cleanup(attempt->transfer);
		attempt->transfer = NULL;
	}
	ec2_response_reader_free(TAKE_PTR(attempt->reader));
	sigv4_headers_done(&attempt->headers);
}

void api_attempt_done(struct api_attempt *attempt, struct api_context *context)
{
	free_transfer(attempt, context);
	ec2_request_done(&attempt->request);
}

/* libcurl's callback: parses the body as it arrives. A result below `length` stops the transfer. */
static size_t receive_body(char *bytes, size_t size, size_t count, void *data)
{
	struct api_attempt *attempt = data;
	size_t length = size * count;

	attempt->received += length;
	attempt->too_long = attempt->received > XML_READER_MAX_BYTES;
	if (attempt->too_long)
		return 0;
	ec2_response_reader_feed(attempt->reader, bytes, length);
	return length;
}

/* A callback of libcurl for each header line: stores the value of the Date header. */
static size_t receive_header(char *bytes, size_t size, size_t count, void *data)
{
	static const char name[] = "date:";
	const size_t name_length = sizeof(name) - 1;
	struct api_attempt *attempt = data;
	size_t length = size * count;

	if (length > name_length && strncasecmp(bytes, name, name_length) == 0)
		snprintf(attempt->date, sizeof(attempt->date), "%.*s", (int)(length - name_length),
			bytes + name_length);
	return length;
}

static const struct endpoint *get_endpoint(
	const struct api_attempt *attempt, const struct api_context *context)
{
	const char *service = ec2_action_service(attempt->call->action);
	bool is_sts = strcmp(service, endpoint_service_name(AWS_SERVICE_STS)) == 0;

	return &context->endpoints[is_sts ? AWS_SERVICE_STS : AWS_SERVICE_EC2];
}

/* Signs with this host's time plus the correction, which is 0 unless the service refused a time. */
static int sign_request(struct api_attempt *attempt, const struct api_context *context)
{
	const struct endpoint *endpoint = get_endpoint(attempt, context);
	const struct sigv4_credentials credentials = {
		.access_key = context->credentials->access_key,
		.secret_key = context->credentials->secret_key,
		.session_token = context->credentials->session_token};
	const struct sigv4_request request = {.region = endpoint->region,
		.service = endpoint->service,
		.host = endpoint->host,
		.content_type = QUERY_CONTENT_TYPE,
		.body = strbuf_text(&attempt->request.body),
		.length = attempt->request.body.length,
		.time = (uint64_t)((int64_t)clock_wall() + context->time_correction)};

	attempt->used_correction = context->time_correction;
	return sigv4_sign(&credentials, &request, &attempt->headers);
}

static struct curl_slist *link_header_lines(struct api_attempt *attempt)
{
	const char *const lines[] = {"Content-Type: " QUERY_CONTENT_TYPE,
		"Expect:", /* do not wait for "100 Continue" before the body */
		"Accept:", strbuf_text(&attempt->headers.date),
		strbuf_text(&attempt->headers.authorization), strbuf_text(&attempt->headers.token),
		NULL};

	return libcurl_link_lines(lines, attempt->lines);
}

static void set_transfer_options(struct api_attempt *attempt, const struct api_context *context)
{
	uint64_t left = deadline_left(context->deadline, clock_now());
	CURL *transfer = attempt->transfer;

	curl_easy_setopt(transfer, CURLOPT_URL, get_endpoint(attempt, context)->url);
	curl_easy_setopt(transfer, CURLOPT_PRIVATE, attempt);
	curl_easy_setopt(transfer, CURLOPT_ERRORBUFFER, attempt->curl_error);
	libcurl_set_options(transfer);
	curl_easy_setopt(transfer, CURLOPT_POST, 1L);
	curl_easy_setopt(transfer, CURLOPT_POSTFIELDS, strbuf_text(&attempt->request.body));
	curl_easy_setopt(transfer, CURLOPT_POSTFIELDSIZE, (long)attempt->request.body.length);
	curl_easy_setopt(transfer, CURLOPT_HTTPHEADER, link_header_lines(attempt));
	curl_easy_setopt(transfer, CURLOPT_MAXFILESIZE, (long)XML_READER_MAX_BYTES);
	curl_easy_setopt(transfer, CURLOPT_WRITEFUNCTION, receive_body);
	curl_easy_setopt(transfer, CURLOPT_WRITEDATA, attempt);
	curl_easy_setopt(transfer, CURLOPT_HEADERFUNCTION, receive_header);
	curl_easy_setopt(transfer, CURLOPT_HEADERDATA, attempt);
	curl_easy_setopt(transfer, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(transfer, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(transfer, CURLOPT_SHARE, context->share);
	/*
	 * Always set both, one of them to NULL. Otherwise libcurl's default directory would stay
	 * trusted beside a bundle that replaces it, and libcurl would not cache the bundle.
	 */
	if (context->ca_file || context->ca_directory) {
		curl_easy_setopt(transfer, CURLOPT_CAINFO, context->ca_file);
		curl_easy_setopt(transfer, CURLOPT_CAPATH, context->ca_directory);
	}
#if LIBCURL_VERSION_NUM >= 0x075700
	/* Without this, libcurl may wait past the deadline for a silent name server. */
	curl_easy_setopt(transfer, CURLOPT_QUICK_EXIT, 1L);
#endif
#if LIBCURL_VERSION_NUM >= 0x073e00
	/* Request bodies are small, and a buffer is overwritten before it is freed. */
	curl_easy_setopt(transfer, CURLOPT_UPLOAD_BUFFERSIZE, UPLOAD_BUFFER_SIZE);
#endif
	/* api.c enforces the deadline and reports it, so set only timeouts that end before it. */
	if (left > CONNECT_MSEC)
		curl_easy_setopt(transfer, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MSEC);
	if (left > RESPONSE_MSEC)
		curl_easy_setopt(transfer, CURLOPT_TIMEOUT_MS, RESPONSE_MSEC);
}

/* Ends the attempt with `err` (positive), and prefixes its error with the action. Returns -err. */
static int fail_attempt(struct api_attempt *attempt, int err)
{
	attempt->state = API_ENDED;
	attempt->response->err = -err;
	error_prefix(&attempt->response->error, "%s", ec2_action_name(attempt->call->action));
	return -err;
}

static int fail_start(struct api_attempt *attempt, int err, const char *words)
{
	error_set(&attempt->response->error, OUTCOME_FAILED, err, "%s", words);
	return fail_attempt(attempt, err);
}

/* Signs the request anew for each try and hands it to libcurl, which sends it in the background. */
int api_attempt_start(struct api_attempt *attempt, struct api_context *context)
{
	int err = sign_request(attempt, context);

	if (err)
		return fail_start(attempt, -err, "the request cannot be signed");
	err = ec2_response_reader_new(
		attempt->call->action, attempt->call->destination, &attempt->reader);
	attempt->transfer = err ? NULL : curl_easy_init(); /* `err` can only be -ENOMEM */
	if (!attempt->transfer)
		return fail_start(attempt, ENOMEM, "out of memory");
	attempt->received = 0;
	attempt->too_long = false;
	attempt->date[0] = '\0';
	attempt->curl_error[0] = '\0';
	set_transfer_options(attempt, context);
	attempt->tries++;
	attempt->state = API_RUNNING;
	if (curl_multi_add_handle(context->multi, attempt->transfer) != CURLM_OK)
		return fail_start(attempt, ENOMEM, "libcurl does not accept the request");
	return 0;
}

static void schedule_retry_now(struct api_attempt *attempt)
{
	attempt->state = API_WAITING;
	attempt->due = clock_now();
}

/* Schedules a retry after a delay. Calls with a grace time are optional: their failure is final. */
static void schedule_retry(struct api_attempt *attempt, uint32_t random)
{
	if (attempt->call->grace_msec)
		return;
	schedule_retry_now(attempt);
	attempt->due += backoff_delay(
		attempt->tries, random, TRANSIENT_BASE_MSEC, BACKOFF_CAP_MSEC);
}

/*
 * All calls and runs share EC2's rate limit with other nodes: delays grow with all throttled
 * responses, so that no call begins with a short delay again.
 */
static void schedule_throttled_retry(
	struct api_attempt *attempt, struct api_context *context, uint32_t random)
{
	context->throttle_count++;
	if (attempt->call->grace_msec)
		return;
	schedule_retry_now(attempt);
	attempt->due += backoff_delay(
		context->throttle_count, random, THROTTLED_BASE_MSEC, BACKOFF_CAP_MSEC);
}

/* The response's Date header in seconds since 1970; 0: there is none, or it cannot be parsed. */
static uint64_t get_response_date(const struct api_attempt *attempt)
{
	time_t service_time = curl_getdate(attempt->date, NULL);

	return service_time > 0 ? (uint64_t)service_time : 0;
}

static void update_clock_offset(struct api_context *context, uint64_t service_time)
{
	if (!service_time)
		return;
	context->clock_offset = (int64_t)service_time - (int64_t)clock_wall();
	context->has_clock_offset = true;
}

/* Whether the service may refuse a signature with this correction because of its time. */
static bool is_correction_wrong(int64_t correction, int64_t clock_offset)
{
	return llabs(correction - clock_offset) > TIME_ERROR_MAX;
}

/*
 * Corrects later signatures to the service's clock, unless a parallel request has led to the same
 * correction. Warns; but not if this host's clock has been set, so that the correction ends.
 */
static void correct_signature_time(struct api_context *context)
{
	int64_t offset = context->clock_offset;

	if (!is_correction_wrong(context->time_correction, offset))
		return;
	context->time_correction = offset;
	if (is_correction_wrong(0 /* none */, offset))
		log_line(LOG_WARNING, NULL,
			"this host's clock is %lld s %s AWS's: set the clock (see \"chronyc tracking\")",
			llabs(offset), offset < 0 ? "ahead of" : "behind");
}

/* Schedules a retry if the request may succeed later, with another time, or new credentials. */
static void schedule_retry_after_fault(struct api_attempt *attempt, struct api_context *context,
	const struct ec2_fault *fault, uint32_t random)
{
	switch (ec2_fault_advice(attempt->call->action, fault)) {
	case EC2_THROTTLED:
		schedule_throttled_retry(attempt, context, random);
		break;
	case EC2_TRANSIENT:
		schedule_retry(attempt, random);
		break;
	case EC2_CLOCK_SKEW:
		if (attempt->response->date && !attempt->has_new_correction &&
			is_correction_wrong(attempt->used_correction, context->clock_offset)) {
			attempt->has_new_correction = true;
			correct_signature_time(context);
			schedule_retry_now(attempt);
			break;
		}
		/* The signature's time was right or not known: the credentials may have expired. */
		__attribute__((fallthrough));
	case EC2_REFRESH_CREDENTIALS:
		if (attempt->has_new_credentials)
			break;
		attempt->has_new_credentials = true;
		context->credentials_refused = true; /* api.c then fetches new ones */
		schedule_retry_now(attempt);
		break;
	default: /* no retry: the flow decides by the error */
		break;
	}
}

/* Before libcurl 7.62, an unknown authority has its own code; later both names have one value. */
static bool is_untrusted_certificate(CURLcode code)
{
	return code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT;
}

/* Whether the same request may be sent again after its response was lost. */
static bool is_repeatable(const struct api_attempt *attempt)
{
	return attempt->call->parameters.dry_run || ec2_action_is_repeatable(attempt->call->action);
}

/* Whether a proxy refuses this host or this password for good (408 and 429 may pass). */
static bool is_refused_by_proxy(CURL *transfer)
{
	long status = 0;

	curl_easy_getinfo(transfer, CURLINFO_HTTP_CONNECTCODE, &status);
	return status >= 400 && status < 500 && status != 408 && status != 429;
}

/* The service's error may quote the request, with the credentials in it. */
static void mask_fault(struct ec2_fault *fault)
{
	if (fault->code)
		log_secrets_mask(fault->code);
	if (fault->message)
		log_secrets_mask(fault->message);
}

/*
 * Whether a retry within the deadline may succeed. It cannot after these failures: untrusted
 * certificates, a proxy's refusal, wrong file names and URLs, features that this libcurl lacks, and
 * myha's own size limit (CURLE_WRITE_ERROR). A host name that cannot be resolved is retried.
 */
static bool is_transient_failure(CURL *transfer, CURLcode code)
{
	if (is_untrusted_certificate(code) || is_refused_by_proxy(transfer))
		return false;
	switch ((int)code) {
	case CURLE_FAILED_INIT:
	case CURLE_FILESIZE_EXCEEDED:
	case CURLE_NOT_BUILT_IN:
	case CURLE_WRITE_ERROR:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_URL_MALFORMAT:
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_OUT_OF_MEMORY:
		return false;
	}
	return true;
}

/*
 * Whether this response was empty, cut off or sent by a middlebox (no XML): a retry may bring a
 * valid one. If the service has sent too much or invalid content, a retry would bring the same.
 */
static bool is_transient_response_error(int err)
{
	return err == -ENODATA || err == -EPIPE || err == -EPROTO;
}

/* Whether the request may have reached the service: bytes of it were sent. */
static bool is_sent(const struct api_attempt *attempt)
{
	long bytes = 0;

	curl_easy_getinfo(attempt->transfer, CURLINFO_REQUEST_SIZE, &bytes);
	return bytes > 0;
}

/* Ends the attempt with libcurl's error, unless a retry may help and cannot do harm. */
static void finish_failed_transfer(
	struct api_attempt *attempt, struct api_context *context, CURLcode code, uint32_t random)
{
	const char *words = attempt->curl_error[0] ? attempt->curl_error : curl_easy_strerror(code);
	const char *remedy = "";
	bool sent = is_sent(attempt);

	/* The Content-Length was too large. Without one, receive_body() has set the flag. */
	if (code == CURLE_FILESIZE_EXCEEDED)
		attempt->too_long = true;
	if (sent)
		attempt->response->may_be_done = true; /* only the response may be lost */
	/* The text may quote a password, for example a proxy's. */
	log_secrets_mask(attempt->curl_error);
	if (is_untrusted_certificate(code))
		remedy =
			": check the endpoint, this host's clock and the trusted CA certificates (AWS_CA_BUNDLE, aws.ca-bundle)";
	error_set(&attempt->last_error, OUTCOME_FAILED, ECONNRESET, "%s: %s%s",
		get_endpoint(attempt, context)->url,
		attempt->too_long ? "the response is too long" : words, remedy);
	attempt->response->error = attempt->last_error;
	/* A retry, if one is scheduled below, replaces this result. */
	fail_attempt(attempt, attempt->too_long ? EMSGSIZE : ECONNRESET);
	log_line(LOG_DEBUG, NULL, "%s", attempt->response->error.text);
	if (!is_transient_failure(attempt->transfer, code))
		return;
	/* Nothing was sent, or the request may safely be sent twice. */
	if (!sent || is_repeatable(attempt))
		schedule_retry(attempt, random);
}

/* The response is an error of EC2 or STS: it is the result, unless a retry is scheduled. */
static void finish_fault(struct api_attempt *attempt, struct api_context *context, uint32_t random)
{
	const struct ec2_fault *fault = &attempt->response->response.fault;

	/* An internal error of the service may come after it has carried out the request. */
	if (ec2_fault_advice(attempt->call->action, fault) == EC2_TRANSIENT)
		attempt->response->may_be_done = true;
	if (fault->code)
		error_set(&attempt->last_error, OUTCOME_FAILED, EREMOTEIO, "%s", fault->code);
	else
		error_set(&attempt->last_error, OUTCOME_FAILED, EREMOTEIO,
			"HTTP %ld without an error code", fault->status);
	schedule_retry_after_fault(attempt, context, fault, random);
}

/* Stores the result of a completed transfer in the response, or schedules a retry. */
int api_attempt_finish(
	struct api_attempt *attempt, struct api_context *context, CURLcode code, uint32_t random)
{
	struct flow_response *response = attempt->response;
	struct error error = {0};
	long status = 0;
	int err;

	if (code != CURLE_OK) {
		finish_failed_transfer(attempt, context, code, random);
		free_transfer(attempt, context);
		return 0;
	}
	curl_easy_getinfo(attempt->transfer, CURLINFO_RESPONSE_CODE, &status);
	response->date = get_response_date(attempt);
	update_clock_offset(context, response->date);
	ec2_response_done(&response->response);
	err = ec2_response_reader_end(attempt->reader, status, &response->response, &error);
	free_transfer(attempt, context);
	mask_fault(&response->response.fault);
	log_secrets_mask(error.text);
	log_line(LOG_DEBUG, NULL, "%s: HTTP %ld, %zu bytes%s%s",
		ec2_action_name(attempt->call->action), status, attempt->received, err ? ", " : "",
		err ? error.text : "");
	if (err == -ENOMEM)
		return err;
	response->err = 0;
	response->error = error;
	attempt->last_error = error;
	attempt->state = API_ENDED; /* a retry, if one is scheduled below, changes this again */
	if (err) {
		response->may_be_done = true;
		fail_attempt(attempt, -err);
		if (is_repeatable(attempt) && is_transient_response_error(err))
			schedule_retry(attempt, random);
	} else if (response->response.is_fault) {
		finish_fault(attempt, context, random);
	} else if (context->throttle_count) {
		context->throttle_count--; /* a success: delays become shorter again */
	}
	return 0;
}

/* Ends an attempt that has no result yet; the error names the last failure, if there was one. */
void api_attempt_end_timeout(struct api_attempt *attempt, struct api_context *context)
{
	struct flow_response *response = attempt->response;

	if (attempt->state == API_ENDED)
		return;
	if (attempt->state == API_RUNNING && is_sent(attempt))
		response->may_be_done = true;
	free_transfer(attempt, context);
	if (attempt->last_error.text[0])
		error_set(&response->error, OUTCOME_TIMEOUT, ETIME, "timed out, last error: %s",
			attempt->last_error.text);
	else if (attempt->tries)
		error_set(&response->error, OUTCOME_TIMEOUT, ETIME,
			"timed out: no response from %s", get_endpoint(attempt, context)->url);
	else
		error_set(&response->error, OUTCOME_TIMEOUT, ETIME, "not tried: no time was left");
	fail_attempt(attempt, ETIME);
}
