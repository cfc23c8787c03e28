/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Defines the ENI of the flow tests, eni-1 with the address 10.0.1.50, and the lines of its calls.
 */
#pragma once

#include "ec2_memory.h"

#define READ DESCRIBE_ENI("eni-1")
#define BY_ADDRESS DESCRIBE_ENI_WITH("10.0.1.50")
#define DETACH "DetachNetworkInterface AttachmentId=eni-attach-1\n"
#define FORCE "DetachNetworkInterface AttachmentId=eni-attach-1 Force=true\n"

/* Members of a struct memory_eni. */
#define HELD_BY(instance_, index_)                                                                 \
	.attachment = "eni-attach-1", .instance = instance_, .index = index_,                      \
	.status = EC2_ATTACHMENT_ATTACHED
