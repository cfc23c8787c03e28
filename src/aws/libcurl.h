/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every use of libcurl here has in common.
 */
#pragma once

#include <curl/curl.h>
#include <stdbool.h>

/*
 * libcurl counts these, each to be followed by curl_global_cleanup(); the first one decides what is
 * woken: TLS costs milliseconds. Its memory is wiped, since credentials come and tokens go through
 * its buffers.
 */
CURLcode libcurl_start(bool tls);

/* For CURLOPT_OPENSOCKETFUNCTION: as libcurl's own would be, but closed on exec. */
curl_socket_t libcurl_open_socket(void *data, curlsocktype purpose, struct curl_sockaddr *address);
