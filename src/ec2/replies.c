/* SPDX-License-Identifier: Apache-2.0 */
#include "ec2/replies.h"

#include "ec2/reply_shapes.h"

#include <string.h>

void ec2_reply_done(struct ec2_reply *reply)
{
	if (!reply || !reply->shape)
		return;
	shape_done(reply->shape, reply);
}

bool ec2_route_is_local(const struct ec2_route *route)
{
	return route->origin == EC2_ORIGIN_CREATE_ROUTE_TABLE ||
	       (route->target.kind == EC2_TARGET_GATEWAY && strcmp(route->target.id, "local") == 0);
}

void ec2_eni_done(struct ec2_eni *eni)
{
	if (eni)
		shape_done(&ec2_eni_shape, eni);
}

int ec2_eni_copy(const struct ec2_eni *eni, struct ec2_eni *ret_eni)
{
	return shape_copy(&ec2_eni_shape, eni, ret_eni);
}
