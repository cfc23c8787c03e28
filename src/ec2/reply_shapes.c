/* SPDX-License-Identifier: Apache-2.0 */
#include "ec2/reply_shapes.h"

#include "ec2/errors.h"
#include "ec2/replies.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define AT(type, member) .offset = offsetof(struct type, member)
#define TEXT(path_, type, member)                                                                  \
	{                                                                                          \
		.path = path_, .kind = &value_text, AT(type, member)                               \
	}
#define ID(path_, prefix, type, member)                                                            \
	{                                                                                          \
		.path = path_, .kind = &value_id, .argument = prefix, AT(type, member)             \
	}
#define FLAG(path_, type, member)                                                                  \
	{                                                                                          \
		.path = path_, .kind = &value_flag, AT(type, member)                               \
	}
#define WORD(path_, words, type, member)                                                           \
	{                                                                                          \
		.path = path_, .kind = &value_word, .argument = words, AT(type, member)            \
	}
#define LIST(path_, shape_, type, member)                                                          \
	{                                                                                          \
		.path = path_, .item = &shape_, AT(type, member)                                   \
	}
#define MARK(path_)                                                                                \
	{                                                                                          \
		.path = path_, .kind = &value_mark, .required = true                               \
	}
#define SHAPE(type, members_)                                                                      \
	.members = members_, .count = ARRAY_SIZE(members_), .size = sizeof(struct type)

const char *const ec2_route_state_words[] = {"unknown", "active", "blackhole", "filtered", NULL};
const char *const ec2_route_origin_words[] = {"unknown", "CreateRouteTable", "CreateRoute",
	"EnableVgwRoutePropagation", "Advertisement", NULL};
const char *const ec2_association_state_words[] = {
	"unknown", "associating", "associated", "disassociating", "disassociated", "failed", NULL};
const char *const ec2_eni_status_words[] = {
	"unknown", "available", "associated", "attaching", "in-use", "detaching", NULL};
const char *const ec2_attachment_status_words[] = {
	"unknown", "attaching", "attached", "detaching", "detached", NULL};
const char *const ec2_instance_state_words[] = {"unknown", "pending", "running", "shutting-down",
	"terminated", "stopping", "stopped", NULL};

/* Keeps the target of the higher kind: it is more specific. */
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

static int parse_target(const char *text, const void *argument, void *target)
{
	const enum ec2_target_kind *kind = argument;

	if (*kind == EC2_TARGET_ENI && parse_ec2_id(text, "eni"))
		return -EBADMSG;
	return set_target(target, *kind, text);
}

static void target_done(void *target)
{
	free(((struct ec2_target *)target)->id);
	*(struct ec2_target *)target = (struct ec2_target){0};
}

static int copy_target(const void *from, void *target)
{
	struct ec2_target *own = target;

	return value_text.own(&((const struct ec2_target *)from)->id, &own->id);
}

static const struct value_kind target_kind = {
	.form = "an id of the expected type",
	.take = parse_target,
	.done = target_done,
	.own = copy_target,
};

/* The instance is the target only if the route names no ENI of it. */
static int parse_route_instance(const char *text, const void *argument, void *target)
{
	struct ec2_route *route = target;
	int err = value_id.take(text, argument, route->instance);

	return err ? err : set_target(&route->target, EC2_TARGET_INSTANCE, text);
}

static const struct value_kind route_instance_kind = {
	.form = "an id of the expected type",
	.take = parse_route_instance,
};

#define TARGET(path_, kind_)                                                                       \
	{                                                                                          \
		.path = path_, .kind = &target_kind,                                               \
		.argument = &(const enum ec2_target_kind){kind_}, AT(ec2_route, target)            \
	}

static const struct shape_member route_members[] = {
	{
		.path = "destinationCidrBlock",
		.kind = &value_prefix4,
		AT(ec2_route, destination),
	},
	{
		.path = "destinationIpv6CidrBlock",
		.kind = &value_prefix6,
		AT(ec2_route, destination),
	},
	TEXT("destinationPrefixListId", ec2_route, prefix_list),
	TARGET("gatewayId", EC2_TARGET_GATEWAY),
	TARGET("natGatewayId", EC2_TARGET_NAT_GATEWAY),
	TARGET("transitGatewayId", EC2_TARGET_TRANSIT_GATEWAY),
	TARGET("localGatewayId", EC2_TARGET_LOCAL_GATEWAY),
	TARGET("carrierGatewayId", EC2_TARGET_CARRIER_GATEWAY),
	TARGET("egressOnlyInternetGatewayId", EC2_TARGET_EGRESS_ONLY_GATEWAY),
	TARGET("vpcPeeringConnectionId", EC2_TARGET_VPC_PEERING),
	TARGET("coreNetworkArn", EC2_TARGET_CORE_NETWORK),
	TARGET("networkInterfaceId", EC2_TARGET_ENI),
	{
		.path = "instanceId",
		.kind = &route_instance_kind,
		.argument = "i",
	},
	TEXT("instanceOwnerId", ec2_route, instance_owner),
	WORD("state", ec2_route_state_words, ec2_route, state),
	WORD("origin", ec2_route_origin_words, ec2_route, origin),
};
const struct shape ec2_route_shape = {SHAPE(ec2_route, route_members)};

static const struct shape_member association_members[] = {
	TEXT("routeTableAssociationId", ec2_association, id),
	FLAG("main", ec2_association, is_main),
	ID("subnetId", "subnet", ec2_association, subnet),
	TEXT("gatewayId", ec2_association, gateway),
	WORD("associationState/state", ec2_association_state_words, ec2_association, state),
};
static const struct shape association_shape = {SHAPE(ec2_association, association_members)};

static const struct shape_member tag_members[] = {
	TEXT("key", ec2_tag_value, key),
	TEXT("value", ec2_tag_value, value),
};
static const struct shape tag_shape = {SHAPE(ec2_tag_value, tag_members)};

/* Each table has its VPC's own route, so a table without a list of routes is an error. */
static const struct shape_member route_table_members[] = {
	{
		.path = "routeTableId",
		.kind = &value_id,
		.argument = "rtb",
		.required = true,
		AT(ec2_route_table, id),
	},
	ID("vpcId", "vpc", ec2_route_table, vpc),
	TEXT("ownerId", ec2_route_table, owner),
	MARK("routeSet"),
	LIST("routeSet/item", ec2_route_shape, ec2_route_table, routes),
	LIST("associationSet/item", association_shape, ec2_route_table, associations),
	LIST("tagSet/item", tag_shape, ec2_route_table, tags),
};
const struct shape ec2_route_table_shape = {SHAPE(ec2_route_table, route_table_members)};

static const struct shape_member private_address_members[] = {
	{
		.path = "privateIpAddress",
		.kind = &value_ipv4,
		.required = true,
		AT(ec2_private_address, address),
	},
	FLAG("primary", ec2_private_address, is_primary),
};
static const struct shape private_address_shape = {
	SHAPE(ec2_private_address, private_address_members)};

static const struct shape_member ipv6_members[] = {
	{.path = "ipv6Address", .kind = &value_ipv6, .required = true},
};
static const struct shape ipv6_shape = {SHAPE(ip_address, ipv6_members)};

static const struct shape_member delegated4_members[] = {
	{.path = "ipv4Prefix", .kind = &value_prefix4, .required = true},
};
static const struct shape delegated4_shape = {SHAPE(ip_prefix, delegated4_members)};

static const struct shape_member delegated6_members[] = {
	{.path = "ipv6Prefix", .kind = &value_prefix6, .required = true},
};
static const struct shape delegated6_shape = {SHAPE(ip_prefix, delegated6_members)};

static const struct shape_member group_members[] = {
	ID("groupId", "sg", ec2_group, id),
};
static const struct shape group_shape = {SHAPE(ec2_group, group_members)};

/*
 * The prefix depends on the requester: an instance's owner, or a service (load balancers,
 * endpoints, functions).
 */
static int parse_attachment(const char *text, const void *argument, void *target)
{
	int err = value_id.take(text, "eni-attach", target);

	(void)argument;
	return err ? value_id.take(text, "ela-attach", target) : 0;
}

static const struct value_kind attachment_kind = {
	.form = "an id of the expected type",
	.take = parse_attachment,
};

/*
 * The time only puts attachments in order. A server that writes it in another form is not an error;
 * the time is then not known.
 */
static int parse_attach_time(const char *text, const void *argument, void *target)
{
	value_time.take(text, argument, target);
	return 0;
}

static const struct value_kind attach_time_kind = {
	.form = "a time",
	.take = parse_attach_time,
};

static const struct shape_member eni_members[] = {
	{
		.path = "networkInterfaceId",
		.kind = &value_id,
		.argument = "eni",
		.required = true,
		AT(ec2_eni, id),
	},
	ID("vpcId", "vpc", ec2_eni, vpc),
	ID("subnetId", "subnet", ec2_eni, subnet),
	TEXT("availabilityZone", ec2_eni, zone),
	TEXT("ownerId", ec2_eni, owner),
	TEXT("interfaceType", ec2_eni, type),
	TEXT("description", ec2_eni, description),
	{.path = "macAddress", .kind = &value_mac, AT(ec2_eni, mac)},
	WORD("status", ec2_eni_status_words, ec2_eni, status),
	FLAG("sourceDestCheck", ec2_eni, source_dest_check),
	FLAG("requesterManaged", ec2_eni, requester_managed),
	FLAG("operator/managed", ec2_eni, operator_managed),
	TEXT("operator/principal", ec2_eni, operator_principal),
	{
		.path = "attachment/attachmentId",
		.kind = &attachment_kind,
		AT(ec2_eni, attachment.id),
	},
	ID("attachment/instanceId", "i", ec2_eni, attachment.instance),
	TEXT("attachment/instanceOwnerId", ec2_eni, attachment.instance_owner),
	{
		.path = "attachment/deviceIndex",
		.kind = &value_number,
		AT(ec2_eni, attachment.device_index),
	},
	{
		.path = "attachment/networkCardIndex",
		.kind = &value_number,
		AT(ec2_eni, attachment.network_card),
	},
	FLAG("attachment/deleteOnTermination", ec2_eni, attachment.delete_on_termination),
	WORD("attachment/status", ec2_attachment_status_words, ec2_eni, attachment.status),
	{
		.path = "attachment/attachTime",
		.kind = &attach_time_kind,
		AT(ec2_eni, attachment.attached_at),
	},
	{.path = "privateIpAddress", .kind = &value_ipv4, AT(ec2_eni, address)},
	LIST("privateIpAddressesSet/item", private_address_shape, ec2_eni, ipv4s),
	LIST("ipv6AddressesSet/item", ipv6_shape, ec2_eni, ipv6s),
	LIST("ipv4PrefixSet/item", delegated4_shape, ec2_eni, delegated4),
	LIST("ipv6PrefixSet/item", delegated6_shape, ec2_eni, delegated6),
	LIST("groupSet/item", group_shape, ec2_eni, groups),
	LIST("tagSet/item", tag_shape, ec2_eni, tags),
};
/* Not known is -1: device index 0 is the primary ENI's. */
static const struct ec2_eni blank_eni = {.attachment = {.device_index = -1, .network_card = -1}};
const struct shape ec2_eni_shape = {SHAPE(ec2_eni, eni_members), .blank = &blank_eni};

static const struct shape_member instance_members[] = {
	{
		.path = "instanceId",
		.kind = &value_id,
		.argument = "i",
		.required = true,
		AT(ec2_instance, id),
	},
	ID("vpcId", "vpc", ec2_instance, vpc),
	ID("subnetId", "subnet", ec2_instance, subnet),
	TEXT("placement/availabilityZone", ec2_instance, zone),
	WORD("instanceState/name", ec2_instance_state_words, ec2_instance, state),
	LIST("networkInterfaceSet/item", ec2_eni_shape, ec2_instance, enis),
	LIST("tagSet/item", tag_shape, ec2_instance, tags),
};
const struct shape ec2_instance_shape = {SHAPE(ec2_instance, instance_members)};

static const struct shape_member assigned_members[] = {
	{.path = "privateIpAddress", .kind = &value_ipv4, .required = true},
};
static const struct shape assigned_shape = {SHAPE(ip_address, assigned_members)};

/* In each response of EC2; STS has the request's id in another element. */
#define COMMON TEXT("requestId", ec2_reply, request_id), FLAG("return", ec2_reply, returned)
#define PAGE TEXT("nextToken", ec2_reply, next_token)
#define STS_COMMON TEXT("ResponseMetadata/RequestId", ec2_reply, request_id)
#define REQUIRED_TEXT(path_, type, member)                                                         \
	{                                                                                          \
		.path = path_, .kind = &value_text, .required = true, AT(type, member)             \
	}

static const struct shape_member done_members[] = {COMMON};
static const struct shape_member route_tables_members[] = {
	COMMON,
	PAGE,
	MARK("routeTableSet"),
	LIST("routeTableSet/item", ec2_route_table_shape, ec2_reply, route_tables),
};
static const struct shape_member enis_members[] = {
	COMMON,
	PAGE,
	MARK("networkInterfaceSet"),
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
	{
		.path = "attachmentId",
		.kind = &value_id,
		.argument = "eni-attach",
		.required = true,
		AT(ec2_reply, attachment),
	},
};
static const struct shape_member assigned_set_members[] = {
	COMMON,
	LIST("assignedPrivateIpAddressesSet/item", assigned_shape, ec2_reply, assigned),
};
static const struct shape_member instances_members[] = {
	COMMON,
	PAGE,
	MARK("reservationSet"),
	LIST("reservationSet/item/instancesSet/item", ec2_instance_shape, ec2_reply, instances),
};
static const struct shape_member credentials_members[] = {
	STS_COMMON,
	REQUIRED_TEXT(
		"AssumeRoleResult/Credentials/AccessKeyId", ec2_reply, credentials.access_key),
	REQUIRED_TEXT(
		"AssumeRoleResult/Credentials/SecretAccessKey", ec2_reply, credentials.secret_key),
	REQUIRED_TEXT(
		"AssumeRoleResult/Credentials/SessionToken", ec2_reply, credentials.session_token),
	{
		.path = "AssumeRoleResult/Credentials/Expiration",
		.kind = &value_time,
		.required = true,
		AT(ec2_reply, credentials.expires),
	},
};
static const struct shape_member identity_members[] = {
	STS_COMMON,
	REQUIRED_TEXT("GetCallerIdentityResult/Account", ec2_reply, identity.account),
	REQUIRED_TEXT("GetCallerIdentityResult/Arn", ec2_reply, identity.arn),
	TEXT("GetCallerIdentityResult/UserId", ec2_reply, identity.user_id),
};

static const struct shape done_shape = {SHAPE(ec2_reply, done_members)};

static const struct shape replies[EC2_ACTION_COUNT_] = {
	[EC2_DESCRIBE_ROUTE_TABLES] = {SHAPE(ec2_reply, route_tables_members)},
	[EC2_DESCRIBE_NETWORK_INTERFACES] = {SHAPE(ec2_reply, enis_members)},
	[EC2_CREATE_NETWORK_INTERFACE] = {SHAPE(ec2_reply, new_eni_members)},
	[EC2_ATTACH_NETWORK_INTERFACE] = {SHAPE(ec2_reply, attachment_members)},
	[EC2_ASSIGN_PRIVATE_IP_ADDRESSES] = {SHAPE(ec2_reply, assigned_set_members)},
	[EC2_DESCRIBE_INSTANCES] = {SHAPE(ec2_reply, instances_members)},
	[STS_ASSUME_ROLE] = {SHAPE(ec2_reply, credentials_members)},
	[STS_GET_CALLER_IDENTITY] = {SHAPE(ec2_reply, identity_members)},
};

bool ec2_reply_may_be_empty(enum ec2_action action)
{
	return !replies[action].members;
}

const struct shape *ec2_reply_shape(enum ec2_action action)
{
	return ec2_reply_may_be_empty(action) ? &done_shape : &replies[action];
}

/* In any envelope: EC2's, that of other services, or none. */
static const struct shape_member fault_members[] = {
	TEXT("Errors/Error/Code", ec2_fault, code),
	TEXT("Error/Code", ec2_fault, code),
	TEXT("Code", ec2_fault, code),
	TEXT("Errors/Error/Message", ec2_fault, message),
	TEXT("Error/Message", ec2_fault, message),
	TEXT("Message", ec2_fault, message),
	TEXT("RequestID", ec2_fault, request_id),
	TEXT("RequestId", ec2_fault, request_id),
};
const struct shape ec2_fault_shape = {SHAPE(ec2_fault, fault_members)};
