/* SPDX-License-Identifier: Apache-2.0 */
#include "ec2/reply_shapes.h"

#include "ec2/errors.h"
#include "ec2/replies.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define AT(type, member) .offset = offsetof(struct type, member)
#define VALUE(path_, kind_, type, member)                                                          \
	{                                                                                          \
		.path = path_, .kind = &kind_, AT(type, member)                                    \
	}
#define REQUIRED(path_, kind_, argument_, type, member)                                            \
	{                                                                                          \
		.path = path_, .kind = &kind_, .argument = argument_, .required = true,            \
		AT(type, member)                                                                   \
	}
#define TEXT(path_, type, member) VALUE(path_, value_text, type, member)
#define FLAG(path_, type, member) VALUE(path_, value_flag, type, member)
#define ID(path_, prefix, type, member)                                                            \
	{                                                                                          \
		.path = path_, .kind = &value_id, .argument = prefix, AT(type, member)             \
	}
#define WORD(path_, words, type, member)                                                           \
	{                                                                                          \
		.path = path_, .kind = &value_word, .argument = words, AT(type, member)            \
	}
#define LIST(path_, shape_, type, member)                                                          \
	{                                                                                          \
		.path = path_, .item = &shape_, AT(type, member)                                   \
	}
#define REQUIRED_ELEMENT(path_)                                                                    \
	{                                                                                          \
		.path = path_, .kind = &value_present, .required = true                            \
	}
#define SHAPE(type, members_)                                                                      \
	.members = members_, .count = ARRAY_SIZE(members_), .size = sizeof(struct type)

const char *const ec2_route_state_words[] = {"unknown", "active", "blackhole", "filtered", NULL};
const char *const ec2_route_origin_words[] = {"unknown", "CreateRouteTable", "CreateRoute",
	"EnableVgwRoutePropagation", "Advertisement", NULL};
const char *const ec2_eni_status_words[] = {
	"unknown", "available", "associated", "attaching", "in-use", "detaching", NULL};
const char *const ec2_attachment_status_words[] = {
	"unknown", "attaching", "attached", "detaching", "detached", NULL};
const char *const ec2_instance_state_words[] = {"unknown", "pending", "running", "shutting-down",
	"terminated", "stopping", "stopped", NULL};

/* A route may name several targets: keeps that of the highest kind, the most specific one. */
static int set_target(struct ec2_target *target, enum ec2_target_kind kind, const char *id)
{
	char *copy;

	if (kind <= target->kind)
		return 0;
	copy = strdup(id);
	if (!copy)
		return -ENOMEM;
	free(target->id);
	*target = (struct ec2_target){kind, copy};
	return 0;
}

/* `argument` is the kind of target that the element names. Ids of other kinds are only shown. */
static int parse_target(const char *text, const void *argument, void *target)
{
	const enum ec2_target_kind *kind = argument;

	if (*kind == EC2_TARGET_ENI && parse_ec2_id(text, "eni"))
		return -EBADMSG;
	return set_target(target, *kind, text);
}

static void target_done(void *target)
{
	struct ec2_target *route_target = target;

	free(route_target->id);
	*route_target = (struct ec2_target){0};
}

static int copy_target(const void *from, void *target)
{
	const struct ec2_target *original = from;
	struct ec2_target *copy = target;

	return value_text.copy(&original->id, &copy->id);
}

static const struct value_kind target_kind = {
	.form = "an AWS id of this kind",
	.parse = parse_target,
	.done = target_done,
	.copy = copy_target,
};

/* The instance is the target only if the route names no ENI of it. */
static int parse_route_instance(const char *text, const void *argument, void *target)
{
	struct ec2_route *route = target;
	int err = value_id.parse(text, argument, route->instance);

	return err ? err : set_target(&route->target, EC2_TARGET_INSTANCE, text);
}

static const struct value_kind route_instance_kind = {
	.form = "an AWS id of this kind",
	.parse = parse_route_instance,
};

#define TARGET(path_, kind_)                                                                       \
	{                                                                                          \
		.path = path_, .kind = &target_kind,                                               \
		.argument = &(const enum ec2_target_kind){kind_}, AT(ec2_route, target)            \
	}

static const struct shape_member route_members[] = {
	VALUE("destinationCidrBlock", value_prefix4, ec2_route, destination),
	VALUE("destinationIpv6CidrBlock", value_prefix6, ec2_route, destination),
	TARGET("gatewayId", EC2_TARGET_GATEWAY),
	TARGET("natGatewayId", EC2_TARGET_NAT_GATEWAY),
	TARGET("transitGatewayId", EC2_TARGET_TRANSIT_GATEWAY),
	TARGET("localGatewayId", EC2_TARGET_LOCAL_GATEWAY),
	TARGET("carrierGatewayId", EC2_TARGET_CARRIER_GATEWAY),
	TARGET("egressOnlyInternetGatewayId", EC2_TARGET_EGRESS_ONLY_GATEWAY),
	TARGET("vpcPeeringConnectionId", EC2_TARGET_VPC_PEERING),
	TARGET("coreNetworkArn", EC2_TARGET_CORE_NETWORK),
	TARGET("networkInterfaceId", EC2_TARGET_ENI),
	{.path = "instanceId", .kind = &route_instance_kind, .argument = "i"},
	WORD("state", ec2_route_state_words, ec2_route, state),
	WORD("origin", ec2_route_origin_words, ec2_route, origin),
};
const struct shape ec2_route_shape = {SHAPE(ec2_route, route_members)};

static const struct shape_member association_members[] = {
	FLAG("main", ec2_association, is_main),
	ID("subnetId", "subnet", ec2_association, subnet),
};
static const struct shape association_shape = {SHAPE(ec2_association, association_members)};

static const struct shape_member tag_members[] = {
	TEXT("key", ec2_tag_value, key),
	TEXT("value", ec2_tag_value, value),
};
static const struct shape tag_shape = {SHAPE(ec2_tag_value, tag_members)};

/* Each table has a route for its VPC, so a table without a list of routes is an error. */
static const struct shape_member route_table_members[] = {
	REQUIRED("routeTableId", value_id, "rtb", ec2_route_table, id),
	ID("vpcId", "vpc", ec2_route_table, vpc),
	REQUIRED_ELEMENT("routeSet"),
	LIST("routeSet/item", ec2_route_shape, ec2_route_table, routes),
	LIST("associationSet/item", association_shape, ec2_route_table, associations),
};
static const struct shape route_table_shape = {SHAPE(ec2_route_table, route_table_members)};

static const struct shape_member private_address_members[] = {
	REQUIRED("privateIpAddress", value_ipv4, NULL, ec2_private_address, address),
	FLAG("primary", ec2_private_address, is_primary),
};
static const struct shape private_address_shape = {
	SHAPE(ec2_private_address, private_address_members)};

static const struct shape_member ipv6_members[] = {
	{.path = "ipv6Address", .kind = &value_ipv6, .required = true},
};
static const struct shape ipv6_shape = {SHAPE(ip_address, ipv6_members)};

static const struct shape_member group_members[] = {
	ID("groupId", "sg", ec2_group, id),
};
static const struct shape group_shape = {SHAPE(ec2_group, group_members)};

/* ela-attach-…: attachments by a service (load balancers, endpoints, functions). */
static int parse_attachment(const char *text, const void *argument, void *target)
{
	(void)argument;
	if (value_id.parse(text, "eni-attach", target) == 0)
		return 0;
	return value_id.parse(text, "ela-attach", target);
}

static const struct value_kind attachment_kind = {
	.form = "an AWS id of this kind",
	.parse = parse_attachment,
};

/* The time is used only to sort attachments. So another form is no error: the time stays 0. */
static int parse_attach_time(const char *text, const void *argument, void *target)
{
	value_time.parse(text, argument, target);
	return 0;
}

static const struct value_kind attach_time_kind = {
	.form = "a time",
	.parse = parse_attach_time,
};

static const struct shape_member eni_members[] = {
	REQUIRED("networkInterfaceId", value_id, "eni", ec2_eni, id),
	ID("vpcId", "vpc", ec2_eni, vpc),
	ID("subnetId", "subnet", ec2_eni, subnet),
	TEXT("availabilityZone", ec2_eni, zone),
	TEXT("description", ec2_eni, description),
	VALUE("macAddress", value_mac, ec2_eni, mac),
	WORD("status", ec2_eni_status_words, ec2_eni, status),
	FLAG("sourceDestCheck", ec2_eni, source_dest_check),
	FLAG("requesterManaged", ec2_eni, requester_managed),
	FLAG("operator/managed", ec2_eni, operator_managed),
	TEXT("operator/principal", ec2_eni, operator_principal),
	VALUE("attachment/attachmentId", attachment_kind, ec2_eni, attachment.id),
	ID("attachment/instanceId", "i", ec2_eni, attachment.instance),
	TEXT("attachment/instanceOwnerId", ec2_eni, attachment.instance_owner),
	VALUE("attachment/deviceIndex", value_number, ec2_eni, attachment.device_index),
	VALUE("attachment/networkCardIndex", value_number, ec2_eni, attachment.network_card),
	WORD("attachment/status", ec2_attachment_status_words, ec2_eni, attachment.status),
	VALUE("attachment/attachTime", attach_time_kind, ec2_eni, attachment.attached_at),
	VALUE("privateIpAddress", value_ipv4, ec2_eni, address),
	LIST("privateIpAddressesSet/item", private_address_shape, ec2_eni, ipv4s),
	LIST("ipv6AddressesSet/item", ipv6_shape, ec2_eni, ipv6s),
	LIST("groupSet/item", group_shape, ec2_eni, groups),
	LIST("tagSet/item", tag_shape, ec2_eni, tags),
};
/* A missing number is -1, because 0 is the device index of the primary ENI. */
static const struct ec2_eni blank_eni = {.attachment = {.device_index = -1, .network_card = -1}};
const struct shape ec2_eni_shape = {SHAPE(ec2_eni, eni_members), .blank = &blank_eni};

static const struct shape_member instance_members[] = {
	REQUIRED("instanceId", value_id, "i", ec2_instance, id),
	ID("vpcId", "vpc", ec2_instance, vpc),
	WORD("instanceState/name", ec2_instance_state_words, ec2_instance, state),
	LIST("networkInterfaceSet/item", ec2_eni_shape, ec2_instance, enis),
};
static const struct shape instance_shape = {SHAPE(ec2_instance, instance_members)};

/* In each response of EC2, or in each one that has pages. */
#define COMMON FLAG("return", ec2_reply, returned)
#define PAGE TEXT("nextToken", ec2_reply, next_token)

static const struct shape_member common_members[] = {COMMON};
static const struct shape_member route_tables_members[] = {
	COMMON,
	PAGE,
	REQUIRED_ELEMENT("routeTableSet"),
	LIST("routeTableSet/item", route_table_shape, ec2_reply, route_tables),
};
static const struct shape_member enis_members[] = {
	COMMON,
	PAGE,
	REQUIRED_ELEMENT("networkInterfaceSet"),
	LIST("networkInterfaceSet/item", ec2_eni_shape, ec2_reply, enis),
};
static const struct shape_member new_eni_members[] = {
	COMMON,
	{
		.path = "networkInterface",
		.item = &ec2_eni_shape,
		.required = true,
		AT(ec2_reply, enis),
	},
};
static const struct shape_member attachment_members[] = {
	COMMON,
	REQUIRED("attachmentId", value_id, "eni-attach", ec2_reply, attachment),
};
static const struct shape_member instances_members[] = {
	COMMON,
	PAGE,
	REQUIRED_ELEMENT("reservationSet"),
	LIST("reservationSet/item/instancesSet/item", instance_shape, ec2_reply, instances),
};
#define CREDENTIALS(path, kind, member)                                                            \
	REQUIRED("AssumeRoleResult/Credentials/" path, kind, NULL, ec2_reply, credentials.member)

static const struct shape_member credentials_members[] = {
	CREDENTIALS("AccessKeyId", value_text, access_key),
	CREDENTIALS("SecretAccessKey", value_text, secret_key),
	CREDENTIALS("SessionToken", value_text, session_token),
	CREDENTIALS("Expiration", value_time, expires),
};
static const struct shape_member identity_members[] = {
	REQUIRED("GetCallerIdentityResult/Account", value_text, NULL, ec2_reply, identity.account),
	REQUIRED("GetCallerIdentityResult/Arn", value_text, NULL, ec2_reply, identity.arn),
};

static const struct shape common_shape = {SHAPE(ec2_reply, common_members)};

/* The responses of actions that are not listed have no data that is read. */
static const struct shape reply_shapes[EC2_ACTION_COUNT_] = {
	[EC2_DESCRIBE_ROUTE_TABLES] = {SHAPE(ec2_reply, route_tables_members)},
	[EC2_DESCRIBE_NETWORK_INTERFACES] = {SHAPE(ec2_reply, enis_members)},
	[EC2_CREATE_NETWORK_INTERFACE] = {SHAPE(ec2_reply, new_eni_members)},
	[EC2_ATTACH_NETWORK_INTERFACE] = {SHAPE(ec2_reply, attachment_members)},
	[EC2_ASSIGN_PRIVATE_IP_ADDRESSES] = {SHAPE(ec2_reply, common_members)}, /* never empty */
	[EC2_DESCRIBE_INSTANCES] = {SHAPE(ec2_reply, instances_members)},
	[STS_ASSUME_ROLE] = {SHAPE(ec2_reply, credentials_members)},
	[STS_GET_CALLER_IDENTITY] = {SHAPE(ec2_reply, identity_members)},
};

bool ec2_reply_may_be_empty(enum ec2_action action)
{
	return !reply_shapes[action].members;
}

const struct shape *ec2_reply_shape(enum ec2_action action)
{
	return ec2_reply_may_be_empty(action) ? &common_shape : &reply_shapes[action];
}

/* Paths in the error documents of EC2, of other services, and without an envelope. */
static const struct shape_member fault_members[] = {
	TEXT("Errors/Error/Code", ec2_fault, code),
	TEXT("Error/Code", ec2_fault, code),
	TEXT("Code", ec2_fault, code),
	TEXT("Errors/Error/Message", ec2_fault, message),
	TEXT("Error/Message", ec2_fault, message),
	TEXT("Message", ec2_fault, message),
};
const struct shape ec2_fault_shape = {SHAPE(ec2_fault, fault_members)};
