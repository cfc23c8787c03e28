/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Initialises libcurl and opens its sockets, for all code here that uses libcurl.
 */
#pragma once

#include <curl/curl.h>
#include <stdbool.h>

/*
 * Pair each call with curl_global_cleanup(): libcurl counts the calls. Only the first call decides
 * whether the TLS library is initialised, which costs milliseconds. libcurl's buffers are
 * overwritten before they are freed, since credentials and tokens pass through them.
 */
CURLcode libcurl_init(bool tls);

/* For CURLOPT_OPENSOCKETFUNCTION: opens the socket that libcurl would, but with SOCK_CLOEXEC. */
curl_socket_t libcurl_open_socket(void *data, curlsocktype purpose, struct curl_sockaddr *address);
