/* SPDX-License-Identifier: Apache-2.0 */
#include "failover_cloud.h"

#include "base/cleanup.h"
#include "ec2/reply_shapes.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define DESTINATION "192.168.10.16/32"

void cloud_done(struct cloud *cloud)
{
	strbuf_done(&cloud->calls);
}

static struct ip_prefix prefix_of(const char *text)
{
	struct ip_prefix prefix;

	assert_int_equal(ip_prefix_parse(text, &prefix), 0);
	return prefix;
}

struct overlay_routes cloud_routes(const char *const *tables)
{
	return (struct overlay_routes){.name = "sapascs",
		.destination = prefix_of(DESTINATION),
		.tables = tables,
		.vpc = VPC};
}

void cloud_set_reply(struct flow_response *response, enum ec2_action action)
{
	response->response.reply.shape = ec2_reply_shape(action);
}

void cloud_set_fault(struct flow_response *response, const char *code, const char *message)
{
	response->response.is_fault = true;
	response->response.fault.status = 400;
	response->response.fault.code = strdup(code);
	response->response.fault.message = message ? strdup(message) : NULL;
}

void cloud_lose(struct flow_response *response, enum ec2_action action, bool late)
{
	if (late)
		response->err = error_set(&response->error, OUTCOME_TIMEOUT, ETIME,
			"%s: timed out: no response", ec2_action_name(action));
	else
		response->err = error_set(&response->error, OUTCOME_FAILED, ECONNRESET,
			"%s: the connection broke", ec2_action_name(action));
	response->may_be_done = true;
}

static void put_off(struct flow_response *response, enum ec2_action action)
{
	response->err = error_set(&response->error, OUTCOME_TIMEOUT, ETIME,
		"%s: timed out, last error: RequestLimitExceeded", ec2_action_name(action));
}

#define ADD(list, item)                                                                            \
	({                                                                                         \
		assert_int_equal(array_reserve(&(list)->items, &(list)->capacity, (list)->count,   \
					 sizeof(item)),                                            \
			0);                                                                        \
		(list)->items[(list)->count++] = (item);                                           \
	})

void cloud_add_table(struct flow_response *response, const struct cloud_table *from)
{
	struct ec2_route_table table = {0};
	struct ec2_route local = {
		.destination = prefix_of(from->local ? from->local : "10.0.0.0/16"),
		.target = {EC2_TARGET_GATEWAY, strdup("local")},
		.state = EC2_ROUTE_ACTIVE,
		.origin = from->no_origin ? EC2_ORIGIN_UNKNOWN : EC2_ORIGIN_CREATE_ROUTE_TABLE,
	};
	struct ec2_route route = {
		.destination = prefix_of(DESTINATION),
		.state = from->state ? from->state : EC2_ROUTE_ACTIVE,
		.origin = from->origin ? from->origin : EC2_ORIGIN_CREATE_ROUTE,
	};
	struct ec2_route advertised = {
		.destination = route.destination,
		.state = EC2_ROUTE_ACTIVE,
		.origin = EC2_ORIGIN_ADVERTISEMENT,
	};
	struct ec2_association main = {.is_main = EC2_FLAG_TRUE};
	struct ec2_association subnet = {.is_main = EC2_FLAG_FALSE, .subnet = "subnet-1"};

	snprintf(table.id, sizeof(table.id), "%s", from->id);
	snprintf(table.vpc, sizeof(table.vpc), "%s", from->vpc ? from->vpc : VPC);
	ADD(&table.routes, local);
	if (from->advertised_too) {
		advertised.target = (struct ec2_target){EC2_TARGET_ENI, strdup(THEIRS)};
		ADD(&table.routes, advertised);
	}
	if (from->target) {
		route.target = (struct ec2_target){
			from->kind ? from->kind : EC2_TARGET_ENI, strdup(from->target)};
		if (from->instance)
			snprintf(route.instance, sizeof(route.instance), "%s", from->instance);
		ADD(&table.routes, route);
	}
	if (from->is_main)
		ADD(&table.associations, main);
	for (unsigned i = 0; i < from->n_subnets; i++)
		ADD(&table.associations, subnet);
	ADD(&response->response.reply.route_tables, table);
}

void cloud_add_eni(struct ec2_eni_list *list, const struct cloud_get_eni *from)
{
	struct ec2_eni eni = {
		.vpc = VPC,
		.source_dest_check = from->check,
		.attachment = {.device_index = from->device_index,
			.network_card = from->network_card},
	};

	snprintf(eni.id, sizeof(eni.id), "%s", from->id);
	ADD(list, eni);
}

void cloud_add_instance(struct flow_response *response, const struct cloud_get_instance *from)
{
	struct ec2_instance instance = {.vpc = VPC, .state = from->state};

	snprintf(instance.id, sizeof(instance.id), "%s", from->id);
	for (size_t i = 0; i < CLOUD_MAX && from->enis[i].id; i++)
		cloud_add_eni(&instance.enis, &from->enis[i]);
	ADD(&response->response.reply.instances, instance);
}

static bool is_among(const char *const *ids, const char *id)
{
	for (size_t i = 0; ids && ids[i]; i++)
		if (strcmp(ids[i], id) == 0)
			return true;
	return false;
}

static size_t page_of(const struct flow_call *call)
{
	return call->parameters.next_token ? strtoul(call->parameters.next_token, NULL, 10) : 0;
}

/* As this look shows it. */
static struct cloud_table seen_of(const struct cloud *cloud, const struct cloud_table *table)
{
	struct cloud_table seen = *table;

	for (size_t i = 0; i < CLOUD_MAX && cloud->stale[i].from; i++) {
		const struct cloud_stale *stale = &cloud->stale[i];
		if (cloud->n_reads >= stale->from && cloud->n_reads <= stale->to &&
			strcmp(stale->table, table->id) == 0)
			seen.target = stale->target;
	}
	return seen;
}

static void describe_tables(
	struct cloud *cloud, const struct flow_call *call, struct flow_response *response)
{
	const char *const *ids = call->parameters.route_tables;
	size_t first = page_of(call) * cloud->page, at = 0;
	bool more = cloud->endless;

	cloud->n_reads++;
	for (size_t i = 0; i < CLOUD_MAX && cloud->tables[i].id; i++) {
		const struct cloud_table table = seen_of(cloud, &cloud->tables[i]);

		if (!cloud->deaf && (ids ? !is_among(ids, table.id) : !table.target))
			continue;
		at++;
		if (cloud->page && !ids && (at <= first || at > first + cloud->page)) {
			more |= at > first + cloud->page;
			continue;
		}
		cloud_add_table(response, &table);
		if (cloud->twice)
			cloud_add_table(response, &table);
	}
	if (more && asprintf(&response->response.reply.next_token, "%zu", page_of(call) + 1) < 0)
		fail();
}

static void describe_enis(
	const struct cloud *cloud, const struct flow_call *call, struct flow_response *response)
{
	for (size_t i = 0; i < CLOUD_MAX && cloud->enis[i].id; i++)
		if (cloud->deaf || is_among(call->parameters.enis, cloud->enis[i].id))
			cloud_add_eni(&response->response.reply.enis, &cloud->enis[i]);
}

static void describe_instances(
	const struct cloud *cloud, const struct flow_call *call, struct flow_response *response)
{
	for (size_t i = 0; i < CLOUD_MAX && cloud->instances[i].id; i++)
		if (cloud->deaf || is_among(call->parameters.instances, cloud->instances[i].id))
			cloud_add_instance(response, &cloud->instances[i]);
}

static struct cloud_table *find_table(struct cloud *cloud, const char *id)
{
	for (size_t i = 0; i < CLOUD_MAX && cloud->tables[i].id; i++)
		if (strcmp(cloud->tables[i].id, id) == 0)
			return &cloud->tables[i];
	fail_msg("no table %s", id);
	return NULL;
}

static void change_route(
	struct cloud *cloud, const struct flow_call *call, struct flow_response *response)
{
	struct cloud_table *table = find_table(cloud, call->parameters.route_table);

	if (call->action == EC2_REPLACE_ROUTE && !table->target) {
		cloud_set_fault(response, "InvalidParameterValue",
			"There is no route defined for '" DESTINATION
			"' in the route table. Use CreateRoute instead.");
		return;
	}
	if (call->action == EC2_DELETE_ROUTE && !table->target) {
		cloud_set_fault(response, "InvalidRoute.NotFound",
			"no route with destination-cidr-block " DESTINATION " in route table");
		return;
	}
	if (call->action == EC2_CREATE_ROUTE && table->target &&
		strcmp(table->target, call->parameters.eni) != 0) {
		cloud_set_fault(response, "RouteAlreadyExists",
			"The route identified by " DESTINATION " already exists.");
		return;
	}
	table->target = call->action == EC2_DELETE_ROUTE ? NULL : call->parameters.eni;
	table->instance = NULL;
	table->state = EC2_ROUTE_ACTIVE;
	table->kind = EC2_TARGET_ENI;
}

static void change_check(struct cloud *cloud, const struct flow_call *call)
{
	for (size_t i = 0; i < CLOUD_MAX && cloud->enis[i].id; i++)
		if (strcmp(cloud->enis[i].id, call->parameters.eni) == 0)
			cloud->enis[i].check = call->parameters.source_dest_check;
}

static void perform(
	struct cloud *cloud, const struct flow_call *call, struct flow_response *response)
{
	cloud_set_reply(response, call->action);
	switch ((int)call->action) {
	case EC2_DESCRIBE_ROUTE_TABLES:
		describe_tables(cloud, call, response);
		return;
	case EC2_CREATE_ROUTE:
	case EC2_REPLACE_ROUTE:
	case EC2_DELETE_ROUTE:
		change_route(cloud, call, response);
		return;
	case EC2_DESCRIBE_NETWORK_INTERFACES:
		describe_enis(cloud, call, response);
		return;
	case EC2_MODIFY_NETWORK_INTERFACE_ATTRIBUTE:
		change_check(cloud, call);
		return;
	case EC2_DESCRIBE_INSTANCES:
		describe_instances(cloud, call, response);
		return;
	}
	fail_msg("what is %s doing here?", ec2_action_name(call->action));
}

static void print_ids(struct strbuf *calls, const char *const *ids)
{
	for (size_t i = 0; ids && ids[i]; i++)
		strbuf_printf(calls, " %s", ids[i]);
}

/* All that a call says, and that it makes a request. */
static void print_call(struct strbuf *calls, const struct flow_call *call)
{
	const struct ec2_parameters *parameters = &call->parameters;
	struct ec2_request request;
	char text[IP_PREFIX_TEXT_SIZE];

	assert_int_equal(ec2_request_build(call->action, parameters, &request), 0);
	ec2_request_done(&request);
	strbuf_add_string(calls, ec2_action_name(call->action));
	print_ids(calls, parameters->route_tables);
	print_ids(calls, parameters->enis);
	print_ids(calls, parameters->instances);
	for (size_t i = 0; parameters->filters && parameters->filters[i].name; i++)
		strbuf_printf(calls, " %s=%s", parameters->filters[i].name,
			parameters->filters[i].values[0]);
	if (parameters->next_token)
		strbuf_printf(calls, " page %s", parameters->next_token);
	if (parameters->route_table)
		strbuf_printf(calls, " %s %s", parameters->route_table,
			ip_prefix_format(parameters->destination, text));
	if (parameters->eni)
		strbuf_printf(calls, " %s", parameters->eni);
	if (parameters->source_dest_check)
		strbuf_printf(calls, " SourceDestCheck=%s",
			parameters->source_dest_check == EC2_FLAG_TRUE ? "true" : "false");
	strbuf_add_string(calls, "\n");
}

static const struct cloud_fault *find_fault(struct cloud *cloud, const struct flow_call *call)
{
	const char *subject = call->parameters.route_table ? call->parameters.route_table
							   : call->parameters.eni;
	const struct cloud_fault *found = NULL;

	for (size_t i = 0; i < CLOUD_MAX && cloud->faults[i].from; i++) {
		const struct cloud_fault *fault = &cloud->faults[i];
		if (fault->action != call->action ||
			(fault->subject && (!subject || strcmp(fault->subject, subject) != 0)))
			continue;
		cloud->counts[i]++;
		if (!found && cloud->counts[i] >= fault->from &&
			cloud->counts[i] <= (fault->to ? fault->to : fault->from))
			found = fault;
	}
	return found;
}

static void happen(struct cloud *cloud)
{
	for (size_t i = 0; i < CLOUD_MAX && cloud->events[i].before; i++) {
		const struct cloud_event *event = &cloud->events[i];
		struct cloud_table *table;

		if (event->before != cloud->n_calls)
			continue;
		table = find_table(cloud, event->table);
		table->target = event->target;
		if (event->vanishes)
			table->id = "rtb-elsewhere";
	}
}

static void serve(struct cloud *cloud, const struct flow_call *call, struct flow_response *response)
{
	const struct cloud_fault *fault;

	cloud->n_calls++;
	happen(cloud);
	print_call(&cloud->calls, call);
	fault = find_fault(cloud, call);
	if (!fault) {
		perform(cloud, call, response);
		return;
	}
	if (fault->done)
		perform(cloud, call, response);
	if (strcmp(fault->code, LOST) == 0 || strcmp(fault->code, LATE) == 0)
		cloud_lose(response, call->action, strcmp(fault->code, LATE) == 0);
	else if (strcmp(fault->code, PUT_OFF) == 0)
		put_off(response, call->action);
	else if (strcmp(fault->code, NOTHING) == 0)
		cloud_set_reply(response, call->action);
	else
		cloud_set_fault(response, fault->code, fault->message);
}

/* Whether there was something to do. */
static bool run_round(struct cloud *cloud, const struct flow *flow)
{
	_cleanup_(flow_batch_done) struct flow_batch batch;

	assert_int_equal(flow->next(flow->state, cloud->waited, UINT32_MAX, &batch), 0);
	assert_true(!batch.count || !batch.wait);
	if (batch.wait)
		strbuf_add_string(&cloud->calls, "wait\n");
	cloud->waited += batch.wait;
	for (size_t i = 0; i < batch.count; i++) {
		_cleanup_(flow_response_done) struct flow_response response = {0};
		serve(cloud, &batch.calls[i], &response);
		assert_int_equal(flow->take(flow->state, batch.calls[i].tag, &response), 0);
	}
	return batch.count || batch.wait;
}

void cloud_run(struct cloud *cloud, const struct flow *flow, unsigned rounds)
{
	for (unsigned round = 0; round < rounds; round++)
		if (!run_round(cloud, flow))
			return;
	fail_msg("the flow does not end:\n%s", strbuf_text(&cloud->calls));
}

bool cloud_run_until(struct cloud *cloud, const struct flow *flow, uint64_t msec)
{
	while (cloud->waited < msec)
		if (!run_round(cloud, flow))
			return true;
	return false;
}

void cloud_run_some(struct cloud *cloud, const struct flow *flow, unsigned rounds)
{
	for (unsigned round = 0; round < rounds; round++)
		assert_true(run_round(cloud, flow));
}

void cloud_print_tables(
	const struct overlay_read *read, enum outcome outcome, struct strbuf *ret_text)
{
	static const char *const words[] = {
		[OVERLAY_PENDING] = "open",
		[OVERLAY_IN_PLACE] = "in place",
		[OVERLAY_MOVED] = "moved",
		[OVERLAY_ABSENT] = "absent",
		[OVERLAY_DELETED] = "deleted",
		[OVERLAY_NOT_PERMITTED] = "left",
		[OVERLAY_FAILED] = "failed",
	};

	if (read->error.text[0])
		strbuf_printf(ret_text, "error: %s\n", read->error.text);
	for (size_t i = 0; !read->error.text[0] && i < read->n_tables; i++) {
		const struct overlay_table *table = &read->tables[i];
		strbuf_printf(ret_text, "%s: %s%s%s\n", table->id, words[table->verdict],
			table->error.text[0] ? ": " : "", table->error.text);
	}
	strbuf_printf(ret_text, "outcome %d\n", outcome);
}
