/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/http.h"

#include "aws/libcurl.h"
#include "base/clock.h"
#include "base/log.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

/* Where receive_body() stores a response's body. */
struct body_sink {
	struct strbuf *body;
	size_t max; /* bytes; a longer body is -EMSGSIZE */
	int err; /* 0, or -errno that stopped the transfer */
};

/* Maps libcurl's codes to errors; any other code is -EPROTO with libcurl's own text. */
static const struct failure {
	CURLcode code;
	int err;
	const char *words;
} failures[] = {
	{CURLE_COULDNT_RESOLVE_HOST, ECONNREFUSED, "the host name cannot be resolved"},
	{CURLE_COULDNT_CONNECT, ECONNREFUSED, "no connection"},
	{CURLE_INTERFACE_FAILED, ECONNREFUSED, "cannot bind to the interface"},
	{CURLE_GOT_NOTHING, ECONNRESET, "the connection was closed without a response"},
	{CURLE_PARTIAL_FILE, ECONNRESET, "the response was cut off"},
	{CURLE_SEND_ERROR, ECONNRESET, "the connection was lost"},
	{CURLE_RECV_ERROR, ECONNRESET, "the connection was lost"},
	{CURLE_UNSUPPORTED_PROTOCOL, EPROTO, "the response is not HTTP"},
	{CURLE_WEIRD_SERVER_REPLY, EPROTO, "the response is not HTTP"},
	{CURLE_OUT_OF_MEMORY, ENOMEM, "out of memory"},
};

/* CURLOPT_PROTOCOLS_STR is the newer name of the same option; the older name is then deprecated. */
static CURLcode allow_protocols(CURL *curl, bool tls)
{
#if LIBCURL_VERSION_NUM >= 0x075500
	return curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, tls ? "http,https" : "http");
#else
	return curl_easy_setopt(curl, CURLOPT_PROTOCOLS,
		(long)(tls ? CURLPROTO_HTTP | CURLPROTO_HTTPS : CURLPROTO_HTTP));
#endif
}

/* A callback of libcurl, which stops the transfer if it returns less than `length`. */
static size_t receive_body(char *bytes, size_t size, size_t count, void *data)
{
	struct body_sink *sink = data;
	size_t length = size * count;

	if (length > sink->max - sink->body->length)
		sink->err = -EMSGSIZE;
	else
		sink->err = strbuf_add(sink->body, bytes, length);
	if (sink->err == -E2BIG) /* the limit of `body` itself */
		sink->err = -EMSGSIZE;
	return sink->err ? 0 : length;
}

/* Sets the options that are the same for each exchange. */
static CURLcode set_fixed_options(CURL *curl, const struct http_options *options)
{
	char device[sizeof("if!") + IFNAMSIZ];
	CURLcode code = allow_protocols(curl, options->tls);

	/* An empty string disables the proxy, even if the environment sets one. */
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_PROXY, "");
	if (code == CURLE_OK && options->interface) {
		snprintf(device, sizeof(device), "if!%s", options->interface);
		code = curl_easy_setopt(curl, CURLOPT_INTERFACE, device);
	}
	if (code != CURLE_OK)
		return code;
	libcurl_set_options(curl);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive_body);
	return CURLE_OK;
}

int http_open(const struct http_options *options, struct http *ret_http, struct error *error)
{
	CURL *curl;

	if (options->interface && strlen(options->interface) >= IFNAMSIZ)
		return error_set(error, OUTCOME_USAGE, EINVAL, "\"%s\" is not an interface name",
			options->interface);
	if (libcurl_init(options->tls ? CURL_GLOBAL_SSL : CURL_GLOBAL_NOTHING) != CURLE_OK)
		return error_set(error, OUTCOME_FAILED, ENOMEM, "libcurl cannot be initialised");
	curl = curl_easy_init();
	if (!curl || set_fixed_options(curl, options) != CURLE_OK) {
		curl_easy_cleanup(curl);
		curl_global_cleanup();
		return error_set(error, OUTCOME_FAILED, ENOMEM, "libcurl: out of memory");
	}
	*ret_http = (struct http){.curl = curl};
	return 0;
}

void http_close(struct http *http)
{
	if (!http->curl)
		return;
	curl_easy_cleanup(http->curl);
	curl_global_cleanup();
	http->curl = NULL;
}

/* Reports whether the connection or the response took too long. */
static int set_timeout_error(
	CURL *curl, uint64_t connect_msec, uint64_t response_msec, struct error *error)
{
	double pretransfer = 0;

	/* 0: no connection. For a reused connection, the time is above 0, too. */
	curl_easy_getinfo(curl, CURLINFO_PRETRANSFER_TIME, &pretransfer);
	if (pretransfer > 0)
		return error_set(error, OUTCOME_TIMEOUT, ETIME, "no complete response in %.1f s",
			(double)response_msec / 1000);
	return error_set(error, OUTCOME_TIMEOUT, ETIME, "no connection in %.1f s",
		(double)(connect_msec < response_msec ? connect_msec : response_msec) / 1000);
}

/* Sets the error for libcurl's code; with the system's reason if there was no connection. */
static int set_curl_error(CURL *curl, CURLcode code, struct error *error)
{
	const struct failure *failure = NULL;
	long os_errno = 0;

	for (size_t i = 0; i < ARRAY_SIZE(failures) && !failure; i++)
		if (failures[i].code == code)
			failure = &failures[i];
	if (!failure)
		return error_set(error, OUTCOME_FAILED, EPROTO, "%s", curl_easy_strerror(code));
	if (code == CURLE_COULDNT_CONNECT)
		curl_easy_getinfo(curl, CURLINFO_OS_ERRNO, &os_errno);
	if (os_errno)
		return error_set(error, OUTCOME_FAILED, failure->err, "%s: %s", failure->words,
			strerror((int)os_errno));
	return error_set(error, OUTCOME_FAILED, failure->err, "%s", failure->words);
}

/*
 * Sends one request and receives the response. Sets the options that set_fixed_options() does not.
 * Returns 0 with the status, or -errno with words.
 */
static int perform_request(CURL *curl, const struct http_request *request, uint64_t response_msec,
	struct body_sink *sink, long *ret_status, struct error *error)
{
	struct curl_slist nodes[LIBCURL_LINES_MAX];
	long status = 0;
	CURLcode code = curl_easy_setopt(curl, CURLOPT_URL, request->url);

	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request->method);
	if (code != CURLE_OK)
		return set_curl_error(curl, code, error);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, libcurl_link_lines(request->headers, nodes));
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, sink);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)request->connect_msec);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)response_msec);
	code = curl_easy_perform(curl);
	/* Report an error of receive_body() itself: libcurl only says that writing failed. */
	if (sink->err == -EMSGSIZE)
		return error_set(error, OUTCOME_FAILED, EMSGSIZE,
			"the response is longer than %zu bytes", sink->max);
	if (sink->err)
		return set_curl_error(curl, CURLE_OUT_OF_MEMORY, error); /* only -ENOMEM is left */
	if (code == CURLE_OPERATION_TIMEDOUT)
		return set_timeout_error(curl, request->connect_msec, response_msec, error);
	if (code != CURLE_OK)
		return set_curl_error(curl, code, error);
	/* Older libcurls treat bytes without a status line as HTTP/0.9, and report status 0. */
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	if (status < 200)
		return set_curl_error(curl, CURLE_WEIRD_SERVER_REPLY, error);
	*ret_status = status;
	return 0;
}

/* The shorter of deadline and request->response_msec limits the exchange. Logs it for debugging. */
int http_exchange(struct http *http, const struct http_request *request,
	const struct deadline *deadline, long *ret_status, struct strbuf *ret_body,
	struct error *error)
{
	struct body_sink sink = {.body = ret_body, .max = request->max_response};
	struct error failure = {0}; /* for the log; `error` may be NULL */
	uint64_t start = clock_now();
	uint64_t timeout_msec = deadline_left(deadline, start);
	unsigned long long elapsed_msec;
	long status = 0;
	int err;

	strbuf_clear(ret_body);
	if (timeout_msec == 0)
		return error_set(error, OUTCOME_TIMEOUT, ETIME, "not tried: no time was left");
	if (timeout_msec > request->response_msec)
		timeout_msec = request->response_msec;
	err = perform_request(http->curl, request, timeout_msec, &sink, &status, &failure);
	elapsed_msec = clock_now() - start;
	if (err) {
		log_line(LOG_DEBUG, NULL, "%s %s: %s (%llu ms)", request->method, request->url,
			failure.text, elapsed_msec);
		return error_set(error, failure.outcome, -err, "%s", failure.text);
	}
	log_line(LOG_DEBUG, NULL, "%s %s: HTTP %ld, %zu bytes (%llu ms)", request->method,
		request->url, status, ret_body->length, elapsed_msec);
	*ret_status = status;
	return 0;
}
