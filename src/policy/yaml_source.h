/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bytes of a YAML file, and complaints about a place in them: `FILE:LINE:COLUMN: words`, with
 * the line and a caret below it as the quote.
 *
 * All that is given is borrowed.
 */
#pragma once

#include "policy/policy_errors.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct yaml_source {
	const char *file; /* its name, for messages */
	const char *bytes; /* without a byte order mark */
	size_t length;
	struct policy_errors *errors; /* where complaints go */
};

/* Complains with OUTCOME_USAGE and returns -EINVAL. */
int yaml_refuse(const struct yaml_source *source, const struct yaml_place *place,
	const char *format, ...) _printf_(3, 4);

/*
 * Refuses what is not UTF-8, control characters, and every line end but LF and CR LF, so that
 * libyaml, editors and we count the same lines and columns. -EINVAL.
 */
int yaml_source_check(const struct yaml_source *source);

/* The line without its end, or NULL where the source has no such line. */
const char *yaml_source_line(const struct yaml_source *source, size_t line, size_t *ret_length);

/* The bytes before the line's comment and the blanks in front of it, quotes not regarded. */
size_t yaml_line_content(const char *line, size_t length);

/*
 * Finds the first invisible character (base/invisible.h) of the source at `from` or behind it, and
 * before `end`. Line ends are none.
 */
bool yaml_find_invisible(const struct yaml_source *source, const struct yaml_place *from,
	const struct yaml_place *end, struct yaml_place *ret_place, uint32_t *ret_character);

/* Complains about such a character, "in keys and values". */
int yaml_refuse_invisible(
	const struct yaml_source *source, const struct yaml_place *place, uint32_t character);
