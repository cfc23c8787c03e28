/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Provides the lines of a YAML file and reports errors at a position: `FILE:LINE:COLUMN: text`,
 * with a quote of the line and a caret below it. All pointers are borrowed.
 */
#pragma once

#include "policy/policy_errors.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct yaml_source {
	const char *file; /* the file's name, for messages */
	const char *bytes; /* without a byte order mark; not NUL-terminated */
	size_t length;
	struct policy_errors *errors; /* receives the errors */
};

/* Reports an error with OUTCOME_USAGE and returns -EINVAL. */
int yaml_report_error(const struct yaml_source *source, const struct yaml_position *position,
	const char *format, ...) _printf_(3, 4);

/*
 * Refuses bytes that are not UTF-8, control characters, and all line ends except LF and CR LF. So
 * libyaml, editors and this code count the same lines and columns. Returns 0 or -EINVAL.
 */
int yaml_source_check(const struct yaml_source *source);

/* Returns the line without its line end, not NUL-terminated; NULL: the source has fewer lines. */
const char *yaml_source_line(const struct yaml_source *source, size_t line, size_t *ret_length);

/* Returns the length of the line without its comment and the blanks before it. Ignores quotes. */
size_t yaml_line_content_length(const char *line, size_t length);

/*
 * Reports the first invisible character (base/invisible.h) at or after `from` and before `end`, in
 * a key or value. Ignores line ends. The source must have passed yaml_source_check(). Returns
 * -EINVAL, or 0 if there is none.
 */
int yaml_refuse_invisible(const struct yaml_source *source, const struct yaml_position *from,
	const struct yaml_position *end);
