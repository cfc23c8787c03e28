/* SPDX-License-Identifier: Apache-2.0 */
/* Prints the results of a command on stdout, as text or as JSON, and its errors on stderr. */
#pragma once

#include "cli/command.h"
#include "core/operation.h"

#include <jansson.h>

/*
 * Logs the message and, if there is one, the quoted place. Returns the error's outcome. An
 * error that is not set stands for "out of memory" (OUTCOME_FAILED).
 */
enum outcome output_error(const struct error *error);
enum outcome output_no_memory(void);

/*
 * Prints the report of attach, detach, boot or plan. As text it prints only steps that were
 * planned: those that were applied have been logged. Returns report_outcome(), or OUTCOME_FAILED if
 * the JSON could not be printed.
 */
enum outcome output_report(const struct invocation *invocation, const struct report *report,
	const struct table_names *names);

/* Pieces of output_report(): log lines (notes, errors), the planned steps, and the JSON array. */
void output_log_report(const struct report *report);
void output_report_steps(const struct report *report, const struct table_names *names);
json_t *output_json_report(const struct report *report, const struct table_names *names);

/* Parts of the commands' JSON. Each returns a new reference; NULL: out of memory. */
json_t *output_json_netstate(const struct netstate *state, const struct table_names *names);
json_t *output_json_plan(const struct plan *plan, const struct table_names *names);
json_t *output_json_error(const struct error *error);

/* Lines of text: as a JSON array, or printed with an indent. */
json_t *output_json_lines(const struct strbuf *lines);
void output_lines(const char *lines, const char *indent);

/* Prints the steps of a plan as commands with their reasons, one per line. */
void output_plan(const struct plan *plan, const char *indent, const struct table_names *names);

/* A JSON string; null for "" or NULL. */
json_t *output_json_text(const char *text);

/* Prints the document and frees it. Returns OUTCOME_FAILED if memory ran out (also: root NULL). */
enum outcome output_json(json_t *root);
