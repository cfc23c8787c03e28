/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What IAM has to allow for what a policy file wants, and no more: a policy in, the JSON document
 * that IAM takes out. Pure.
 *
 * There is one document for each principal: the host's own (its instance profile), and each role
 * that an overlay names because another account has its route tables.
 *
 * Which actions can be limited to which resources, and by which condition keys, is from the Service
 * Authorization Reference, "Actions, resources, and condition keys for Amazon EC2".
 */
#pragma once

#include "base/error.h"
#include "ec2/values.h"
#include "policy/policy.h"

#include <jansson.h>

/* What it is to be allowed for. */
enum iam_use {
	IAM_OVERLAY, /* the verbs "overlay …" */
	IAM_ENI, /* the verbs "eni …" */
	IAM_ADDRESS, /* the verb "address move" */
	IAM_BOOT, /* the verb "boot" */
	IAM_CLUSTER, /* the resource agents, for what the policy lists */
	IAM_CHECK, /* the verb "check": it asks whether the others may, which needs nothing */
	IAM_USE_COUNT_,
};

#define IAM_USE_BIT(use) (1u << (use))

/* Where the principal's resources are. */
struct iam_place {
	char partition[32]; /* "aws" */
	char region[64];
	char account[13];
	char vpc[EC2_ID_SIZE]; /* "": not known, and nothing is limited to it */
};

struct iam_document {
	json_t *root; /* NULL: there is nothing to allow */
	bool any_vpc; /* something holds for every VPC, since which one it is is not known */
};

/* "overlay"; 0, or -EINVAL with OUTCOME_USAGE and words that name all. */
int iam_use_parse(const char *word, enum iam_use *ret_use, struct error *error);

/*
 * IAM_USE_BIT()s of what the policy lists: overlays and boot, or interfaces. Never `address`: no
 * key of the policy says that it is used, and it lets a host take any address of its subnet from
 * whoever has it.
 */
unsigned iam_uses_of(const struct policy *policy);

/*
 * For the host itself (`role` is NULL), or for one of the policy's roles, whose account is that of
 * its ARN. Returns 0; -ENOENT, with words, for a role that is none of the policy's; -ENOMEM.
 */
int iam_document_build(const struct policy *policy, unsigned uses, const struct iam_place *place,
	const char *role, struct iam_document *ret_document, struct error *error);
void iam_document_done(struct iam_document *document);
