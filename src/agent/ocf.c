/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/ocf.h"

#include "base/clock.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

/* Reads from EC2 get a third of the action's time, so that a second read is possible. */
#define READ_TIME_DIVISOR 3

const char *ocf_get_value(const struct ocf_call *call, const char *name)
{
	const struct ocf_parameter *parameters = call->agent->parameters;

	for (size_t i = 0; i < OCF_PARAMETERS_MAX && parameters[i].name; i++)
		if (strcmp(parameters[i].name, name) == 0)
			return call->values[i] ? call->values[i] : parameters[i].fallback;
	return NULL;
}

bool ocf_get_flag(const struct ocf_call *call, const char *name)
{
	static const char *const true_values[] = {"yes", "true", "1", "on", "ja"};
	const char *value = ocf_get_value(call, name);

	for (size_t i = 0; value && i < ARRAY_SIZE(true_values); i++)
		if (strcasecmp(value, true_values[i]) == 0)
			return true;
	return false;
}

enum ocf_code ocf_code_from_outcome(enum outcome outcome)
{
	switch (outcome) {
	case OUTCOME_USAGE: /* not possible on this node; another may have the policy or link */
		return OCF_ERR_INSTALLED;
	case OUTCOME_DENIED:
		return OCF_ERR_PERM;
	case OUTCOME_DONE: /* the initial value: an error without a message */
	case OUTCOME_FAILED:
	case OUTCOME_DIFFERS:
	case OUTCOME_TIMEOUT:
		break;
	}
	return OCF_ERR_GENERIC;
}

enum ocf_code ocf_code_from_parameter_error(int err)
{
	switch (err) {
	case -ENOENT:
		return OCF_ERR_INSTALLED;
	case -ENOMEM:
	case -EIO:
		return OCF_ERR_GENERIC;
	}
	return OCF_ERR_CONFIGURED; /* an invalid value, on every node */
}

enum ocf_code ocf_code_if_never_started(enum ocf_code never_started, struct error *error)
{
	if (error->outcome != OUTCOME_USAGE)
		return OCF_ERR_GENERIC;
	error_prefix(error, "%s", never_started == OCF_SUCCESS ? "nothing to stop" : "not running");
	return never_started;
}

struct operation ocf_make_read_operation(const struct ocf_call *call)
{
	struct operation read_only = *call->operation;
	uint64_t share = (read_only.deadline.at - read_only.started) / READ_TIME_DIVISOR;

	read_only.dry_run = true;
	read_only.deadline = deadline_min(read_only.deadline, deadline_after(clock_now(), share));
	return read_only;
}
