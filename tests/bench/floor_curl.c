/* SPDX-License-Identifier: Apache-2.0 */
#include "floor_curl.h"

#include "bench_net.h"
#include "floor_netlink.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

size_t floor_curl_take(char *bytes, size_t size, size_t count, void *data)
{
	struct floor_body *body = data;

	if (size * count >= body->size - body->length)
		return 0;
	memcpy(body->bytes + body->length, bytes, size * count);
	body->length += size * count;
	return size * count;
}

CURL *floor_curl_handle(void)
{
	CURL *curl = curl_easy_init();

	if (!curl)
		floor_die("libcurl");
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, floor_curl_take);
	return curl;
}

CURL *floor_curl_open(long flags)
{
	if (curl_global_init(flags) != CURLE_OK)
		floor_die("libcurl");
	return floor_curl_handle();
}

int floor_curl_exchange(void *data, const char *method, const char *path, const char *header,
	char *bytes, size_t size)
{
	struct curl_slist *headers = curl_slist_append(NULL, header);
	struct floor_body body = {.bytes = bytes, .size = size};
	CURL *curl = data;
	char url[512];
	long status;

	snprintf(url, sizeof(url), "http://" BENCH_IMDS_ADDRESS "%s", path);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, &body);
	errno = 0;
	if (curl_easy_perform(curl) != CURLE_OK ||
		curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status) != CURLE_OK)
		floor_die(url);
	curl_slist_free_all(headers);
	bytes[body.length] = '\0';
	return (int)status;
}
