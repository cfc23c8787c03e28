/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Functions that the floors through libcurl share.
 */
#pragma once

#include <curl/curl.h>

/* Where a response's body goes; the last byte is kept for a NUL. */
struct floor_body {
	char *bytes;
	size_t length;
	size_t size;
};

/* Wakes libcurl (CURL_GLOBAL_…) and returns a handle, or dies. */
CURL *floor_curl_open(long flags);

/* A handle with what all requests have in common. */
CURL *floor_curl_handle(void);

/* For CURLOPT_WRITEFUNCTION, with a struct floor_body. */
size_t floor_curl_take(char *bytes, size_t size, size_t count, void *data);

/* A floor_exchange_fn: data is a handle. */
int floor_curl_exchange(void *data, const char *method, const char *path, const char *header,
	char *bytes, size_t size);
