/* SPDX-License-Identifier: Apache-2.0 */
#include "ec2_memory_actions.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct memory_table *ec2_memory_table(struct ec2_memory *memory, const char *id)
{
	for (size_t i = 0; i < MEMORY_TABLES_MAX && memory->tables[i].id; i++)
		if (strcmp(memory->tables[i].id, id) == 0)
			return &memory->tables[i];
	fail_msg("no table %s", id);
	return NULL;
}

static struct ip_prefix prefix_of(const char *text)
{
	struct ip_prefix prefix;

	assert_int_equal(ip_prefix_parse(text, &prefix), 0);
	return prefix;
}

static void fill_routes(const struct memory_table *from, struct ec2_route_list *list)
{
	struct ec2_route local = {
		.destination = prefix_of(from->local ? from->local : "10.0.0.0/16"),
		.target = {EC2_TARGET_GATEWAY, strdup("local")},
		.state = EC2_ROUTE_ACTIVE,
		.origin = from->no_origin ? EC2_ORIGIN_UNKNOWN : EC2_ORIGIN_CREATE_ROUTE_TABLE,
	};
	struct ec2_route route = {
		.destination = prefix_of(MEMORY_DESTINATION),
		.state = from->state ? from->state : EC2_ROUTE_ACTIVE,
		.origin = from->origin ? from->origin : EC2_ORIGIN_CREATE_ROUTE,
	};
	struct ec2_route advertised = {
		.destination = route.destination,
		.state = EC2_ROUTE_ACTIVE,
		.origin = EC2_ORIGIN_ADVERTISEMENT,
	};

	MEMORY_ADD(list, local);
	if (from->advertised_too) {
		advertised.target = (struct ec2_target){EC2_TARGET_ENI, strdup("eni-2")};
		MEMORY_ADD(list, advertised);
	}
	if (!from->target)
		return;
	route.target = (struct ec2_target){
		from->kind ? from->kind : EC2_TARGET_ENI, strdup(from->target)};
	if (from->instance)
		snprintf(route.instance, sizeof(route.instance), "%s", from->instance);
	MEMORY_ADD(list, route);
}

static void fill_table(const struct memory_table *from, struct ec2_route_table_list *list)
{
	const struct ec2_association main = {.is_main = EC2_FLAG_TRUE};
	const struct ec2_association subnet = {.is_main = EC2_FLAG_FALSE, .subnet = "subnet-1"};
	struct ec2_route_table table = {0};

	snprintf(table.id, sizeof(table.id), "%s", from->id);
	snprintf(table.vpc, sizeof(table.vpc), "%s", from->vpc ? from->vpc : MEMORY_VPC);
	fill_routes(from, &table.routes);
	if (from->is_main)
		MEMORY_ADD(&table.associations, main);
	for (unsigned i = 0; i < from->n_subnets; i++)
		MEMORY_ADD(&table.associations, subnet);
	MEMORY_ADD(list, table);
}

void response_add_table(struct flow_response *response, const struct memory_table *table)
{
	fill_table(table, &response->response.reply.route_tables);
}

/* Returns the table as this read shows it. */
static struct memory_table get_shown_table(
	const struct ec2_memory *memory, const struct memory_table *table)
{
	struct memory_table seen = *table;

	for (size_t i = 0; i < MEMORY_SCRIPT_MAX && memory->stale_routes[i].from; i++) {
		const struct memory_stale_route *stale = &memory->stale_routes[i];
		if (memory->n_table_reads >= stale->from && memory->n_table_reads <= stale->to &&
			strcmp(stale->table, table->id) == 0)
			seen.target = stale->target;
	}
	return seen;
}

/* By ids there are no pages. */
void ec2_memory_describe_tables(struct ec2_memory *memory, const struct ec2_parameters *parameters,
	struct ec2_response *response)
{
	struct ec2_route_table_list *list = &response->reply.route_tables;
	const char *const *ids = parameters->route_tables;
	size_t page = ids ? 0 : memory->page;
	size_t first = parameters->next_token ? strtoul(parameters->next_token, NULL, 10) : 0;
	size_t fitting = 0, n_shown = 0;
	bool has_more = memory->endless;

	memory->n_table_reads++;
	for (size_t i = 0; i < MEMORY_TABLES_MAX && memory->tables[i].id; i++) {
		const struct memory_table table = get_shown_table(memory, &memory->tables[i]);

		if (!memory->deaf && (ids ? !ec2_memory_names(ids, table.id) : !table.target))
			continue;
		if (fitting++ < first)
			continue;
		if (page && n_shown == page) {
			has_more = true;
			break;
		}
		n_shown++;
		fill_table(&table, list);
		if (memory->twice)
			fill_table(&table, list);
	}
	if (has_more)
		assert_true(asprintf(&response->reply.next_token, "%zu", first + n_shown) >= 0);
}

static void set_route(struct memory_table *table, const char *eni)
{
	table->target = eni;
	table->instance = NULL;
	table->state = EC2_ROUTE_ACTIVE;
	table->kind = EC2_TARGET_ENI;
}

void ec2_memory_create_route(struct ec2_memory *memory, const struct ec2_parameters *parameters,
	struct ec2_response *response)
{
	struct memory_table *table = ec2_memory_table(memory, parameters->route_table);

	if (table->target && strcmp(table->target, parameters->eni) != 0)
		ec2_memory_refuse(response, "RouteAlreadyExists",
			"The route identified by " MEMORY_DESTINATION " already exists.");
	else
		set_route(table, parameters->eni);
}

void ec2_memory_replace_route(struct ec2_memory *memory, const struct ec2_parameters *parameters,
	struct ec2_response *response)
{
	struct memory_table *table = ec2_memory_table(memory, parameters->route_table);

	if (!table->target)
		ec2_memory_refuse(response, "InvalidParameterValue",
			"There is no route defined for '" MEMORY_DESTINATION
			"' in the route table. Use CreateRoute instead.");
	else
		set_route(table, parameters->eni);
}

void ec2_memory_delete_route(struct ec2_memory *memory, const struct ec2_parameters *parameters,
	struct ec2_response *response)
{
	struct memory_table *table = ec2_memory_table(memory, parameters->route_table);

	if (!table->target)
		ec2_memory_refuse(response, "InvalidRoute.NotFound",
			"no route with destination-cidr-block " MEMORY_DESTINATION
			" in route table");
	else
		set_route(table, NULL);
}
