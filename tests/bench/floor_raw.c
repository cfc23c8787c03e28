/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The floor with libc alone: what the kernel and the service cost, and nothing that is loaded.
 * Its reader knows only what the stand-in sends: a Content-Length and no chunks.
 */
#include "bench_net.h"
#include "floor.h"
#include "floor_netlink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static int exchange(void *data, const char *method, const char *path, const char *header,
	char *body, size_t size)
{
	static char response[80 * 1024];
	const int *fd = data;
	size_t length = 0, needed = 0;
	char *content = NULL;
	char request[1024];
	int count = snprintf(request, sizeof(request),
		"%s %s HTTP/1.1\r\nHost: " BENCH_IMDS_ADDRESS "\r\nAccept: */*\r\n%s\r\n\r\n",
		method, path, header);

	errno = 0;
	if (send(*fd, request, (size_t)count, MSG_NOSIGNAL) != count)
		floor_die(path);
	while (!content || length < needed) {
		ssize_t received = recv(*fd, response + length, sizeof(response) - 1 - length, 0);

		if (received <= 0)
			floor_die(path);
		length += (size_t)received;
		response[length] = '\0';
		if (!content && (content = strstr(response, "\r\n\r\n"))) {
			const char *announced = strstr(response, "Content-Length: ");

			content += 4;
			needed = (size_t)(content - response) +
				 strtoul(announced + strlen("Content-Length: "), NULL, 10);
		}
	}
	length -= (size_t)(content - response);
	if (length >= size)
		floor_die(path);
	memcpy(body, content, length + 1);
	return (int)strtoul(response + strlen("HTTP/1.1 "), NULL, 10);
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(BENCH_IMDS_PORT),
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int one = 1;

	inet_pton(AF_INET, BENCH_IMDS_ADDRESS, &address.sin_addr);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		floor_die("connect");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return floor_main(argc, argv, exchange, &fd);
}
