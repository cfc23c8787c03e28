/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Builds requests to EC2 and STS: an action and its parameters in, the body out.
 *
 * One table has the required and optional parameters of each action, another one the parameters'
 * names in requests. The names are those of the EC2 API reference, version 2016-11-15, and of
 * STS's, 2011-06-15.
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

#define EC2_PAGE_MIN 5 /* minimum of max_results */

/* EC2's limits, in characters; the last one is the number of tags of one ENI. */
#define EC2_CLIENT_TOKEN_MAX 64
#define EC2_DESCRIPTION_MAX 255
#define EC2_TAG_KEY_MAX 128
#define EC2_TAG_VALUE_MAX 256
#define EC2_TAGS_MAX 50

struct ec2_filter {
	const char *name; /* NULL: the end of an array of filters */
	const char *const *values; /* NULL-terminated */
};

struct ec2_tag {
	const char *key; /* NULL: the end of an array of tags */
	const char *value; /* NULL: empty */
};

/* All borrowed. Zero or NULL: not sent. An empty list or text is an error. */
struct ec2_parameters {
	bool dry_run; /* only checks the permission: EC2 always returns a fault */

	/* Describe…: all objects, those with these ids, or those that match each filter. */
	const char *const *route_tables; /* ids, NULL-terminated */
	const char *const *enis;
	const char *const *instances;
	const struct ec2_filter *filters;
	uint32_t max_results; /* in one page; not together with ids */
	const char *next_token; /* from the response with the previous page */

	/* The object to change, and its new values. */
	const char *route_table;
	const struct ip_prefix *destination; /* no host bits */
	const char *eni; /* the ENI to change, or a route's target */
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
	const struct ip_address *addresses; /* of both families; one not set ends the array */
	const char *const *security_groups; /* ids, NULL-terminated */
	const char *description;
	const struct ec2_tag *tags;
	const char *client_token; /* makes a repetition safe; see ec2_is_client_token() */

	/* AssumeRole. */
	const char *role_arn;
	const char *session_name;
	const char *external_id;
	uint32_t duration_seconds;
};

/* A request to sign and send, once or several times. Owns its body. */
struct ec2_request {
	struct strbuf body;
};

/*
 * Returns 0; -EINVAL if the action does not accept a parameter, a required one is missing, or one
 * has the wrong form; -E2BIG; or -ENOMEM. -EINVAL is an error of the caller: user input and files
 * are checked when they are read.
 */
int ec2_request_build(enum ec2_action action, const struct ec2_parameters *parameters,
	struct ec2_request *ret_request);

/* Whether it has 1 to EC2_CLIENT_TOKEN_MAX printable ASCII characters without blanks. */
bool ec2_is_client_token(const char *text);

/* Returns the message for an error of ec2_request_build(). */
const char *ec2_request_error_text(int err);

void ec2_request_done(struct ec2_request *request);

/*
 * Appends the equivalent aws command, "aws ec2 replace-route --route-table-id rtb-…", for previews.
 * Returns as ec2_request_build(): a request that cannot be sent is not printed.
 */
int ec2_request_print(
	enum ec2_action action, const struct ec2_parameters *parameters, struct strbuf *out);

const char *ec2_action_name(enum ec2_action action); /* "ReplaceRoute" */
const char *ec2_action_service(enum ec2_action action); /* "ec2", "sts": in endpoints and in IAM */

/* Whether the action only reads, and changes nothing. */
bool ec2_action_is_read(enum ec2_action action);

/*
 * Whether the same request may be sent again after its response was lost. If not, the caller reads
 * the state first. CreateNetworkInterface may be repeated because of its client token.
 */
bool ec2_action_is_repeatable(enum ec2_action action);
