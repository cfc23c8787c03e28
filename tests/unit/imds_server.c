/* SPDX-License-Identifier: Apache-2.0 */
#include "imds_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define REQUEST_MAX 8192
#define FLOOD_BYTES (10u << 20)

static void note_request(struct server_notes *notes, char *request)
{
	static const char *const usual[] = {"Host:", "Accept:"};
	char line[4096];
	int used = (int)strcspn(request, "\r");
	bool odd = false;

	used = snprintf(line, sizeof(line), "%.*s", used - (int)strlen(" HTTP/1.1"), request);
	for (char *header = strstr(request, "\r\n") + 2; *header != '\r';
		header = strstr(header, "\r\n") + 2) {
		size_t length = strcspn(header, "\r");

		if (!strncasecmp(header, "X-", 2) || !strncasecmp(header, "Authorization:", 14))
			used += snprintf(line + used, sizeof(line) - (size_t)used, " %.*s",
				(int)length, header);
		else if (strncasecmp(header, usual[0], strlen(usual[0])) &&
			 strncasecmp(header, usual[1], strlen(usual[1])))
			odd = true;
	}
	used = (int)strlen(notes->requests_text);
	snprintf(notes->requests_text + used, SERVER_TEXT_SIZE - (size_t)used, "%s%s\n",
		odd ? "!" : "", line);
	notes->requests++;
}

/* Reads up to the empty line. False: the client has gone. */
static bool read_request(int fd, char request[REQUEST_MAX])
{
	size_t length = 0;

	for (;;) {
		ssize_t got = recv(fd, request + length, REQUEST_MAX - 1 - length, 0);

		if (got <= 0)
			return false;
		length += (size_t)got;
		request[length] = '\0';
		if (strstr(request, "\r\n\r\n"))
			return true;
	}
}

static bool send_all(int fd, const char *bytes, size_t length)
{
	while (length) {
		ssize_t sent = send(fd, bytes, length, MSG_NOSIGNAL);

		if (sent <= 0)
			return false;
		bytes += sent;
		length -= (size_t)sent;
	}
	return true;
}

static void flood(int fd)
{
	static char block[65536];
	char head[128];

	snprintf(head, sizeof(head), "HTTP/1.1 200 x\r\nContent-Length: %u\r\n\r\n", FLOOD_BYTES);
	if (!send_all(fd, head, strlen(head)))
		return;
	memset(block, '1', sizeof(block));
	for (size_t i = 0; i < FLOOD_BYTES / sizeof(block); i++)
		if (!send_all(fd, block, sizeof(block)))
			return;
}

static void wait_for_the_end(int fd)
{
	char byte;

	while (recv(fd, &byte, 1, 0) > 0)
		;
}

/* Returns whether the connection goes on. */
static bool do_reply(int fd, const struct reply *reply)
{
	const struct linger reset = {.l_onoff = 1};
	const char *body = reply->body ? reply->body : "";
	char bytes[4096];
	size_t length;

	length = (size_t)snprintf(bytes, sizeof(bytes),
		"HTTP/1.1 %u Words\r\nContent-Length: %zu\r\n%s\r\n%s", reply->status,
		strlen(body) + (reply->kind == CUT_OFF ? 10 : 0),
		reply->headers ? reply->headers : "", body);
	switch (reply->kind) {
	case RESPONSE:
		return send_all(fd, bytes, length);
	case RESPONSE_AND_CLOSE:
	case CUT_OFF:
		send_all(fd, bytes, length);
		return false;
	case RAW:
		send_all(fd, body, strlen(body));
		return false;
	case DRIP:
		for (size_t i = 0; i < length; i++) {
			if (!send_all(fd, &bytes[i], 1))
				return false;
			poll(NULL, 0, 20);
		}
		return true;
	case FLOOD:
		flood(fd);
		return false;
	case HANG:
		wait_for_the_end(fd);
		return false;
	case CLOSE:
		return false;
	case RESET:
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
		return false;
	}
	return false;
}

static void serve(int listener, const struct reply *script, struct server_notes *notes)
{
	static char request[REQUEST_MAX];
	const struct reply *reply = script;

	for (;;) {
		int fd = accept(listener, NULL, NULL);
		bool more = fd >= 0;

		if (!more)
			_exit(1);
		notes->connections++;
		while (more && read_request(fd, request)) {
			note_request(notes, request);
			more = do_reply(fd, reply);
			if (reply < script + SERVER_MAX_REPLIES - 1 && reply[1].status)
				reply++;
		}
		close(fd);
	}
}

static int listen_somewhere(unsigned *ret_port)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t length = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 16) < 0 ||
		getsockname(fd, (struct sockaddr *)&address, &length) < 0) {
		int err = -errno;

		close(fd);
		return err;
	}
	*ret_port = ntohs(address.sin_port);
	return fd;
}

int server_start(struct server *server, const struct reply script[SERVER_MAX_REPLIES])
{
	int listener;

	*server = (struct server){0};
	listener = listen_somewhere(&server->port);
	if (listener < 0)
		return listener;
	snprintf(server->url, sizeof(server->url), "http://127.0.0.1:%u", server->port);
	server->notes = mmap(NULL, sizeof(*server->notes), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (server->notes == MAP_FAILED)
		return -errno;
	server->pid = fork();
	if (server->pid == 0) {
		/* A test that dies must not leave its server behind. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		serve(listener, script, server->notes);
	}
	close(listener);
	return server->pid < 0 ? -errno : 0;
}

void server_stop(struct server *server)
{
	if (server->pid <= 0)
		return;
	kill(server->pid, SIGKILL);
	waitpid(server->pid, NULL, 0);
	server->pid = 0;
}

void server_done(struct server *server)
{
	server_stop(server);
	if (server->notes)
		munmap(server->notes, sizeof(*server->notes));
	server->notes = NULL;
}

void server_expand(const struct server *server, const char *text, struct strbuf *out)
{
	const char *at = strchr(text, '@');

	if (at)
		strbuf_printf(out, "%.*s%s%s", (int)(at - text), text, server->url, at + 1);
	else
		strbuf_add_string(out, text);
}
