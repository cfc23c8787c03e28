/* SPDX-License-Identifier: Apache-2.0 */
#include "floor.h"

#include "bench_net.h"
#include "floor_netlink.h"

#include <arpa/inet.h>
#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define BODY_MAX (64 * 1024)
#define TABLE 100
#define PRIORITY 100
#define PROTOCOL 77
#define MTU 9001

/* The keys that an attach fetches, in its order; `bench` checks that they are still the same. */
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

void floor_take_token(floor_exchange_fn exchange, void *data, char ret_header[FLOOR_HEADER_SIZE])
{
	int length = snprintf(ret_header, FLOOR_HEADER_SIZE, "X-aws-ec2-metadata-token: ");

	if (exchange(data, "PUT", BENCH_TOKEN_PATH, "X-aws-ec2-metadata-token-ttl-seconds: 60",
		    ret_header + length, FLOOR_HEADER_SIZE - (size_t)length) != 200)
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

static struct ifinfomsg *begin_link(struct floor_batch *batch, unsigned link)
{
	struct ifinfomsg *info = floor_batch_begin(batch, RTM_SETLINK, NLM_F_ACK, sizeof(*info));

	info->ifi_index = (int)link;
	return info;
}

static void put_mtu(struct floor_batch *batch, unsigned link)
{
	begin_link(batch, link);
	floor_batch_add_u32(batch, IFLA_MTU, MTU);
}

static void put_rp_filter(struct floor_batch *batch, unsigned link)
{
	struct rtattr *spec, *inet, *conf;

	begin_link(batch, link);
	spec = floor_batch_add(batch, IFLA_AF_SPEC, NULL, 0);
	inet = floor_batch_add(batch, AF_INET, NULL, 0);
	conf = floor_batch_add(batch, IFLA_INET_CONF, NULL, 0);
	floor_batch_add_u32(batch, IPV4_DEVCONF_RP_FILTER, 2);
	floor_batch_end_nest(batch, conf);
	floor_batch_end_nest(batch, inet);
	floor_batch_end_nest(batch, spec);
}

static void put_up(struct floor_batch *batch, unsigned link)
{
	struct ifinfomsg *info = begin_link(batch, link);

	info->ifi_flags = IFF_UP;
	info->ifi_change = IFF_UP;
}

/* The connected route, or the default route where there is a gateway. */
static void put_route(struct floor_batch *batch, unsigned link, struct in_addr subnet,
	const struct in_addr *gateway)
{
	struct rtmsg *info = floor_batch_begin(
		batch, RTM_NEWROUTE, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, sizeof(*info));

	info->rtm_family = AF_INET;
	info->rtm_dst_len = gateway ? 0 : 24;
	info->rtm_table = TABLE;
	info->rtm_protocol = PROTOCOL;
	info->rtm_scope = gateway ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK;
	info->rtm_type = RTN_UNICAST;
	if (gateway)
		floor_batch_add(batch, RTA_GATEWAY, gateway, sizeof(*gateway));
	else
		floor_batch_add(batch, RTA_DST, &subnet, sizeof(subnet));
	floor_batch_add_u32(batch, RTA_OIF, link);
}

static void put_rule(struct floor_batch *batch, struct in_addr subnet)
{
	struct fib_rule_hdr *info = floor_batch_begin(
		batch, RTM_NEWRULE, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, sizeof(*info));
	uint8_t protocol = PROTOCOL;

	info->family = AF_INET;
	info->src_len = 24;
	info->table = TABLE;
	info->action = FR_ACT_TO_TBL;
	floor_batch_add(batch, FRA_SRC, &subnet, sizeof(subnet));
	floor_batch_add_u32(batch, FRA_PRIORITY, PRIORITY);
	floor_batch_add(batch, FRA_PROTOCOL, &protocol, sizeof(protocol));
}

static void *begin_dump(struct floor_batch *batch, uint16_t type, size_t size)
{
	batch->length = 0;
	return floor_batch_begin(batch, type, NLM_F_DUMP, size);
}

static void dump_all(int fd)
{
	static const unsigned char families[] = {AF_INET, AF_INET6};
	static const uint32_t tables[] = {RT_TABLE_MAIN, TABLE};
	static struct floor_batch batch;

	begin_dump(&batch, RTM_GETLINK, sizeof(struct ifinfomsg));
	floor_batch_add_u32(&batch, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	floor_netlink_dump(fd, &batch);
	begin_dump(&batch, RTM_GETADDR, sizeof(struct ifaddrmsg));
	floor_netlink_dump(fd, &batch);
	begin_dump(&batch, RTM_GETRULE, sizeof(struct fib_rule_hdr));
	floor_netlink_dump(fd, &batch);
	for (size_t i = 0; i < 4; i++) {
		struct rtmsg *route = begin_dump(&batch, RTM_GETROUTE, sizeof(*route));

		route->rtm_family = families[i / 2];
		floor_batch_add_u32(&batch, RTA_TABLE, tables[i % 2]);
		floor_netlink_dump(fd, &batch);
	}
}

static void configure(int fd, unsigned eni, const struct facts *facts)
{
	static struct floor_batch batch;
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
		/* The primary address has the subnet's prefix, the others are hosts. */
		floor_batch_put_address(&batch, link, facts->addresses[i], i ? 32 : 24,
			i ? IFA_F_NOPREFIXROUTE : 0);
	put_route(&batch, link, facts->subnet, NULL);
	put_route(&batch, link, facts->subnet, &gateway);
	put_rule(&batch, facts->subnet);
	floor_netlink_change(fd, &batch);
}

int floor_main(int argc, char **argv, floor_exchange_fn exchange, void *data)
{
	static struct facts facts;
	char header[FLOOR_HEADER_SIZE];

	if (argc == 3 && !strcmp(argv[1], "attach")) {
		unsigned eni = (unsigned)strtoul(argv[2], NULL, 10);
		int fd = floor_netlink_open();

		dump_all(fd);
		floor_take_token(exchange, data, header);
		take_facts(exchange, data, header, eni, &facts);
		configure(fd, eni, &facts);
		dump_all(fd);
		return 0;
	}
	if (argc == 4 && !strcmp(argv[1], "requests")) {
		unsigned last = (unsigned)strtoul(argv[3], NULL, 10);

		floor_take_token(exchange, data, header);
		for (unsigned eni = (unsigned)strtoul(argv[2], NULL, 10); eni <= last; eni++)
			take_facts(exchange, data, header, eni, &facts);
		return 0;
	}
	if (argc == 2 && !strcmp(argv[1], "nothing"))
		return 0;
	fprintf(stderr, "usage: %s attach ENI | requests FIRST LAST | nothing\n", argv[0]);
	return 2;
}
