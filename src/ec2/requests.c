/* SPDX-License-Identifier: Apache-2.0 */
#include "ec2/requests.h"

#include "base/utf8.h"
#include "ec2/query.h"

#include <errno.h>
#include <stddef.h>
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
	unsigned optional; /* the same */
	uint32_t page_max; /* maximum of MaxResults; 0: the action has no pages */
	bool repeatable;
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

/* Each put_…() adds the parameter at `value` to the query. -EINVAL if its form is wrong. */

static int put_flag(struct query *query, const char *name, const void *value)
{
	query_add_flag(query, name, *(const bool *)value);
	return 0;
}

static int put_choice(struct query *query, const char *name, const void *value)
{
	enum ec2_flag flag = *(const enum ec2_flag *)value;

	query_add_flag(query, name, flag == EC2_FLAG_TRUE);
	return 0;
}

static int put_number(struct query *query, const char *name, const void *value)
{
	query_add_number(query, name, *(const uint32_t *)value);
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
	return ec2_is_client_token(*(const char *const *)value) ? put_text(query, name, value)
								: -EINVAL;
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
	query_add(query, "network-interface", "%s.1.ResourceType", name);
	for (size_t i = 0; tags[i].key; i++) {
		query_add(query, tags[i].key, "%s.1.Tag.%zu.Key", name, i + 1);
		query_add(query, tags[i].value, "%s.1.Tag.%zu.Value", name, i + 1);
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

/* IPv6 addresses are in a list of their own. The first IPv4 address is the primary one. */
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

struct parameter_kind {
	const char *name;
	int (*put)(struct query *query, const char *name, const void *value);
	size_t offset, size; /* in struct ec2_parameters; all bytes 0: not given */
};

#define AT(member)                                                                                 \
	offsetof(struct ec2_parameters, member), sizeof(((struct ec2_parameters *)0)->member)

static const struct parameter_kind kinds[PARAMETER_COUNT_] = {
	[ROUTE_TABLES] = {"RouteTableId", put_texts, AT(route_tables)},
	[ENIS] = {"NetworkInterfaceId", put_texts, AT(enis)},
	[INSTANCES] = {"InstanceId", put_texts, AT(instances)},
	[FILTERS] = {"Filter", put_filters, AT(filters)},
	[MAX_RESULTS] = {"MaxResults", put_number, AT(max_results)},
	[NEXT_TOKEN] = {"NextToken", put_text, AT(next_token)},
	[ROUTE_TABLE] = {"RouteTableId", put_text, AT(route_table)},
	[DESTINATION] = {"Destination", put_destination, AT(destination)},
	[ENI] = {"NetworkInterfaceId", put_text, AT(eni)},
	[INSTANCE] = {"InstanceId", put_text, AT(instance)},
	[ATTACHMENT] = {"AttachmentId", put_text, AT(attachment)},
	[DEVICE_INDEX] = {"DeviceIndex", put_number, AT(device_index)},
	[NETWORK_CARD] = {"NetworkCardIndex", put_number, AT(network_card)},
	[FORCE] = {"Force", put_flag, AT(force)},
	[SOURCE_DEST_CHECK] = {"SourceDestCheck.Value", put_choice, AT(source_dest_check)},
	[PRIVATE_ADDRESSES] = {"PrivateIpAddress", put_texts, AT(private_addresses)},
	[ALLOW_REASSIGNMENT] = {"AllowReassignment", put_flag, AT(allow_reassignment)},
	[SUBNET] = {"SubnetId", put_text, AT(subnet)},
	[ADDRESSES] = {"Addresses", put_addresses, AT(addresses)},
	[SECURITY_GROUPS] = {"SecurityGroupId", put_texts, AT(security_groups)},
	[DESCRIPTION] = {"Description", put_text, AT(description)},
	[TAGS] = {"TagSpecification", put_tags, AT(tags)},
	[CLIENT_TOKEN] = {"ClientToken", put_client_token, AT(client_token)},
	[ROLE_ARN] = {"RoleArn", put_text, AT(role_arn)},
	[SESSION_NAME] = {"RoleSessionName", put_text, AT(session_name)},
	[EXTERNAL_ID] = {"ExternalId", put_text, AT(external_id)},
	[DURATION] = {"DurationSeconds", put_number, AT(duration_seconds)},
	[DRY_RUN] = {"DryRun", put_flag, AT(dry_run)},
};

static const void *get_value(const struct ec2_parameters *parameters, unsigned parameter)
{
	return (const char *)parameters + kinds[parameter].offset;
}

static unsigned get_given(const struct ec2_parameters *parameters)
{
	static const char zeros[sizeof(*parameters)];
	unsigned given = 0;

	for (unsigned i = 0; i < PARAMETER_COUNT_; i++)
		if (memcmp(get_value(parameters, i), zeros, kinds[i].size) != 0)
			given |= BIT(i);
	return given;
}

/* Whether the action accepts these parameters together. */
static bool are_acceptable(
	const struct action_kind *action, const struct ec2_parameters *parameters)
{
	unsigned given = get_given(parameters);

	if ((given & action->required) != action->required ||
		given & ~(action->required | action->optional))
		return false;
	if (given & IDS && given & PAGE)
		return false;
	return !(given & BIT(MAX_RESULTS)) || (parameters->max_results >= EC2_PAGE_MIN &&
						      parameters->max_results <= action->page_max);
}

static int put_all(struct query *query, const struct ec2_parameters *parameters)
{
	unsigned given = get_given(parameters);

	for (unsigned i = 0; i < PARAMETER_COUNT_; i++) {
		const struct parameter_kind *kind = &kinds[i];
		int err = 0;

		if (given & BIT(i))
			err = kind->put(query, kind->name, get_value(parameters, i));
		if (err)
			return err;
	}
	return 0;
}

int ec2_request_build(enum ec2_action action, const struct ec2_parameters *parameters,
	struct ec2_request *ret_request)
{
	_cleanup_(query_done) struct query query = {0};
	const struct action_kind *kind = &actions[action];
	struct ec2_request request = {.action = action};

	if (!are_acceptable(kind, parameters))
		return -EINVAL;
	query_begin(&query, kind->name, kind->version);
	int err = put_all(&query, parameters);
	if (!err)
		err = query_end(&query, &request.body);
	if (err)
		return err;
	*ret_request = request;
	return 0;
}

const char *ec2_request_explain(int err)
{
	switch (err) {
	case -ENOMEM:
		return "out of memory";
	case -E2BIG:
		return "too long for EC2";
	}
	return "invalid parameters";
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

	return strncmp(name, "Describe", 8) == 0 || strncmp(name, "Get", 3) == 0;
}

bool ec2_action_is_repeatable(enum ec2_action action)
{
	return actions[action].repeatable;
}
