/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Maps the elements of each response to the members of the reply structures, as tables. Only for
 * response.c and replies.c.
 */
#pragma once

#include "ec2/requests.h"
#include "ec2/shape.h"

extern const struct shape ec2_route_shape; /* of struct ec2_route */
extern const struct shape ec2_eni_shape; /* of struct ec2_eni */
extern const struct shape ec2_fault_shape; /* of struct ec2_fault */

/* Returns the shape of struct ec2_reply for the action's response. */
const struct shape *ec2_reply_shape(enum ec2_action action);

/* Whether nothing is read from the action's response but its status: its body may be empty. */
bool ec2_reply_may_be_empty(enum ec2_action action);
