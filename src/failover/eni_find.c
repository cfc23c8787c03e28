/* SPDX-License-Identifier: Apache-2.0 */
#include "failover/eni_find.h"

#include "base/cleanup.h"
#include "base/deadline.h"
#include "failover/eni_place.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_SIZE 1000

/* More pages than a region has ENIs for: a list that is longer than this does not end. */
#define PAGES_MAX 200

/*
 * How often, and with which back-off in milliseconds, a read of an unknown id is repeated: just
 * after its creation an ENI is not known everywhere.
 */
#define ABSENT_MAX 3
#define ABSENT_BASE 100
#define ABSENT_CAP 1000

struct eni_filter eni_filter_one(const char *id, const struct ip_address *address, const char *vpc)
{
	/* By id in any VPC, so that the caller can report that the ENI is in the wrong place. */
	if (id)
		return (struct eni_filter){.id = id};
	return (struct eni_filter){.vpc = vpc, .address = *address};
}

void eni_find_init(struct eni_find *flow, const struct eni_filter *filter)
{
	*flow = (struct eni_find){.filter = filter, .ids = {filter->id}};
	ip_address_format(&filter->address, flow->address_text);
}

static void free_filters(struct eni_find *flow)
{
	for (size_t i = 0; i < flow->n_filters; i++) {
		free((char *)flow->filters[i].name);
		free((const char **)flow->filters[i].values);
	}
	free(flow->filters);
}

void eni_find_done(struct eni_find *flow)
{
	for (size_t i = 0; i < flow->enis.count; i++)
		ec2_eni_done(&flow->enis.items[i]);
	free(flow->enis.items);
	free(flow->next_token);
	free_filters(flow);
	*flow = (struct eni_find){0};
}

/* The filter's name is `prefix` followed by `suffix`. No-op if `value` is NULL. */
static int add_filter(
	struct eni_find *flow, const char *prefix, const char *suffix, const char *value)
{
	struct ec2_filter *filter;
	const char **values;
	char *name;
	int err;

	if (!value)
		return 0;
	/* One more than used: an empty filter ends the array. */
	err = array_reserve(&flow->filters, &flow->filters_capacity, flow->n_filters + 1,
		sizeof(*flow->filters));
	if (err)
		return err;
	values = calloc(2, sizeof(*values));
	if (!values)
		return -ENOMEM;
	if (asprintf(&name, "%s%s", prefix, suffix) < 0) {
		free(values);
		return -ENOMEM;
	}
	values[0] = value;
	filter = &flow->filters[flow->n_filters++];
	filter[0] = (struct ec2_filter){name, values};
	filter[1] = (struct ec2_filter){0};
	return 0;
}

static int add_tags(struct eni_find *flow)
{
	const struct ec2_tag *tag = flow->filter->tags;
	int err = 0;

	for (; !err && tag && tag->key; tag++)
		err = tag->value ? add_filter(flow, "tag:", tag->key, tag->value)
				 : add_filter(flow, "tag-key", "", tag->key);
	return err;
}

static int add_filters(struct eni_find *flow)
{
	const struct eni_filter *filter = flow->filter;
	const char *address = ip_address_is_set(&filter->address) ? flow->address_text : NULL;
	const char *status = filter->status != EC2_ENI_UNKNOWN
				     ? ec2_eni_status_words[filter->status]
				     : NULL;
	const struct {
		const char *name, *value;
	} rows[] = {
		{"vpc-id", filter->vpc},
		{filter->address.family == AF_INET6 ? "ipv6-addresses.ipv6-address"
						    : "addresses.private-ip-address",
			address},
		{"subnet-id", filter->subnet},
		{"attachment.instance-id", filter->instance},
		{"status", status},
	};
	int err = 0;

	for (size_t i = 0; !err && i < ARRAY_SIZE(rows); i++)
		err = add_filter(flow, rows[i].name, "", rows[i].value);
	return err ? err : add_tags(flow);
}

static int send_describe(struct eni_find *flow, struct flow_batch *batch)
{
	struct flow_call call = {.action = EC2_DESCRIBE_NETWORK_INTERFACES, .tag = ENI_FIND_TAG};

	call.parameters.filters = flow->filters;
	if (flow->filter->id) {
		call.parameters.enis = flow->ids;
	} else {
		call.parameters.max_results = PAGE_SIZE;
		call.parameters.next_token = flow->next_token;
	}
	flow->waited = false;
	return flow_batch_add(batch, &call);
}

static int find_next(void *state, uint64_t now, uint32_t random, struct flow_batch *ret_batch)
{
	struct eni_find *flow = state;
	int err = 0;

	(void)now;
	*ret_batch = (struct flow_batch){0};
	if (flow->ended)
		return 0;
	if (flow->absent && !flow->waited) {
		flow->waited = true;
		ret_batch->wait = backoff_delay(flow->absent, random, ABSENT_BASE, ABSENT_CAP);
		return 0;
	}
	if (!flow->filters)
		err = add_filters(flow);
	return err ? err : send_describe(flow, ret_batch);
}

static int add_page(struct eni_find *flow, const struct ec2_reply *reply)
{
	struct ec2_eni_list *list = &flow->enis;
	char *token = NULL;
	int err = 0;

	for (size_t i = 0; !err && i < reply->enis.count; i++) {
		err = array_reserve(
			&list->items, &list->capacity, list->count, sizeof(*list->items));
		if (!err)
			err = ec2_eni_copy(&reply->enis.items[i], &list->items[list->count]);
		if (!err)
			list->count++;
	}
	if (!err && reply->next_token) {
		token = strdup(reply->next_token);
		err = token ? 0 : -ENOMEM;
	}
	free(flow->next_token);
	flow->next_token = token;
	flow->ended = !token;
	if (!flow->ended && ++flow->pages >= PAGES_MAX) {
		flow->ended = true;
		error_set(&flow->error, OUTCOME_FAILED, EPROTO,
			"DescribeNetworkInterfaces: the list of ENIs does not end after %u pages: limit the list to a subnet or a tag",
			flow->pages);
	}
	return err;
}

/* EC2 does not know the id, but the ENI may have been created just now. */
static bool may_be_new(const struct eni_find *flow, const struct ec2_response *body)
{
	return body->is_fault && flow->absent < ABSENT_MAX &&
	       ec2_fault_advice(EC2_DESCRIBE_NETWORK_INTERFACES, &body->fault) ==
		       EC2_NOT_FOUND_MAYBE_NEW;
}

static int find_handle_response(void *state, size_t tag, const struct flow_response *response)
{
	struct eni_find *flow = state;

	(void)tag;
	if (!response->err && may_be_new(flow, &response->response)) {
		flow->absent++;
		return 0;
	}
	flow->ended = flow_check_response(
		EC2_DESCRIBE_NETWORK_INTERFACES, "*", response, &flow->error);
	return flow->ended ? 0 : add_page(flow, &response->response.reply);
}

struct flow eni_find_flow(struct eni_find *flow)
{
	return (struct flow){
		.next = find_next, .handle_response = find_handle_response, .state = flow};
}

static void explain_none(const struct eni_find *flow, struct error *error)
{
	const struct eni_filter *filter = flow->filter;
	const char *target = filter->id;
	bool more = filter->subnet || filter->instance || filter->tags || filter->status;

	if (!target && ip_address_is_set(&filter->address))
		target = flow->address_text;
	error_set(error, OUTCOME_FAILED, ENOENT,
		"there is no ENI %s%s%sin %s%s: see \"myha eni list\"",
		filter->id || !target ? "" : "with the address ", target ? target : "",
		target ? " " : "", filter->vpc ? filter->vpc : "this region",
		more ? " that also matches the other options" : "");
}

static void explain_several(const struct eni_find *flow, struct error *error)
{
	const struct ec2_eni_list *enis = &flow->enis;
	bool is_set = ip_address_is_set(&flow->filter->address);
	char list[256] = "";
	size_t used = 0;

	for (size_t i = 0; i < enis->count && used < sizeof(list); i++) {
		const struct ec2_eni *eni = &enis->items[i];
		const char *holder = eni_find_holder(eni);
		int length = snprintf(list + used, sizeof(list) - used, "%s%s (%s)", i ? ", " : "",
			eni->id, holder ? holder : "not attached");

		if (length > 0)
			used += (size_t)length;
	}
	error_set(error, OUTCOME_FAILED, ENOTUNIQ, "%zu ENIs %s%s: specify the id of one ENI: %s%s",
		enis->count, is_set ? "have the address " : "match the options",
		is_set ? flow->address_text : "", list, used < sizeof(list) ? "" : "...");
}

const struct ec2_eni *eni_find_one(const struct eni_find *flow, struct error *error)
{
	if (flow->error.outcome != OUTCOME_DONE) {
		if (error)
			*error = flow->error;
		return NULL;
	}
	if (flow->enis.count == 1)
		return &flow->enis.items[0];
	if (flow->enis.count)
		explain_several(flow, error);
	else
		explain_none(flow, error);
	return NULL;
}
