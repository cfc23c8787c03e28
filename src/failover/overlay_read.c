/* SPDX-License-Identifier: Apache-2.0 */
#include "failover/overlay_read.h"

#include "base/cleanup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A VPC has at most 200 tables: a list with more pages is a bug of the server. */
#define PAGES_MAX 100

void overlay_read_init(struct overlay_read *read, const struct overlay_routes *routes)
{
	bool ipv6 = routes->destination.address.family == AF_INET6;

	*read = (struct overlay_read){.routes = routes};
	ip_prefix_format(&routes->destination, read->destination_text);
	read->vpc_values[0] = routes->vpc;
	read->destination_values[0] = read->destination_text;
	read->filters[0] = (struct ec2_filter){"vpc-id", read->vpc_values};
	read->filters[1] = (struct ec2_filter){
		ipv6 ? "route.destination-ipv6-cidr-block" : "route.destination-cidr-block",
		read->destination_values};
}

void overlay_read_done(struct overlay_read *read)
{
	free(read->tables);
	free(read->uncovered);
	table_read_done(&read->by_id);
	free(read->next_token);
	*read = (struct overlay_read){0};
}

/* Requests the tables that the caller named in routes->tables. */
static int add_calls_by_id(struct overlay_read *read, struct flow_batch *batch)
{
	const char *const *tables = read->routes->tables;
	size_t count = 0;

	while (tables[count])
		count++;
	int err = table_read_init(&read->by_id, count);
	if (err)
		return err;
	for (size_t i = 0; i < count; i++)
		table_read_add(&read->by_id, tables[i]);
	read->n_outstanding = table_read_count_requests(&read->by_id);
	return table_read_add_calls(&read->by_id, &read->routes->destination, 0, batch);
}

/* Requests the named tables; or, if none are named, the next page of tables with the route. */
static int read_next(void *state, uint64_t now, uint32_t random, struct flow_batch *ret_batch)
{
	struct overlay_read *read = state;
	const struct flow_call page = {
		.action = EC2_DESCRIBE_ROUTE_TABLES,
		.parameters = {.filters = read->filters,
			.max_results = TABLES_PER_REQUEST,
			.next_token = read->next_token},
		.destination = &read->routes->destination,
	};

	(void)now;
	(void)random;
	*ret_batch = (struct flow_batch){0};
	if (read->has_ended)
		return 0;
	return read->routes->tables ? add_calls_by_id(read, ret_batch)
				    : flow_batch_add(ret_batch, &page);
}

/* Prefers a static route (ORIGIN_CREATE_ROUTE): the VPC uses it, and not a propagated one. */
struct overlay_route overlay_route_find(
	const struct ec2_route_table *table, const struct ip_prefix *destination)
{
	const struct ec2_route *found = NULL;
	struct overlay_route route = {0};

	for (size_t i = 0; i < table->routes.count; i++) {
		const struct ec2_route *item = &table->routes.items[i];
		if (ip_prefix_compare(&item->destination, destination) == 0 &&
			(!found || item->origin == EC2_ORIGIN_CREATE_ROUTE))
			found = item;
	}
	if (!found)
		return route;
	route.exists = true;
	route.kind = found->target.kind;
	snprintf(
		route.target, sizeof(route.target), "%s", found->target.id ? found->target.id : "");
	snprintf(route.instance, sizeof(route.instance), "%s", found->instance);
	route.state = found->state;
	route.origin = found->origin;
	return route;
}

static bool contains_id(const char *const *ids, const char *id)
{
	for (; *ids; ids++)
		if (strcmp(*ids, id) == 0)
			return true;
	return false;
}

bool overlay_route_points_to(const struct overlay_route *route, const char *const *enis)
{
	return route->exists && route->kind == EC2_TARGET_ENI && contains_id(enis, route->target);
}

bool overlay_route_is_same(const struct overlay_route *a, const struct overlay_route *b)
{
	return a->exists == b->exists && a->kind == b->kind && strcmp(a->target, b->target) == 0;
}

const char *overlay_route_format(
	const struct overlay_route *route, char buffer[OVERLAY_ROUTE_TEXT_SIZE])
{
	/* If the target is an instance, its id is already the target's. */
	bool shows_instance = route->instance[0] && route->kind != EC2_TARGET_INSTANCE;

	snprintf(buffer, OVERLAY_ROUTE_TEXT_SIZE, "%s (%s%s%s)",
		route->target[0] ? route->target : "nothing", shows_instance ? route->instance : "",
		shows_instance ? ", " : "", ec2_route_state_words[route->state]);
	return buffer;
}

static bool is_id_byte(char byte)
{
	return byte == '-' || (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z');
}

bool overlay_message_has_id(const char *message, const char *id)
{
	size_t length = strlen(id);

	for (const char *at = message; at && (at = strstr(at, id)); at += length)
		if ((at == message || !is_id_byte(at[-1])) && !is_id_byte(at[length]))
			return true;
	return false;
}

static bool has_table(const struct overlay_read *read, const char *id)
{
	for (size_t i = 0; i < read->n_tables; i++)
		if (strcmp(read->tables[i].id, id) == 0)
			return true;
	return false;
}

/*
 * Refuses a destination inside the VPC. Each CIDR of the VPC has a route to "local" in all of its
 * route tables, and inside these CIDRs EC2 accepts no route that is narrower than a subnet.
 */
static int check_outside_vpc(struct overlay_read *read, const struct ec2_route_table *found)
{
	const struct ip_prefix *destination = &read->routes->destination;
	char text[IP_PREFIX_TEXT_SIZE], address[IP_ADDRESS_TEXT_SIZE];

	for (size_t i = 0; i < found->routes.count; i++) {
		const struct ec2_route *route = &found->routes.items[i];
		if (!ec2_route_is_local(route) ||
			!ip_prefix_contains(&route->destination, &destination->address))
			continue;
		return error_set(&read->error, OUTCOME_USAGE, EINVAL,
			"%s is inside %s of VPC %s: an overlay address must be outside the VPC",
			ip_address_format(&destination->address, address),
			ip_prefix_format(&route->destination, text), found->vpc);
	}
	return 0;
}

/* Returns 0 if the table may be changed: in the right VPC, and the address is outside the VPC. */
static int check_table(struct overlay_read *read, const struct ec2_route_table *found)
{
	const struct overlay_routes *routes = read->routes;

	if (routes->vpc && strcmp(found->vpc, routes->vpc) != 0)
		return error_set(&read->error, OUTCOME_USAGE, EINVAL,
			"route table %s belongs to VPC %s, not to this host's VPC, %s", found->id,
			found->vpc[0] ? found->vpc : "(unknown)", routes->vpc);
	return check_outside_vpc(read, found);
}

/*
 * Adds a table that the caller did not name, and whose route points to neither an ENI nor an
 * instance. The table is left out. That is not a failure (OUTCOME_DONE): the text is for the user.
 */
static int add_left_out_table(struct overlay_read *read, struct overlay_table *table)
{
	char text[OVERLAY_ROUTE_TEXT_SIZE];
	int err = array_reserve(&read->uncovered, &read->uncovered_capacity, read->n_uncovered,
		sizeof(*read->uncovered));

	if (err)
		return err;
	table->verdict = OVERLAY_NOT_PERMITTED;
	error_set(&table->error, OUTCOME_DONE, 0,
		"route to %s points to %s, which is neither an ENI nor an instance: \"route-tables: vpc\" does not cover this table: to move the route, list the tables in route-tables",
		read->destination_text, overlay_route_format(&table->before, text));
	read->uncovered[read->n_uncovered++] = *table;
	return 0;
}

/* True if the caller named the tables, or if the route points to an ENI or an instance. */
static bool is_covered(const struct overlay_read *read, const struct overlay_route *route)
{
	return read->routes->tables || route->kind == EC2_TARGET_ENI ||
	       route->kind == EC2_TARGET_INSTANCE;
}

/* Adds a table of a response, unless the table was not requested or is already there. */
static int add_table(struct overlay_read *read, const struct ec2_route_table *found)
{
	struct overlay_table table = {
		.before = overlay_route_find(found, &read->routes->destination),
	};
	int err;

	/* The table was not requested: it must not be changed. */
	if (read->routes->tables ? !contains_id(read->routes->tables, found->id)
				 : !table.before.exists)
		return 0;
	if (has_table(read, found->id))
		return 0;
	err = check_table(read, found);
	if (err)
		return err;
	snprintf(table.id, sizeof(table.id), "%s", found->id);
	snprintf(table.vpc, sizeof(table.vpc), "%s", found->vpc);
	if (!is_covered(read, &table.before))
		return add_left_out_table(read, &table);
	err = array_reserve(&read->tables, &read->capacity, read->n_tables, sizeof(*read->tables));
	if (err)
		return err;
	for (size_t i = 0; i < found->associations.count; i++) {
		const struct ec2_association *association = &found->associations.items[i];
		table.is_main |= association->is_main == EC2_FLAG_TRUE;
		table.n_subnets += association->subnet[0] != '\0';
	}
	read->tables[read->n_tables++] = table;
	return 0;
}

/* Sets an error if a requested table is missing in the responses, although EC2 reported none. */
static void check_requested_tables_found(struct overlay_read *read)
{
	const char *const *tables = read->routes->tables;

	for (size_t i = 0; tables && tables[i]; i++) {
		if (has_table(read, tables[i]))
			continue;
		error_set(&read->error, OUTCOME_FAILED, ENOENT,
			"route table %s is missing in EC2's response: check that the table exists in this account and region",
			tables[i]);
		return;
	}
}

/* If the page has no token for another page, the list is complete. */
static int save_next_token(struct overlay_read *read, const struct ec2_reply *reply)
{
	char *token = NULL;

	if (reply->next_token) {
		token = strdup(reply->next_token);
		if (!token)
			return -ENOMEM;
	}
	free(read->next_token);
	read->next_token = token;
	read->has_ended = !token;
	if (token && ++read->pages == PAGES_MAX)
		return error_set(&read->error, OUTCOME_FAILED, EMSGSIZE,
			"DescribeRouteTables: the list of route tables does not end after %u pages: add the route table ids to the policy (key route-tables)",
			read->pages);
	return 0;
}

static int handle_reply(struct overlay_read *read, const struct ec2_reply *reply)
{
	int err = 0;

	for (size_t i = 0; !err && i < reply->route_tables.count; i++)
		err = add_table(read, &reply->route_tables.items[i]);
	if (err)
		return err;
	if (!read->routes->tables)
		return save_next_token(read, reply);
	/* Requests with ids have no further pages. */
	read->has_ended = --read->n_outstanding == 0;
	if (read->has_ended)
		check_requested_tables_found(read);
	return 0;
}

/* EC2's message has the id of the table that does not exist. Otherwise the error names all ids. */
static void explain_unknown_table(
	struct overlay_read *read, const char *const *tables, const char *message)
{
	char ids[sizeof(read->error.text)] = "";
	size_t length = 0;

	for (size_t i = 0; tables[i]; i++)
		if (overlay_message_has_id(message, tables[i])) {
			error_prefix(&read->error,
				"route table %s does not exist in this account and region",
				tables[i]);
			return;
		}
	for (size_t i = 0; tables[i] && length < sizeof(ids); i++)
		length += (size_t)snprintf(
			ids + length, sizeof(ids) - length, "%s%s", i ? " or " : "", tables[i]);
	error_prefix(&read->error, "route table %s does not exist in this account and region", ids);
}

static int read_handle_response(void *state, size_t tag, const struct flow_response *response)
{
	struct overlay_read *read = state;
	const struct ec2_fault *fault = &response->response.fault;
	int err;

	if (read->has_ended) /* another request of the same batch has already failed */
		return 0;
	err = flow_check_response(EC2_DESCRIBE_ROUTE_TABLES, "*", response, &read->error);
	if (!err)
		err = handle_reply(read, &response->response.reply);
	else if (read->routes->tables && !response->err && fault->code &&
		 strcmp(fault->code, "InvalidRouteTableID.NotFound") == 0)
		explain_unknown_table(read, table_read_get_ids(&read->by_id, tag), fault->message);
	if (err == -ENOMEM)
		return err;
	if (err)
		read->has_ended = true;
	return 0;
}

struct flow overlay_read_flow(struct overlay_read *read)
{
	return (struct flow){
		.next = read_next, .handle_response = read_handle_response, .state = read};
}

enum outcome overlay_read_outcome(const struct overlay_read *read)
{
	if (read->error.outcome == OUTCOME_DONE && !read->has_ended)
		return OUTCOME_TIMEOUT;
	return read->error.outcome;
}
