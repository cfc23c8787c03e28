/* SPDX-License-Identifier: Apache-2.0 */
#include "core/dry_run.h"

#include <errno.h>

int preview_add_request(struct strbuf *lines, enum ec2_action action,
	const struct ec2_parameters *parameters, struct error *error)
{
	int err = ec2_request_print(action, parameters, lines);

	if (!err && strbuf_add_string(lines, "\n"))
		err = -ENOMEM;
	if (err)
		return error_set(error, OUTCOME_FAILED, -err, "cannot build the request: %s",
			ec2_request_error_text(err));
	return 0;
}

/* Prints the first batch that changes something, and empties that batch, which ends the flow. */
static int print_first_change(void *data, struct flow_batch *batch)
{
	struct strbuf *lines = data;
	int err = 0;

	if (!flow_batch_has_change(batch))
		return 0;
	for (size_t i = 0; !err && i < batch->count; i++)
		err = preview_add_request(lines, batch->calls[i].action,
			&batch->calls[i].parameters, NULL /* no message */);
	flow_batch_done(batch);
	return err;
}

int preview_or_run_flow(struct cloud *cloud, const char *role_arn, struct flow flow,
	struct strbuf *lines, struct error *error)
{
	struct flow_filter preview = {flow, print_first_change, lines};

	return cloud_run_flow(cloud, role_arn,
		cloud->operation->dry_run ? flow_filter_flow(&preview) : flow, error);
}
