/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A shape says which element of an answer goes to which member of a structure. Paths are of local
 * names below the shape's own element, "attachment/instanceId"; what no path names is passed over,
 * and the order of elements means nothing.
 */
#pragma once

#include "base/cleanup.h"
#include "ec2/values.h"

#include <stdbool.h>

#define SHAPE_MEMBERS_MAX 32

struct shape;

/* One path: a value, or a list of structures, of which each element there is one. */
struct shape_member {
	const char *path;
	const struct value_kind *kind; /* of a value */
	const void *argument; /* of the kind's */
	const struct shape *item; /* of a list, which is a struct shape_list */
	size_t offset;
	bool required; /* the structure makes no sense without it, or with an empty list */
};

struct shape {
	const struct shape_member *members;
	size_t count; /* at most SHAPE_MEMBERS_MAX */
	size_t size; /* of the structure */
	const void *blank; /* what it holds before anything is known; NULL: zeros */
};

/* How each list that a shape fills is laid out, whatever the type of its items. */
struct shape_list {
	void *items;
	size_t count;
	size_t capacity;
};

/* A new item at the end of the list at `list_at`. 0 or -ENOMEM. */
int shape_list_grow(const struct shape *item, void *list_at, void **ret_value);

/* Removes the last item of the list at `list_at`, which has one, with all that it owns. */
void shape_list_drop_last(const struct shape *item, void *list_at);

/*
 * Makes *ret_value, which holds nothing yet, a copy with everything of its own. 0, or -ENOMEM: then
 * it is blank.
 */
int shape_copy(const struct shape *shape, const void *value, void *ret_value);

/* Frees what the structure owns, lists and texts, and makes it blank. */
void shape_done(const struct shape *shape, void *value);
