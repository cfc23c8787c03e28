/* SPDX-License-Identifier: Apache-2.0 */
/* Parses the name of an ENI, lists ENIs, and holds the result of an operation on an ENI. */
#pragma once

#include "core/cloud.h"
#include "core/operation.h"
#include "ec2/replies.h"

/* The user names an ENI by its id, or by any of its addresses. */
struct eni_name {
	const char *text; /* as it was typed; borrowed */
	const char *id; /* borrowed; NULL: named by its address */
	struct ip_address address;
};

/* Borrows `text`. -EINVAL with OUTCOME_USAGE: it is neither an id nor an address. */
int eni_name_parse(const char *text, struct eni_name *ret_name, struct error *error);

/* The result of an operation on one ENI. */
struct eni_result {
	enum result_state state;
	struct error error;
	struct ec2_eni eni; /* as the last read showed it; id "": never read; owned */
	struct ec2_eni before; /* its state before the operation; owned */
	char here[EC2_ID_SIZE]; /* this instance; "": not queried */
	bool forced; /* it was detached by force */
	char interface[IFNAMSIZ]; /* its link on this host; "": none, or not searched for */
	struct strbuf preview; /* dry run: the requests that were not sent, a line each */
};

void eni_result_done(struct eni_result *result);

/* Sets the final state (RESULT_DIFFERS if there is a preview) and the error. Returns `err`. */
int eni_result_set_state(
	struct eni_result *result, int err, const struct error *error, bool has_changed);

/* The filters of eni_list(); NULL, or not set: no filter. All borrowed. */
struct eni_list_options {
	bool all_vpcs; /* false: only this host's VPC, unless `name` has an id */
	const struct eni_name *name;
	const char *subnet;
	const char *instance;
	enum ec2_eni_status status;
	const struct ec2_tag *tags;
};

/*
 * Lists the ENIs that pass all filters. The caller frees the list with eni_list_done().
 * ret_instance is this instance; "": the metadata service is not available. Returns 0 or -errno
 * with a message. -ENOENT: no ENI, or more than one, has the name.
 */
int eni_list(const struct operation *operation, const struct eni_list_options *options,
	struct ec2_eni_list *ret_enis, char ret_instance[EC2_ID_SIZE], struct error *error);
void eni_list_done(struct ec2_eni_list *enis);
