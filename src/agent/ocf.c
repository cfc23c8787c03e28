/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/ocf.h"

#include "base/clock.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

/* A brief operation gets a third of the action's time, which leaves time for a second read. */
#define BRIEF_SHARE 3

const char *ocf_get_value(const struct ocf_call *call, const char *name)
{
	const struct ocf_parameter *parameters = call->agent->parameters;

	for (size_t i = 0; i < OCF_PARAMETERS_MAX && parameters[i].name; i++)
		if (strcmp(parameters[i].name, name) == 0)
			return call->values[i] ? call->values[i] : parameters[i].fallback;
	return NULL;
}

/* The words are those that the shell functions of the resource agents accept as true. */
bool ocf_get_flag(const struct ocf_call *call, const char *name)
{
	static const char *const words[] = {"yes", "true", "1", "on", "ja"};
	const char *value = ocf_get_value(call, name);

	for (size_t i = 0; value && i < ARRAY_SIZE(words); i++)
		if (strcasecmp(value, words[i]) == 0)
			return true;
	return false;
}

enum ocf_code ocf_code_from_outcome(enum outcome outcome)
{
	switch (outcome) {
	case OUTCOME_USAGE: /* wrong for this node's policy and interfaces; others may differ */
		return OCF_ERR_INSTALLED;
	case OUTCOME_DENIED:
		return OCF_ERR_PERM;
	case OUTCOME_DONE: /* an error without a message */
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
	return OCF_ERR_CONFIGURED;
}

enum ocf_code ocf_code_if_never_started(enum ocf_code never_started, struct error *error)
{
	if (error->outcome != OUTCOME_USAGE)
		return OCF_ERR_GENERIC;
	error_prefix(error, "%s", never_started == OCF_SUCCESS ? "nothing to stop" : "not running");
	return never_started;
}

struct operation ocf_make_brief_operation(const struct ocf_call *call)
{
	struct operation brief = *call->operation;
	uint64_t share = (brief.deadline.at - brief.started) / BRIEF_SHARE;

	brief.dry_run = true;
	brief.deadline = deadline_min(brief.deadline, deadline_after(clock_now(), share));
	return brief;
}
