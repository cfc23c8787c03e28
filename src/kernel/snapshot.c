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
#define ALL_TABLES 0 /* in a dump request: no table is selected */

static const struct dump_kind {
	uint16_t type; /* of the request */
	unsigned char family; /* AF_UNSPEC: both */
	size_t header_size;
	const char *objects; /* their name in messages */
} dump_kinds[] = {
	{RTM_GETLINK, AF_UNSPEC, sizeof(struct ifinfomsg), "links"},
	{RTM_GETADDR, AF_UNSPEC, sizeof(struct ifaddrmsg), "addresses"},
	{RTM_GETRULE, AF_UNSPEC, sizeof(struct fib_rule_hdr), "rules"},
	{RTM_GETROUTE, AF_INET, sizeof(struct rtmsg), "IPv4 routes"},
	{RTM_GETROUTE, AF_INET6, sizeof(struct rtmsg), "IPv6 routes"},
};

/* A snapshot that is being read, and its current dump. */
struct snapshot_reader {
	struct netstate *state;
	const uint32_t *tables; /* to read; borrowed */
	size_t n_tables;
	const struct dump_kind *kind;
	struct netstate before_dump; /* only its counts of objects are used */
};

/*
 * A kernel without strict filters sends more routes than requested. A kernel that was started
 * without the requested family sends the other family's routes.
 */
static bool is_requested_route(const struct snapshot_reader *reader, const struct net_route *route)
{
	return route->family == reader->kind->family &&
	       net_table_is_listed(route->table, reader->tables, reader->n_tables);
}

/* Decodes one object of a dump and adds it to the snapshot. */
static int add_object(const struct nlmsghdr *message, void *data)
{
	struct snapshot_reader *reader = data;
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
			err = netstate_add_link(reader->state, &object.link);
		break;
	case RTM_NEWADDR:
		err = rtnl_decode_address(message, &object.address);
		if (!err)
			err = netstate_add_address(reader->state, &object.address);
		break;
	case RTM_NEWRULE:
		err = rtnl_decode_rule(message, &object.rule);
		if (!err)
			err = netstate_add_rule(reader->state, &object.rule);
		break;
	case RTM_NEWROUTE:
		err = rtnl_decode_route(message, &object.route);
		if (!err && is_requested_route(reader, &object.route))
			err = netstate_add_route(reader->state, &object.route);
		break;
	}
	return err == -ENOMSG ? 0 : err; /* -ENOMSG: not an object of a snapshot, skipped */
}

/* Removes the objects of an inconsistent dump from the snapshot, before the dump is repeated. */
static void drop_dump_objects(void *data)
{
	struct snapshot_reader *reader = data;

	reader->state->n_links = reader->before_dump.n_links;
	reader->state->n_addresses = reader->before_dump.n_addresses;
	reader->state->n_rules = reader->before_dump.n_rules;
	reader->state->n_routes = reader->before_dump.n_routes;
}

/* Adds all objects of the current kind to the snapshot; of routes, those in `table`. */
static int dump_objects(struct rtnl_socket *socket, struct snapshot_reader *reader, uint32_t table,
	const struct deadline *deadline)
{
	uint32_t buffer[REQUEST_SIZE / sizeof(uint32_t)];
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	/* The header of each type begins with the family. */
	struct rtgenmsg *info = mnl_nlmsg_put_extra_header(request, reader->kind->header_size);

	request->nlmsg_type = reader->kind->type;
	request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	info->rtgen_family = reader->kind->family;
	if (request->nlmsg_type == RTM_GETLINK)
		mnl_attr_put_u32(request, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	if (table != ALL_TABLES)
		mnl_attr_put_u32(request, RTA_TABLE, table);
	reader->before_dump = *reader->state;
	int err = rtnl_dump(socket, request, add_object, drop_dump_objects, reader, deadline);
	bool is_no_such_table = table != ALL_TABLES && err == -ENOENT;
	return is_no_such_table ? 0 : err; /* a table that does not exist has no routes */
}

/*
 * Dumps the current kind of objects. Routes are dumped only if tables are requested: each table by
 * itself or, without a dump filter, all tables at once, from which add_object() selects.
 */
static int dump_kind(
	struct rtnl_socket *socket, struct snapshot_reader *reader, const struct deadline *deadline)
{
	const uint32_t *tables = reader->tables;
	bool are_routes = reader->kind->type == RTM_GETROUTE;
	int err = 0;

	if (!are_routes || (reader->n_tables && !socket->has_dump_filter))
		return dump_objects(socket, reader, ALL_TABLES, deadline);
	for (size_t i = 0; !err && i < reader->n_tables; i++) {
		bool is_already_dumped = net_table_is_listed(tables[i], tables, i);
		if (!is_already_dumped)
			err = dump_objects(socket, reader, tables[i], deadline);
	}
	return err;
}

int snapshot_take(struct rtnl_socket *socket, const uint32_t *tables, size_t n_tables,
	const struct deadline *deadline, struct netstate *ret_state, struct error *error)
{
	_cleanup_(netstate_done) struct netstate state = {0};
	struct snapshot_reader reader = {.state = &state, .tables = tables, .n_tables = n_tables};

	for (size_t i = 0; i < ARRAY_SIZE(dump_kinds); i++) {
		reader.kind = &dump_kinds[i];
		int err = dump_kind(socket, &reader, deadline);
		if (err == -ETIME)
			return error_set(error, OUTCOME_TIMEOUT, ETIME,
				"timed out while reading the kernel's %s", dump_kinds[i].objects);
		if (err)
			return error_set(error, OUTCOME_FAILED, -err,
				"cannot read the kernel's %s: %s", dump_kinds[i].objects,
				strerror(-err));
	}
	*ret_state = TAKE_STRUCT(state);
	return 0;
}

int snapshot_read(const uint32_t *tables, size_t n_tables, const struct deadline *deadline,
	struct netstate *ret_state, struct error *error)
{
	_cleanup_(rtnl_socket_close) struct rtnl_socket socket = {0};
	int err = rtnl_socket_open(&socket, error);

	return err ? err : snapshot_take(&socket, tables, n_tables, deadline, ret_state, error);
}
