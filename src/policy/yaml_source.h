/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bytes of a YAML file, and complaints about a place in them: `FILE:LINE:COLUMN: words`, with
 * the line and a caret below it as the quote.
 *
 * All that is given is borrowed.
 */
#pragma once

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

/* Both count from 1; a column is a character, not a byte. */
struct yaml_place {
	size_t line;
	size_t column;
};

struct yaml_source {
	const char *file; /* its name, for messages */
	const char *bytes; /* without a byte order mark */
	size_t length;
	struct error *error; /* where complaints go; may be NULL */
};

/* Complains with OUTCOME_USAGE and returns -EINVAL. */
int yaml_refuse(const struct yaml_source *source, const struct yaml_place *place,
	const char *format, ...) _printf_(3, 4);

/*
 * Refuses what is not UTF-8, control characters, and every line end but LF and CR LF, so that
 * libyaml, editors and we count the same lines and columns.
 */
int yaml_source_check(const struct yaml_source *source);

/* Whether a value, its escapes resolved, is one line of UTF-8 that a terminal can be shown. */
bool yaml_text_is_clean(const char *text, size_t length);
