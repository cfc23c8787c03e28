/* SPDX-License-Identifier: Apache-2.0 */
#include "standin.h"

#include "base/parse.h"
#include "bench_net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define MAX_CONNECTIONS 256
#define MAX_REQUEST (16 * 1024)
#define MAX_HEADER 4096
#define MAX_LOG (64 * 1024) /* what does not fit is counted and not listed */

struct connection {
	int fd; /* -1: free */
	bool is_control;
	bool was_used; /* for a request */
	SSL *tls; /* NULL: plain */
	size_t length; /* of the received bytes that have no response yet */
	char request[MAX_REQUEST];
	uint64_t send_at; /* when the response is sent; 0: none waits */
	struct connection *next; /* in the queue of waiting responses */
	struct strbuf response;
};

struct server {
	const struct standin_options *options;
	uint64_t latency; /* nanoseconds */
	SSL_CTX *tls; /* NULL: plain */
	int epoll;
	int service, control; /* they listen */
	int timer;
	struct connection *first, *last; /* waiting; the latency is the same for all, so in order */
	unsigned connections, resumed, requests;
	struct strbuf log;
};

static struct connection connections[MAX_CONNECTIONS];

void standin_die(const char *what)
{
	fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what,
		errno ? strerror(errno) : "not as expected");
	exit(1);
}

uint32_t standin_number(const char *text, uint32_t min, uint32_t max)
{
	uint32_t number;

	errno = 0;
	if (parse_u32(text, min, max, &number))
		standin_die(text);
	return number;
}

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

const char *standin_header(const struct standin_request *request, const char *name)
{
	static char value[MAX_HEADER];
	size_t length = strlen(name);

	value[0] = '\0';
	for (const char *line = strchr(request->head, '\n'); line; line = strchr(line, '\n')) {
		line++;
		if (strncasecmp(line, name, length) != 0 || line[length] != ':')
			continue;
		line += length + 1;
		line += strspn(line, " ");
		snprintf(value, sizeof(value), "%.*s", (int)strcspn(line, "\r"), line);
		break;
	}
	return value;
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
	SSL_free(connection->tls);
	connection->tls = NULL;
	close(connection->fd);
	connection->fd = -1;
}

/* Returns the result of recv(); the first bytes of a TLS connection make the handshake on the way. */
static ssize_t receive(struct connection *connection)
{
	char *end = connection->request + connection->length;
	size_t room = sizeof(connection->request) - 1 - connection->length;
	int received;

	if (!connection->tls)
		return recv(connection->fd, end, room, 0);
	ERR_clear_error();
	received = SSL_read(connection->tls, end, (int)room);
	if (received > 0)
		return received;
	errno = EAGAIN;
	return SSL_get_error(connection->tls, received) == SSL_ERROR_WANT_READ ? -1 : 0;
}

/* A response is shorter than what a socket takes at once. */
static bool transmit(struct connection *connection)
{
	const struct strbuf *response = &connection->response;

	if (connection->tls)
		return SSL_write(connection->tls, response->data, (int)response->length) ==
		       (int)response->length;
	return send(connection->fd, response->data, response->length, MSG_NOSIGNAL) ==
	       (ssize_t)response->length;
}

static void send_answer(struct server *server, struct connection *connection)
{
	connection->send_at = 0;
	if (!transmit(connection))
		drop(server, connection);
}

static void set_timer(struct server *server)
{
	struct itimerspec when = {0};

	if (server->first) {
		when.it_value.tv_sec = (time_t)(server->first->send_at / 1000000000u);
		when.it_value.tv_nsec = (long)(server->first->send_at % 1000000000u);
	}
	if (timerfd_settime(server->timer, TFD_TIMER_ABSTIME, &when, NULL) < 0)
		standin_die("timerfd_settime");
}

static void send_due(struct server *server)
{
	uint64_t time = now();

	while (server->first && server->first->send_at <= time) {
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
	connection->send_at = now() + server->latency;
	connection->next = NULL;
	if (server->last)
		server->last->next = connection;
	else
		server->first = connection;
	server->last = connection;
	if (server->first == connection)
		set_timer(server);
}

static void note(
	struct server *server, struct connection *connection, const struct standin_request *request)
{
	if (!connection->was_used && connection->tls && SSL_session_reused(connection->tls))
		server->resumed++;
	connection->was_used = true;
	server->requests++;
	strbuf_printf(&server->log, "%s %s%s%s\n", request->method, request->path,
		request->length ? " " : "", request->body);
}

static void tell_counts(struct server *server, struct strbuf *body)
{
	strbuf_printf(body, "connections %u\nresumed %u\nrequests %u\n", server->connections,
		server->resumed, server->requests);
	strbuf_add_string(body, strbuf_text(&server->log));
	server->connections = server->resumed = server->requests = 0;
	strbuf_clear(&server->log);
}

static int set_latency(struct server *server, const char *text)
{
	uint32_t msec;

	if (parse_u32(text, 0, 60000, &msec))
		return 400;
	server->latency = (uint64_t)msec * 1000000u;
	return 200;
}

static int answer_control(
	struct server *server, const struct standin_request *request, struct strbuf *body)
{
	if (!strncmp(request->path, BENCH_LATENCY_PATH, strlen(BENCH_LATENCY_PATH)))
		return set_latency(server, request->path + strlen(BENCH_LATENCY_PATH));
	if (!strcmp(request->path, BENCH_COUNTS_PATH)) {
		tell_counts(server, body);
		return 200;
	}
	if (!server->options->control)
		return 404;
	return server->options->control(server->options->data, request, body);
}

static void respond(
	struct server *server, struct connection *connection, const struct standin_request *request)
{
	static struct strbuf body;
	int status;

	strbuf_clear(&body);
	strbuf_clear(&connection->response);
	if (connection->is_control) {
		status = answer_control(server, request, &body);
	} else {
		note(server, connection, request);
		status = server->options->respond(server->options->data, request, &body);
	}
	strbuf_printf(&connection->response, "HTTP/1.1 %d %s\r\n%sContent-Length: %zu\r\n\r\n",
		status, status == 200 ? "OK" : "Not So", server->options->headers, body.length);
	if (strbuf_add(&connection->response, strbuf_text(&body), body.length))
		standin_die("a response");
	if (server->latency && !connection->is_control)
		send_later(server, connection);
	else
		send_answer(server, connection);
}

/* Whether the request is complete; then it is split into method, path and body. */
static bool cut_request(struct connection *connection, struct standin_request *ret_request)
{
	static char method[8], path[256];
	char *end = strstr(connection->request, "\r\n\r\n");
	struct standin_request request = {.method = method, .path = path};

	if (!end)
		return false;
	request.head = connection->request;
	request.body = end + strlen("\r\n\r\n");
	request.length = strtoul(standin_header(&request, "Content-Length"), NULL, 10);
	if (connection->length < (size_t)(request.body - request.head) + request.length)
		return false;
	if (sscanf(request.head, "%7s %255s HTTP/1.1", method, path) != 2)
		standin_die("no request");
	end[2] = '\0';
	connection->length = 0;
	*ret_request = request;
	return true;
}

static void serve(struct server *server, struct connection *connection)
{
	struct standin_request request;

	/* TLS may hold bytes that epoll knows nothing of, so until there are no more. */
	while (connection->fd >= 0) {
		ssize_t received = receive(connection);

		if (received < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		/* Closed; too long; or pipelined, which no client here does. */
		if (received <= 0 || connection->send_at) {
			drop(server, connection);
			return;
		}
		connection->length += (size_t)received;
		connection->request[connection->length] = '\0';
		if (cut_request(connection, &request))
			respond(server, connection, &request);
	}
}

static void welcome(struct server *server, int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct connection *connection = connections;
	struct epoll_event event = {.events = EPOLLIN};
	int one = 1;

	if (fd < 0)
		return;
	while (connection->fd >= 0)
		if (++connection == connections + MAX_CONNECTIONS)
			standin_die("too many connections");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	connection->fd = fd;
	connection->is_control = listener == server->control;
	connection->was_used = false;
	connection->length = 0;
	connection->send_at = 0;
	if (!connection->is_control)
		server->connections++;
	if (!connection->is_control && server->tls) {
		connection->tls = SSL_new(server->tls);
		if (!connection->tls || !SSL_set_fd(connection->tls, fd))
			standin_die("SSL_new");
		SSL_set_accept_state(connection->tls);
	}
	event.data.ptr = connection;
	if (epoll_ctl(server->epoll, EPOLL_CTL_ADD, fd, &event) < 0)
		standin_die("epoll_ctl");
}

static void watch(struct server *server, int *fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = fd};

	if (epoll_ctl(server->epoll, EPOLL_CTL_ADD, *fd, &event) < 0)
		standin_die("epoll_ctl");
}

static int listen_on(const char *host, uint16_t port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int one = 1;

	inet_pton(AF_INET, host, &address.sin_addr);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0 ||
		bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
		listen(fd, MAX_CONNECTIONS) < 0)
		standin_die(host);
	return fd;
}

/* OpenSSL's own defaults: sessions are resumed by the tickets that it sends. */
static SSL_CTX *load_certificate(const char *certificate, const char *key)
{
	SSL_CTX *tls = SSL_CTX_new(TLS_server_method());

	errno = 0;
	if (!tls || SSL_CTX_use_certificate_chain_file(tls, certificate) != 1)
		standin_die(certificate);
	if (SSL_CTX_use_PrivateKey_file(tls, key, SSL_FILETYPE_PEM) != 1)
		standin_die(key);
	return tls;
}

static void open_all(struct server *server)
{
	const struct standin_options *options = server->options;

	strbuf_init(&server->log, MAX_LOG);
	for (size_t i = 0; i < MAX_CONNECTIONS; i++)
		connections[i].fd = -1;
	if (options->certificate)
		server->tls = load_certificate(options->certificate, options->key);
	server->service = listen_on(options->address, options->port);
	server->control = listen_on(options->address, BENCH_CONTROL_PORT);
	server->epoll = epoll_create1(EPOLL_CLOEXEC);
	server->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (server->epoll < 0 || server->timer < 0)
		standin_die("epoll");
	watch(server, &server->service);
	watch(server, &server->control);
	watch(server, &server->timer);
}

void standin_run(const struct standin_options *options)
{
	struct server server = {.options = options};
	struct epoll_event events[16];

	signal(SIGPIPE, SIG_IGN); /* TLS writes without MSG_NOSIGNAL */
	open_all(&server);
	close(STDOUT_FILENO);
	for (;;) {
		int count = epoll_wait(server.epoll, events, 16, -1);

		for (int i = 0; i < count; i++) {
			void *which = events[i].data.ptr;

			if (which == &server.service || which == &server.control)
				welcome(&server, *(int *)which);
			else if (which == &server.timer)
				send_due(&server);
			else if (((struct connection *)which)->fd >= 0)
				serve(&server, which);
		}
	}
}
