/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists the cases of test_eni_move: the behaviour of EC2, and the complete expected result.
 *
 * eni-1 has the addresses 10.0.1.10 and 10.0.1.50 and is attached to i-old at device index 2,
 * unless a case attaches it elsewhere. The target is i-us. Both instances have a primary ENI, and
 * eni-free is not attached.
 */
#pragma once

#include "eni_cases.h"
#include "failover/eni_move.h"

#define SELF "DescribeInstances InstanceId.1=i-us\n"
#define PROBE                                                                                      \
	"AttachNetworkInterface NetworkInterfaceId=eni-1 InstanceId=i-us DeviceIndex=1 "           \
	"DryRun=true\n"
#define ATTACH(index)                                                                              \
	"AttachNetworkInterface NetworkInterfaceId=eni-1 InstanceId=i-us DeviceIndex=" index "\n"
#define BACK "AttachNetworkInterface NetworkInterfaceId=eni-1 InstanceId=i-old DeviceIndex=2\n"

#define THROTTLED "RequestLimitExceeded", "Request limit exceeded."
#define DENIAL(action, on, arn) "sapdb: " NOT_PERMITTED(action, on, arn) UNAUTHORIZED ": no"

/* An ENI that is in the way. */
#define IN_THE_WAY(name_, instance_, card_, index_)                                                \
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
	const char *words; /* the error; at the deadline: eni_move_format_state() */
	const char *before; /* the previous holder; NULL: the holder in the first read */
	const char *holder; /* the holder afterwards; NULL: none */
	bool forced;
};

/* Changes to eni-1 by other programs. */
void eni_move_other_attaches(struct ec2_memory *memory); /* i-other */
void eni_move_other_detaches(struct ec2_memory *memory);
void eni_move_other_deletes(struct ec2_memory *memory);

/* Each ends with one that has no name. */
extern const struct move_case eni_move_plain[];
extern const struct move_case eni_move_refused[];
extern const struct move_case eni_move_lag[];
extern const struct move_case eni_move_stale[]; /* reads that are older than what was changed */
extern const struct move_case eni_move_throttled[]; /* and what else goes wrong at each step */
extern const struct move_case eni_move_races[]; /* two nodes at the same time */
extern const struct move_case eni_move_late[]; /* the deadline at each step */
