/* SPDX-License-Identifier: Apache-2.0 */
/* Collects all errors of a policy file, sorted by their position, so that one run reports them. */
#pragma once

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

#define POLICY_ERRORS_MAX 20 /* later errors in the file are only counted */

/* Both count from 1; a column is a character, not a byte. */
struct yaml_position {
	size_t line;
	size_t column;
};

struct policy_errors {
	struct error items[POLICY_ERRORS_MAX + 1]; /* one more, for policy_errors_finish() */
	struct yaml_position positions[POLICY_ERRORS_MAX];
	size_t count; /* of items */
	size_t n_more; /* number of errors that are not stored */
};

int yaml_position_compare(const struct yaml_position *a, const struct yaml_position *b);

/* Returns a zeroed error, valid until the next call; NULL: the error is only counted. */
struct error *policy_errors_add(struct policy_errors *errors, const struct yaml_position *position);

/* Returns whether an error at exactly that position is stored. */
bool policy_errors_has(const struct policy_errors *errors, const struct yaml_position *position);

/* Returns whether an error at that position would only be counted. */
bool policy_errors_is_full(
	const struct policy_errors *errors, const struct yaml_position *position);

/* Removes all errors. Returns a zeroed error that has no position: it is about the whole file. */
struct error *policy_errors_replace(struct policy_errors *errors);

/* Appends "FILE: 7 more errors" if some were only counted. No error may be added afterwards. */
void policy_errors_finish(struct policy_errors *errors, const char *file);
