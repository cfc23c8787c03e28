/* SPDX-License-Identifier: Apache-2.0 */
#include "floor.h"

#include "bench_net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define TOKEN_MAX 256
#define BODY_MAX (64 * 1024)
#define TABLE 100
#define PRIORITY 100
#define PROTOCOL 77
#define MTU 9001
#define MAX_MESSAGES (BENCH_MAX_ADDRESSES + 8)

/* The keys that an attach asks for, in its order; `bench` checks that they are still the same. */
static const char *const keys[] = {
	"device-number",
	"local-ipv4s",
	"subnet-ipv4-cidr-block",
	"ipv6s",
};

struct facts {
	struct in_addr addresses[BENCH_MAX_ADDRESSES];
	size_t count;
	struct in_addr subnet;
};

/* Messages one behind another. */
struct batch {
	char bytes[64 * 1024];
	size_t length;
	uint32_t count;
	struct nlmsghdr *message; /* the one that attributes are added to */
};

void floor_die(const char *what)
{
	fprintf(stderr, "floor: %s: %s\n", what, errno ? strerror(errno) : "not as expected");
	exit(1);
}

static void take_token(floor_exchange_fn exchange, void *data, char header[TOKEN_MAX])
{
	int length = snprintf(header, TOKEN_MAX, "X-aws-ec2-metadata-token: ");

	if (exchange(data, "PUT", BENCH_TOKEN_PATH, "X-aws-ec2-metadata-token-ttl-seconds: 60",
		    header + length, TOKEN_MAX - (size_t)length) != 200)
		floor_die("the token");
}

static void take_facts(floor_exchange_fn exchange, void *data, const char *header, unsigned eni,
	struct facts *facts)
{
	static char body[BODY_MAX];
	char path[256];

	facts->count = 0;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		snprintf(path, sizeof(path), BENCH_MACS_PATH BENCH_MAC "/%s", eni, keys[i]);
		if (exchange(data, "GET", path, header, body, sizeof(body)) != 200)
			continue;
		if (!strcmp(keys[i], "subnet-ipv4-cidr-block")) {
			*strchr(body, '/') = '\0';
			if (inet_pton(AF_INET, body, &facts->subnet) != 1)
				floor_die(path);
		}
		if (strcmp(keys[i], "local-ipv4s"))
			continue;
		for (char *line = strtok(body, "\n"); line; line = strtok(NULL, "\n"))
			if (facts->count == BENCH_MAX_ADDRESSES ||
				inet_pton(AF_INET, line, &facts->addresses[facts->count++]) != 1)
				floor_die(path);
	}
}

static void *begin(struct batch *batch, uint16_t type, uint16_t flags, size_t size)
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

static struct rtattr *add(struct batch *batch, uint16_t type, const void *bytes, size_t size)
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

static void add_u32(struct batch *batch, uint16_t type, uint32_t value)
{
	add(batch, type, &value, sizeof(value));
}

static void end_nest(struct batch *batch, struct rtattr *nest)
{
	nest->rta_len = (uint16_t)(batch->bytes + batch->length - (char *)nest);
}

static struct ifinfomsg *begin_link(struct batch *batch, unsigned link)
{
	struct ifinfomsg *info = begin(batch, RTM_SETLINK, NLM_F_ACK, sizeof(*info));

	info->ifi_index = (int)link;
	return info;
}

static void put_mtu(struct batch *batch, unsigned link)
{
	begin_link(batch, link);
	add_u32(batch, IFLA_MTU, MTU);
}

static void put_rp_filter(struct batch *batch, unsigned link)
{
	struct rtattr *spec, *inet, *conf;

	begin_link(batch, link);
	spec = add(batch, IFLA_AF_SPEC, NULL, 0);
	inet = add(batch, AF_INET, NULL, 0);
	conf = add(batch, IFLA_INET_CONF, NULL, 0);
	add_u32(batch, IPV4_DEVCONF_RP_FILTER, 2);
	end_nest(batch, conf);
	end_nest(batch, inet);
	end_nest(batch, spec);
}

static void put_up(struct batch *batch, unsigned link)
{
	struct ifinfomsg *info = begin_link(batch, link);

	info->ifi_flags = IFF_UP;
	info->ifi_change = IFF_UP;
}

/* The primary address has the subnet's prefix, the others are hosts. */
static void put_address(struct batch *batch, unsigned link, struct in_addr address, bool primary)
{
	struct ifaddrmsg *info = begin(
		batch, RTM_NEWADDR, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, sizeof(*info));

	info->ifa_family = AF_INET;
	info->ifa_prefixlen = primary ? 24 : 32;
	info->ifa_index = link;
	add(batch, IFA_LOCAL, &address, sizeof(address));
	add(batch, IFA_ADDRESS, &address, sizeof(address));
	if (!primary)
		add_u32(batch, IFA_FLAGS, IFA_F_NOPREFIXROUTE);
}

/* The connected route, or the default route where there is a gateway. */
static void put_route(
	struct batch *batch, unsigned link, struct in_addr subnet, const struct in_addr *gateway)
{
	struct rtmsg *info = begin(
		batch, RTM_NEWROUTE, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, sizeof(*info));

	info->rtm_family = AF_INET;
	info->rtm_dst_len = gateway ? 0 : 24;
	info->rtm_table = TABLE;
	info->rtm_protocol = PROTOCOL;
	info->rtm_scope = gateway ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK;
	info->rtm_type = RTN_UNICAST;
	if (gateway)
		add(batch, RTA_GATEWAY, gateway, sizeof(*gateway));
	else
		add(batch, RTA_DST, &subnet, sizeof(subnet));
	add_u32(batch, RTA_OIF, link);
}

static void put_rule(struct batch *batch, struct in_addr subnet)
{
	struct fib_rule_hdr *info = begin(
		batch, RTM_NEWRULE, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, sizeof(*info));
	uint8_t protocol = PROTOCOL;

	info->family = AF_INET;
	info->src_len = 24;
	info->table = TABLE;
	info->action = FR_ACT_TO_TBL;
	add(batch, FRA_SRC, &subnet, sizeof(subnet));
	add_u32(batch, FRA_PRIORITY, PRIORITY);
	add(batch, FRA_PROTOCOL, &protocol, sizeof(protocol));
}

/* Sends all and reads until each message has its acknowledgement. */
static void change(int fd, struct batch *batch)
{
	static char answer[32 * 1024];
	uint32_t left = batch->count;

	if (send(fd, batch->bytes, batch->length, 0) != (ssize_t)batch->length)
		floor_die("send");
	while (left) {
		ssize_t received = recv(fd, answer, sizeof(answer), 0);
		struct nlmsghdr *message = (struct nlmsghdr *)answer;

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

/* One dump, read to its end and thrown away. */
static void dump(int fd, struct batch *batch)
{
	static char answer[32 * 1024];

	if (send(fd, batch->bytes, batch->length, 0) != (ssize_t)batch->length)
		floor_die("send");
	for (;;) {
		ssize_t received = recv(fd, answer, sizeof(answer), 0);
		struct nlmsghdr *message = (struct nlmsghdr *)answer;

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

static void *begin_dump(struct batch *batch, uint16_t type, size_t size)
{
	batch->length = 0;
	return begin(batch, type, NLM_F_DUMP, size);
}

static void dump_all(int fd)
{
	static const unsigned char families[] = {AF_INET, AF_INET6};
	static const uint32_t tables[] = {RT_TABLE_MAIN, TABLE};
	static struct batch batch;

	begin_dump(&batch, RTM_GETLINK, sizeof(struct ifinfomsg));
	add_u32(&batch, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	dump(fd, &batch);
	begin_dump(&batch, RTM_GETADDR, sizeof(struct ifaddrmsg));
	dump(fd, &batch);
	begin_dump(&batch, RTM_GETRULE, sizeof(struct fib_rule_hdr));
	dump(fd, &batch);
	for (size_t i = 0; i < 4; i++) {
		struct rtmsg *route = begin_dump(&batch, RTM_GETROUTE, sizeof(*route));

		route->rtm_family = families[i / 2];
		add_u32(&batch, RTA_TABLE, tables[i % 2]);
		dump(fd, &batch);
	}
}

static int netlink_open(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	int one = 1;

	if (fd < 0 || setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &one, sizeof(one)) < 0 ||
		setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof(one)) < 0)
		floor_die("netlink socket");
	return fd;
}

static void configure(int fd, unsigned eni, const struct facts *facts)
{
	static struct batch batch;
	struct in_addr gateway = {.s_addr = htonl(ntohl(facts->subnet.s_addr) + 1)};
	char name[IFNAMSIZ];
	unsigned link;

	snprintf(name, sizeof(name), "eth%u", eni);
	link = if_nametoindex(name);
	if (!link)
		floor_die(name);
	put_mtu(&batch, link);
	put_rp_filter(&batch, link);
	put_up(&batch, link);
	for (size_t i = 0; i < facts->count; i++)
		put_address(&batch, link, facts->addresses[i], i == 0);
	put_route(&batch, link, facts->subnet, NULL);
	put_route(&batch, link, facts->subnet, &gateway);
	put_rule(&batch, facts->subnet);
	change(fd, &batch);
}

int floor_main(int argc, char **argv, floor_exchange_fn exchange, void *data)
{
	static struct facts facts;
	char header[TOKEN_MAX];

	if (argc == 3 && !strcmp(argv[1], "attach")) {
		unsigned eni = (unsigned)strtoul(argv[2], NULL, 10);
		int fd = netlink_open();

		dump_all(fd);
		take_token(exchange, data, header);
		take_facts(exchange, data, header, eni, &facts);
		configure(fd, eni, &facts);
		dump_all(fd);
		return 0;
	}
	if (argc == 4 && !strcmp(argv[1], "requests")) {
		unsigned last = (unsigned)strtoul(argv[3], NULL, 10);

		take_token(exchange, data, header);
		for (unsigned eni = (unsigned)strtoul(argv[2], NULL, 10); eni <= last; eni++)
			take_facts(exchange, data, header, eni, &facts);
		return 0;
	}
	if (argc == 2 && !strcmp(argv[1], "nothing"))
		return 0;
	fprintf(stderr, "usage: %s attach ENI | requests FIRST LAST | nothing\n", argv[0]);
	return 2;
}
