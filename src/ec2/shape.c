/* SPDX-License-Identifier: Apache-2.0 */
#include "ec2/shape.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void make_blank(const struct shape *shape, void *value)
{
	if (shape->blank)
		memcpy(value, shape->blank, shape->size);
	else
		memset(value, 0, shape->size);
}

/* memcpy() and not a cast, as in all functions here: the lists have different types. */
int shape_list_add_blank(const struct shape *item, void *list_at, void **ret_value)
{
	struct shape_list list;

	memcpy(&list, list_at, sizeof(list));
	int err = array_reserve(&list.items, &list.capacity, list.count, item->size);
	if (err)
		return err;
	*ret_value = (char *)list.items + list.count++ * item->size;
	make_blank(item, *ret_value);
	memcpy(list_at, &list, sizeof(list));
	return 0;
}

/* Frees and removes the last item; the list must not be empty. */
void shape_list_drop_last(const struct shape *item, void *list_at)
{
	struct shape_list list;

	memcpy(&list, list_at, sizeof(list));
	list.count--;
	shape_done(item, (char *)list.items + list.count * item->size);
	memcpy(list_at, &list, sizeof(list));
}

/* Frees all items of the list at `list_at`, which is then invalid: the caller blanks it. */
static void list_done(const struct shape *item, void *list_at)
{
	struct shape_list list;

	memcpy(&list, list_at, sizeof(list));
	for (size_t i = 0; i < list.count; i++)
		shape_done(item, (char *)list.items + i * item->size);
	free(list.items);
}

void shape_done(const struct shape *shape, void *value)
{
	for (size_t i = 0; i < shape->count; i++) {
		const struct shape_member *member = &shape->members[i];
		void *target = (char *)value + member->offset;

		if (member->item)
			list_done(member->item, target);
		else if (member->kind->done)
			member->kind->done(target);
	}
	make_blank(shape, value);
}

/* `target` is a byte copy of the list at `from`; makes it a deep copy, on error a partial one. */
static int copy_list(const struct shape *item, const void *from, void *target)
{
	struct shape_list list, copy = {0};
	int err = 0;

	memcpy(&list, from, sizeof(list));
	if (list.count)
		copy.items = calloc(list.count, item->size);
	if (list.count && !copy.items)
		err = -ENOMEM;
	for (; !err && copy.count < list.count; copy.count++)
		err = shape_copy(item, (const char *)list.items + copy.count * item->size,
			(char *)copy.items + copy.count * item->size);
	copy.capacity = copy.count;
	memcpy(target, &copy, sizeof(copy));
	return err;
}

int shape_copy(const struct shape *shape, const void *value, void *ret_value)
{
	int err = 0;

	/* Continues after an error: shape_done() would otherwise free what `value` owns. */
	memcpy(ret_value, value, shape->size);
	for (size_t i = 0; i < shape->count; i++) {
		const struct shape_member *member = &shape->members[i];
		const void *from = (const char *)value + member->offset;
		void *target = (char *)ret_value + member->offset;
		int failed = 0;

		if (member->item)
			failed = copy_list(member->item, from, target);
		else if (member->kind->copy)
			failed = member->kind->copy(from, target);
		err = err ? err : failed;
	}
	if (err)
		shape_done(shape, ret_value);
	return err;
}
