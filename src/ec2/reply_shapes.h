/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables of which element of each answer goes where. For answer.c and replies.c alone.
 */
#pragma once

#include "ec2/requests.h"
#include "ec2/shape.h"

extern const struct shape ec2_route_shape; /* of struct ec2_route */
extern const struct shape ec2_route_table_shape; /* of struct ec2_route_table */
extern const struct shape ec2_eni_shape; /* of struct ec2_eni */
extern const struct shape ec2_instance_shape; /* of struct ec2_instance */
extern const struct shape ec2_fault_shape; /* of struct ec2_fault */

/* Of struct ec2_reply. */
const struct shape *ec2_reply_shape(enum ec2_action action);

/* Whether the answer's body says nothing beyond its status, so that there may be none. */
bool ec2_reply_may_be_empty(enum ec2_action action);
