/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/snapshot.h"

#include "kernel/rtnl_decode.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <string.h>

#define REQUEST_SIZE 64 /* bytes */

/* The objects of one dump. */
struct kind {
	uint16_t type;
	unsigned char family; /* AF_UNSPEC: both */
	size_t header_size;
	const char *name;
};

static const struct kind kinds[] = {
	{RTM_GETLINK, AF_UNSPEC, sizeof(struct ifinfomsg), "links"},
	{RTM_GETADDR, AF_UNSPEC, sizeof(struct ifaddrmsg), "addresses"},
	{RTM_GETRULE, AF_UNSPEC, sizeof(struct fib_rule_hdr), "rules"},
	{RTM_GETROUTE, AF_INET, sizeof(struct rtmsg), "IPv4 routes"},
	{RTM_GETROUTE, AF_INET6, sizeof(struct rtmsg), "IPv6 routes"},
};

/* A snapshot that is being read, and the state of the current dump. */
struct collector {
	struct netstate *state;
	const uint32_t *tables; /* to read; borrowed */
	size_t n_tables;
	const struct kind *kind;
	struct netstate before; /* the counts of objects from earlier dumps */
};

/*
 * A kernel without strict filters sends more routes than requested. A kernel that was started
 * without the requested family sends the other family's routes.
 */
static bool is_requested(const struct collector *collector, const struct net_route *route)
{
	return route->family == collector->kind->family &&
	       net_table_is_listed(route->table, collector->tables, collector->n_tables);
}

static int collect(const struct nlmsghdr *message, void *data)
{
	struct collector *collector = data;
	union {
		struct net_link link;
		struct net_address address;
		struct net_rule rule;
		struct net_route route;
	} object;
	int err = -ENOMSG;

	switch (message->nlmsg_type) {
	case RTM_NEWLINK:
		err = rtnl_decode_link(message, &object.link);
		if (!err)
			err = netstate_add_link(collector->state, &object.link);
		break;
	case RTM_NEWADDR:
		err = rtnl_decode_address(message, &object.address);
		if (!err)
			err = netstate_add_address(collector->state, &object.address);
		break;
	case RTM_NEWRULE:
		err = rtnl_decode_rule(message, &object.rule);
		if (!err)
			err = netstate_add_rule(collector->state, &object.rule);
		break;
	case RTM_NEWROUTE:
		err = rtnl_decode_route(message, &object.route);
		if (!err && is_requested(collector, &object.route))
			err = netstate_add_route(collector->state, &object.route);
		break;
	}
	return err == -ENOMSG ? 0 : err;
}

static void forget_dump(void *data)
{
	struct collector *collector = data;

	collector->state->n_links = collector->before.n_links;
	collector->state->n_addresses = collector->before.n_addresses;
	collector->state->n_rules = collector->before.n_rules;
	collector->state->n_routes = collector->before.n_routes;
}

/* `table` is for routes; 0: of all tables. */
static int dump(struct rtnl_socket *socket, struct collector *collector, uint32_t table,
	const struct deadline *deadline)
{
	uint32_t buffer[REQUEST_SIZE / sizeof(uint32_t)];
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	/* The header of each type begins with the family. */
	struct rtgenmsg *info = mnl_nlmsg_put_extra_header(request, collector->kind->header_size);
	int err;

	request->nlmsg_type = collector->kind->type;
	request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	info->rtgen_family = collector->kind->family;
	if (request->nlmsg_type == RTM_GETLINK)
		mnl_attr_put_u32(request, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	if (table)
		mnl_attr_put_u32(request, RTA_TABLE, table);
	collector->before = *collector->state;
	err = rtnl_dump(socket, request, collect, forget_dump, collector, deadline);
	return table && err == -ENOENT ? 0 : err; /* no such table: it has no routes */
}

static int dump_kind(
	struct rtnl_socket *socket, struct collector *collector, const struct deadline *deadline)
{
	const uint32_t *tables = collector->tables;
	int err = 0;

	if (collector->kind->type != RTM_GETROUTE || (collector->n_tables && !socket->strict))
		return dump(socket, collector, 0, deadline);
	for (size_t i = 0; !err && i < collector->n_tables; i++)
		if (!net_table_is_listed(tables[i], tables, i))
			err = dump(socket, collector, tables[i], deadline);
	return err;
}

int snapshot_take(struct rtnl_socket *socket, const uint32_t *tables, size_t n_tables,
	const struct deadline *deadline, struct netstate *ret_state, struct error *error)
{
	_cleanup_(netstate_done) struct netstate state = {0};
	struct collector collector = {.state = &state, .tables = tables, .n_tables = n_tables};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		int err;

		collector.kind = &kinds[i];
		err = dump_kind(socket, &collector, deadline);
		if (err == -ETIME)
			return error_set(error, OUTCOME_TIMEOUT, ETIME,
				"timed out while reading the kernel's %s", kinds[i].name);
		if (err)
			return error_set(error, OUTCOME_FAILED, -err,
				"cannot read the kernel's %s: %s", kinds[i].name, strerror(-err));
	}
	*ret_state = state;
	state = (struct netstate){0};
	return 0;
}

int snapshot_read(const uint32_t *tables, size_t n_tables, const struct deadline *deadline,
	struct netstate *ret_state, struct error *error)
{
	_cleanup_(rtnl_socket_close) struct rtnl_socket socket = {0};
	int err = rtnl_socket_open(&socket, error);

	return err ? err : snapshot_take(&socket, tables, n_tables, deadline, ret_state, error);
}
