/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cases of test_eni_move: what EC2 does, and all that must come of it.
 *
 * eni-1 has the addresses 10.0.1.10 and 10.0.1.50 and is at i-old, device index 2, unless a case
 * has it elsewhere. It is to come to i-us. Each of both instances has its primary ENI, and eni-free
 * is free.
 */
#pragma once

#include "ec2_memory.h"
#include "failover/eni_move.h"

#define READ "DescribeNetworkInterfaces NetworkInterfaceId.1=eni-1\n"
#define BY_ADDRESS                                                                                 \
	"DescribeNetworkInterfaces Filter.1.Name=vpc-id Filter.1.Value.1=vpc-1 "                   \
	"Filter.2.Name=addresses.private-ip-address Filter.2.Value.1=10.0.1.50 MaxResults=1000\n"
#define TEN(text) text text text text text text text text text text
#define OURS "DescribeInstances InstanceId.1=i-us\n"
#define TRIAL                                                                                      \
	"AttachNetworkInterface NetworkInterfaceId=eni-1 InstanceId=i-us DeviceIndex=1 "           \
	"DryRun=true\n"
#define DETACH "DetachNetworkInterface AttachmentId=eni-attach-1\n"
#define FORCE "DetachNetworkInterface AttachmentId=eni-attach-1 Force=true\n"
#define ATTACH(index)                                                                              \
	"AttachNetworkInterface NetworkInterfaceId=eni-1 InstanceId=i-us DeviceIndex=" index "\n"
#define BACK "AttachNetworkInterface NetworkInterfaceId=eni-1 InstanceId=i-old DeviceIndex=2\n"

#define DENIED "UnauthorizedOperation"
#define THROTTLED "RequestLimitExceeded", "Request limit exceeded."
#define NOT_PERMITTED(action, on, arn)                                                             \
	"sapdb: IAM does not permit ec2:" action " on " on ": allow \"ec2:" action "\" on \"" arn  \
	"\" (see \"myha iam-policy\"): UnauthorizedOperation: no"

#define AT(instance_, index_)                                                                      \
	.attachment = "eni-attach-1", .instance = instance_, .index = index_,                      \
	.status = EC2_ATTACHMENT_ATTACHED

/* An ENI that is in the way. */
#define OTHER(name_, instance_, card_, index_)                                                     \
	{                                                                                          \
		.id = "eni-" name_, .attachment = "eni-attach-" name_, .instance = instance_,      \
		.card = card_, .index = index_, .status = EC2_ATTACHMENT_ATTACHED                  \
	}

struct move_case {
	const char *name;
	struct ec2_memory cloud; /* eni-1 and the instances where they are not as usual */
	bool by_address, is_secondary, force;
	uint64_t force_after;
	const char *calls;
	enum eni_move_verdict verdict;
	enum outcome outcome;
	const char *words; /* where it failed; else where the ENI is, when the time was over */
	const char *before; /* what had it; NULL: as the first read shows */
	const char *holder; /* afterwards; NULL: nobody */
	bool forced;
};

/* What others do to eni-1. */
void eni_move_other_attaches(struct ec2_memory *memory); /* i-other */
void eni_move_somebody_detaches(struct ec2_memory *memory);
void eni_move_somebody_deletes(struct ec2_memory *memory);

/* Each ends with one that has no name. */
extern const struct move_case eni_move_plain[];
extern const struct move_case eni_move_refused[];
extern const struct move_case eni_move_lag[];
extern const struct move_case eni_move_stale[]; /* reads that are older than what was changed */
extern const struct move_case eni_move_throttled[]; /* and what else goes wrong at each step */
extern const struct move_case eni_move_races[]; /* two nodes at the same time */
extern const struct move_case eni_move_late[]; /* the deadline at each step */
