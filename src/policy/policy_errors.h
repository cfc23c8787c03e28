/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Collects the errors of a policy file in the order of the file, so that one run reports them all.
 */
#pragma once

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

#define POLICY_ERRORS_MAX 20 /* later errors in the file are only counted */

/* Both count from 1; a column is a character, not a byte. */
struct yaml_place {
	size_t line;
	size_t column;
};

struct policy_errors {
	/* the last may report the number of errors that are not stored */
	struct error items[POLICY_ERRORS_MAX + 1];
	struct yaml_place places[POLICY_ERRORS_MAX];
	size_t count; /* of items */
	size_t n_more; /* number of errors that are not stored */
};

int yaml_place_compare(const struct yaml_place *a, const struct yaml_place *b);

/*
 * Returns a zeroed error for that place, valid until the next call; NULL if the error is only
 * counted.
 */
struct error *policy_errors_add(struct policy_errors *errors, const struct yaml_place *place);

/* Returns whether an error at exactly that place is stored. */
bool policy_errors_has(const struct policy_errors *errors, const struct yaml_place *place);

/* Returns whether an error at that place would only be counted. */
bool policy_errors_is_full(const struct policy_errors *errors, const struct yaml_place *place);

/* Removes all errors and returns a zeroed error without a place. */
struct error *policy_errors_replace(struct policy_errors *errors);

/* Appends "FILE: 7 more errors" if some were only counted. No error may be added afterwards. */
void policy_errors_finish(struct policy_errors *errors, const char *file);
