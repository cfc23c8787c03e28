/* SPDX-License-Identifier: Apache-2.0 */
#include "core/dry_run.h"

#include "ec2/request_print.h"

#include <errno.h>

int preview_add(struct strbuf *lines, enum ec2_action action,
	const struct ec2_parameters *parameters, struct error *error)
{
	_cleanup_(ec2_request_done) struct ec2_request request = {0};

	int err = ec2_request_build(action, parameters, &request);

	if (!err && (ec2_request_print(&request, lines) || strbuf_add_string(lines, "\n")))
		err = -ENOMEM;
	if (err)
		return error_set(error, OUTCOME_FAILED, -err, "cannot build the request: %s",
			ec2_request_explain(err));
	return 0;
}

/* Runs the reads of another flow, and ends before the first batch that changes something. */
struct preview {
	struct flow inner;
	struct strbuf *lines;
	bool is_reached; /* the inner flow has reached such a batch */
};

static bool has_change(const struct flow_batch *batch)
{
	for (size_t i = 0; i < batch->count; i++)
		if (!flow_call_is_read(&batch->calls[i]))
			return true;
	return false;
}

static int get_next_batch(void *state, uint64_t now, uint32_t random, struct flow_batch *ret_batch)
{
	struct preview *preview = state;
	int err;

	*ret_batch = (struct flow_batch){0};
	if (preview->is_reached)
		return 0;
	err = preview->inner.next(preview->inner.state, now, random, ret_batch);
	if (err || !has_change(ret_batch))
		return err;
	preview->is_reached = true;
	for (size_t i = 0; !err && i < ret_batch->count; i++)
		err = preview_add(preview->lines, ret_batch->calls[i].action,
			&ret_batch->calls[i].parameters, NULL);
	flow_batch_done(ret_batch);
	return err;
}

static int process_response(void *state, size_t tag, const struct flow_response *response)
{
	struct preview *preview = state;

	return preview->inner.take(preview->inner.state, tag, response);
}

int preview_or_run(struct cloud *cloud, const char *role_arn, struct flow flow,
	struct strbuf *lines, struct error *error)
{
	struct preview preview = {.inner = flow, .lines = lines};

	if (cloud->operation->dry_run)
		flow = (struct flow){get_next_batch, process_response, &preview};
	return cloud_run_flow(cloud, role_arn, flow, error);
}
