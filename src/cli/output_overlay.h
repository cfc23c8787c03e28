/* SPDX-License-Identifier: Apache-2.0 */
/* Prints overlays: as a table for users, or as a documented JSON object. */
#pragma once

#include "cli/command.h"
#include "overlay/result.h"

#include <jansson.h>

/*
 * Prints the result of move, create, release or delete: an error on stderr; on stdout JSON if
 * --json was given, else the commands that a dry run replaces. Returns overlay_result_outcome(), or
 * OUTCOME_FAILED if the JSON could not be printed.
 */
enum outcome output_overlay_result(const struct invocation *invocation,
	const struct overlay_result *result, const struct table_names *names);

/* Logs the failures, and which overlays were unchanged. */
void output_overlay_log(const struct overlay_result *results, size_t count);

/* Prints the commands that a dry run replaces. */
void output_overlay_steps(
	const struct overlay_result *result, const char *indent, const struct table_names *names);

/* Print a table: one row per overlay, and its route tables below. */
void output_overlay_heading(void);
void output_overlay_row(const struct overlay_result *result);

/* An array of objects, a new reference; NULL: out of memory. */
json_t *output_overlay_json(
	const struct overlay_result *results, size_t count, const struct table_names *names);

/*
 * Returns the outcome of all results together: DIFFERS if some failed; their common outcome if all
 * failed alike; FAILED if all failed differently; without a failure DONE, or DIFFERS of a dry run.
 */
enum outcome output_overlay_outcome(const struct overlay_result *results, size_t count);
