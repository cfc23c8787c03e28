/* SPDX-License-Identifier: Apache-2.0 */
#include "floor_ec2.h"

#include "ec2/query.h"
#include "floor_netlink.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

void floor_ec2_ask(CURL *curl, const char *token, const char *path, char *ret_value, size_t size)
{
	if (floor_curl_exchange(curl, "GET", path, token, ret_value, size) != 200)
		floor_die(path);
}

static const char *cut_value(char *json, const char *key)
{
	char *value = strstr(json, key);

	value = value ? strstr(value, "\" : \"") : NULL;
	if (!value)
		floor_die(key);
	value += strlen("\" : \"");
	*strchr(value, '"') = '\0';
	return value;
}

void floor_ec2_identify(CURL *curl, const char *token, struct floor_host *ret_host)
{
	struct floor_host *host = ret_host;
	char path[256];

	floor_ec2_ask(curl, token, BENCH_META_DATA "placement/region", host->region,
		sizeof(host->region));
	floor_ec2_ask(curl, token, BENCH_ROLES_PATH, host->role, sizeof(host->role));
	snprintf(path, sizeof(path), BENCH_ROLES_PATH "%s", host->role);
	floor_ec2_ask(curl, token, path, host->keys, sizeof(host->keys));
	/* From the last to the first: each cut ends the text. */
	host->credentials.session_token = cut_value(host->keys, "\"Token");
	host->credentials.secret_key = cut_value(host->keys, "\"SecretAccessKey");
	host->credentials.access_key = cut_value(host->keys, "\"AccessKeyId");
}

/* Sessions are shared, so that only the first connections take a whole handshake. */
static CURL *open_handle(const struct floor_host *host, const char *authorities, CURLSH *share)
{
	CURL *curl = floor_curl_handle();
	struct stat found;
	char url[128];

	snprintf(url, sizeof(url), "https://ec2.%s.amazonaws.com/", host->region);
	if (stat(authorities, &found) < 0)
		floor_die(authorities);
	curl_easy_setopt(curl, CURLOPT_CAINFO, S_ISDIR(found.st_mode) ? NULL : authorities);
	curl_easy_setopt(curl, CURLOPT_CAPATH, S_ISDIR(found.st_mode) ? authorities : NULL);
	curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(curl, CURLOPT_SHARE, share);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	return curl;
}

void floor_ec2_open(struct floor_ec2 *ec2, const struct floor_host *host, const char *authorities,
	size_t at_once)
{
	CURLSH *share = curl_share_init();

	ec2->host = host;
	ec2->multi = curl_multi_init();
	if (!share || !ec2->multi)
		floor_die("libcurl");
	curl_multi_setopt(ec2->multi, CURLMOPT_MAXCONNECTS, (long)BENCH_MAX_TABLES);
	curl_share_setopt(share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
	for (size_t i = 0; i < at_once; i++)
		ec2->calls[i].curl = open_handle(host, authorities, share);
}

static void prepare(struct floor_ec2 *ec2, struct floor_call *call)
{
	char host[128];
	const struct sigv4_request request = {
		.region = ec2->host->region,
		.service = "ec2",
		.host = host,
		.content_type = QUERY_CONTENT_TYPE,
		.body = call->form,
		.length = strlen(call->form),
		.time = (uint64_t)time(NULL),
	};

	snprintf(host, sizeof(host), "ec2.%s.amazonaws.com", ec2->host->region);
	if (sigv4_sign(&ec2->host->credentials, &request, &call->signature))
		floor_die("a signature");
	call->headers = curl_slist_append(NULL, "Content-Type: " QUERY_CONTENT_TYPE);
	curl_slist_append(call->headers, "Expect:");
	curl_slist_append(call->headers, "Accept:");
	curl_slist_append(call->headers, strbuf_text(&call->signature.date));
	curl_slist_append(call->headers, strbuf_text(&call->signature.authorization));
	curl_slist_append(call->headers, strbuf_text(&call->signature.token));
	call->body = (struct floor_body){.bytes = call->bytes, .size = sizeof(call->bytes)};
	curl_easy_setopt(call->curl, CURLOPT_POSTFIELDS, call->form);
	curl_easy_setopt(call->curl, CURLOPT_POSTFIELDSIZE, (long)request.length);
	curl_easy_setopt(call->curl, CURLOPT_HTTPHEADER, call->headers);
	curl_easy_setopt(call->curl, CURLOPT_WRITEDATA, &call->body);
	if (curl_multi_add_handle(ec2->multi, call->curl) != CURLM_OK)
		floor_die("libcurl");
}

static void finish(struct floor_ec2 *ec2, struct floor_call *call)
{
	long status = 0;

	curl_easy_getinfo(call->curl, CURLINFO_RESPONSE_CODE, &status);
	/* A DryRun that is permitted is refused all the same. */
	if (status != 200 && status != 412)
		floor_die(call->form);
	curl_multi_remove_handle(ec2->multi, call->curl);
	curl_slist_free_all(call->headers);
	sigv4_headers_done(&call->signature);
}

void floor_ec2_run(struct floor_ec2 *ec2, size_t count)
{
	CURLMsg *message;
	int running = 1, left;

	errno = 0;
	for (size_t i = 0; i < count; i++)
		prepare(ec2, &ec2->calls[i]);
	while (running) {
		if (curl_multi_perform(ec2->multi, &running) != CURLM_OK)
			floor_die("libcurl");
		if (running)
			curl_multi_wait(ec2->multi, NULL, 0, 1000, NULL);
	}
	while ((message = curl_multi_info_read(ec2->multi, &left)))
		if (message->data.result != CURLE_OK)
			floor_die(curl_easy_strerror(message->data.result));
	for (size_t i = 0; i < count; i++)
		finish(ec2, &ec2->calls[i]);
}
