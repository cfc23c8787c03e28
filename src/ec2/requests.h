/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The requests that are made of EC2 and of STS: an action and its parameters in, the body out.
 *
 * One table says what each action takes and needs and what each parameter is called on the wire.
 * The names are those of the EC2 API reference, version 2016-11-15, and STS's, 2011-06-15.
 */
#pragma once

#include "base/ip.h"
#include "base/strbuf.h"
#include "ec2/values.h"

#include <stdbool.h>
#include <stdint.h>

enum ec2_action {
	EC2_DESCRIBE_ROUTE_TABLES,
	EC2_CREATE_ROUTE,
	EC2_REPLACE_ROUTE,
	EC2_DELETE_ROUTE,
	EC2_DESCRIBE_NETWORK_INTERFACES,
	EC2_CREATE_NETWORK_INTERFACE,
	EC2_ATTACH_NETWORK_INTERFACE,
	EC2_DETACH_NETWORK_INTERFACE,
	EC2_MODIFY_NETWORK_INTERFACE_ATTRIBUTE,
	EC2_ASSIGN_PRIVATE_IP_ADDRESSES,
	EC2_DESCRIBE_INSTANCES,
	STS_ASSUME_ROLE,
	STS_GET_CALLER_IDENTITY,
	EC2_ACTION_COUNT_,
};

#define EC2_PAGE_MIN 5 /* the least that max_results may be */

/* Limits of EC2's own: of characters, and of the tags that one ENI may have. */
#define EC2_CLIENT_TOKEN_MAX 64
#define EC2_DESCRIPTION_MAX 255
#define EC2_TAG_KEY_MAX 128
#define EC2_TAG_VALUE_MAX 256
#define EC2_TAGS_MAX 50

struct ec2_filter {
	const char *name; /* NULL ends an array of them */
	const char *const *values; /* NULL-terminated */
};

struct ec2_tag {
	const char *key; /* NULL ends an array of them */
	const char *value;
};

/* All borrowed. What is zero or NULL is not sent; an empty list or text is refused. */
struct ec2_parameters {
	bool dry_run; /* whether it would be allowed: EC2 always answers with a fault */

	/* Describe…: all there are, those with these ids, or those that pass each filter. */
	const char *const *route_tables; /* ids, NULL-terminated */
	const char *const *enis;
	const char *const *instances;
	const struct ec2_filter *filters;
	uint32_t max_results; /* of one page; not beside ids */
	const char *next_token; /* the page after the one that this token came with */

	/* What is changed, and to what. */
	const char *route_table;
	const struct ip_prefix *destination; /* no host bits */
	const char *eni; /* also a route's target */
	const char *instance;
	const char *attachment;
	uint32_t device_index; /* 0, the primary ENI's, can be neither attached nor detached */
	uint32_t network_card;
	bool force;
	enum ec2_flag source_dest_check;
	const char *const *private_addresses; /* AssignPrivateIpAddresses, NULL-terminated */
	bool allow_reassignment;

	/* CreateNetworkInterface. */
	const char *subnet;
	const struct ip_address *addresses; /* either family; one that is not set ends them */
	const char *const *security_groups;
	const char *description;
	const struct ec2_tag *tags;
	const char *client_token; /* makes it safe to repeat; 1 to 64 ASCII characters */

	/* AssumeRole. */
	const char *role_arn;
	const char *session_name;
	const char *external_id;
	uint32_t duration_seconds;
};

/* A request that can be signed and sent, as often as it takes. Owns its body. */
struct ec2_request {
	enum ec2_action action;
	struct strbuf body;
};

/*
 * 0; -EINVAL where the action does not take a given parameter, lacks one that it needs, or one is
 * not of its form (a mistake of the caller's: what people and files say is checked where it is
 * read); -E2BIG, -ENOMEM.
 */
int ec2_request_build(enum ec2_action action, const struct ec2_parameters *parameters,
	struct ec2_request *ret_request);

/* Why there is no request, by what ec2_request_build() returned. */
const char *ec2_request_explain(int err);

void ec2_request_done(struct ec2_request *request);

const char *ec2_action_name(enum ec2_action action); /* "ReplaceRoute" */
const char *ec2_action_service(enum ec2_action action); /* "ec2", "sts": in endpoints and for IAM */

/* Whether it only looks: nothing is changed by it. */
bool ec2_action_is_read(enum ec2_action action);

/*
 * Whether the same request may be sent again after an answer was lost. Where not, one has to look
 * first. CreateNetworkInterface may, provided that it has a client token.
 */
bool ec2_action_is_repeatable(enum ec2_action action);
