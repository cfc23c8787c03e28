/* SPDX-License-Identifier: Apache-2.0 */
#include "core/apply_and_record.h"

#include "kernel/apply.h"

#include <errno.h>
#include <stdlib.h>

int apply_and_record(struct rtnl_socket *rtnl, const struct operation *operation,
	const struct plan *plan, struct result *result, struct error *error)
{
	_cleanup_(cleanup_free) int *errors = calloc(plan->count, sizeof(*errors));
	int err;

	if (!errors)
		return error_oom(error);
	err = apply_plan(rtnl, plan, &operation->deadline, errors, error);
	if (err)
		return err;
	err = result_record(result, plan, errors, operation->names, error);
	/* Other refusals may mean that another program was faster: the next snapshot decides. */
	return err == -ENOMEM || err == -EPERM ? err : 0;
}
