/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/rtnl_socket.h"

#include "base/clock.h"
#include "base/log.h"
#include "kernel/rtnl_reader.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#ifndef NETLINK_GET_STRICT_CHK
#define NETLINK_GET_STRICT_CHK 12
#endif

/* Bytes. The kernel fills a dump's messages up to 32 KiB if the receive buffer is that large. */
#define RECEIVE_SIZE (32u << 10)

/* Bytes. The response to a change has some 100; one call reads many, one slot each. */
#define RESPONSE_SIZE 512
#define RESPONSES (RECEIVE_SIZE / RESPONSE_SIZE)

/*
 * Bytes. The kernel counts the memory that a queued message occupies, with the kernel's own
 * headers: on 64 bits at most 1,280 bytes for a response with the kernel's text.
 */
#define RESPONSE_QUEUED 1536
#define RECEIVE_QUEUE (2 << 20) /* bytes; the kernel doubles it */

union receive_buffer {
	struct nlmsghdr header;
	char bytes[RECEIVE_SIZE];
	union {
		struct nlmsghdr header;
		char bytes[RESPONSE_SIZE];
	} responses[RESPONSES];
};

static size_t get_buffer_size(int fd, int option)
{
	int value = 0;
	socklen_t size = sizeof(value);

	if (getsockopt(fd, SOL_SOCKET, option, &value, &size) < 0 || value < 0)
		return 0;
	return (size_t)value;
}

/*
 * Responses queue up while the kernel still works on the other requests of a batch, so a batch may
 * have only as many requests as the queue has room for responses. Without CAP_NET_ADMIN over the
 * host the queue cannot exceed the administrator's limit.
 */
static void set_batch_limits(struct rtnl_socket *socket)
{
	int fd = mnl_socket_get_fd(socket->mnl);
	int queue = RECEIVE_QUEUE;
	size_t send_buffer;

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &queue, sizeof(queue)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &queue, sizeof(queue));
	send_buffer = get_buffer_size(fd, SO_SNDBUF);
	socket->batch_count = get_buffer_size(fd, SO_RCVBUF) / RESPONSE_QUEUED;
	socket->batch_bytes = send_buffer / 2;
	if (!socket->batch_count)
		socket->batch_count = 1;
}

int rtnl_socket_open(struct rtnl_socket *ret_socket, struct error *error)
{
	_cleanup_(rtnl_socket_close) struct rtnl_socket socket = {0};
	int on = 1;

	socket.mnl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (!socket.mnl || mnl_socket_bind(socket.mnl, 0, MNL_SOCKET_AUTOPID) < 0)
		return error_set(error, OUTCOME_FAILED, errno,
			"cannot open a netlink socket to the kernel: %s", strerror(errno));
	/*
	 * All three are optional: without them responses are longer or have no text, or the caller
	 * filters dumps.
	 */
	mnl_socket_setsockopt(socket.mnl, NETLINK_CAP_ACK, &on, sizeof(on));
	mnl_socket_setsockopt(socket.mnl, NETLINK_EXT_ACK, &on, sizeof(on));
	socket.strict = mnl_socket_setsockopt(
				socket.mnl, NETLINK_GET_STRICT_CHK, &on, sizeof(on)) == 0;
	set_batch_limits(&socket);
	*ret_socket = socket;
	socket.mnl = NULL;
	return 0;
}

void rtnl_socket_close(struct rtnl_socket *socket)
{
	if (socket->mnl)
		mnl_socket_close(socket->mnl);
	socket->mnl = NULL;
}

static int send_bytes(struct rtnl_socket *socket, const void *bytes, size_t length)
{
	ssize_t sent;

	do
		sent = mnl_socket_sendto(socket->mnl, bytes, length);
	while (sent < 0 && errno == EINTR);
	if (sent < 0)
		return -errno;
	return (size_t)sent == length ? 0 : -EIO;
}

static int wait_readable(int fd, const struct deadline *deadline)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
	uint64_t left = deadline_left(deadline, clock_now());

	if (left == 0)
		return -ETIME;
	if (poll(&poll_fd, 1, left < INT32_MAX ? (int)left : INT32_MAX) < 0 && errno != EINTR)
		return -errno;
	return 0;
}

/*
 * Receives pending messages into up to `count` headers, one each. The kernel queues its response
 * while the request is sent, so the first try mostly succeeds; waits only if the queue is empty.
 */
static int receive(struct rtnl_socket *socket, struct mmsghdr *headers, unsigned count,
	const struct deadline *deadline, unsigned *ret_received)
{
	int fd = mnl_socket_get_fd(socket->mnl);
	int received;
	int err;

	while ((received = recvmmsg(fd, headers, count, MSG_DONTWAIT, NULL)) < 0) {
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
		err = errno == EAGAIN ? wait_readable(fd, deadline) : 0;
		if (err)
			return err;
	}
	*ret_received = (unsigned)received;
	return 0;
}

/* A process, too, can send messages to another process's netlink socket. */
static bool is_from_kernel(const struct msghdr *header, const struct sockaddr_nl *sender)
{
	return header->msg_namelen == sizeof(*sender) && sender->nl_pid == 0;
}

static int receive_dump(struct rtnl_socket *socket, struct rtnl_dump_reader *reader,
	const struct deadline *deadline)
{
	union receive_buffer buffer;
	struct sockaddr_nl sender;
	struct iovec vector = {.iov_base = buffer.bytes, .iov_len = sizeof(buffer.bytes)};
	struct mmsghdr received;
	unsigned count;
	int err = 0;

	while (!err && !reader->ended) {
		received = (struct mmsghdr){.msg_hdr = {.msg_name = &sender,
						    .msg_namelen = sizeof(sender),
						    .msg_iov = &vector,
						    .msg_iovlen = 1}};
		err = receive(socket, &received, 1, deadline, &count);
		if (err || !is_from_kernel(&received.msg_hdr, &sender))
			continue;
		if (received.msg_hdr.msg_flags & MSG_TRUNC)
			return -EMSGSIZE;
		err = rtnl_dump_reader_feed(reader, buffer.bytes, received.msg_len);
	}
	return err;
}

int rtnl_dump(struct rtnl_socket *socket, struct nlmsghdr *request, rtnl_object_fn object,
	rtnl_restart_fn restart, void *data, const struct deadline *deadline)
{
	for (;;) {
		struct rtnl_dump_reader reader = {
			.sequence = ++socket->sequence, .object = object, .data = data};
		int err;

		request->nlmsg_seq = reader.sequence;
		err = send_bytes(socket, request, request->nlmsg_len);
		if (!err)
			err = receive_dump(socket, &reader, deadline);
		if (err || reader.err || !reader.torn)
			return err ? err : reader.err;
		if (deadline_left(deadline, clock_now()) == 0)
			return -ETIME;
		restart(data);
	}
}

static void log_kernel_text(const void *bytes, size_t length)
{
	const char *text = rtnl_message_is_whole(bytes, length) ? rtnl_ack_text(bytes) : NULL;

	if (text)
		log_line(LOG_DEBUG, NULL, "message from the kernel about a change: %s", text);
}

/* Reads as many responses as one system call returns. */
static int receive_responses(
	struct rtnl_socket *socket, struct rtnl_ack_reader *reader, const struct deadline *deadline)
{
	union receive_buffer buffer;
	struct sockaddr_nl senders[RESPONSES];
	struct iovec vectors[RESPONSES];
	struct mmsghdr received[RESPONSES] = {0};
	unsigned count;
	int err;

	for (size_t i = 0; i < RESPONSES; i++) {
		vectors[i].iov_base = buffer.responses[i].bytes;
		vectors[i].iov_len = RESPONSE_SIZE;
		received[i].msg_hdr.msg_name = &senders[i];
		received[i].msg_hdr.msg_namelen = sizeof(senders[i]);
		received[i].msg_hdr.msg_iov = &vectors[i];
		received[i].msg_hdr.msg_iovlen = 1;
	}
	err = receive(socket, received, RESPONSES, deadline, &count);
	for (unsigned i = 0; !err && i < count; i++) {
		const char *response = buffer.responses[i].bytes;

		if (!is_from_kernel(&received[i].msg_hdr, &senders[i]))
			continue;
		if (received[i].msg_hdr.msg_flags & MSG_TRUNC)
			return -EMSGSIZE;
		err = rtnl_ack_reader_feed(reader, response, received[i].msg_len);
		log_kernel_text(response, received[i].msg_len);
	}
	return err;
}

/*
 * Reads all responses to one batch. If the queue overran, the responses from before are still
 * queued: they belong to the requests that did get a response.
 */
static int receive_all_responses(
	struct rtnl_socket *socket, struct rtnl_ack_reader *reader, const struct deadline *deadline)
{
	const struct deadline at_once = {0};
	int err = 0;

	while (!err && reader->n_responses < reader->count)
		err = receive_responses(socket, reader, deadline);
	if (err == -ENOBUFS)
		while (receive_responses(socket, reader, &at_once) == 0)
			;
	return err;
}

/*
 * Numbers the requests from `at` on that fit into one batch. Returns their number and, in *ret_end,
 * their end; 0 if the bytes are not valid requests.
 */
static size_t number_batch(
	struct rtnl_socket *socket, char *bytes, size_t length, size_t at, size_t *ret_end)
{
	size_t end = at;
	size_t count = 0;

	while (end < length && count < socket->batch_count) {
		struct nlmsghdr *message = (void *)(bytes + end);
		size_t size;

		if (!rtnl_message_is_whole(message, length - end))
			return 0;
		size = NLMSG_ALIGN((size_t)message->nlmsg_len);
		if (size > length - end)
			return 0;
		if (count && end + size - at > socket->batch_bytes)
			break;
		message->nlmsg_seq = ++socket->sequence;
		end += size;
		count++;
	}
	*ret_end = end;
	return count;
}

int rtnl_change(struct rtnl_socket *socket, void *bytes, size_t length, size_t count,
	const struct deadline *deadline, int *ret_errors)
{
	size_t at = 0;
	size_t done = 0;

	for (size_t i = 0; i < count; i++)
		ret_errors[i] = -EINPROGRESS;
	while (done < count) {
		struct rtnl_ack_reader reader = {
			.sequence = socket->sequence + 1, .errors = ret_errors + done};
		size_t start = at;
		int err;

		reader.count = number_batch(socket, bytes, length, start, &at);
		if (reader.count == 0 || reader.count > count - done)
			return -EINVAL;
		err = send_bytes(socket, (char *)bytes + start, at - start);
		if (!err)
			err = receive_all_responses(socket, &reader, deadline);
		if (err)
			return err;
		done += reader.count;
	}
	return 0;
}
