/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/libcurl.h"

#include "base/wiped_memory.h"

#include <sys/socket.h>

CURLcode libcurl_init(long flags)
{
	return curl_global_init_mem(
		flags, wiped_malloc, wiped_free, wiped_realloc, wiped_strdup, wiped_calloc);
}

/* Opens the socket that libcurl would, but with SOCK_CLOEXEC. */
static curl_socket_t open_socket(void *data, curlsocktype purpose, struct curl_sockaddr *address)
{
	int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);

	(void)data;
	(void)purpose;
	return fd < 0 ? CURL_SOCKET_BAD : fd;
}

void libcurl_set_options(CURL *easy)
{
	/* Without this, libcurl would change signal handlers around each exchange. */
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
}

/* The cast drops `const`: libcurl does not write to the lines. */
struct curl_slist *libcurl_link_lines(
	const char *const *lines, struct curl_slist nodes[LIBCURL_LINES_MAX])
{
	struct curl_slist *node = nodes;

	for (; *lines; lines++) {
		if (!**lines)
			continue;
		*node = (struct curl_slist){.data = (char *)*lines};
		if (node > nodes)
			node[-1].next = node;
		node++;
	}
	return node > nodes ? nodes : NULL;
}
