/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/policy_errors.h"

#include <errno.h>
#include <string.h>

int yaml_place_compare(const struct yaml_place *a, const struct yaml_place *b)
{
	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	return (a->column > b->column) - (a->column < b->column);
}

bool policy_errors_is_full(const struct policy_errors *errors, const struct yaml_place *place)
{
	return errors->count == POLICY_ERRORS_MAX &&
	       yaml_place_compare(place, &errors->places[POLICY_ERRORS_MAX - 1]) >= 0;
}

bool policy_errors_has(const struct policy_errors *errors, const struct yaml_place *place)
{
	for (size_t i = 0; i < errors->count; i++)
		if (yaml_place_compare(place, &errors->places[i]) == 0)
			return true;
	return false;
}

struct error *policy_errors_add(struct policy_errors *errors, const struct yaml_place *place)
{
	size_t at = errors->count;

	if (policy_errors_is_full(errors, place)) {
		errors->n_more++;
		return NULL;
	}
	while (at > 0 && yaml_place_compare(place, &errors->places[at - 1]) < 0)
		at--;
	if (errors->count == POLICY_ERRORS_MAX)
		errors->n_more++;
	else
		errors->count++;

	size_t n_behind = errors->count - at - 1;
	memmove(&errors->items[at + 1], &errors->items[at], n_behind * sizeof(errors->items[0]));
	memmove(&errors->places[at + 1], &errors->places[at], n_behind * sizeof(errors->places[0]));
	errors->places[at] = *place;
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
	struct error *last = &errors->items[errors->count];

	if (errors->n_more == 0)
		return;
	*last = (struct error){0};
	error_set(last, OUTCOME_USAGE, EINVAL, "%s: %zu more error%s", file, errors->n_more,
		errors->n_more == 1 ? "" : "s");
	errors->count++;
	errors->n_more = 0;
}
