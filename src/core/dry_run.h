/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs flows that change something in EC2. A dry run prints the requests for that as aws commands,
 * one per line, and does not send them.
 */
#pragma once

#include "core/cloud.h"

/* Appends one request to `lines` as an aws command. Returns 0, or -errno with a message. */
int preview_add_request(struct strbuf *lines, enum ec2_action action,
	const struct ec2_parameters *parameters, struct error *error);

/*
 * As cloud_run_flow(), but a dry run ends the flow before the first batch that changes something,
 * and appends that batch to `lines`.
 */
int preview_or_run_flow(struct cloud *cloud, const char *role_arn, struct flow flow,
	struct strbuf *lines, struct error *error);
