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
#define RESPONSE_SLOTS (RECEIVE_SIZE / RESPONSE_SIZE)

/*
 * Bytes. The kernel counts the memory that a queued message occupies, with the kernel's own
 * headers: on 64 bits at most 1,280 bytes for a response with the kernel's text.
 */
#define QUEUED_RESPONSE_SIZE 1536
#define RECEIVE_QUEUE_SIZE (2 << 20) /* bytes; the kernel doubles it */

union receive_buffer {
	struct nlmsghdr header;
	char bytes[RECEIVE_SIZE];
	union {
		struct nlmsghdr header;
		char bytes[RESPONSE_SIZE];
	} responses[RESPONSE_SLOTS];
};

/* `option` is SO_RCVBUF or SO_SNDBUF. Returns the size in bytes; 0: not known. */
static size_t get_buffer_size(int fd, int option)
{
	int value = 0;
	socklen_t size = sizeof(value);

	if (getsockopt(fd, SOL_SOCKET, option, &value, &size) < 0 || value < 0)
		return 0;
	return (size_t)value;
}

/*
 * The kernel queues responses while it still handles the remaining requests of a batch, so a batch
 * may have only as many requests as the queue has room for responses. SO_RCVBUFFORCE requires
 * CAP_NET_ADMIN over the host; without it the administrator's limit applies (net.core.rmem_max).
 */
static void set_batch_limits(struct rtnl_socket *socket)
{
	int fd = mnl_socket_get_fd(socket->mnl);
	int queue_size = RECEIVE_QUEUE_SIZE;

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &queue_size, sizeof(queue_size)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &queue_size, sizeof(queue_size));
	socket->batch_max_count = get_buffer_size(fd, SO_RCVBUF) / QUEUED_RESPONSE_SIZE;
	/* The kernel's own headers use a part of the send buffer. */
	socket->batch_max_bytes = get_buffer_size(fd, SO_SNDBUF) / 2;
	if (!socket->batch_max_count) /* a tiny queue, or its size is not known */
		socket->batch_max_count = 1;
}

int rtnl_socket_open(struct rtnl_socket *ret_socket, struct error *error)
{
	_cleanup_(rtnl_socket_close) struct rtnl_socket socket = {0};
	int on = 1;

	socket.mnl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (!socket.mnl || mnl_socket_bind(socket.mnl, 0, MNL_SOCKET_AUTOPID) < 0)
		return error_set(error, OUTCOME_FAILED, errno,
			"cannot open a netlink socket to the kernel: %s", strerror(errno));
	/* Each is optional: without them responses are longer, lack texts, or callers filter dumps. */
	mnl_socket_setsockopt(socket.mnl, NETLINK_CAP_ACK, &on, sizeof(on));
	mnl_socket_setsockopt(socket.mnl, NETLINK_EXT_ACK, &on, sizeof(on));
	socket.has_dump_filter = mnl_socket_setsockopt(
					 socket.mnl, NETLINK_GET_STRICT_CHK, &on, sizeof(on)) == 0;
	set_batch_limits(&socket);
	*ret_socket = socket;
	socket.mnl = NULL; /* not closed here: the caller owns it */
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

/* Returns -ETIME after the deadline, and 0 also after a signal: the caller tries to read again. */
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

	while ((received = recvmmsg(fd, headers, count, MSG_DONTWAIT, NULL)) < 0) {
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
		int err = errno == EAGAIN ? wait_readable(fd, deadline) : 0;
		if (err)
			return err;
	}
	*ret_received = (unsigned)received;
	return 0;
}

/* Other processes can send messages to this socket, too; the kernel has port 0. */
static bool is_from_kernel(const struct msghdr *header, const struct sockaddr_nl *sender)
{
	return header->msg_namelen == sizeof(*sender) && sender->nl_pid == 0;
}

/* Reads messages until the end of the dump. */
static int receive_dump(struct rtnl_socket *socket, struct rtnl_dump_reader *reader,
	const struct deadline *deadline)
{
	union receive_buffer buffer;
	struct sockaddr_nl sender;
	struct iovec vector = {.iov_base = buffer.bytes, .iov_len = sizeof(buffer.bytes)};
	unsigned count;
	int err = 0;

	while (!err && !reader->has_ended) {
		struct mmsghdr received = {.msg_hdr = {.msg_name = &sender,
						   .msg_namelen = sizeof(sender),
						   .msg_iov = &vector,
						   .msg_iovlen = 1}};
		err = receive(socket, &received, 1, deadline, &count);
		if (err || !is_from_kernel(&received.msg_hdr, &sender))
			continue; /* an error ends the loop */
		if (received.msg_hdr.msg_flags & MSG_TRUNC)
			return -EMSGSIZE;
		err = rtnl_dump_reader_feed(reader, buffer.bytes, received.msg_len);
	}
	return err;
}

int rtnl_dump(struct rtnl_socket *socket, struct nlmsghdr *request, rtnl_object_fn handle_object,
	rtnl_drop_objects_fn drop_objects, void *data, const struct deadline *deadline)
{
	for (;;) {
		struct rtnl_dump_reader reader = {.sequence = ++socket->sequence,
			.handle_object = handle_object,
			.data = data};
		request->nlmsg_seq = reader.sequence;
		int err = send_bytes(socket, request, request->nlmsg_len);
		if (!err)
			err = receive_dump(socket, &reader, deadline);
		err = err ? err : reader.err;
		if (err || !reader.is_inconsistent)
			return err;
		if (deadline_left(deadline, clock_now()) == 0)
			return -ETIME;
		drop_objects(data);
	}
}

/* Logs the kernel's explanation in a response, if there is one. */
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
	struct sockaddr_nl senders[RESPONSE_SLOTS];
	struct iovec vectors[RESPONSE_SLOTS];
	struct mmsghdr received[RESPONSE_SLOTS] = {0};
	unsigned count;

	for (size_t i = 0; i < RESPONSE_SLOTS; i++) {
		vectors[i].iov_base = buffer.responses[i].bytes;
		vectors[i].iov_len = RESPONSE_SIZE;
		received[i].msg_hdr.msg_name = &senders[i];
		received[i].msg_hdr.msg_namelen = sizeof(senders[i]);
		received[i].msg_hdr.msg_iov = &vectors[i];
		received[i].msg_hdr.msg_iovlen = 1;
	}
	int err = receive(socket, received, RESPONSE_SLOTS, deadline, &count);
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
 * Reads all responses to one batch. -ENOBUFS: the receive queue overran, and the kernel dropped the
 * later responses. The earlier ones are still queued: read them without waiting, for the caller.
 */
static int receive_all_responses(
	struct rtnl_socket *socket, struct rtnl_ack_reader *reader, const struct deadline *deadline)
{
	const struct deadline no_wait = {0}; /* has passed */
	int err = 0;

	while (!err && reader->n_responses < reader->count)
		err = receive_responses(socket, reader, deadline);
	if (err == -ENOBUFS)
		while (receive_responses(socket, reader, &no_wait) == 0)
			;
	return err;
}

/*
 * Selects the requests for one batch, from offset `start` on, and sets their sequence numbers.
 * Returns how many fit and the offset of their end; 0 if the bytes are not valid requests.
 */
static size_t prepare_batch(
	struct rtnl_socket *socket, char *bytes, size_t length, size_t start, size_t *ret_end)
{
	size_t end = start, count = 0;

	while (end < length && count < socket->batch_max_count) {
		struct nlmsghdr *message = (void *)(bytes + end);
		if (!rtnl_message_is_whole(message, length - end))
			return 0;
		size_t size = NLMSG_ALIGN((size_t)message->nlmsg_len);
		if (size > length - end)
			return 0;
		bool is_batch_full = end + size - start > socket->batch_max_bytes;
		if (is_batch_full && count > 0) /* a single request is sent in any case */
			break;
		message->nlmsg_seq = ++socket->sequence;
		end += size;
		count++;
	}
	*ret_end = end;
	return count;
}

int rtnl_send_changes(struct rtnl_socket *socket, void *bytes, size_t length, size_t count,
	const struct deadline *deadline, int *ret_errors)
{
	size_t end = 0, n_done = 0;

	for (size_t i = 0; i < count; i++)
		ret_errors[i] = -EINPROGRESS;
	while (n_done < count) {
		struct rtnl_ack_reader reader = {
			.sequence = socket->sequence + 1, .errors = ret_errors + n_done};
		size_t start = end;
		reader.count = prepare_batch(socket, bytes, length, start, &end);
		if (reader.count == 0 || reader.count > count - n_done)
			return -EINVAL; /* `bytes` does not have `count` valid requests */
		int err = send_bytes(socket, (char *)bytes + start, end - start);
		if (!err)
			err = receive_all_responses(socket, &reader, deadline);
		if (err)
			return err;
		n_done += reader.count;
	}
	return 0;
}
