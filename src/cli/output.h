/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a verb prints: its results on stdout, as text or as JSON; what went wrong on stderr.
 */
#pragma once

#include "cli/command.h"
#include "core/operation.h"

#include <jansson.h>

/*
 * "myha: WORDS", and the quoted place where there is one. Returns the error's outcome; without words
 * memory has run out.
 */
enum outcome output_error(const struct error *error);
enum outcome output_no_memory(void);

/* A result's note and failure: what a person should read wherever the results go. */
void output_log_result(const struct result *result);

/*
 * A report of attach, detach, boot or plan. The steps are printed where they were only planned; what
 * was done has been logged. Returns report_outcome().
 */
enum outcome output_report(const struct invocation *invocation, const struct report *report,
	const struct table_names *names);

/* The same in pieces: what goes to the log, the steps that were only planned, the array of JSON. */
void output_log_report(const struct report *report);
void output_report_steps(const struct report *report, const struct table_names *names);
json_t *output_json_report(const struct report *report, const struct table_names *names);

/* Pieces for other verbs' JSON; new references, NULL where memory ran out. */
json_t *output_json_netstate(const struct netstate *state, const struct table_names *names);
json_t *output_json_plan(const struct plan *plan, const struct table_names *names);
json_t *output_json_error(const struct error *error);

/* The lines of a preview: as an array, or printed. */
json_t *output_json_lines(const struct strbuf *lines);
void output_lines(const struct strbuf *lines, const char *indent);

/* The steps of a plan as commands with their reasons, a line each. */
void output_plan(const struct plan *plan, const char *indent, const struct table_names *names);

/* "" is null. */
json_t *output_json_text(const char *text);

/* Prints and releases. */
enum outcome output_json(json_t *root);
