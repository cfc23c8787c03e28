/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/snapshot.h"

#include "kernel/rtnl_decode.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>

#define REQUEST_SIZE 64 /* bytes */

/* A snapshot that is being read, and the state of the current dump. */
struct collector {
	struct netstate *state;
	const uint32_t *tables; /* to read; borrowed */
	size_t n_tables;
	unsigned char family; /* of the requested routes */
	size_t routes_before; /* number of routes from earlier dumps */
};

static int collect_link(const struct nlmsghdr *message, void *data)
{
	struct collector *collector = data;
	struct net_link link;
	int err = rtnl_decode_link(message, &link);

	if (err)
		return err == -ENOMSG ? 0 : err;
	return netstate_add_link(collector->state, &link);
}

static void forget_links(void *data)
{
	((struct collector *)data)->state->n_links = 0;
}

static int collect_address(const struct nlmsghdr *message, void *data)
{
	struct collector *collector = data;
	struct net_address address;
	int err = rtnl_decode_address(message, &address);

	if (err)
		return err == -ENOMSG ? 0 : err;
	return netstate_add_address(collector->state, &address);
}

static void forget_addresses(void *data)
{
	((struct collector *)data)->state->n_addresses = 0;
}

static int collect_rule(const struct nlmsghdr *message, void *data)
{
	struct collector *collector = data;
	struct net_rule rule;
	int err = rtnl_decode_rule(message, &rule);

	if (err)
		return err == -ENOMSG ? 0 : err;
	return netstate_add_rule(collector->state, &rule);
}

static void forget_rules(void *data)
{
	((struct collector *)data)->state->n_rules = 0;
}

/*
 * A kernel without strict filters sends more routes than requested. A kernel that was started
 * without the requested family sends the other family's routes.
 */
static bool is_requested(const struct collector *collector, const struct net_route *route)
{
	if (route->family != collector->family)
		return false;
	for (size_t i = 0; i < collector->n_tables; i++)
		if (collector->tables[i] == route->table)
			return true;
	return false;
}

static int collect_route(const struct nlmsghdr *message, void *data)
{
	struct collector *collector = data;
	struct net_route route;
	int err = rtnl_decode_route(message, &route);

	if (err)
		return err == -ENOMSG ? 0 : err;
	if (!is_requested(collector, &route))
		return 0;
	return netstate_add_route(collector->state, &route);
}

static void forget_routes(void *data)
{
	struct collector *collector = data;

	collector->state->n_routes = collector->routes_before;
}

static void *put_request(
	void *buffer, uint16_t type, size_t header_size, struct nlmsghdr **ret_request)
{
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);

	request->nlmsg_type = type;
	request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	*ret_request = request;
	return mnl_nlmsg_put_extra_header(request, header_size);
}

static int dump_links(
	struct rtnl_socket *socket, struct collector *collector, const struct deadline *deadline)
{
	uint32_t buffer[REQUEST_SIZE / sizeof(uint32_t)];
	struct nlmsghdr *request;

	put_request(buffer, RTM_GETLINK, sizeof(struct ifinfomsg), &request);
	mnl_attr_put_u32(request, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	return rtnl_dump(socket, request, collect_link, forget_links, collector, deadline);
}

static int dump_addresses(
	struct rtnl_socket *socket, struct collector *collector, const struct deadline *deadline)
{
	uint32_t buffer[REQUEST_SIZE / sizeof(uint32_t)];
	struct nlmsghdr *request;

	put_request(buffer, RTM_GETADDR, sizeof(struct ifaddrmsg), &request);
	return rtnl_dump(socket, request, collect_address, forget_addresses, collector, deadline);
}

static int dump_rules(
	struct rtnl_socket *socket, struct collector *collector, const struct deadline *deadline)
{
	uint32_t buffer[REQUEST_SIZE / sizeof(uint32_t)];
	struct nlmsghdr *request;

	put_request(buffer, RTM_GETRULE, sizeof(struct fib_rule_hdr), &request);
	return rtnl_dump(socket, request, collect_rule, forget_rules, collector, deadline);
}

/* Reads the routes of collector->family in one table; 0: in all tables. */
static int dump_routes(struct rtnl_socket *socket, struct collector *collector, uint32_t table,
	const struct deadline *deadline)
{
	uint32_t buffer[REQUEST_SIZE / sizeof(uint32_t)];
	struct nlmsghdr *request;
	struct rtmsg *info = put_request(buffer, RTM_GETROUTE, sizeof(*info), &request);
	int err;

	info->rtm_family = collector->family;
	if (table)
		mnl_attr_put_u32(request, RTA_TABLE, table);
	collector->routes_before = collector->state->n_routes;
	err = rtnl_dump(socket, request, collect_route, forget_routes, collector, deadline);
	return table && err == -ENOENT ? 0 : err; /* no such table: it has no routes */
}

static bool is_listed_before(const uint32_t *tables, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (tables[i] == tables[at])
			return true;
	return false;
}

static int dump_family_routes(struct rtnl_socket *socket, struct collector *collector,
	unsigned char family, const struct deadline *deadline)
{
	int err = 0;

	collector->family = family;
	if (collector->n_tables && !socket->strict)
		return dump_routes(socket, collector, 0, deadline);
	for (size_t i = 0; !err && i < collector->n_tables; i++)
		if (!is_listed_before(collector->tables, i))
			err = dump_routes(socket, collector, collector->tables[i], deadline);
	return err;
}

static int set_read_error(int err, const char *objects, struct error *error)
{
	if (err == -ETIME)
		return error_set(error, OUTCOME_TIMEOUT, ETIME,
			"timed out while reading the kernel's %s", objects);
	return error_set(error, OUTCOME_FAILED, -err, "cannot read the kernel's %s: %s", objects,
		strerror(-err));
}

int snapshot_take(struct rtnl_socket *socket, const uint32_t *tables, size_t n_tables,
	const struct deadline *deadline, struct netstate *ret_state, struct error *error)
{
	_cleanup_(netstate_done) struct netstate state = {0};
	struct collector collector = {.state = &state, .tables = tables, .n_tables = n_tables};
	int err = dump_links(socket, &collector, deadline);

	if (err)
		return set_read_error(err, "links", error);
	err = dump_addresses(socket, &collector, deadline);
	if (err)
		return set_read_error(err, "addresses", error);
	err = dump_rules(socket, &collector, deadline);
	if (err)
		return set_read_error(err, "rules", error);
	err = dump_family_routes(socket, &collector, AF_INET, deadline);
	if (err)
		return set_read_error(err, "IPv4 routes", error);
	err = dump_family_routes(socket, &collector, AF_INET6, deadline);
	if (err)
		return set_read_error(err, "IPv6 routes", error);
	*ret_state = state;
	state = (struct netstate){0};
	return 0;
}
