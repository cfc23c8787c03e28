/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Holds the responses of EC2 and STS as plain values, which own their texts and lists. Their
 * elements are those of the EC2 API reference, version 2016-11-15, and of STS's, 2011-06-15.
 *
 * Values that are not in the response: an id is "", a text NULL, an address not set, a number -1, a
 * word or a flag UNKNOWN. A word that is not in the tables is UNKNOWN, too.
 */
#pragma once

#include "base/ip.h"
#include "base/parse.h"
#include "ec2/shape.h"
#include "ec2/values.h"

#include <stdint.h>

/*
 * In ascending order: of a route's targets, that of the highest kind is kept. A route to an
 * instance's ENI names the instance, too.
 */
enum ec2_target_kind {
	EC2_TARGET_UNKNOWN,
	EC2_TARGET_GATEWAY, /* "local", an internet, virtual private or endpoint gateway */
	EC2_TARGET_NAT_GATEWAY,
	EC2_TARGET_TRANSIT_GATEWAY,
	EC2_TARGET_LOCAL_GATEWAY,
	EC2_TARGET_CARRIER_GATEWAY,
	EC2_TARGET_EGRESS_ONLY_GATEWAY,
	EC2_TARGET_VPC_PEERING,
	EC2_TARGET_CORE_NETWORK,
	EC2_TARGET_INSTANCE,
	EC2_TARGET_ENI,
};

enum ec2_route_state {
	EC2_ROUTE_UNKNOWN,
	EC2_ROUTE_ACTIVE,
	EC2_ROUTE_BLACKHOLE,
	EC2_ROUTE_FILTERED,
};

enum ec2_route_origin {
	EC2_ORIGIN_UNKNOWN,
	EC2_ORIGIN_CREATE_ROUTE_TABLE,
	EC2_ORIGIN_CREATE_ROUTE,
	EC2_ORIGIN_VGW_PROPAGATION,
	EC2_ORIGIN_ADVERTISEMENT, /* by a Route Server */
};

enum ec2_eni_status {
	EC2_ENI_UNKNOWN,
	EC2_ENI_AVAILABLE,
	EC2_ENI_ASSOCIATED,
	EC2_ENI_ATTACHING,
	EC2_ENI_IN_USE,
	EC2_ENI_DETACHING,
};

enum ec2_attachment_status {
	EC2_ATTACHMENT_UNKNOWN,
	EC2_ATTACHMENT_ATTACHING,
	EC2_ATTACHMENT_ATTACHED,
	EC2_ATTACHMENT_DETACHING,
	EC2_ATTACHMENT_DETACHED,
};

enum ec2_instance_state {
	EC2_INSTANCE_UNKNOWN,
	EC2_INSTANCE_PENDING,
	EC2_INSTANCE_RUNNING,
	EC2_INSTANCE_SHUTTING_DOWN,
	EC2_INSTANCE_TERMINATED,
	EC2_INSTANCE_STOPPING,
	EC2_INSTANCE_STOPPED,
};

/* EC2's words for each enum, in its order. The first is "unknown"; NULL-terminated. */
extern const char *const ec2_route_state_words[];
extern const char *const ec2_route_origin_words[];
extern const char *const ec2_eni_status_words[];
extern const char *const ec2_attachment_status_words[];
extern const char *const ec2_instance_state_words[];

struct ec2_target {
	enum ec2_target_kind kind;
	char *id;
};

struct ec2_route {
	struct ip_prefix destination; /* not set: the destination is a prefix list */
	struct ec2_target target;
	char instance[EC2_ID_SIZE]; /* the target, or the instance with the target ENI */
	enum ec2_route_state state;
	enum ec2_route_origin origin;
};

struct ec2_route_list {
	struct ec2_route *items;
	size_t count, capacity;
};

struct ec2_association {
	enum ec2_flag is_main; /* for all subnets that are associated with no table */
	char subnet[EC2_ID_SIZE];
};

struct ec2_association_list {
	struct ec2_association *items;
	size_t count, capacity;
};

struct ec2_tag_value {
	char *key;
	char *value; /* NULL: empty */
};

struct ec2_tag_list {
	struct ec2_tag_value *items;
	size_t count, capacity;
};

struct ec2_route_table {
	char id[EC2_ID_SIZE];
	char vpc[EC2_ID_SIZE];
	struct ec2_association_list associations;
	struct ec2_route_list routes;
};

struct ec2_route_table_list {
	struct ec2_route_table *items;
	size_t count, capacity;
};

struct ec2_attachment {
	char id[EC2_ID_SIZE]; /* "": not attached */
	char instance[EC2_ID_SIZE]; /* "": attached by a service, not to an instance */
	char *instance_owner;
	int device_index;
	int network_card;
	enum ec2_attachment_status status;
	uint64_t attached_at; /* seconds since 1970, by EC2's clock; 0: not known */
};

struct ec2_private_address {
	struct ip_address address;
	enum ec2_flag is_primary;
};

struct ec2_private_address_list {
	struct ec2_private_address *items;
	size_t count, capacity;
};

struct ec2_address_list {
	struct ip_address *items;
	size_t count, capacity;
};

struct ec2_group {
	char id[EC2_ID_SIZE];
};

struct ec2_group_list {
	struct ec2_group *items;
	size_t count, capacity;
};

struct ec2_eni {
	char id[EC2_ID_SIZE];
	char vpc[EC2_ID_SIZE];
	char subnet[EC2_ID_SIZE];
	char *zone; /* NULL in DescribeInstances, which has it only for the instance */
	char *description;
	struct mac mac;
	enum ec2_eni_status status;
	enum ec2_flag source_dest_check;
	enum ec2_flag requester_managed; /* by a service: must not be moved */
	enum ec2_flag operator_managed; /* like requester_managed, in a newer element */
	char *operator_principal;
	struct ec2_attachment attachment;
	struct ip_address address; /* the primary IPv4 address */
	struct ec2_private_address_list ipv4s;
	struct ec2_address_list ipv6s;
	struct ec2_group_list groups;
	struct ec2_tag_list tags;
};

struct ec2_eni_list {
	struct ec2_eni *items;
	size_t count, capacity;
};

struct ec2_instance {
	char id[EC2_ID_SIZE];
	char vpc[EC2_ID_SIZE];
	enum ec2_instance_state state;
	struct ec2_eni_list enis;
};

struct ec2_instance_list {
	struct ec2_instance *items;
	size_t count, capacity;
};

struct sts_credentials {
	char *access_key;
	char *secret_key;
	char *session_token;
	uint64_t expires; /* seconds since 1970 */
};

struct sts_identity {
	char *account;
	char *arn;
};

/* The response of any action. Only the members that this action's response has are set. */
struct ec2_reply {
	const struct shape *shape; /* of the action's response; NULL: holds nothing */
	char *next_token; /* for the next page; NULL: this is the last */
	enum ec2_flag returned; /* <return>; UNKNOWN: not in the response */
	struct ec2_route_table_list route_tables;
	struct ec2_eni_list enis; /* for CreateNetworkInterface: the new ENI */
	struct ec2_instance_list instances;
	char attachment[EC2_ID_SIZE]; /* from AttachNetworkInterface */
	struct sts_credentials credentials;
	struct sts_identity identity;
};

/* Whether it is a route to a CIDR of the VPC itself; each of the VPC's tables has these. */
bool ec2_route_is_local(const struct ec2_route *route);

/* Makes a deep copy. *ret_eni must hold nothing; after -ENOMEM it still holds nothing. */
int ec2_eni_copy(const struct ec2_eni *eni, struct ec2_eni *ret_eni);

/* Each frees what its value owns, and makes the value empty. Texts are overwritten first. */
void ec2_reply_done(struct ec2_reply *reply);
void ec2_eni_done(struct ec2_eni *eni);
