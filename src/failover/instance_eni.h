/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds the primary ENI of an instance: the target of an overlay's routes if the user names an
 * instance. An instance that does not run, or is stopping, receives no traffic and is an error.
 */
#pragma once

#include "failover/flow.h"

#include <stdbool.h>

struct instance_eni {
	const char *instance; /* id; borrowed, and must stay valid as long as the flow */
	/* The result, if there is no error. */
	char eni[EC2_ID_SIZE];
	char vpc[EC2_ID_SIZE];
	enum ec2_instance_state state; /* running or pending */
	struct error error; /* names the instance; OUTCOME_DONE: none */
	/* Internal to the flow. */
	const char *instances[2];
	bool has_ended;
};

/* Initializes the flow, which points into itself: do not copy it. The flow owns nothing. */
void instance_eni_init(struct instance_eni *search, const char *instance);
/* Returns the interface for the driver; borrows `search`. */
struct flow instance_eni_flow(struct instance_eni *search);
/* OUTCOME_TIMEOUT if the flow has not ended. */
enum outcome instance_eni_outcome(const struct instance_eni *search);
