/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/output.h"

#include "base/json_build.h"
#include "base/log.h"
#include "cli/print.h"
#include "cli/streams.h"

#include <string.h>

enum outcome output_no_memory(void)
{
	log_line(LOG_ERR, NULL, "out of memory");
	return OUTCOME_FAILED;
}

enum outcome output_error(const struct error *error)
{
	if (error->outcome == OUTCOME_DONE) /* not set: there was no memory for a message */
		return output_no_memory();
	log_line(LOG_ERR, NULL, "%s", error->text);
	if (error->quote[0])
		log_plain("%s", error->quote);
	return error->outcome;
}

json_t *output_json_error(const struct error *error)
{
	return json_pack("{s:s, s:i}", "text", error->text, "exit", (int)error->outcome);
}

json_t *output_json_plan(const struct plan *plan, const struct table_names *names)
{
	json_t *steps = json_array();

	for (size_t i = 0; i < plan->count; i++) {
		_cleanup_(strbuf_done) struct strbuf command = {0};
		if (step_print(&plan->steps[i], names, &command)) {
			json_add_item(&steps, NULL); /* out of memory: makes `steps` NULL */
			break;
		}
		json_add_item(&steps, json_pack("{s:s, s:s}", "command", strbuf_text(&command),
					      "reason", plan->steps[i].reason));
	}
	return steps;
}

/* Appends the arguments of the step's "add" command: "from 10.0.1.0/24 lookup MYHA …". */
static void append_step_arguments(
	json_t **array, const struct step *step, const struct table_names *names)
{
	_cleanup_(strbuf_done) struct strbuf arguments = {0};
	int err = step_print_object(step, names, &arguments);

	json_add_item(array, err ? NULL : json_text(strbuf_text(&arguments)));
}

/* First sets the step's name for the link, which `state` has by its index; none if it is gone. */
static void append_arguments_with_link(json_t **array, struct step *step,
	const struct netstate *state, unsigned link, const struct table_names *names)
{
	const struct net_link *found = netstate_link_by_index(state, link);

	if (found)
		memcpy(step->interface, found->name, sizeof(step->interface));
	append_step_arguments(array, step, names);
}

/* `state` is that of one interface: it has one link, or none if the interface is gone (null). */
static json_t *json_link(const struct netstate *state)
{
	const struct net_link *link = state->links;

	if (!state->n_links)
		return json_null();
	return json_pack("{s:b, s:o, s:o}", "up", link->up, "mtu",
		link->mtu ? json_integer(link->mtu) : json_null(), "rp_filter",
		link->rp_filter < 0 ? json_null() : json_integer(link->rp_filter));
}

json_t *output_json_netstate(const struct netstate *state, const struct table_names *names)
{
	json_t *addresses = json_array(), *routes = json_array(), *rules = json_array();

	for (size_t i = 0; i < state->n_addresses; i++) {
		struct step step = {.kind = STEP_ADDRESS_ADD, .address = state->addresses[i]};
		append_arguments_with_link(&addresses, &step, state, step.address.link, names);
	}
	for (size_t i = 0; i < state->n_routes; i++) {
		struct step step = {.kind = STEP_ROUTE_ADD, .route = state->routes[i]};
		append_arguments_with_link(&routes, &step, state, step.route.link, names);
	}
	for (size_t i = 0; i < state->n_rules; i++) {
		struct step step = {.kind = STEP_RULE_ADD, .rule = state->rules[i]};
		append_step_arguments(&rules, &step, names);
	}
	return json_pack("{s:o, s:o, s:o, s:o}", "link", json_link(state), "addresses", addresses,
		"routes", routes, "rules", rules);
}

enum outcome output_json(json_t *root)
{
	/* Format the whole document first: print all of it or nothing. */
	_cleanup_(strbuf_done) struct strbuf text = {0};
	int err = json_append(root, JSON_INDENT(2), &text);

	json_decref(root);
	if (err) {
		streams_mark_output_lost();
		return OUTCOME_FAILED;
	}
	print_json_text(text.data);
	return OUTCOME_DONE;
}

json_t *output_json_lines(const struct strbuf *lines)
{
	json_t *array = json_array();
	const char *line = strbuf_text(lines);

	while (*line) {
		size_t length = strcspn(line, "\n");
		json_add_item(&array, json_text_n(line, length));
		line += length + (line[length] == '\n'); /* the last may lack '\n' */
	}
	return array;
}

void output_lines(const char *lines, const char *indent)
{
	while (*lines) {
		size_t length = strcspn(lines, "\n");
		print_line("%s%.*s", indent, (int)length, lines);
		lines += length + (lines[length] == '\n'); /* the last may lack '\n' */
	}
}

json_t *output_json_text(const char *text)
{
	return text && *text ? json_text(text) : json_null();
}

static json_t *json_result(const struct result *result, const struct table_names *names)
{
	json_t *object = json_pack("{s:o, s:s, s:o}", "interface", json_text(result->interface),
		"state", result_state_name(result->state), "steps",
		output_json_plan(&result->plan, names));

	if (result->note[0])
		json_add_member(&object, "note", json_text(result->note));
	if (result->state == RESULT_FAILED)
		json_add_member(&object, "error", output_json_error(&result->error));
	return object;
}

void output_plan(const struct plan *plan, const char *indent, const struct table_names *names)
{
	for (size_t i = 0; i < plan->count; i++) {
		_cleanup_(strbuf_done) struct strbuf command = {0};
		const struct step *step = &plan->steps[i];
		if (step_print(step, names, &command))
			streams_mark_output_lost();
		else
			print_line("%s%s  # %s", indent, strbuf_text(&command), step->reason);
	}
}

static void log_result(const struct result *result)
{
	if (result->note[0])
		log_line(LOG_INFO, result->interface, "%s", result->note);
	switch (result->state) {
	case RESULT_FAILED:
		log_line(LOG_ERR, result->interface, "%s", result->error.text);
		break;
	case RESULT_NOT_LISTED:
		log_line(LOG_DEBUG, result->interface,
			"the policy does not list this interface: not changed");
		break;
	case RESULT_UNCHANGED:
		log_line(LOG_DEBUG, result->interface, "nothing to do");
		break;
	case RESULT_UNDECIDED:
	case RESULT_CHANGED:
	case RESULT_DIFFERS: /* `plan` has the steps, which are logged or printed elsewhere */
		break;
	}
}

void output_log_report(const struct report *report)
{
	for (size_t i = 0; i < report->count; i++)
		log_result(&report->results[i]);
	if (report->error.outcome != OUTCOME_DONE)
		output_error(&report->error);
}

void output_report_steps(const struct report *report, const struct table_names *names)
{
	for (size_t i = 0; i < report->count; i++)
		if (report->results[i].state == RESULT_DIFFERS)
			output_plan(&report->results[i].plan, "" /* no indent */, names);
}

json_t *output_json_report(const struct report *report, const struct table_names *names)
{
	json_t *results = json_array();

	for (size_t i = 0; i < report->count; i++)
		json_add_item(&results, json_result(&report->results[i], names));
	return results;
}

enum outcome output_report(const struct invocation *invocation, const struct report *report,
	const struct table_names *names)
{
	output_log_report(report);
	if (!invocation->json)
		output_report_steps(report, names);
	else if (output_json(json_pack("{s:o}", "results", output_json_report(report, names))) !=
		 OUTCOME_DONE)
		return OUTCOME_FAILED;
	return report_outcome(report);
}
