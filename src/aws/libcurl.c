/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/libcurl.h"

#include "base/wiped_memory.h"

#include <sys/socket.h>

CURLcode libcurl_init(bool tls)
{
	return curl_global_init_mem(tls ? CURL_GLOBAL_SSL : CURL_GLOBAL_NOTHING, wiped_malloc,
		wiped_free, wiped_realloc, wiped_strdup, wiped_calloc);
}

curl_socket_t libcurl_open_socket(void *data, curlsocktype purpose, struct curl_sockaddr *address)
{
	int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);

	(void)data;
	(void)purpose;
	return fd < 0 ? CURL_SOCKET_BAD : fd;
}
