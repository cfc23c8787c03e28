/* SPDX-License-Identifier: Apache-2.0 */
#include "failover/overlay_move.h"

#include "base/cleanup.h"
#include "base/deadline.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* EC2 answers from what it was told last, mostly: looks after the first wait this long, and longer. */
#define LOOK_AGAIN_BASE 20
#define LOOK_AGAIN_CAP 500
#define LOOKS_MAX 12

/* ReplaceRoute says that there is none, CreateRoute that there is one: somebody else is at it. */
#define TRIES_MAX 4

#define TAG_LOOK ((size_t)-1)
#define PAGE_SIZE 100

void overlay_move_init(struct overlay_move *flow, const struct overlay_wish *wish)
{
	bool ipv6 = wish->destination.address.family == AF_INET6;

	*flow = (struct overlay_move){.wish = wish};
	ip_prefix_format(&wish->destination, flow->destination_text);
	flow->vpc_values[0] = wish->vpc;
	flow->destination_values[0] = flow->destination_text;
	flow->filters[0] = (struct ec2_filter){"vpc-id", flow->vpc_values};
	flow->filters[1] = (struct ec2_filter){
		ipv6 ? "route.destination-ipv6-cidr-block" : "route.destination-cidr-block",
		flow->destination_values};
}

void overlay_move_done(struct overlay_move *flow)
{
	free(flow->tables);
	free(flow->next_token);
	*flow = (struct overlay_move){0};
}

static void stop(struct overlay_move *flow)
{
	flow->step = OVERLAY_ENDS;
}

/* The tables by name; or, where none is named, all of the VPC that have the route. */
static int ask_for_tables(const struct overlay_move *flow, struct flow_batch *batch)
{
	struct flow_call call = {.action = EC2_DESCRIBE_ROUTE_TABLES, .tag = TAG_LOOK};

	if (flow->wish->tables) {
		call.parameters.route_tables = flow->wish->tables;
	} else {
		call.parameters.filters = flow->filters;
		call.parameters.max_results = PAGE_SIZE;
		call.parameters.next_token = flow->next_token;
	}
	return flow_batch_add(batch, &call);
}

static int ask_to_switch(struct overlay_move *flow, struct flow_batch *batch)
{
	int err = 0;

	for (size_t i = 0; !err && i < flow->n_tables; i++) {
		struct overlay_table *table = &flow->tables[i];
		struct flow_call call = {
			.action = table->next,
			.parameters = {.route_table = table->id,
				.destination = &flow->wish->destination,
				.eni = flow->wish->eni},
			.tag = i,
		};
		if (table->verdict == OVERLAY_OPEN && !table->sent)
			err = flow_batch_add(batch, &call);
	}
	return err;
}

static bool has_open_tables(const struct overlay_move *flow)
{
	for (size_t i = 0; i < flow->n_tables; i++)
		if (flow->tables[i].verdict == OVERLAY_OPEN)
			return true;
	return false;
}

static int move_next(void *state, uint64_t now, uint32_t random, struct flow_batch *ret_batch)
{
	struct overlay_move *flow = state;

	(void)now;
	*ret_batch = (struct flow_batch){0};
	if (flow->step == OVERLAY_SWITCHES) {
		int err = ask_to_switch(flow, ret_batch);
		if (err || ret_batch->count)
			return err;
		flow->step = OVERLAY_VERIFIES;
	}
	if (flow->step != OVERLAY_LOOKS && !has_open_tables(flow))
		stop(flow);
	if (flow->step == OVERLAY_ENDS)
		return 0;
	/* A wait comes as a batch without calls; the look follows when it is over. */
	if (flow->step == OVERLAY_VERIFIES && flow->looks && !flow->waited) {
		flow->waited = true;
		ret_batch->wait = backoff_delay(
			flow->looks, random, LOOK_AGAIN_BASE, LOOK_AGAIN_CAP);
		return 0;
	}
	flow->waited = false;
	return ask_for_tables(flow, ret_batch);
}

static struct overlay_table *find_table(struct overlay_move *flow, const char *id)
{
	for (size_t i = 0; i < flow->n_tables; i++)
		if (strcmp(flow->tables[i].id, id) == 0)
			return &flow->tables[i];
	return NULL;
}

static const struct ec2_route *find_route(
	const struct ec2_route_table *found, const struct ip_prefix *destination)
{
	for (size_t i = 0; i < found->routes.count; i++)
		if (ip_prefix_compare(&found->routes.items[i].destination, destination) == 0)
			return &found->routes.items[i];
	return NULL;
}

static bool points_to(const struct ec2_route *route, const char *eni)
{
	return route && route->target.kind == EC2_TARGET_ENI && strcmp(route->target.id, eni) == 0;
}

static int refuse_all(struct overlay_move *flow, int err)
{
	stop(flow);
	return err == -ENOMEM ? err : 0;
}

/*
 * Each CIDR of the VPC is a route to "local" in all of its tables, and EC2 takes no narrower route
 * than a subnet there.
 */
static int check_outside_vpc(struct overlay_move *flow, const struct ec2_route_table *found)
{
	const struct ip_prefix *destination = &flow->wish->destination;
	char text[IP_PREFIX_TEXT_SIZE], address[IP_ADDRESS_TEXT_SIZE];

	for (size_t i = 0; i < found->routes.count; i++) {
		const struct ec2_route *route = &found->routes.items[i];
		if (route->origin != EC2_ORIGIN_CREATE_ROUTE_TABLE ||
			!ip_prefix_contains(&route->destination, &destination->address))
			continue;
		return error_set(&flow->error, OUTCOME_USAGE, EINVAL,
			"%s: %s is inside %s of VPC %s: an overlay address must be outside of the "
			"VPC",
			flow->wish->name, ip_address_format(&destination->address, address),
			ip_prefix_format(&route->destination, text), found->vpc);
	}
	return 0;
}

static int check_table(struct overlay_move *flow, const struct ec2_route_table *found)
{
	if (flow->wish->vpc && strcmp(found->vpc, flow->wish->vpc) != 0)
		return error_set(&flow->error, OUTCOME_USAGE, EINVAL,
			"%s: route table %s belongs to VPC %s and not to this host's, %s",
			flow->wish->name, found->id, found->vpc, flow->wish->vpc);
	return check_outside_vpc(flow, found);
}

static void decide(
	struct overlay_move *flow, struct overlay_table *table, const struct ec2_route *route)
{
	const struct overlay_wish *wish = flow->wish;

	if (!route && !wish->may_create) {
		table->verdict = OVERLAY_FAILED;
		error_set(&table->error, OUTCOME_FAILED, ENOENT,
			"it has no route to %s: make one with \"myha overlay create %s\"",
			flow->destination_text, wish->name);
	} else if (!route) {
		table->next = EC2_CREATE_ROUTE;
	} else if (route->origin == EC2_ORIGIN_ADVERTISEMENT) {
		table->verdict = OVERLAY_FAILED;
		error_set(&table->error, OUTCOME_FAILED, EPERM,
			"its route to %s is advertised by a Route Server, and is not touched",
			flow->destination_text);
	} else if (points_to(route, wish->eni) && route->state == EC2_ROUTE_ACTIVE) {
		table->verdict = OVERLAY_IN_PLACE;
	} else {
		table->next = EC2_REPLACE_ROUTE;
	}
}

static int add_table(struct overlay_move *flow, const struct ec2_route_table *found)
{
	const struct ec2_route *route = find_route(found, &flow->wish->destination);
	struct overlay_table *table;
	int err;

	if (find_table(flow, found->id))
		return 0;
	err = array_reserve(&flow->tables, &flow->capacity, flow->n_tables, sizeof(*flow->tables));
	if (err)
		return err;
	table = &flow->tables[flow->n_tables++];
	*table = (struct overlay_table){.had_route = route != NULL};
	snprintf(table->id, sizeof(table->id), "%s", found->id);
	if (route) {
		snprintf(table->before.id, sizeof(table->before.id), "%s",
			route->target.id ? route->target.id : "");
		snprintf(table->before.instance, sizeof(table->before.instance), "%s",
			route->instance);
		table->before.state = route->state;
	}
	decide(flow, table, route);
	return 0;
}

/* The first look, whole: from here on there is something to lose. */
static void begin_switching(struct overlay_move *flow)
{
	if (!flow->n_tables) {
		error_set(&flow->error, OUTCOME_FAILED, ENOENT,
			"%s: no route table of VPC %s has a route to %s: name the tables in the "
			"policy "
			"(route-tables), then make the routes with \"myha overlay create %s\"",
			flow->wish->name, flow->wish->vpc, flow->destination_text,
			flow->wish->name);
		stop(flow);
		return;
	}
	flow->step = OVERLAY_SWITCHES;
}

static int keep_token(struct overlay_move *flow, const struct ec2_reply *reply)
{
	char *token = NULL;

	if (reply->next_token) {
		token = strdup(reply->next_token);
		if (!token)
			return -ENOMEM;
	}
	free(flow->next_token);
	flow->next_token = token;
	return 0;
}

static int take_first_look(struct overlay_move *flow, const struct ec2_reply *reply)
{
	int err = 0;

	for (size_t i = 0; !err && i < reply->route_tables.count; i++) {
		const struct ec2_route_table *found = &reply->route_tables.items[i];
		err = check_table(flow, found);
		if (!err)
			err = add_table(flow, found);
	}
	if (err)
		return refuse_all(flow, err);
	err = keep_token(flow, reply);
	if (!err && !flow->next_token)
		begin_switching(flow);
	return err;
}

static void verify(
	struct overlay_move *flow, struct overlay_table *table, const struct ec2_route *route)
{
	if (points_to(route, flow->wish->eni) && route->state == EC2_ROUTE_ACTIVE) {
		table->verdict = OVERLAY_MOVED;
		return;
	}
	if (flow->looks < LOOKS_MAX)
		return;
	table->verdict = OVERLAY_FAILED;
	if (!route)
		error_set(&table->error, OUTCOME_FAILED, EAGAIN,
			"its route to %s is not there after it was made: look for who removes it",
			flow->destination_text);
	else
		error_set(&table->error, OUTCOME_FAILED, EAGAIN,
			"its route to %s still points to %s (%s): look for who changes it",
			flow->destination_text, route->target.id ? route->target.id : "nothing",
			ec2_route_state_words[route->state]);
}

static int take_verification(struct overlay_move *flow, const struct ec2_reply *reply)
{
	int err;

	for (size_t i = 0; i < reply->route_tables.count; i++) {
		const struct ec2_route_table *found = &reply->route_tables.items[i];
		struct overlay_table *table = find_table(flow, found->id);
		if (table && table->verdict == OVERLAY_OPEN)
			verify(flow, table, find_route(found, &flow->wish->destination));
	}
	err = keep_token(flow, reply);
	if (!err && !flow->next_token)
		flow->looks++;
	return err;
}

/* A look that failed: of the first one nothing has happened; of a later one nobody can tell. */
static void fail_look(struct overlay_move *flow, const struct error *error)
{
	for (size_t i = 0; flow->step == OVERLAY_VERIFIES && i < flow->n_tables; i++) {
		struct overlay_table *table = &flow->tables[i];
		if (table->verdict != OVERLAY_OPEN)
			continue;
		table->verdict = OVERLAY_FAILED;
		table->error = *error;
		error_prefix(&table->error, "the route was changed, but could not be read back");
	}
	if (flow->step == OVERLAY_LOOKS) {
		flow->error = *error;
		error_prefix(&flow->error, "%s", flow->wish->name);
	}
	stop(flow);
}

static void fault_in_words(
	enum ec2_action action, const struct ec2_fault *fault, struct error *error)
{
	bool denied = ec2_fault_advice(action, fault) == EC2_DENIED;

	error_set(error, denied ? OUTCOME_DENIED : OUTCOME_FAILED, EREMOTEIO, "%s: %s%s%s",
		ec2_action_name(action), fault->code ? fault->code : "no error code",
		fault->message ? ": " : "", fault->message ? fault->message : "");
}

static void take_switch(
	struct overlay_move *flow, struct overlay_table *table, const struct flow_answer *answer)
{
	const struct ec2_fault *fault = &answer->answer.fault;

	table->sent = true;
	table->tries++;
	if (answer->err) {
		/* It may have been done: the look that follows tells. */
		table->error = answer->error;
		return;
	}
	if (!answer->answer.is_fault)
		return;
	switch (ec2_fault_advice(table->next, fault)) {
	case EC2_USE_CREATE:
		table->next = EC2_CREATE_ROUTE;
		table->sent = table->tries >= TRIES_MAX || !flow->wish->may_create;
		break;
	case EC2_USE_REPLACE:
		table->next = EC2_REPLACE_ROUTE;
		table->sent = table->tries >= TRIES_MAX;
		break;
	case EC2_DONE_ALREADY:
		return;
	case EC2_PERMANENT:
	case EC2_THROTTLED:
	case EC2_TRANSIENT:
	case EC2_REFRESH_CREDENTIALS:
	case EC2_CLOCK_SKEW:
	case EC2_NOT_YET:
	case EC2_NOT_FOUND_MAYBE_NEW:
	case EC2_USE_ENI:
	case EC2_USE_OTHER_INDEX:
	case EC2_DENIED:
	case EC2_WOULD_BE_ALLOWED:
		break;
	}
	if (!table->sent)
		return;
	table->verdict = OVERLAY_FAILED;
	fault_in_words(table->next, fault, &table->error);
}

static int move_take(void *state, size_t tag, const struct flow_answer *answer)
{
	struct overlay_move *flow = state;
	struct error error = {0};

	if (tag != TAG_LOOK) {
		take_switch(flow, &flow->tables[tag], answer);
		return 0;
	}
	if (answer->err) {
		fail_look(flow, &answer->error);
		return 0;
	}
	if (answer->answer.is_fault) {
		fault_in_words(EC2_DESCRIBE_ROUTE_TABLES, &answer->answer.fault, &error);
		fail_look(flow, &error);
		return 0;
	}
	if (flow->step == OVERLAY_LOOKS)
		return take_first_look(flow, &answer->answer.reply);
	return take_verification(flow, &answer->answer.reply);
}

struct flow overlay_move_flow(struct overlay_move *flow)
{
	return (struct flow){.next = move_next, .take = move_take, .state = flow};
}

enum outcome overlay_move_outcome(const struct overlay_move *flow)
{
	enum outcome outcome = OUTCOME_DONE;
	size_t failed = 0;

	if (flow->error.outcome != OUTCOME_DONE)
		return flow->error.outcome;
	for (size_t i = 0; i < flow->n_tables; i++) {
		const struct overlay_table *table = &flow->tables[i];
		if (table->verdict == OVERLAY_IN_PLACE || table->verdict == OVERLAY_MOVED)
			continue;
		outcome = !failed || table->error.outcome == outcome ? table->error.outcome
								     : OUTCOME_FAILED;
		failed++;
	}
	return failed && failed < flow->n_tables ? OUTCOME_DIFFERS : outcome;
}
