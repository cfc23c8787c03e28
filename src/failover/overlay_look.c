/* SPDX-License-Identifier: Apache-2.0 */
#include "failover/overlay_look.h"

#include "base/cleanup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGES_MAX 100 /* a VPC has 200 tables: a list that is longer has no end */

void overlay_look_init(struct overlay_look *look, const struct overlay_routes *routes)
{
	bool ipv6 = routes->destination.address.family == AF_INET6;

	*look = (struct overlay_look){.routes = routes};
	ip_prefix_format(&routes->destination, look->destination_text);
	look->vpc_values[0] = routes->vpc;
	look->destination_values[0] = look->destination_text;
	look->filters[0] = (struct ec2_filter){"vpc-id", look->vpc_values};
	look->filters[1] = (struct ec2_filter){
		ipv6 ? "route.destination-ipv6-cidr-block" : "route.destination-cidr-block",
		look->destination_values};
}

void overlay_look_done(struct overlay_look *look)
{
	free(look->tables);
	free(look->others);
	table_read_done(&look->read);
	free(look->next_token);
	*look = (struct overlay_look){0};
}

static int read_named(struct overlay_look *look, struct flow_batch *batch)
{
	const char *const *tables = look->routes->tables;
	size_t count = 0;

	while (tables[count])
		count++;
	int err = table_read_init(&look->read, count);
	if (err)
		return err;
	for (size_t i = 0; i < count; i++)
		table_read_add(&look->read, tables[i]);
	look->n_unread = table_read_requests(&look->read);
	return table_read_send(&look->read, &look->routes->destination, 0, batch);
}

/* The tables by name; or, where none is named, all of the VPC that have the route. */
static int look_next(void *state, uint64_t now, uint32_t random, struct flow_batch *ret_batch)
{
	struct overlay_look *look = state;
	const struct flow_call page = {
		.action = EC2_DESCRIBE_ROUTE_TABLES,
		.parameters = {.filters = look->filters,
			.max_results = TABLES_PER_REQUEST,
			.next_token = look->next_token},
		.destination = &look->routes->destination,
	};

	(void)now;
	(void)random;
	*ret_batch = (struct flow_batch){0};
	if (look->has_ended)
		return 0;
	return look->routes->tables ? read_named(look, ret_batch)
				    : flow_batch_add(ret_batch, &page);
}

/* A static route, where there is one, is what the VPC goes by: it beats one that is propagated. */
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

bool overlay_route_points_to(const struct overlay_route *route, const char *const *enis)
{
	if (!route->exists || route->kind != EC2_TARGET_ENI)
		return false;
	for (size_t i = 0; enis[i]; i++)
		if (strcmp(route->target, enis[i]) == 0)
			return true;
	return false;
}

bool overlay_route_is_same(const struct overlay_route *one, const struct overlay_route *other)
{
	return one->exists == other->exists && one->kind == other->kind &&
	       strcmp(one->target, other->target) == 0;
}

const char *overlay_route_format(
	const struct overlay_route *route, char buffer[OVERLAY_ROUTE_TEXT_SIZE])
{
	bool has_instance = route->instance[0] && route->kind != EC2_TARGET_INSTANCE;

	snprintf(buffer, OVERLAY_ROUTE_TEXT_SIZE, "%s%s%s (%s)",
		route->target[0] ? route->target : "nothing", has_instance ? " of " : "",
		has_instance ? route->instance : "", ec2_route_state_words[route->state]);
	return buffer;
}

static bool is_id_byte(char byte)
{
	return byte == '-' || (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z');
}

bool overlay_words_name(const char *words, const char *id)
{
	size_t length = strlen(id);

	for (const char *at = words; at && (at = strstr(at, id)); at += length)
		if ((at == words || !is_id_byte(at[-1])) && !is_id_byte(at[length]))
			return true;
	return false;
}

static bool is_named(const struct overlay_look *look, const char *id)
{
	for (size_t i = 0; look->routes->tables[i]; i++)
		if (strcmp(look->routes->tables[i], id) == 0)
			return true;
	return false;
}

static bool has_table(const struct overlay_look *look, const char *id)
{
	for (size_t i = 0; i < look->n_tables; i++)
		if (strcmp(look->tables[i].id, id) == 0)
			return true;
	return false;
}

/*
 * Each CIDR of the VPC is a route to "local" in all of its tables, and EC2 takes no narrower route
 * than a subnet there.
 */
static int check_outside_vpc(struct overlay_look *look, const struct ec2_route_table *found)
{
	const struct ip_prefix *destination = &look->routes->destination;
	char text[IP_PREFIX_TEXT_SIZE], address[IP_ADDRESS_TEXT_SIZE];

	for (size_t i = 0; i < found->routes.count; i++) {
		const struct ec2_route *route = &found->routes.items[i];
		if (!ec2_route_is_local(route) ||
			!ip_prefix_contains(&route->destination, &destination->address))
			continue;
		return error_set(&look->error, OUTCOME_USAGE, EINVAL,
			"%s is inside %s of VPC %s: an overlay address must be outside of the VPC",
			ip_address_format(&destination->address, address),
			ip_prefix_format(&route->destination, text), found->vpc);
	}
	return 0;
}

static int check_table(struct overlay_look *look, const struct ec2_route_table *found)
{
	const struct overlay_routes *routes = look->routes;

	if (routes->vpc && strcmp(found->vpc, routes->vpc) != 0)
		return error_set(&look->error, OUTCOME_USAGE, EINVAL,
			"route table %s belongs to VPC %s and not to this host's, %s", found->id,
			found->vpc[0] ? found->vpc : "(none said)", routes->vpc);
	return check_outside_vpc(look, found);
}

/* Words for a table that was not named and has a route to something else. */
static int add_other(struct overlay_look *look, struct overlay_table *table)
{
	char text[OVERLAY_ROUTE_TEXT_SIZE];
	int err = array_reserve(
		&look->others, &look->others_capacity, look->n_others, sizeof(*look->others));

	if (err)
		return err;
	table->verdict = OVERLAY_LEFT;
	error_set(&table->error, OUTCOME_DONE, 0,
		"its route to %s points to %s, which is neither an ENI nor an instance, so that "
		"\"route-tables: vpc\" leaves it alone: to have it moved, list the tables in "
		"route-tables",
		look->destination_text, overlay_route_format(&table->before, text));
	look->others[look->n_others++] = *table;
	return 0;
}

static bool is_covered(const struct overlay_look *look, const struct overlay_route *route)
{
	return look->routes->tables || route->kind == EC2_TARGET_ENI ||
	       route->kind == EC2_TARGET_INSTANCE;
}

static int add_table(struct overlay_look *look, const struct ec2_route_table *found)
{
	struct overlay_table table = {
		.before = overlay_route_find(found, &look->routes->destination),
	};
	int err;

	/* More than was asked for is not ours to touch. */
	if (look->routes->tables ? !is_named(look, found->id) : !table.before.exists)
		return 0;
	if (has_table(look, found->id))
		return 0;
	err = check_table(look, found);
	if (err)
		return err;
	snprintf(table.id, sizeof(table.id), "%s", found->id);
	snprintf(table.vpc, sizeof(table.vpc), "%s", found->vpc);
	if (!is_covered(look, &table.before))
		return add_other(look, &table);
	err = array_reserve(&look->tables, &look->capacity, look->n_tables, sizeof(*look->tables));
	if (err)
		return err;
	for (size_t i = 0; i < found->associations.count; i++) {
		const struct ec2_association *association = &found->associations.items[i];
		table.is_main |= association->is_main == EC2_FLAG_TRUE;
		table.n_subnets += association->subnet[0] != '\0';
	}
	look->tables[look->n_tables++] = table;
	return 0;
}

/* What was named and is not there is an error, however EC2 says so. */
static void check_named(struct overlay_look *look)
{
	const char *const *tables = look->routes->tables;

	for (size_t i = 0; tables && tables[i]; i++) {
		if (has_table(look, tables[i]))
			continue;
		error_set(&look->error, OUTCOME_FAILED, ENOENT,
			"route table %s is missing in EC2's answer: see that it exists in this "
			"account and region",
			tables[i]);
		return;
	}
}

static int begin_next_page(struct overlay_look *look, const struct ec2_reply *reply)
{
	char *token = NULL;

	if (reply->next_token) {
		token = strdup(reply->next_token);
		if (!token)
			return -ENOMEM;
	}
	free(look->next_token);
	look->next_token = token;
	look->has_ended = !token;
	if (token && ++look->pages == PAGES_MAX)
		return error_set(&look->error, OUTCOME_FAILED, EMSGSIZE,
			"DescribeRouteTables: the list of route tables does not end");
	return 0;
}

static int take_page(struct overlay_look *look, const struct ec2_reply *reply)
{
	int err = 0;

	for (size_t i = 0; !err && i < reply->route_tables.count; i++)
		err = add_table(look, &reply->route_tables.items[i]);
	if (err)
		return err;
	if (!look->routes->tables)
		return begin_next_page(look, reply);
	/* By ids there are no pages. */
	look->has_ended = --look->n_unread == 0;
	if (look->has_ended)
		check_named(look);
	return 0;
}

/* Which of a request's tables does not exist: EC2 says it in its words alone, if at all. */
static void explain_unknown_table(
	struct overlay_look *look, const char *const *tables, const char *words)
{
	char ids[sizeof(look->error.text)] = "";
	size_t length = 0;

	for (size_t i = 0; tables[i]; i++)
		if (overlay_words_name(words, tables[i])) {
			error_prefix(&look->error,
				"route table %s does not exist in this account and region",
				tables[i]);
			return;
		}
	for (size_t i = 0; tables[i] && length < sizeof(ids); i++)
		length += (size_t)snprintf(
			ids + length, sizeof(ids) - length, "%s%s", i ? " or " : "", tables[i]);
	error_prefix(&look->error, "route table %s does not exist in this account and region", ids);
}

static int look_take(void *state, size_t tag, const struct flow_answer *answer)
{
	struct overlay_look *look = state;
	const struct ec2_fault *fault = &answer->answer.fault;
	int err;

	/* Another request of the same batch has failed. */
	if (look->has_ended)
		return 0;
	err = flow_check_answer(EC2_DESCRIBE_ROUTE_TABLES, "*", answer, &look->error);
	if (!err)
		err = take_page(look, &answer->answer.reply);
	else if (look->routes->tables && !answer->err && fault->code &&
		 strcmp(fault->code, "InvalidRouteTableID.NotFound") == 0)
		explain_unknown_table(look, table_read_ids(&look->read, tag), fault->message);
	if (err == -ENOMEM)
		return err;
	if (err)
		look->has_ended = true;
	return 0;
}

struct flow overlay_look_flow(struct overlay_look *look)
{
	return (struct flow){.next = look_next, .take = look_take, .state = look};
}

enum outcome overlay_look_outcome(const struct overlay_look *look)
{
	if (look->error.outcome == OUTCOME_DONE && !look->has_ended)
		return OUTCOME_TIMEOUT;
	return look->error.outcome;
}
