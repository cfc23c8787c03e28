/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Collects the errors of a policy file in the file's order, so that one run shows them all.
 */
#pragma once

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

#define POLICY_ERRORS_MAX 20 /* later ones in the file are only counted */

/* Both count from 1; a column is a character, not a byte. */
struct yaml_place {
	size_t line;
	size_t column;
};

struct policy_errors {
	struct error
		items[POLICY_ERRORS_MAX + 1]; /* the last one may tell how many more there are */
	struct yaml_place places[POLICY_ERRORS_MAX];
	size_t count; /* of items */
	size_t n_more; /* that did not fit; only counted */
};

int yaml_place_compare(const struct yaml_place *a, const struct yaml_place *b);

/*
 * Returns where to put the words of an error at that place, zeroed, until the next call; NULL if it is
 * only counted.
 */
struct error *policy_errors_add(struct policy_errors *errors, const struct yaml_place *place);

/* Whether there is an error at just that place. */
bool policy_errors_has(const struct policy_errors *errors, const struct yaml_place *place);

/* Whether an error at that place would only be counted. */
bool policy_errors_is_full(const struct policy_errors *errors, const struct yaml_place *place);

/* Forgets all errors and returns where to put the words of one that has no place. */
struct error *policy_errors_only(struct policy_errors *errors);

/* Puts "FILE: 7 more errors" behind the others if some were only counted; none can follow it. */
void policy_errors_close(struct policy_errors *errors, const char *file);
