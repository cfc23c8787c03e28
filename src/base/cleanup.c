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

int array_reserve(void *array_at, size_t *capacity, size_t count, size_t size)
{
	size_t new_capacity = *capacity ? *capacity * 2 : FIRST_CAPACITY;
	void *array, *grown;

	if (count < *capacity)
		return 0;
	if (*capacity > SIZE_MAX / 2)
		return -ENOMEM;
	/* memcpy() as in cleanup_free(): the array may have any type of items. */
	memcpy(&array, array_at, sizeof(array));
	grown = reallocarray(array, new_capacity, size);
	if (!grown)
		return -ENOMEM;
	memcpy(array_at, &grown, sizeof(grown));
	*capacity = new_capacity;
	return 0;
}

int array_add(void *array_at, size_t *capacity, size_t *count, const void *item, size_t size)
{
	int err = array_reserve(array_at, capacity, *count, size);
	char *array;

	if (err)
		return err;
	memcpy(&array, array_at, sizeof(array));
	memcpy(array + *count * size, item, size);
	(*count)++;
	return 0;
}
