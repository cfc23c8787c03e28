/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Maps the elements of a response to the members of a structure. A path consists of local names
 * below the shape's own element: "attachment/instanceId". Elements without a path are ignored, and
 * so is the order of elements.
 */
#pragma once

#include "base/cleanup.h"
#include "ec2/values.h"

#include <stdbool.h>

#define SHAPE_MEMBERS_MAX 32

struct shape;

/* One path: a value, or a list of structures, with an item for each element. */
struct shape_member {
	const char *path;
	const struct value_kind *kind; /* of a value */
	const void *argument; /* for the kind's functions */
	const struct shape *item; /* of a list, which is a struct shape_list; NULL: a value */
	size_t offset; /* in the structure */
	bool required; /* an error if it is missing, or if the list is empty */
};

struct shape {
	const struct shape_member *members;
	size_t count; /* at most SHAPE_MEMBERS_MAX */
	size_t size; /* of the structure */
	const void *blank; /* initial content of the structure; NULL: zeros */
};

/* The layout of each list that a shape fills, for any type of item. */
struct shape_list {
	void *items;
	size_t count;
	size_t capacity;
};

/* Adds a blank item at the end of the list at `list_at`. 0 or -ENOMEM. */
int shape_list_add_blank(const struct shape *item, void *list_at, void **ret_value);

/* Removes the last item, with all that it owns. The list at `list_at` must not be empty. */
void shape_list_drop_last(const struct shape *item, void *list_at);

/* Makes *ret_value, which must own nothing, a deep copy. 0, or -ENOMEM: it is then blank. */
int shape_copy(const struct shape *shape, const void *value, void *ret_value);

/* Frees the lists and texts that the structure owns, and makes it blank. */
void shape_done(const struct shape *shape, void *value);
