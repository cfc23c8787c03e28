/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/output_overlay.h"

#include "base/json_build.h"
#include "base/log.h"
#include "cli/output.h"
#include "cli/print.h"

/* The words of both lists are documented for the JSON: they do not follow renames in the code. */
static const char *const check_words[] = {
	[SOURCE_CHECK_PENDING] = "unknown",
	[SOURCE_CHECK_OFF] = "off",
	[SOURCE_CHECK_FIXED] = "switched-off",
	[SOURCE_CHECK_ON] = "on",
	[SOURCE_CHECK_FAILED] = "failed",
};

static const char *const verdict_words[] = {
	[OVERLAY_PENDING] = "open",
	[OVERLAY_IN_PLACE] = "in-place",
	[OVERLAY_MOVED] = "moved",
	[OVERLAY_ABSENT] = "absent",
	[OVERLAY_DELETED] = "deleted",
	[OVERLAY_NOT_PERMITTED] = "left",
	[OVERLAY_FAILED] = "failed",
};

static json_t *json_route(const struct overlay_route *route)
{
	if (!route->exists)
		return json_null();
	return json_pack("{s:o, s:o, s:s, s:s}", "target", output_json_text(route->target),
		"instance", output_json_text(route->instance), "state",
		ec2_route_state_words[route->state], "origin",
		ec2_route_origin_words[route->origin]);
}

static json_t *json_table(const struct overlay_table *table)
{
	json_t *object = json_pack("{s:s, s:s, s:b, s:i, s:s, s:o}", "id", table->id, "vpc",
		table->vpc, "main", table->is_main, "subnets", (int)table->n_subnets, "verdict",
		verdict_words[table->verdict], "route", json_route(&table->before));

	if (table->error.outcome != OUTCOME_DONE)
		json_add_member(&object, "error", output_json_error(&table->error));
	return object;
}

static json_t *json_check(const struct overlay_result *result)
{
	json_t *object = json_pack("{s:s}", "state", check_words[result->check]);

	if (result->check_error.outcome != OUTCOME_DONE)
		json_add_member(&object, "error", output_json_error(&result->check_error));
	return object;
}

static json_t *json_overlay(const struct overlay_result *result, const struct table_names *names)
{
	char address[IP_ADDRESS_TEXT_SIZE];
	json_t *tables = json_array();
	json_t *object;

	for (size_t i = 0; i < result->n_tables; i++)
		json_add_item(&tables, json_table(&result->tables[i]));
	for (size_t i = 0; i < result->n_uncovered; i++) /* in the same array */
		json_add_item(&tables, json_table(&result->uncovered[i]));
	object = json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "overlay",
		result->subject.name, "address",
		ip_address_format(&result->subject.address, address), "state",
		result_state_name(result->state), "routed", routes_state_name(result->routes),
		"eni", output_json_text(result->eni), "carried-by",
		output_json_text(result->holder), "source-dest-check", json_check(result), "tables",
		tables, "steps", output_json_plan(&result->host.plan, names), "requests",
		output_json_lines(&result->preview));
	if (result->problem.outcome != OUTCOME_DONE)
		json_add_member(&object, "trouble", output_json_error(&result->problem));
	if (result->state == RESULT_FAILED)
		json_add_member(&object, "error", output_json_error(&result->error));
	return object;
}

json_t *output_overlay_json(
	const struct overlay_result *results, size_t count, const struct table_names *names)
{
	json_t *array = json_array();

	for (size_t i = 0; i < count; i++)
		json_add_item(&array, json_overlay(&results[i], names));
	return array;
}

void output_overlay_log(const struct overlay_result *results, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (results[i].state == RESULT_FAILED)
			log_overlay(LOG_ERR, results[i].subject.name, "%s", results[i].error.text);
		else if (results[i].state == RESULT_UNCHANGED)
			log_overlay(LOG_DEBUG, results[i].subject.name, "nothing to do");
}

/* In the order in which they would be done: requests to EC2 (preview) and steps on this host. */
void output_overlay_steps(
	const struct overlay_result *result, const char *indent, const struct table_names *names)
{
	if (result->is_routes_first)
		output_lines(strbuf_text(&result->preview), indent);
	output_plan(&result->host.plan, indent, names);
	if (!result->is_routes_first)
		output_lines(strbuf_text(&result->preview), indent);
}

static void print_table_row(const struct overlay_result *result, const struct overlay_table *table)
{
	const char *const host_enis[] = {result->eni, NULL};
	char route[OVERLAY_ROUTE_TEXT_SIZE];

	if (!table->before.exists)
		print_line("  %-24s no route", table->id);
	else
		print_line("  %-24s %s%s", table->id, overlay_route_format(&table->before, route),
			overlay_route_points_to(&table->before, host_enis) ? ", this host" : "");
}

/* The route has a target of another kind, so "route-tables: vpc" skips the table. */
static void print_uncovered_row(const struct overlay_table *table)
{
	char route[OVERLAY_ROUTE_TEXT_SIZE];

	print_line("  %-24s %s, not covered by route-tables: vpc", table->id,
		overlay_route_format(&table->before, route));
}

void output_overlay_heading(void)
{
	print_line("%-15s %-20s %-15s %-10s %s", "OVERLAY", "ADDRESS", "ON THIS HOST", "ROUTED",
		"SOURCE/DEST CHECK");
}

void output_overlay_row(const struct overlay_result *result)
{
	char address[IP_ADDRESS_TEXT_SIZE];

	print_line("%-15s %-20s %-15s %-10s %s", result->subject.name,
		ip_address_format(&result->subject.address, address),
		*result->holder ? result->holder : "-", routes_state_name(result->routes),
		check_words[result->check]);
	for (size_t i = 0; i < result->n_tables; i++)
		print_table_row(result, &result->tables[i]);
	for (size_t i = 0; i < result->n_uncovered; i++)
		print_uncovered_row(&result->uncovered[i]);
}

/* Failures replace the outcomes of results that did not fail, such as DIFFERS of a dry run. */
enum outcome output_overlay_outcome(const struct overlay_result *results, size_t count)
{
	enum outcome outcome = OUTCOME_DONE;
	size_t n_failed = 0;

	for (size_t i = 0; i < count; i++) {
		enum outcome single = overlay_result_outcome(&results[i]);
		if (results[i].state == RESULT_FAILED) {
			outcome = n_failed && outcome != single ? OUTCOME_FAILED : single;
			n_failed++;
		} else if (single != OUTCOME_DONE && !n_failed) {
			outcome = single;
		}
	}
	return n_failed && n_failed < count ? OUTCOME_DIFFERS : outcome;
}

enum outcome output_overlay_result(const struct invocation *invocation,
	const struct overlay_result *result, const struct table_names *names)
{
	output_overlay_log(result, 1);
	if (invocation->json) {
		if (output_json(json_overlay(result, names)) != OUTCOME_DONE)
			return OUTCOME_FAILED;
	} else if (result->state == RESULT_DIFFERS || result->preview.length) {
		/* A dry run that fails also prints what would be done. */
		output_overlay_steps(result, "" /* no indent */, names);
	}
	return overlay_result_outcome(result);
}
