/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Builds the IAM policy document that allows the actions which a policy file requires, and no
 * others. The result is JSON in IAM's format. Pure.
 *
 * There is one document for each principal: the host's own identity (its instance profile), and
 * each role that an overlay names because another account owns its route tables.
 *
 * The resources and condition keys by which an action can be limited are from the Service
 * Authorization Reference, "Actions, resources, and condition keys for Amazon EC2".
 */
#pragma once

#include "base/error.h"
#include "ec2/values.h"
#include "policy/policy.h"

#include <jansson.h>

/* The uses of myha that a document allows. */
enum iam_use {
	IAM_OVERLAY, /* the commands "overlay …" */
	IAM_ENI, /* the commands "eni …" */
	IAM_ADDRESS, /* the command "address move" */
	IAM_BOOT, /* the command "boot" */
	IAM_CLUSTER, /* the resource agents, for overlays and interfaces that the policy lists */
	IAM_CHECK, /* the command "check": its permission probes need no permission */
	IAM_USE_COUNT_,
};

#define IAM_USE_BIT(use) (1u << (use))

/* The location of the principal's resources. */
struct iam_location {
	char partition[32]; /* "aws" */
	char region[64];
	char account[13]; /* 12 digits */
	char vpc[EC2_ID_SIZE]; /* "": not known; then no statement is limited to a VPC */
};

struct iam_document {
	json_t *root; /* owned; NULL: nothing to allow */
	bool any_vpc; /* a statement applies to all VPCs, because iam_location.vpc is "" */
};

/* Parses "overlay" and so on. 0; or -EINVAL with OUTCOME_USAGE, and `error` lists all uses. */
int iam_use_parse(const char *word, enum iam_use *ret_use, struct error *error);

/*
 * Returns the IAM_USE_BIT()s for what the policy lists: IAM_OVERLAY and IAM_BOOT for overlays,
 * IAM_ENI for interfaces. Never IAM_ADDRESS: no policy key requires it, and its permission lets a
 * host move any address of its subnet away from the current holder.
 */
unsigned iam_find_uses(const struct policy *policy);

/*
 * Builds the document for the host itself (`role` is NULL), or for one of the policy's roles; the
 * role's ARN then gives partition and account. Free it with iam_document_done(). Returns 0; -ENOENT
 * if the policy does not name the role; -ENOMEM; both with `error` set.
 */
int iam_document_build(const struct policy *policy, unsigned uses,
	const struct iam_location *location, const char *role, struct iam_document *ret_document,
	struct error *error);
void iam_document_done(struct iam_document *document);
