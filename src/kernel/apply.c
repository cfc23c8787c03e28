/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/apply.h"

#include "kernel/rtnl_encode.h"

#include <errno.h>
#include <string.h>

/* Bytes, far above any plan: 64 interfaces with 50 addresses each need some 300 KiB. */
#define REQUESTS_MAX (64u << 20)

static int encode_plan(const struct plan *plan, struct strbuf *out, struct error *error)
{
	for (size_t i = 0; i < plan->count; i++) {
		const struct step *step = &plan->steps[i];
		int err = rtnl_encode_step(step, out);
		if (err)
			return error_set(error, OUTCOME_FAILED, -err,
				"%s: cannot encode change %zu of %zu for the kernel: %s",
				step->interface, i + 1, plan->count, strerror(-err));
	}
	return 0;
}

int apply_plan(struct rtnl_socket *socket, const struct plan *plan, const struct deadline *deadline,
	int *ret_errors, struct error *error)
{
	_cleanup_(strbuf_done) struct strbuf requests;

	strbuf_init(&requests, REQUESTS_MAX);
	int err = encode_plan(plan, &requests, error);
	if (err)
		return err;
	err = rtnl_send_changes(
		socket, requests.data, requests.length, plan->count, deadline, ret_errors);
	if (err == -ETIME)
		return error_set(error, OUTCOME_TIMEOUT, ETIME,
			"timed out before the kernel had responded to all %zu changes",
			plan->count);
	if (err)
		return error_set(error, OUTCOME_FAILED, -err,
			"the kernel did not respond to all %zu changes: %s", plan->count,
			strerror(-err));
	return 0;
}
