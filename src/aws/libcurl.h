/* SPDX-License-Identifier: Apache-2.0 */
/* Initialises libcurl and opens its sockets, for all code here that uses libcurl. */
#pragma once

#include <curl/curl.h>

/*
 * `flags`: CURL_GLOBAL_SSL or CURL_GLOBAL_NOTHING. Only the first call decides whether the TLS
 * library is initialised, which costs milliseconds. Pair each call with curl_global_cleanup():
 * libcurl counts the calls. libcurl's buffers are overwritten before they are freed, since
 * credentials and tokens pass through them.
 */
CURLcode libcurl_init(long flags);

void libcurl_set_options(CURL *easy);

#define LIBCURL_LINES_MAX 8

/*
 * Builds the list of CURLOPT_HTTPHEADER in `nodes`, from lines that end with NULL; skips empty
 * ones. libcurl only reads the list. The lines are borrowed: a copy would be one more copy of a
 * secret.
 */
struct curl_slist *libcurl_link_lines(
	const char *const *lines, struct curl_slist nodes[LIBCURL_LINES_MAX]);
