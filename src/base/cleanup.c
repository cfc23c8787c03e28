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

/* Makes room for one more item in the heap array whose pointer is stored at `array_at`. */
int array_reserve(void *array_at, size_t *capacity, size_t count, size_t size)
{
	size_t new_capacity = *capacity ? *capacity * 2 : FIRST_CAPACITY;
	void *array, *grown;

	if (count < *capacity)
		return 0;
	if (*capacity > SIZE_MAX / 2)
		return -ENOMEM;
	/* memcpy() and not a cast: the items may have any type. */
	memcpy(&array, array_at, sizeof(array));
	grown = reallocarray(array, new_capacity, size);
	if (!grown)
		return -ENOMEM;
	memcpy(array_at, &grown, sizeof(grown));
	*capacity = new_capacity;
	return 0;
}

/* Appends a copy of the item, of `size` bytes, to the array as in array_reserve(). */
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
