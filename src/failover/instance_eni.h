/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The primary ENI of an instance, which is where an overlay address is routed to when somebody names
 * an instance. One that does not run, or is about to end, takes no traffic, and is an error.
 */
#pragma once

#include "failover/flow.h"

#include <stdbool.h>

struct instance_eni {
	const char *instance; /* an id; borrowed, and to hold as long as the flow */
	/* What was found, where there is no error. */
	char eni[EC2_ID_SIZE];
	char vpc[EC2_ID_SIZE];
	enum ec2_instance_state state; /* running, or pending */
	struct error error;
	/* The flow's own. */
	const char *instances[2];
	bool has_ended;
};

/* It points into itself: not to be copied. Owns nothing. */
void instance_eni_init(struct instance_eni *flow, const char *instance);

/* For the driver; borrows `flow`. */
struct flow instance_eni_flow(struct instance_eni *flow);

/* TIMEOUT where the flow was not ended. */
enum outcome instance_eni_outcome(const struct instance_eni *flow);
