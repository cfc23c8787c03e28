/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prints the EC2 requests that a dry run does not send, as aws commands, one per line.
 */
#pragma once

#include "failover/flow.h"

/* Appends one request to `lines`. Returns 0, or -errno with a message. */
int preview_add(struct strbuf *lines, enum ec2_action action,
	const struct ec2_parameters *parameters, struct error *error);

/* Runs the reads of another flow, and ends before the first batch that changes something. */
struct preview {
	struct flow inner;
	struct strbuf *lines; /* borrowed; gets the requests that were not sent */
	bool is_reached; /* the inner flow has reached such a batch */
};

/* The flow to give to the driver; it borrows `preview`. */
struct flow preview_get_flow(struct preview *preview);
