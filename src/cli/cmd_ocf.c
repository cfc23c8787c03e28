/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/agents.h"
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

/* Pacemaker's time-out for the action, in milliseconds. */
#define TIMEOUT_VARIABLE "OCF_RESKEY_CRM_meta_timeout"
/* What is kept back to end in time on a busy node: this, or a tenth, but at most a quarter. */
#define MARGIN_MSEC 1000

static const char *parameter(const char *name)
{
	char variable[64];
	const char *value;

	snprintf(variable, sizeof(variable), "OCF_RESKEY_%s", name);
	value = getenv(variable);
	return value && *value ? value : NULL;
}

/* Without Pacemaker's word, what was given or what is the usual for a verb. */
static uint64_t time_left(const struct invocation *invocation)
{
	const char *text = getenv(TIMEOUT_VARIABLE);
	uint64_t msec, margin;

	if (!text || parse_u64(text, 1, UINT32_MAX, &msec))
		return invocation->timeout;
	margin = msec / 10 > MARGIN_MSEC ? msec / 10 : MARGIN_MSEC;
	return msec - (margin < msec / 4 ? margin : msec / 4);
}

/* What the cluster's configuration says beats the policy file. */
static int override_policy(const struct ocf_call *call, struct policy *policy, struct error *error)
{
	const char *region = ocf_value(call, "region"), *profile = ocf_value(call, "profile");
	char *copies[2] = {region ? strdup(region) : NULL, profile ? strdup(profile) : NULL};

	if ((region && !copies[0]) || (profile && !copies[1])) {
		free(copies[0]);
		free(copies[1]);
		return error_set(error, OUTCOME_FAILED, ENOMEM, "out of memory");
	}
	if (copies[0]) {
		free(policy->aws.region);
		policy->aws.region = copies[0];
	}
	if (copies[1]) {
		free(policy->aws.profile);
		policy->aws.profile = copies[1];
	}
	return 0;
}

static void read_parameters(struct ocf_call *call)
{
	const struct ocf_parameter *parameters = call->agent->parameters;
	const char *interval = getenv("OCF_RESKEY_CRM_meta_interval");

	for (size_t i = 0; i < OCF_PARAMETERS_MAX && parameters[i].name; i++) {
		call->values[i] = parameter(parameters[i].name);
		if (call->values[i] && parameters[i].ignored)
			log_line(LOG_DEBUG, NULL, "%s=%s has no effect: %s", parameters[i].name,
				call->values[i], parameters[i].description);
	}
	call->is_probe = !interval || strcmp(interval, "0") == 0;
}

/* A name with such a character is another name. Only for a start: what runs is left alone. */
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
			"%s: character %zu of \"%s\" is %s, which cannot be seen: set it again",
			parameters[i].name, invisible.position, value,
			invisible_format(invisible.character, name));
	}
	return 0;
}

static enum ocf_code act(const struct ocf_call *call, const char *action, struct error *error)
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

/* For the log, and for what the cluster's tools show beside the failure. */
static void tell(enum ocf_code code, struct error *error)
{
	bool is_failure = code != OCF_SUCCESS && code != OCF_NOT_RUNNING;

	if (is_failure)
		error_complete(error, -ENOMEM);
	if (!error->text[0])
		return;
	log_line(is_failure ? LOG_ERR : LOG_INFO, NULL, "%s", error->text);
	if (is_failure)
		log_plain("ocf-exit-reason:%s", error->text);
}

static enum ocf_code run(
	const struct invocation *invocation, const struct ocf_agent *agent, const char *action)
{
	_cleanup_(session_close) struct session session = {0};
	struct invocation own = *invocation;
	struct ocf_call call = {.agent = agent, .operation = &session.operation};
	struct error error = {0};
	const char *policy;
	enum ocf_code code;

	read_parameters(&call);
	policy = ocf_value(&call, "policy");
	if (policy)
		own.policy_path = policy;
	own.timeout = time_left(invocation);
	if (session_open(&own, SESSION_POLICY_OPTIONAL, &session, &error) ||
		override_policy(&call, &session.policy, &error)) {
		tell(OCF_ERR_GENERIC, &error);
		return OCF_ERR_GENERIC;
	}
	session.operation.policy = &session.policy;
	code = act(&call, action, &error);
	tell(code, &error);
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
 * The exit status is the resource agent API's, and not that of the other verbs.
 *
 * Pacemaker 2.1.5 to 2.1.10 passes on what an agent printed as an XML attribute of which it escapes
 * nothing after the first character that is not ASCII. A quote behind one makes it lose the
 * parameters with which the action ran: it takes them for changed, forgets the failure, and starts
 * again, without end.
 */
enum outcome cmd_ocf(const struct invocation *invocation)
{
	const struct ocf_agent *agent = ocf_agent_find(invocation->arguments[0]);
	const char *action = invocation->arguments[1];
	enum ocf_code code = OCF_ERR_UNIMPLEMENTED;

	if (!agent) {
		log_line(LOG_ERR, NULL, "there is no agent \"%s\": overlay-ip and eni are there",
			invocation->arguments[0]);
		return (enum outcome)OCF_ERR_ARGS;
	}
	if (strcmp(action, "meta-data") == 0)
		return print_metadata(agent);
	log_set_ascii();
	if (is_action(action))
		code = run(invocation, agent, action);
	else
		log_line(LOG_ERR, NULL, "%s knows no action \"%s\"", agent->name, action);
	return (enum outcome)code;
}
