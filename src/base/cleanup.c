/* SPDX-License-Identifier: Apache-2.0 */
#include "base/cleanup.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY 8

void cleanup_free(void *pointer_at)
{
	void *pointer;

	/* memcpy() and not a cast: the variable may have any pointer type. */
	memcpy(&pointer, pointer_at, sizeof(pointer));
	free(pointer);
}

int array_reserve(void *items, size_t *capacity, size_t count, size_t size)
{
	size_t new_capacity = *capacity ? *capacity * 2 : FIRST_CAPACITY;
	void *old, *grown;

	if (count < *capacity)
		return 0;
	if (*capacity > SIZE_MAX / 2)
		return -ENOMEM;
	memcpy(&old, items, sizeof(old));
	grown = reallocarray(old, new_capacity, size);
	if (!grown)
		return -ENOMEM;
	memcpy(items, &grown, sizeof(grown));
	*capacity = new_capacity;
	return 0;
}

int array_add(void *items, size_t *capacity, size_t *count, const void *item, size_t size)
{
	int err = array_reserve(items, capacity, *count, size);
	char *array;

	if (err)
		return err;
	memcpy(&array, items, sizeof(array));
	memcpy(array + (*count)++ * size, item, size);
	return 0;
}
