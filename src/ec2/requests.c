/* SPDX-License-Identifier: Apache-2.0 */
#include "ec2/requests.h"

#include "base/parse.h"
#include "base/utf8.h"
#include "ec2/query.h"
#include "ec2/request_print.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define BIT(parameter) (1u << (parameter))

enum parameter {
	ROUTE_TABLES,
	ENIS,
	INSTANCES,
	FILTERS,
	MAX_RESULTS,
	NEXT_TOKEN,
	ROUTE_TABLE,
	DESTINATION,
	ENI,
	INSTANCE,
	ATTACHMENT,
	DEVICE_INDEX,
	NETWORK_CARD,
	FORCE,
	SOURCE_DEST_CHECK,
	PRIVATE_ADDRESSES,
	ALLOW_REASSIGNMENT,
	SUBNET,
	ADDRESSES,
	SECURITY_GROUPS,
	DESCRIPTION,
	TAGS,
	CLIENT_TOKEN,
	ROLE_ARN,
	SESSION_NAME,
	EXTERNAL_ID,
	DURATION,
	DRY_RUN,
	PARAMETER_COUNT_,
};

#define IDS (BIT(ROUTE_TABLES) | BIT(ENIS) | BIT(INSTANCES))
#define PAGE (BIT(MAX_RESULTS) | BIT(NEXT_TOKEN))

struct action_kind {
	const char *name;
	const char *service;
	const char *version;
	unsigned required; /* parameters, as BIT()s */
	unsigned optional; /* parameters, as BIT()s */
	uint32_t page_max; /* maximum of MaxResults; 0: the action has no pages */
	bool repeatable; /* see ec2_action_is_repeatable() */
};

#define OF_EC2 "ec2", "2016-11-15"
#define OF_STS "sts", "2011-06-15"

static const struct action_kind actions[EC2_ACTION_COUNT_] = {
	[EC2_DESCRIBE_ROUTE_TABLES] = {"DescribeRouteTables", OF_EC2, 0,
		BIT(ROUTE_TABLES) | BIT(FILTERS) | PAGE | BIT(DRY_RUN), 100, true},
	[EC2_CREATE_ROUTE] = {"CreateRoute", OF_EC2, BIT(ROUTE_TABLE) | BIT(DESTINATION) | BIT(ENI),
		BIT(DRY_RUN), 0, true},
	[EC2_REPLACE_ROUTE] = {"ReplaceRoute", OF_EC2,
		BIT(ROUTE_TABLE) | BIT(DESTINATION) | BIT(ENI), BIT(DRY_RUN), 0, true},
	[EC2_DELETE_ROUTE] = {"DeleteRoute", OF_EC2, BIT(ROUTE_TABLE) | BIT(DESTINATION),
		BIT(DRY_RUN), 0, true},
	[EC2_DESCRIBE_NETWORK_INTERFACES] = {"DescribeNetworkInterfaces", OF_EC2, 0,
		BIT(ENIS) | BIT(FILTERS) | PAGE | BIT(DRY_RUN), 1000, true},
	[EC2_CREATE_NETWORK_INTERFACE] = {"CreateNetworkInterface", OF_EC2,
		BIT(SUBNET) | BIT(CLIENT_TOKEN),
		BIT(ADDRESSES) | BIT(SECURITY_GROUPS) | BIT(DESCRIPTION) | BIT(TAGS) | BIT(DRY_RUN),
		0, true},
	[EC2_ATTACH_NETWORK_INTERFACE] = {"AttachNetworkInterface", OF_EC2,
		BIT(ENI) | BIT(INSTANCE) | BIT(DEVICE_INDEX), BIT(NETWORK_CARD) | BIT(DRY_RUN), 0,
		false},
	[EC2_DETACH_NETWORK_INTERFACE] = {"DetachNetworkInterface", OF_EC2, BIT(ATTACHMENT),
		BIT(FORCE) | BIT(DRY_RUN), 0, false},
	[EC2_MODIFY_NETWORK_INTERFACE_ATTRIBUTE] = {"ModifyNetworkInterfaceAttribute", OF_EC2,
		BIT(ENI) | BIT(SOURCE_DEST_CHECK), BIT(DRY_RUN), 0, true},
	[EC2_ASSIGN_PRIVATE_IP_ADDRESSES] = {"AssignPrivateIpAddresses", OF_EC2,
		BIT(ENI) | BIT(PRIVATE_ADDRESSES), BIT(ALLOW_REASSIGNMENT), 0, true},
	[EC2_DESCRIBE_INSTANCES] = {"DescribeInstances", OF_EC2, 0,
		BIT(INSTANCES) | BIT(FILTERS) | PAGE | BIT(DRY_RUN), 1000, true},
	[STS_ASSUME_ROLE] = {"AssumeRole", OF_STS, BIT(ROLE_ARN) | BIT(SESSION_NAME),
		BIT(EXTERNAL_ID) | BIT(DURATION), 0, true},
	[STS_GET_CALLER_IDENTITY] = {"GetCallerIdentity", OF_STS, 0, 0, 0, true},
};

/* Each put_…() adds the parameter at `value` to the query. -EINVAL if its value is invalid. */

static int put_flag(struct query *query, const char *name, const void *value)
{
	(void)value; /* a flag is given only if it is true */
	query_add(query, "true", "%s", name);
	return 0;
}

static int put_choice(struct query *query, const char *name, const void *value)
{
	enum ec2_flag flag = *(const enum ec2_flag *)value;

	query_add(query, flag == EC2_FLAG_TRUE ? "true" : "false", "%s", name);
	return 0;
}

static int put_number(struct query *query, const char *name, const void *value)
{
	char text[sizeof("4294967295")];

	snprintf(text, sizeof(text), "%u", *(const uint32_t *)value);
	query_add(query, text, "%s", name);
	return 0;
}

static int put_text(struct query *query, const char *name, const void *value)
{
	const char *text = *(const char *const *)value;

	if (!*text)
		return -EINVAL;
	query_add(query, text, "%s", name);
	return 0;
}

bool ec2_is_client_token(const char *text)
{
	size_t length = strlen(text);

	return length <= EC2_CLIENT_TOKEN_MAX && ascii_is_printable(text, length, '!');
}

static int put_client_token(struct query *query, const char *name, const void *value)
{
	if (!ec2_is_client_token(*(const char *const *)value))
		return -EINVAL;
	return put_text(query, name, value);
}

static int put_texts(struct query *query, const char *name, const void *value)
{
	const char *const *texts = *(const char *const *const *)value;

	if (!texts[0])
		return -EINVAL;
	for (size_t i = 0; texts[i]; i++) {
		if (!*texts[i])
			return -EINVAL;
		query_add(query, texts[i], "%s.%zu", name, i + 1);
	}
	return 0;
}

static int put_filters(struct query *query, const char *name, const void *value)
{
	const struct ec2_filter *filters = *(const struct ec2_filter *const *)value;

	if (!filters[0].name)
		return -EINVAL;
	for (size_t i = 0; filters[i].name; i++) {
		if (!filters[i].values || !filters[i].values[0])
			return -EINVAL;
		query_add(query, filters[i].name, "%s.%zu.Name", name, i + 1);
		for (size_t j = 0; filters[i].values[j]; j++)
			query_add(query, filters[i].values[j], "%s.%zu.Value.%zu", name, i + 1,
				j + 1);
	}
	return 0;
}

static int put_tags(struct query *query, const char *name, const void *value)
{
	const struct ec2_tag *tags = *(const struct ec2_tag *const *)value;

	if (!tags[0].key)
		return -EINVAL;
	/* One specification, number 1: the tags are for the new ENI only. */
	query_add(query, "network-interface", "%s.1.ResourceType", name);
	for (size_t i = 0; tags[i].key; i++) {
		query_add(query, tags[i].key, "%s.1.Tag.%zu.Key", name, i + 1);
		query_add(query, tags[i].value ? tags[i].value : "", "%s.1.Tag.%zu.Value", name,
			i + 1);
	}
	return 0;
}

static int put_destination(struct query *query, const char *name, const void *value)
{
	const struct ip_prefix *destination = *(const struct ip_prefix *const *)value;
	char text[IP_PREFIX_TEXT_SIZE];

	if (!ip_address_is_set(&destination->address) || ip_prefix_has_host_bits(destination))
		return -EINVAL;
	query_add(query, ip_prefix_format(destination, text), "%s%sCidrBlock", name,
		destination->address.family == AF_INET6 ? "Ipv6" : "");
	return 0;
}

/* EC2 has one list for each family. The first IPv4 address becomes the primary one. */
static int put_addresses(struct query *query, const char *name, const void *value)
{
	const struct ip_address *addresses = *(const struct ip_address *const *)value;
	char text[IP_ADDRESS_TEXT_SIZE];
	size_t ipv4s = 0, ipv6s = 0;

	if (!ip_address_is_set(&addresses[0]))
		return -EINVAL;
	for (size_t i = 0; ip_address_is_set(&addresses[i]); i++) {
		ip_address_format(&addresses[i], text);
		if (addresses[i].family == AF_INET6) {
			ipv6s++;
			query_add(query, text, "Ipv6%s.%zu.Ipv6Address", name, ipv6s);
			continue;
		}
		ipv4s++;
		query_add(query, ipv4s == 1 ? "true" : "false", "PrivateIp%s.%zu.Primary", name,
			ipv4s);
		query_add(query, text, "PrivateIp%s.%zu.PrivateIpAddress", name, ipv4s);
	}
	return 0;
}

/* How a type of parameter is sent, and how it is printed for the AWS CLI. */
static const struct form {
	int (*put)(struct query *query, const char *name, const void *value);
	void (*print)(struct strbuf *out, const char *option, const void *value);
} form_flag = {put_flag, ec2_print_flag}, form_choice = {put_choice, ec2_print_choice},
  form_number = {put_number, ec2_print_number}, form_text = {put_text, ec2_print_text},
  form_client_token = {put_client_token, ec2_print_text}, form_texts = {put_texts, ec2_print_texts},
  form_filters = {put_filters, ec2_print_filters}, form_tags = {put_tags, ec2_print_tags},
  form_destination = {put_destination, ec2_print_destination},
  form_addresses = {put_addresses, ec2_print_addresses};

struct parameter_kind {
	const char *name;
	const struct form *form;
	size_t offset, size; /* in struct ec2_parameters; all bytes 0: not given */
	const char *option; /* of the AWS CLI; NULL: made from the name */
};

#define AT(member)                                                                                 \
	offsetof(struct ec2_parameters, member), sizeof(((struct ec2_parameters *)0)->member)

static const struct parameter_kind kinds[PARAMETER_COUNT_] = {
	[ROUTE_TABLES] = {"RouteTableId", &form_texts, AT(route_tables), "route-table-ids"},
	[ENIS] = {"NetworkInterfaceId", &form_texts, AT(enis), "network-interface-ids"},
	[INSTANCES] = {"InstanceId", &form_texts, AT(instances), "instance-ids"},
	[FILTERS] = {"Filter", &form_filters, AT(filters), "filters"},
	[MAX_RESULTS] = {"MaxResults", &form_number, AT(max_results)},
	[NEXT_TOKEN] = {"NextToken", &form_text, AT(next_token)},
	[ROUTE_TABLE] = {"RouteTableId", &form_text, AT(route_table)},
	[DESTINATION] = {"Destination", &form_destination, AT(destination)},
	[ENI] = {"NetworkInterfaceId", &form_text, AT(eni)},
	[INSTANCE] = {"InstanceId", &form_text, AT(instance)},
	[ATTACHMENT] = {"AttachmentId", &form_text, AT(attachment)},
	[DEVICE_INDEX] = {"DeviceIndex", &form_number, AT(device_index)},
	[NETWORK_CARD] = {"NetworkCardIndex", &form_number, AT(network_card)},
	[FORCE] = {"Force", &form_flag, AT(force)},
	[SOURCE_DEST_CHECK] = {"SourceDestCheck.Value", &form_choice, AT(source_dest_check)},
	[PRIVATE_ADDRESSES] = {"PrivateIpAddress", &form_texts, AT(private_addresses),
		"private-ip-addresses"},
	[ALLOW_REASSIGNMENT] = {"AllowReassignment", &form_flag, AT(allow_reassignment)},
	[SUBNET] = {"SubnetId", &form_text, AT(subnet)},
	[ADDRESSES] = {"Addresses", &form_addresses, AT(addresses)},
	[SECURITY_GROUPS] = {"SecurityGroupId", &form_texts, AT(security_groups), "groups"},
	[DESCRIPTION] = {"Description", &form_text, AT(description)},
	[TAGS] = {"TagSpecification", &form_tags, AT(tags), "tag-specifications"},
	[CLIENT_TOKEN] = {"ClientToken", &form_client_token, AT(client_token)},
	[ROLE_ARN] = {"RoleArn", &form_text, AT(role_arn)},
	[SESSION_NAME] = {"RoleSessionName", &form_text, AT(session_name)},
	[EXTERNAL_ID] = {"ExternalId", &form_text, AT(external_id)},
	[DURATION] = {"DurationSeconds", &form_number, AT(duration_seconds)},
	[DRY_RUN] = {"DryRun", &form_flag, AT(dry_run)},
};

static const void *get_value(const struct ec2_parameters *parameters, unsigned parameter)
{
	return (const char *)parameters + kinds[parameter].offset;
}

/* Returns the parameters that are given, as BIT()s: those with a byte that is not 0. */
static unsigned get_given(const struct ec2_parameters *parameters)
{
	static const char zeros[sizeof(*parameters)];
	unsigned given = 0;

	for (unsigned i = 0; i < PARAMETER_COUNT_; i++)
		if (memcmp(get_value(parameters, i), zeros, kinds[i].size) != 0)
			given |= BIT(i);
	return given;
}

/* Whether all required parameters are given, and the action accepts all given ones. */
static bool are_parameters_valid(
	const struct action_kind *action, const struct ec2_parameters *parameters)
{
	unsigned given = get_given(parameters);
	unsigned missing = action->required & ~given;
	unsigned unexpected = given & ~(action->required | action->optional);

	if (missing || unexpected)
		return false;
	/* EC2 accepts neither MaxResults nor NextToken together with ids. */
	if (given & IDS && given & PAGE)
		return false;
	return !(given & BIT(MAX_RESULTS)) || (parameters->max_results >= EC2_PAGE_MIN &&
						      parameters->max_results <= action->page_max);
}

static int put_given(struct query *query, const struct ec2_parameters *parameters)
{
	unsigned given = get_given(parameters);
	int err = 0;

	for (unsigned i = 0; !err && i < PARAMETER_COUNT_; i++)
		if (given & BIT(i))
			err = kinds[i].form->put(query, kinds[i].name, get_value(parameters, i));
	return err;
}

int ec2_request_build(enum ec2_action action, const struct ec2_parameters *parameters,
	struct ec2_request *ret_request)
{
	_cleanup_(query_done) struct query query = {0};
	const struct action_kind *kind = &actions[action];

	if (!are_parameters_valid(kind, parameters))
		return -EINVAL;
	query_begin(&query, kind->name, kind->version);
	int err = put_given(&query, parameters);
	return err ? err : query_end(&query, &ret_request->body);
}

/* Adds a name as the AWS CLI writes it: "RouteTableId" becomes "route-table-id". Ends at a '.'. */
static void add_option_name(struct strbuf *out, const char *name)
{
	for (const char *at = name; *at && *at != '.'; at++) {
		char lower = ascii_to_lower(*at);

		strbuf_printf(out, "%s%c", lower != *at && at > name ? "-" : "", lower);
	}
}

int ec2_request_print(
	enum ec2_action action, const struct ec2_parameters *parameters, struct strbuf *out)
{
	_cleanup_(ec2_request_done) struct ec2_request request = {0};
	unsigned given = get_given(parameters);
	int err = ec2_request_build(action, parameters, &request); /* only as a check */

	if (err)
		return err;
	strbuf_printf(out, "aws %s ", actions[action].service);
	add_option_name(out, actions[action].name);
	for (unsigned i = 0; i < PARAMETER_COUNT_; i++) {
		_cleanup_(strbuf_done) struct strbuf option = {0};

		if (!(given & BIT(i)))
			continue;
		if (kinds[i].option)
			strbuf_add_string(&option, kinds[i].option);
		else
			add_option_name(&option, kinds[i].name);
		kinds[i].form->print(out, strbuf_text(&option), get_value(parameters, i));
		out->failed |= option.failed;
	}
	return out->failed ? -ENOMEM : 0;
}

const char *ec2_request_error_text(int err)
{
	if (err == -ENOMEM)
		return "out of memory";
	return err == -E2BIG ? "too long for EC2" : "invalid parameters";
}

void ec2_request_done(struct ec2_request *request)
{
	if (request)
		strbuf_done(&request->body);
}

const char *ec2_action_name(enum ec2_action action)
{
	return actions[action].name;
}

const char *ec2_action_service(enum ec2_action action)
{
	return actions[action].service;
}

bool ec2_action_is_read(enum ec2_action action)
{
	const char *name = actions[action].name;

	return strncmp(name, "Describe", strlen("Describe")) == 0 ||
	       strncmp(name, "Get", strlen("Get")) == 0;
}

bool ec2_action_is_repeatable(enum ec2_action action)
{
	return actions[action].repeatable;
}
