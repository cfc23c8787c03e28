/* SPDX-License-Identifier: Apache-2.0 */
#include "ec2/shape.h"

#include <stdlib.h>
#include <string.h>

static void make_blank(const struct shape *shape, void *value)
{
	if (shape->blank)
		memcpy(value, shape->blank, shape->size);
	else
		memset(value, 0, shape->size);
}

/* Lists are copied out and in: their items have types that are not known here. */
int shape_list_grow(const struct shape *item, void *list_at, void **ret_value)
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
