/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a dry run would ask of EC2: the requests as aws commands, a line each.
 */
#pragma once

#include "failover/flow.h"

/* Adds a request to the lines. 0, or -errno with words. */
int preview_add(struct strbuf *lines, enum ec2_action action,
	const struct ec2_parameters *parameters, struct error *error);

/* A flow that looks as another one does, and ends where that would change something. */
struct preview {
	struct flow inner;
	struct strbuf *lines; /* get the requests that were not made */
	bool is_reached; /* there were such */
};

/* For the driver; borrows `preview`. */
struct flow preview_flow(struct preview *preview);
