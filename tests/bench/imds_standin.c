/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stand-in for the instance metadata service (version 2 only) that costs next to nothing: one
 * process, epoll, HTTP/1.1 with kept-alive connections, answers made from the ENI's number.
 * With a latency each answer waits that long in a queue on one timerfd.
 *
 *	imds_standin ENIS ADDRESSES LATENCY-MSEC
 *
 * It closes its stdout once it listens. BENCH_COUNTS_PATH tells what was asked since the last time:
 * "connections N\nrequests N\n", then each request's method and path, a line each.
 */
#include "bench_net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define TOKEN "bench-token-AQAEALy1ZmlvSzTxQ1k3dGhlLXRva2VuLW9mLWEtYmVuY2g="
#define MAX_CONNECTIONS 256
#define MAX_REQUEST 4096
#define MAX_BODY (64 * 1024)

struct connection {
	int fd; /* -1: free */
	bool counted;
	size_t length; /* of what was received and not answered yet */
	char request[MAX_REQUEST];
	uint64_t due; /* when the answer goes out; 0: none waits */
	struct connection *next; /* in the queue of waiting answers */
	size_t answer_length;
	char answer[MAX_BODY + 512];
};

struct server {
	unsigned enis;
	unsigned addresses;
	uint64_t latency; /* nanoseconds */
	int epoll;
	int listener;
	int timer;
	struct connection *first, *last; /* waiting; the latency is the same for all, so in order */
	unsigned connections;
	unsigned requests;
	size_t log_length;
	char log[MAX_BODY];
};

static struct connection connections[MAX_CONNECTIONS];

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static unsigned number(const char *text, unsigned min, unsigned max)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || value < min || value > max) {
		fprintf(stderr, "imds_standin: \"%s\" is no number from %u to %u\n", text, min,
			max);
		exit(2);
	}
	return (unsigned)value;
}

/* The value of one key of an ENI; 0 where there is no such key. */
static size_t eni_value(const struct server *server, unsigned eni, const char *key, char *body)
{
	size_t length = 0;

	if (!strcmp(key, "device-number"))
		return (size_t)sprintf(body, "%u", eni);
	if (!strcmp(key, "interface-id"))
		return (size_t)sprintf(body, "eni-%017x", eni);
	if (!strcmp(key, "subnet-id"))
		return (size_t)sprintf(body, "subnet-%017x", eni);
	if (!strcmp(key, "mac"))
		return (size_t)sprintf(body, BENCH_MAC, eni);
	if (!strcmp(key, "subnet-ipv4-cidr-block"))
		return (size_t)sprintf(body, BENCH_SUBNET, eni);
	if (strcmp(key, "local-ipv4s"))
		return 0;
	for (unsigned i = 0; i < server->addresses; i++)
		length += (size_t)sprintf(body + length, "%s" BENCH_ADDRESS, i ? "\n" : "", eni,
			BENCH_FIRST_HOST + i);
	return length;
}

static size_t counts(struct server *server, char *body)
{
	size_t length = (size_t)sprintf(
		body, "connections %u\nrequests %u\n", server->connections, server->requests);

	if (length + server->log_length > MAX_BODY)
		server->log_length = MAX_BODY - length;
	memcpy(body + length, server->log, server->log_length);
	length += server->log_length;
	server->connections = 0;
	server->requests = 0;
	server->log_length = 0;
	for (size_t i = 0; i < MAX_CONNECTIONS; i++)
		connections[i].counted = false;
	return length;
}

/* The answer to a GET below latest/: its status, and the body with its length. */
static int get(struct server *server, const char *path, char *body, size_t *ret_length)
{
	size_t macs = strlen(BENCH_MACS_PATH BENCH_MAC_PREFIX);
	unsigned long eni;
	char *end;

	if (!strcmp(path, BENCH_MAC_PATH)) {
		*ret_length = (size_t)sprintf(body, BENCH_MAC, 0u);
		return 200;
	}
	if (!strcmp(path, BENCH_MACS_PATH)) {
		*ret_length = 0;
		for (unsigned i = 0; i <= server->enis; i++)
			*ret_length += (size_t)sprintf(body + *ret_length, BENCH_MAC "/\n", i);
		return 200;
	}
	if (strncmp(path, BENCH_MACS_PATH BENCH_MAC_PREFIX, macs))
		return 404;
	eni = strtoul(path + macs, &end, 16);
	if (end != path + macs + 2 || *end != '/' || eni > server->enis)
		return 404;
	*ret_length = eni_value(server, (unsigned)eni, end + 1, body);
	return *ret_length ? 200 : 404;
}

static void note(
	struct server *server, struct connection *connection, const char *request, size_t length)
{
	if (!connection->counted)
		server->connections++;
	connection->counted = true;
	server->requests++;
	if (server->log_length + length + 1 > sizeof(server->log))
		return;
	memcpy(server->log + server->log_length, request, length);
	server->log_length += length;
	server->log[server->log_length++] = '\n';
}

/* Whether a header line is there, as our clients write it; the name in any case. */
static bool has_header(const char *request, const char *line)
{
	return strcasestr(request, line) != NULL;
}

/* Makes the answer to the whole request (NUL-terminated, without its last line end). */
static void answer(struct server *server, struct connection *connection)
{
	static char body[MAX_BODY];
	const char *request = connection->request;
	char method[8], path[256];
	size_t length = 0;
	int status;

	if (sscanf(request, "%7s %255s HTTP/1.1", method, path) != 2)
		die("imds_standin: no request");
	if (!strcmp(path, BENCH_COUNTS_PATH)) {
		length = counts(server, body);
		status = 200;
	} else {
		note(server, connection, request, strcspn(request, "\r") - strlen(" HTTP/1.1"));
		if (!strcmp(method, "PUT") && !strcmp(path, BENCH_TOKEN_PATH)) {
			bool good = has_header(request, "\nX-aws-ec2-metadata-token-ttl-seconds: ");

			status = good ? 200 : 400;
			length = good ? (size_t)sprintf(body, TOKEN) : 0;
		} else if (!has_header(request, "\nX-aws-ec2-metadata-token: " TOKEN "\r")) {
			status = 401;
		} else {
			status = get(server, path, body, &length);
		}
	}
	connection->answer_length = (size_t)sprintf(connection->answer,
		"HTTP/1.1 %d %s\r\nContent-Type: text/plain\r\nServer: EC2ws\r\n"
		"Content-Length: %zu\r\n\r\n",
		status, status == 200 ? "OK" : "Not So", length);
	memcpy(connection->answer + connection->answer_length, body, length);
	connection->answer_length += length;
}

static void drop(struct server *server, struct connection *connection)
{
	struct connection **at = &server->first;

	while (*at && *at != connection)
		at = &(*at)->next;
	if (*at) {
		*at = connection->next;
		server->last = server->first;
		while (server->last && server->last->next)
			server->last = server->last->next;
	}
	close(connection->fd);
	connection->fd = -1;
}

static void send_answer(struct server *server, struct connection *connection)
{
	connection->due = 0;
	if (send(connection->fd, connection->answer, connection->answer_length, MSG_NOSIGNAL) !=
		(ssize_t)connection->answer_length)
		drop(server, connection);
}

static void set_timer(struct server *server)
{
	struct itimerspec when = {0};

	if (server->first) {
		when.it_value.tv_sec = (time_t)(server->first->due / 1000000000u);
		when.it_value.tv_nsec = (long)(server->first->due % 1000000000u);
	}
	if (timerfd_settime(server->timer, TFD_TIMER_ABSTIME, &when, NULL) < 0)
		die("imds_standin: timerfd_settime");
}

static void send_due(struct server *server)
{
	uint64_t time = now();

	while (server->first && server->first->due <= time) {
		struct connection *connection = server->first;

		server->first = connection->next;
		if (!server->first)
			server->last = NULL;
		send_answer(server, connection);
	}
	set_timer(server);
}

static void send_later(struct server *server, struct connection *connection)
{
	connection->due = now() + server->latency;
	connection->next = NULL;
	if (server->last)
		server->last->next = connection;
	else
		server->first = connection;
	server->last = connection;
	if (server->first == connection)
		set_timer(server);
}

/* A request has no body: our clients' PUT says Content-Length: 0 or nothing. */
static void serve(struct server *server, struct connection *connection)
{
	size_t room = sizeof(connection->request) - 1 - connection->length;
	ssize_t received = recv(
		connection->fd, connection->request + connection->length, room, MSG_DONTWAIT);

	if (received < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (received <= 0 || connection->due) { /* closed, or pipelined, which nobody here does */
		drop(server, connection);
		return;
	}
	connection->length += (size_t)received;
	connection->request[connection->length] = '\0';
	if (connection->length < 4 ||
		memcmp(connection->request + connection->length - 4, "\r\n\r\n", 4)) {
		if (connection->length == sizeof(connection->request) - 1)
			drop(server, connection);
		return;
	}
	connection->length = 0;
	answer(server, connection);
	if (server->latency)
		send_later(server, connection);
	else
		send_answer(server, connection);
}

static void welcome(struct server *server)
{
	int fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC);
	int one = 1;

	if (fd < 0)
		return;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	for (size_t i = 0; i < MAX_CONNECTIONS; i++) {
		struct connection *connection = &connections[i];
		struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};

		if (connection->fd >= 0)
			continue;
		connection->fd = fd;
		connection->length = 0;
		connection->due = 0;
		connection->counted = false;
		if (epoll_ctl(server->epoll, EPOLL_CTL_ADD, fd, &event) < 0)
			die("imds_standin: epoll_ctl");
		return;
	}
	close(fd);
}

static void open_all(struct server *server)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(BENCH_IMDS_PORT),
	};
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = &server->listener};
	int one = 1;

	inet_pton(AF_INET, BENCH_IMDS_ADDRESS, &address.sin_addr);
	server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (server->listener < 0)
		die("imds_standin: socket");
	setsockopt(server->listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(server->listener, (struct sockaddr *)&address, sizeof(address)) < 0 ||
		listen(server->listener, MAX_CONNECTIONS) < 0)
		die("imds_standin: cannot listen on " BENCH_IMDS_ADDRESS);
	server->epoll = epoll_create1(EPOLL_CLOEXEC);
	server->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (server->epoll < 0 || server->timer < 0 ||
		epoll_ctl(server->epoll, EPOLL_CTL_ADD, server->listener, &event) < 0)
		die("imds_standin: epoll");
	event.data.ptr = &server->timer;
	if (epoll_ctl(server->epoll, EPOLL_CTL_ADD, server->timer, &event) < 0)
		die("imds_standin: epoll");
	for (size_t i = 0; i < MAX_CONNECTIONS; i++)
		connections[i].fd = -1;
}

int main(int argc, char **argv)
{
	static struct server server;
	struct epoll_event events[16];

	if (argc != 4) {
		fprintf(stderr, "usage: imds_standin ENIS ADDRESSES LATENCY-MSEC\n");
		return 2;
	}
	server.enis = number(argv[1], 0, BENCH_MAX_ENIS);
	server.addresses = number(argv[2], 1, BENCH_MAX_ADDRESSES);
	server.latency = (uint64_t)number(argv[3], 0, 60000) * 1000000u;
	open_all(&server);
	close(STDOUT_FILENO);
	for (;;) {
		int count = epoll_wait(server.epoll, events, 16, -1);

		for (int i = 0; i < count; i++) {
			struct connection *connection = events[i].data.ptr;

			if (events[i].data.ptr == &server.listener)
				welcome(&server);
			else if (events[i].data.ptr == &server.timer)
				send_due(&server);
			else if (connection->fd >= 0)
				serve(&server, connection);
		}
	}
}
