/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json_build.h"
#include "base/log.h"
#include "cli/command.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/output_eni.h"
#include "cli/print.h"
#include "cli/session.h"
#include "eni/manage.h"
#include "eni/move.h"

#include <errno.h>

/* Logs a failure. Prints `object` if --json is given, else a dry run's requests. Frees `object`. */
static enum outcome print_result(const struct invocation *invocation, const char *name,
	const struct eni_result *result, json_t *object)
{
	if (result->state == RESULT_FAILED)
		log_line(LOG_ERR, NULL, "%s", result->error.text);
	else if (result->state == RESULT_UNCHANGED)
		log_eni(LOG_DEBUG, name, "nothing to do");
	if (invocation->json) {
		json_add_member(&object, "state", json_text(result_state_name(result->state)));
		json_add_member(&object, "requests", output_json_lines(&result->preview));
		if (result->state == RESULT_FAILED)
			json_add_member(&object, "error", output_json_error(&result->error));
		if (output_json(object) != OUTCOME_DONE)
			return OUTCOME_FAILED;
	} else {
		json_decref(object);
		output_lines(strbuf_text(&result->preview), "" /* no indent */);
	}
	return result_outcome(result->state, &result->error);
}

/* Prints the ENIs that match: as a table or, if options->name selects a single ENI, its details. */
static enum outcome list_enis(const struct invocation *invocation, const struct session *session,
	const struct eni_list_options *options)
{
	struct ec2_eni_list enis = {0};
	char own_instance[EC2_ID_SIZE];
	struct error error = {0};
	json_t *array;
	enum outcome outcome = OUTCOME_DONE;

	if (eni_list(&session->operation, options, &enis, own_instance, &error))
		return output_error(&error);
	if (invocation->json) {
		array = json_array();
		for (size_t i = 0; i < enis.count; i++)
			json_add_item(&array, output_eni_json(&enis.items[i], own_instance));
		outcome = output_json(json_pack("{s:o}", "enis", array));
	} else if (options->name) { /* eni_list() found exactly this ENI */
		output_eni_details(&enis.items[0], own_instance);
	} else {
		output_eni_table(&enis, own_instance);
	}
	eni_list_done(&enis);
	return outcome;
}

enum outcome cmd_eni_list(const struct invocation *invocation)
{
	_cleanup_(session_close) struct session session = {0};
	_cleanup_(cleanup_free) struct ec2_tag *tags = NULL;
	struct eni_list_options options = {
		.all_vpcs = invocation_option(invocation, "all-vpcs") != NULL,
	};
	struct error error = {0};

	if (session_open(invocation, SESSION_POLICY_OPTIONAL, &session, &error) ||
		option_id(invocation, "subnet", "subnet", &options.subnet, &error) ||
		option_id(invocation, "instance", "i", &options.instance, &error) ||
		option_word(invocation, "status", ec2_eni_status_words, &options.status, &error) ||
		option_tags(invocation, "tag", &tags, &error))
		return output_error(&error);
	options.tags = tags;
	return list_enis(invocation, &session, &options);
}

enum outcome cmd_eni_show(const struct invocation *invocation)
{
	_cleanup_(session_close) struct session session = {0};
	struct eni_name name;
	const struct eni_list_options options = {.name = &name};
	struct error error = {0};

	if (session_open(invocation, SESSION_POLICY_OPTIONAL, &session, &error) ||
		eni_name_parse(invocation->arguments[0], &name, &error))
		return output_error(&error);
	return list_enis(invocation, &session, &options);
}

enum outcome cmd_eni_create(const struct invocation *invocation)
{
	_cleanup_(session_close) struct session session = {0};
	_cleanup_(cleanup_free) struct ec2_tag *tags = NULL;
	_cleanup_(cleanup_free) struct ip_address *addresses = NULL;
	_cleanup_(cleanup_free) const char **groups = NULL;
	_cleanup_(eni_result_done) struct eni_result result = {0};
	struct eni_create_options options = {0};
	struct error error = {0};

	if (session_open(invocation, SESSION_POLICY_OPTIONAL, &session, &error) ||
		option_id(invocation, "subnet", "subnet", &options.subnet, &error))
		return output_error(&error);
	if (!options.subnet) {
		error_set(&error, OUTCOME_USAGE, EINVAL, "eni create requires --subnet SUBNET");
		return output_error(&error);
	}
	if (option_addresses(invocation, "address", &addresses, &error) ||
		option_ids(invocation, "security-group", "sg", &groups, &error) ||
		option_text(invocation, "description", EC2_DESCRIPTION_MAX, &options.description,
			&error) ||
		option_tags(invocation, "tag", &tags, &error) ||
		option_client_token(invocation, "client-token", &options.client_token, &error))
		return output_error(&error);
	options.addresses = addresses;
	options.security_groups = (const char *const *)groups;
	options.tags = tags;
	eni_create(&session.operation, &options, &result);
	if (result.state == RESULT_CHANGED && !invocation->json)
		print_line("%s", result.eni.id);
	return print_result(invocation, result.eni.id, &result,
		json_pack("{s:o}", "eni", output_eni_json(&result.eni, "" /* not attached */)));
}

enum outcome cmd_eni_move(const struct invocation *invocation)
{
	_cleanup_(session_close) struct session session = {0};
	_cleanup_(eni_result_done) struct eni_result result = {0};
	_cleanup_(report_done) struct report report = {0};
	struct eni_move_options options = {
		.force = invocation_option(invocation, "force") != NULL,
		.no_wait = invocation_option(invocation, "no-wait") != NULL,
	};
	struct error error = {0};

	if (session_open(invocation, SESSION_POLICY_OPTIONAL, &session, &error) ||
		eni_name_parse(invocation->arguments[0], &options.name, &error) ||
		option_seconds(invocation, "force-after", &options.force_after, &error))
		return output_error(&error);
	eni_move(&session.operation, &options, &result, &report);
	if (result.state != RESULT_FAILED) /* else result.error has the report's error, too */
		output_log_report(&report);
	if (report.count && report.results[0].state == RESULT_NOT_LISTED)
		log_line(LOG_WARNING, result.interface,
			"the policy does not list this interface: its table and rule are not configured");
	return print_result(invocation, options.name.text, &result,
		json_pack("{s:o, s:o, s:o, s:b, s:o}", "eni",
			output_eni_json(&result.eni, result.here), "interface",
			output_json_text(result.interface), "before",
			output_json_text(result.before.attachment.instance), "forced",
			result.forced, "results", output_json_report(&report, &session.names)));
}

enum outcome cmd_eni_detach(const struct invocation *invocation)
{
	_cleanup_(session_close) struct session session = {0};
	_cleanup_(eni_result_done) struct eni_result result = {0};
	struct eni_detach_options options = {
		.force = invocation_option(invocation, "force") != NULL,
		.from_any = invocation_option(invocation, "any") != NULL,
	};
	struct error error = {0};

	if (session_open(invocation, SESSION_POLICY_OPTIONAL, &session, &error) ||
		eni_name_parse(invocation->arguments[0], &options.name, &error) ||
		option_seconds(invocation, "force-after", &options.force_after, &error))
		return output_error(&error);
	eni_detach(&session.operation, &options, &result);
	return print_result(invocation, options.name.text, &result,
		json_pack("{s:o, s:o, s:b}", "eni", output_json_text(result.before.id), "before",
			output_json_text(result.before.attachment.instance), "forced",
			result.forced));
}
