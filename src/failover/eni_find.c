/* SPDX-License-Identifier: Apache-2.0 */
#include "failover/eni_find.h"

#include "base/cleanup.h"
#include "base/deadline.h"
#include "failover/eni_state.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_SIZE 1000

/* No region has so many ENIs: a list with more pages is a bug of the server. */
#define PAGES_MAX 200

/* How often a read is repeated if EC2 does not know the id of a new ENI yet; back-off in ms. */
#define NOT_FOUND_MAX 3
#define NOT_FOUND_BASE 100
#define NOT_FOUND_CAP 1000

struct eni_filter eni_filter_make(const char *id, const struct ip_address *address, const char *vpc)
{
	/* The id is searched for in all VPCs, so that the caller can report the wrong VPC. */
	if (id)
		return (struct eni_filter){.id = id};
	return (struct eni_filter){.vpc = vpc, .address = *address};
}

void eni_find_init(struct eni_find *find, const struct eni_filter *filter)
{
	*find = (struct eni_find){.filter = filter, .ids = {filter->id}};
	ip_address_format(&filter->address, find->address_text);
}

static void free_filters(struct eni_find *find)
{
	for (size_t i = 0; i < find->n_filters; i++) {
		free((char *)find->filters[i].name);
		free((const char **)find->filters[i].values);
	}
	free(find->filters);
}

void eni_find_done(struct eni_find *find)
{
	for (size_t i = 0; i < find->enis.count; i++)
		ec2_eni_done(&find->enis.items[i]);
	free(find->enis.items);
	free(find->next_token);
	free_filters(find);
	*find = (struct eni_find){0};
}

/* The filter's name is `prefix` followed by `suffix`. No-op if `value` is NULL. */
static int add_filter(
	struct eni_find *find, const char *prefix, const char *suffix, const char *value)
{
	struct ec2_filter *filter;
	const char **values;
	char *name;
	int err;

	if (!value)
		return 0;
	/* Room for the new filter and for the empty filter that ends the array. */
	err = array_reserve(&find->filters, &find->filters_capacity, find->n_filters + 1,
		sizeof(*find->filters));
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
	filter = &find->filters[find->n_filters++];
	filter[0] = (struct ec2_filter){name, values};
	filter[1] = (struct ec2_filter){0};
	return 0;
}

static int add_tags(struct eni_find *find)
{
	const struct ec2_tag *tag = find->filter->tags;
	int err = 0;

	for (; !err && tag && tag->key; tag++)
		err = tag->value ? add_filter(find, "tag:", tag->key, tag->value)
				 : add_filter(find, "tag-key", "", tag->key);
	return err;
}

static int add_filters(struct eni_find *find)
{
	const struct eni_filter *filter = find->filter;
	const char *address = ip_address_is_set(&filter->address) ? find->address_text : NULL;
	const char *status = filter->status != EC2_ENI_UNKNOWN
				     ? ec2_eni_status_words[filter->status]
				     : NULL;
	const struct {
		const char *name, *value;
	} criteria[] = {
		{"vpc-id", filter->vpc},
		{filter->address.family == AF_INET6 ? "ipv6-addresses.ipv6-address"
						    : "addresses.private-ip-address",
			address},
		{"subnet-id", filter->subnet},
		{"attachment.instance-id", filter->instance},
		{"status", status},
	};
	int err = 0;

	for (size_t i = 0; !err && i < ARRAY_SIZE(criteria); i++)
		err = add_filter(find, criteria[i].name, "", criteria[i].value);
	return err ? err : add_tags(find);
}

/* Requests the next page, or the ENI by its id: EC2 permits no max_results with an id. */
static int send_describe(struct eni_find *find, struct flow_batch *batch)
{
	struct flow_call call = {.action = EC2_DESCRIBE_NETWORK_INTERFACES, .tag = ENI_FIND_TAG};

	call.parameters.filters = find->filters;
	if (find->filter->id) {
		call.parameters.enis = find->ids;
	} else {
		call.parameters.max_results = PAGE_SIZE;
		call.parameters.next_token = find->next_token;
	}
	find->has_waited = false;
	return flow_batch_add(batch, &call);
}

/* Sends the next request. If EC2 did not know the id, the request is repeated after a wait. */
static int find_next(void *state, uint64_t now, uint32_t random, struct flow_batch *ret_batch)
{
	struct eni_find *find = state;
	int err = 0;

	(void)now;
	*ret_batch = (struct flow_batch){0};
	if (find->has_ended)
		return 0;
	if (find->n_not_found && !find->has_waited) {
		find->has_waited = true;
		ret_batch->wait = backoff_delay(
			find->n_not_found, random, NOT_FOUND_BASE, NOT_FOUND_CAP);
		return 0;
	}
	if (!find->filters)
		err = add_filters(find);
	return err ? err : send_describe(find, ret_batch);
}

/* Adds the ENIs of a page. If the page has no token for another page, the list is complete. */
static int add_page(struct eni_find *find, const struct ec2_reply *reply)
{
	struct ec2_eni_list *list = &find->enis;
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
	free(find->next_token);
	find->next_token = token;
	find->has_ended = !token;
	if (!find->has_ended && ++find->pages >= PAGES_MAX) {
		find->has_ended = true;
		error_set(&find->error, OUTCOME_FAILED, EPROTO,
			"DescribeNetworkInterfaces: the list of ENIs does not end after %u pages: limit the list to a subnet or a tag",
			find->pages);
	}
	return err;
}

/* Whether EC2 does not know the id yet: the ENI may be new. */
static bool may_be_new(const struct eni_find *find, const struct ec2_response *body)
{
	return body->is_fault && find->n_not_found < NOT_FOUND_MAX &&
	       ec2_fault_advice(EC2_DESCRIBE_NETWORK_INTERFACES, &body->fault) ==
		       EC2_NOT_FOUND_MAYBE_NEW;
}

static int find_handle_response(void *state, size_t tag, const struct flow_response *response)
{
	struct eni_find *find = state;

	(void)tag;
	if (!response->err && may_be_new(find, &response->response)) {
		find->n_not_found++;
		return 0;
	}
	find->has_ended = flow_check_response(
		EC2_DESCRIBE_NETWORK_INTERFACES, "*", response, &find->error);
	return find->has_ended ? 0 : add_page(find, &response->response.reply);
}

struct flow eni_find_flow(struct eni_find *find)
{
	return (struct flow){
		.next = find_next, .handle_response = find_handle_response, .state = find};
}

/* Example: "there is no ENI with the address 10.0.0.9 in vpc-… that also matches the other …" */
static void explain_not_found(const struct eni_find *find, struct error *error)
{
	const struct eni_filter *filter = find->filter;
	const char *target = filter->id;
	bool has_other_criteria = filter->subnet || filter->instance || filter->tags ||
				  filter->status;

	if (!target && ip_address_is_set(&filter->address))
		target = find->address_text;
	error_set(error, OUTCOME_FAILED, ENOENT,
		"there is no ENI %s%s%sin %s%s: see \"myha eni list\"",
		filter->id || !target ? "" : "with the address ", target ? target : "",
		target ? " " : "", filter->vpc ? filter->vpc : "this region",
		has_other_criteria ? " that also matches the other options" : "");
}

/* Lists the ENIs and their holders, as far as they fit; "..." if they do not. */
static void explain_ambiguous(const struct eni_find *find, struct error *error)
{
	const struct ec2_eni_list *enis = &find->enis;
	bool is_by_address = ip_address_is_set(&find->filter->address);
	char list[256] = "";
	size_t used = 0;

	for (size_t i = 0; i < enis->count && used < sizeof(list); i++) {
		const struct ec2_eni *eni = &enis->items[i];
		const char *holder = eni_get_holder(eni);
		int length = snprintf(list + used, sizeof(list) - used, "%s%s (%s)", i ? ", " : "",
			eni->id, holder ? holder : "not attached");

		if (length > 0)
			used += (size_t)length;
	}
	error_set(error, OUTCOME_FAILED, ENOTUNIQ, "%zu ENIs %s%s: specify the id of one ENI: %s%s",
		enis->count, is_by_address ? "have the address " : "match the options",
		is_by_address ? find->address_text : "", list, used < sizeof(list) ? "" : "...");
}

const struct ec2_eni *eni_find_one(const struct eni_find *find, struct error *error)
{
	if (find->error.outcome != OUTCOME_DONE) {
		if (error)
			*error = find->error;
		return NULL;
	}
	if (find->enis.count == 1)
		return &find->enis.items[0];
	if (find->enis.count)
		explain_ambiguous(find, error);
	else
		explain_not_found(find, error);
	return NULL;
}
