/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What verbs print of overlays: a table for people, a documented object for programs.
 */
#pragma once

#include "cli/command.h"
#include "overlay/result.h"

#include <jansson.h>

/*
 * After move, create, release and delete: the failure on stderr; on stdout JSON where it was asked for,
 * or the commands that a dry run would stand for. Returns overlay_result_outcome().
 */
enum outcome output_overlay_result(const struct invocation *invocation,
	const struct overlay_result *result, const struct table_names *names);

/* Failures on stderr. */
void output_overlay_log(const struct overlay_result *results, size_t count);

/* What a dry run would do, as commands. */
void output_overlay_steps(
	const struct overlay_result *result, const char *indent, const struct table_names *names);

/* For people: an overlay a row, and below it its tables. */
void output_overlay_heading(void);
void output_overlay_row(const struct overlay_result *result);

/* An array of objects; NULL where memory ran out. */
json_t *output_overlay_json(
	const struct overlay_result *results, size_t count, const struct table_names *names);

/* Of all: DIFFERS where some failed; where all did, as they did if that was alike, else FAILED. */
enum outcome output_overlay_outcome(const struct overlay_result *results, size_t count);
