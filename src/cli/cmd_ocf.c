/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/metadata.h"
#include "base/invisible.h"
#include "base/log.h"
#include "base/parse.h"
#include "cli/command.h"
#include "cli/output.h"
#include "cli/print.h"
#include "cli/session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Set by Pacemaker: the action's timeout in milliseconds. */
#define TIMEOUT_VARIABLE "OCF_RESKEY_CRM_meta_timeout"
/* The smallest margin, in milliseconds, to end before Pacemaker's timeout on a busy node. */
#define MARGIN_MSEC 1000

static const struct ocf_agent *find_agent(const char *name)
{
	static const struct ocf_agent *const agents[] = {&ocf_overlay_ip, &ocf_eni};

	for (size_t i = 0; i < ARRAY_SIZE(agents); i++)
		if (strcmp(agents[i]->name, name) == 0)
			return agents[i];
	return NULL; /* unknown */
}

/* Reads a parameter of the resource from the environment. NULL: not set, or empty. */
static const char *get_parameter(const char *name)
{
	char variable[64];
	const char *value;

	snprintf(variable, sizeof(variable), "OCF_RESKEY_%s", name);
	value = getenv(variable);
	return value && *value ? value : NULL;
}

/*
 * Returns Pacemaker's timeout, less a margin: MARGIN_MSEC or a tenth of the timeout, whichever is
 * more, but at most a quarter. Without Pacemaker, returns --timeout. All in milliseconds.
 */
static uint64_t get_timeout(const struct invocation *invocation)
{
	const char *text = getenv(TIMEOUT_VARIABLE);
	uint64_t msec, margin;

	if (!text || parse_u64(text, 1, UINT32_MAX, &msec))
		return invocation->timeout;
	margin = msec / 10 > MARGIN_MSEC ? msec / 10 : MARGIN_MSEC;
	return msec - (margin < msec / 4 ? margin : msec / 4);
}

/* Replaces *text by a copy of `value` (frees the old text). If `value` is NULL, no-op. */
static int override_text(const char *value, char **text, struct error *error)
{
	char *copy = value ? strdup(value) : NULL;

	if (value && !copy)
		return error_oom(error);
	if (copy) {
		free(*text);
		*text = copy;
	}
	return 0;
}

/* The cluster's configuration takes precedence over the policy file. */
static int override_policy(const struct ocf_call *call, struct policy *policy, struct error *error)
{
	int err = override_text(ocf_get_value(call, "region"), &policy->aws.region, error);

	return err ? err
		   : override_text(ocf_get_value(call, "profile"), &policy->aws.profile, error);
}

/* Reads the parameters, and whether the action is a probe, from Pacemaker's environment. */
static void read_parameters(struct ocf_call *call)
{
	const struct ocf_parameter *parameters = call->agent->parameters;
	const char *interval = getenv("OCF_RESKEY_CRM_meta_interval");

	for (size_t i = 0; i < OCF_PARAMETERS_MAX && parameters[i].name; i++) {
		call->values[i] = get_parameter(parameters[i].name);
		if (call->values[i] && parameters[i].ignored)
			log_line(LOG_DEBUG, NULL, "%s=%s has no effect: %s", parameters[i].name,
				call->values[i], parameters[i].description);
	}
	/* Recurring monitors have an interval; the monitor that probes for a resource has none. */
	call->is_probe = !interval || strcmp(interval, "0") == 0;
}

/*
 * Refuses parameters with an invisible character, which makes a name a different name. Not called
 * for monitor and stop: they must handle a resource that was started before.
 */
static int check_invisible(const struct ocf_call *call, struct error *error)
{
	const struct ocf_parameter *parameters = call->agent->parameters;
	char name[INVISIBLE_TEXT_SIZE];
	struct invisible invisible;

	for (size_t i = 0; i < OCF_PARAMETERS_MAX && parameters[i].name; i++) {
		const char *value = call->values[i];
		if (!value || !invisible_find(value, strlen(value), &invisible))
			continue;
		return error_set(error, OUTCOME_USAGE, EINVAL,
			"%s: character %zu of \"%s\" is %s, which cannot be seen: set the parameter again",
			parameters[i].name, invisible.position, value,
			invisible_format(invisible.character, name));
	}
	return 0;
}

/* `action` must pass is_action(); "status" is an alias of "monitor". */
static enum ocf_code run_action(
	const struct ocf_call *call, const char *action, struct error *error)
{
	const struct ocf_agent *agent = call->agent;

	if (strcmp(action, "stop") == 0)
		return agent->stop(call, error);
	if (strcmp(action, "monitor") == 0 || strcmp(action, "status") == 0)
		return agent->monitor(call, error);
	if (check_invisible(call, error))
		return OCF_ERR_CONFIGURED;
	return strcmp(action, "start") == 0 ? agent->start(call, error)
					    : agent->validate(call, error);
}

static bool is_action(const char *text)
{
	static const char *const actions[] = {"start", "stop", "monitor", "status", "validate-all"};

	for (size_t i = 0; i < ARRAY_SIZE(actions); i++)
		if (strcmp(actions[i], text) == 0)
			return true;
	return false;
}

/* Cluster tools show the text after "ocf-exit-reason:". On success, `error` may have a remark. */
static void log_action_result(enum ocf_code code, struct error *error)
{
	bool is_failure = code != OCF_SUCCESS && code != OCF_NOT_RUNNING;

	if (is_failure) /* without a text, memory ran out */
		error_ensure_text(error, -ENOMEM);
	if (!error->text[0])
		return;
	log_line(is_failure ? LOG_ERR : LOG_INFO, NULL, "%s", error->text);
	if (is_failure)
		log_plain("ocf-exit-reason:%s", error->text);
}

/* Pacemaker's timeout and the resource's parameters replace the options of the command line. */
static enum ocf_code run_agent(
	const struct invocation *invocation, const struct ocf_agent *agent, const char *action)
{
	_cleanup_(session_close) struct session session = {0};
	struct invocation ocf_invocation = *invocation;
	struct ocf_call call = {.agent = agent, .operation = &session.operation};
	struct error error = {0};
	const char *policy;
	enum ocf_code code;

	read_parameters(&call);
	policy = ocf_get_value(&call, "policy");
	if (policy)
		ocf_invocation.policy_path = policy;
	ocf_invocation.timeout = get_timeout(invocation);
	if (session_open(&ocf_invocation, SESSION_POLICY_OPTIONAL, &session, &error) ||
		override_policy(&call, &session.policy, &error)) {
		log_action_result(OCF_ERR_GENERIC, &error);
		return OCF_ERR_GENERIC;
	}
	code = run_action(&call, action, &error);
	log_action_result(code, &error);
	return code;
}

static enum outcome print_metadata(const struct ocf_agent *agent)
{
	_cleanup_(strbuf_done) struct strbuf text = {0};

	if (ocf_add_metadata(agent, &text))
		return output_no_memory();
	print_lines("%s", strbuf_text(&text));
	return OUTCOME_DONE;
}

/*
 * The exit status is an `enum ocf_code` of the resource agent API, hence the casts.
 *
 * The log must be ASCII: Pacemaker 2.1.5 to 2.1.10 copies an agent's output into an XML attribute,
 * and escapes nothing after the first character that is not ASCII. A quote after that character
 * makes Pacemaker lose the parameters of the action. It then considers them changed, forgets the
 * failure, and starts the resource again and again.
 */
enum outcome cmd_ocf(const struct invocation *invocation)
{
	const struct ocf_agent *agent = find_agent(invocation->arguments[0]);
	const char *action = invocation->arguments[1];
	enum ocf_code code = OCF_ERR_UNIMPLEMENTED;

	if (!agent) {
		log_line(LOG_ERR, NULL, "unknown agent \"%s\": must be overlay-ip or eni",
			invocation->arguments[0]);
		return (enum outcome)OCF_ERR_ARGS;
	}
	if (strcmp(action, "meta-data") == 0)
		return print_metadata(agent);
	log_set_ascii();
	if (is_action(action))
		code = run_agent(invocation, agent, action);
	else
		log_line(LOG_ERR, NULL, "%s: unknown action \"%s\"", agent->name, action);
	return (enum outcome)code;
}
