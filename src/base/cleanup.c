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

	/* Copied, not cast: the variable's type is any pointer's. */
	memcpy(&pointer, pointer_at, sizeof(pointer));
	free(pointer);
}

int array_reserve(void *items, size_t *capacity, size_t count, size_t size)
{
	size_t wanted = *capacity ? *capacity * 2 : FIRST_CAPACITY;
	void *old, *grown;

	if (count < *capacity)
		return 0;
	if (*capacity > SIZE_MAX / 2)
		return -ENOMEM;
	memcpy(&old, items, sizeof(old));
	grown = reallocarray(old, wanted, size);
	if (!grown)
		return -ENOMEM;
	memcpy(items, &grown, sizeof(grown));
	*capacity = wanted;
	return 0;
}
