/* SPDX-License-Identifier: Apache-2.0 */
#include "interface/examine.h"

#include "interface/boot.h"

#include <errno.h>
#include <stdlib.h>

static bool has_result_for_entry(const struct report *report, const struct policy_interface *entry)
{
	for (size_t i = 0; i < report->count; i++)
		if (report->results[i].policy == entry)
			return true;
	return false;
}

/* Such an interface may belong to any entry, so examine() then reports no entry as absent. */
static bool has_failed_without_entry(const struct report *report)
{
	for (size_t i = 0; i < report->count; i++)
		if (report->results[i].state == RESULT_FAILED && !report->results[i].policy)
			return true;
	return false;
}

int examine(const struct operation *operation, struct report *report,
	const struct policy_interface ***ret_absent, size_t *ret_n_absent, struct error *error)
{
	const struct policy *policy = operation->policy;
	_cleanup_(cleanup_free) const struct policy_interface **absent = NULL;
	struct operation preview = *operation;
	size_t count = 0;
	int err;

	preview.dry_run = true;
	err = boot(&preview, report, error);
	if (err)
		return err;
	absent = calloc(policy->n_interfaces + 1, sizeof(*absent));
	if (!absent)
		return error_oom(error);
	for (size_t i = 0; !has_failed_without_entry(report) && i < policy->n_interfaces; i++)
		if (!has_result_for_entry(report, &policy->interfaces[i]))
			absent[count++] = &policy->interfaces[i];
	*ret_absent = TAKE_PTR(absent);
	*ret_n_absent = count;
	return 0;
}
