/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How an ENI is named, how it is found, and what came of a deed on one.
 */
#pragma once

#include "core/cloud.h"
#include "core/operation.h"
#include "ec2/replies.h"

/* How an ENI is named: by its id, or by any of its addresses. */
struct eni_name {
	const char *text; /* as it was typed; borrowed */
	const char *id; /* NULL: by address */
	struct ip_address address;
};

/* -EINVAL with OUTCOME_USAGE where it is neither. */
int eni_name_parse(const char *text, struct eni_name *ret_name, struct error *error);

/* What came of a deed on one ENI. */
struct eni_result {
	enum result_state state;
	struct error error;
	struct ec2_eni eni; /* as it was seen last; id "": never; owned */
	struct ec2_eni before; /* as it was found; owned */
	char here[EC2_ID_SIZE]; /* this instance; "": not asked for */
	bool forced; /* it was detached by force */
	char interface[IFNAMSIZ]; /* of this host, that it is; "": none, or not looked for */
	struct strbuf preview; /* of a dry run: requests, a line each */
};

void eni_result_done(struct eni_result *result);

/* What eni_list() is to find; NULL, or not set: whatever it is. All borrowed. */
struct eni_list_options {
	bool all_vpcs; /* else this host's VPC alone */
	const struct eni_name *name;
	const char *subnet;
	const char *instance;
	enum ec2_eni_status status;
	const struct ec2_tag *tags;
};

/* All that there are. The list is the caller's, each to be ended with ec2_eni_done(). */
int eni_list(const struct operation *operation, const struct eni_list_options *options,
	struct ec2_eni_list *ret_enis, char ret_instance[EC2_ID_SIZE], struct error *error);
void eni_list_done(struct ec2_eni_list *enis);
