/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/policy_errors.h"

#include <errno.h>
#include <string.h>

int yaml_position_compare(const struct yaml_position *a, const struct yaml_position *b)
{
	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	return (a->column > b->column) - (a->column < b->column);
}

/* Whether no room remains for an error at the position: it is behind all stored errors. */
bool policy_errors_is_full(const struct policy_errors *errors, const struct yaml_position *position)
{
	return errors->count == POLICY_ERRORS_MAX &&
	       yaml_position_compare(position, &errors->positions[POLICY_ERRORS_MAX - 1]) >= 0;
}

bool policy_errors_has(const struct policy_errors *errors, const struct yaml_position *position)
{
	for (size_t i = 0; i < errors->count; i++)
		if (yaml_position_compare(position, &errors->positions[i]) == 0)
			return true;
	return false;
}

/* Keeps file order. Drops the last error if there are too many; NULL: this error is the last. */
struct error *policy_errors_add(struct policy_errors *errors, const struct yaml_position *position)
{
	size_t at = errors->count; /* the index of the new error */

	if (policy_errors_is_full(errors, position)) {
		errors->n_more++;
		return NULL;
	}
	while (at > 0 && yaml_position_compare(position, &errors->positions[at - 1]) < 0)
		at--;
	if (errors->count == POLICY_ERRORS_MAX)
		errors->n_more++;
	else
		errors->count++;

	size_t n_behind = errors->count - at - 1;
	memmove(&errors->items[at + 1], &errors->items[at], n_behind * sizeof(errors->items[0]));
	memmove(&errors->positions[at + 1], &errors->positions[at],
		n_behind * sizeof(errors->positions[0]));
	errors->positions[at] = *position;
	errors->items[at] = (struct error){0};
	return &errors->items[at];
}

struct error *policy_errors_replace(struct policy_errors *errors)
{
	errors->count = 1;
	errors->n_more = 0;
	errors->items[0] = (struct error){0};
	return &errors->items[0];
}

void policy_errors_finish(struct policy_errors *errors, const char *file)
{
	if (errors->n_more == 0)
		return;
	struct error *last = &errors->items[errors->count++];
	*last = (struct error){0};
	error_set(last, OUTCOME_USAGE, EINVAL, "%s: %zu more error%s", file, errors->n_more,
		errors->n_more == 1 ? "" : "s");
	errors->n_more = 0;
}
