/* SPDX-License-Identifier: Apache-2.0 */
#include "floor_netlink.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

void floor_die(const char *what)
{
	fprintf(stderr, "floor: %s: %s\n", what, errno ? strerror(errno) : "not as expected");
	exit(1);
}

void *floor_batch_begin(struct floor_batch *batch, uint16_t type, uint16_t flags, size_t size)
{
	struct nlmsghdr *message = (struct nlmsghdr *)(batch->bytes + batch->length);

	memset(message, 0, NLMSG_SPACE(size));
	message->nlmsg_len = (uint32_t)NLMSG_LENGTH(size);
	message->nlmsg_type = type;
	message->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	message->nlmsg_seq = ++batch->count;
	batch->message = message;
	batch->length += NLMSG_SPACE(size);
	return NLMSG_DATA(message);
}

struct rtattr *floor_batch_add(
	struct floor_batch *batch, uint16_t type, const void *bytes, size_t size)
{
	struct nlmsghdr *message = batch->message;
	struct rtattr *attribute = (struct rtattr *)((char *)message +
						     NLMSG_ALIGN(message->nlmsg_len));

	attribute->rta_type = type;
	attribute->rta_len = (uint16_t)RTA_LENGTH(size);
	if (size)
		memcpy(RTA_DATA(attribute), bytes, size);
	message->nlmsg_len = NLMSG_ALIGN(message->nlmsg_len) + (uint32_t)RTA_SPACE(size);
	batch->length = (size_t)((char *)message - batch->bytes) + message->nlmsg_len;
	return attribute;
}

void floor_batch_add_u32(struct floor_batch *batch, uint16_t type, uint32_t value)
{
	floor_batch_add(batch, type, &value, sizeof(value));
}

void floor_batch_end_nest(struct floor_batch *batch, struct rtattr *nest)
{
	nest->rta_len = (uint16_t)(batch->bytes + batch->length - (char *)nest);
}

void floor_batch_put_address(struct floor_batch *batch, unsigned link, struct in_addr address,
	uint8_t prefix_length, uint32_t flags)
{
	struct ifaddrmsg *info = floor_batch_begin(
		batch, RTM_NEWADDR, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, sizeof(*info));

	info->ifa_family = AF_INET;
	info->ifa_prefixlen = prefix_length;
	info->ifa_index = link;
	floor_batch_add(batch, IFA_LOCAL, &address, sizeof(address));
	floor_batch_add(batch, IFA_ADDRESS, &address, sizeof(address));
	if (flags)
		floor_batch_add_u32(batch, IFA_FLAGS, flags);
}

int floor_netlink_open(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	int one = 1;

	if (fd < 0 || setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &one, sizeof(one)) < 0 ||
		setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof(one)) < 0)
		floor_die("netlink socket");
	return fd;
}

static void send_all(int fd, const struct floor_batch *batch)
{
	if (send(fd, batch->bytes, batch->length, 0) != (ssize_t)batch->length)
		floor_die("send");
}

void floor_netlink_change(int fd, const struct floor_batch *batch)
{
	static char response[32 * 1024];
	uint32_t left = batch->count;

	send_all(fd, batch);
	while (left) {
		ssize_t received = recv(fd, response, sizeof(response), 0);
		struct nlmsghdr *message = (struct nlmsghdr *)response;

		if (received <= 0)
			floor_die("recv");
		for (size_t room = (size_t)received; NLMSG_OK(message, room);
			message = NLMSG_NEXT(message, room)) {
			const struct nlmsgerr *error = NLMSG_DATA(message);

			errno = -error->error;
			if (message->nlmsg_type != NLMSG_ERROR || errno)
				floor_die("a change");
			left--;
		}
	}
}

void floor_netlink_dump(int fd, const struct floor_batch *batch)
{
	static char response[32 * 1024];

	send_all(fd, batch);
	for (;;) {
		ssize_t received = recv(fd, response, sizeof(response), 0);
		struct nlmsghdr *message = (struct nlmsghdr *)response;

		if (received <= 0)
			floor_die("recv");
		for (size_t room = (size_t)received; NLMSG_OK(message, room);
			message = NLMSG_NEXT(message, room)) {
			if (message->nlmsg_type == NLMSG_ERROR)
				floor_die("a dump");
			if (message->nlmsg_type == NLMSG_DONE)
				return;
		}
	}
}
