/* SPDX-License-Identifier: Apache-2.0 */
#include "base/wiped_memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Precedes each allocation, because free() does not receive the size. */
struct header {
	_Alignas(max_align_t) size_t size;
};

void *wiped_malloc(size_t size)
{
	struct header *header;

	if (size > SIZE_MAX - sizeof(*header))
		return NULL;
	header = malloc(sizeof(*header) + size);
	if (!header)
		return NULL;
	header->size = size;
	return header + 1;
}

void wiped_free(void *memory)
{
	struct header *header = memory;

	if (!memory)
		return;
	header--;
	explicit_bzero(memory, header->size);
	free(header);
}

void *wiped_calloc(size_t count, size_t size)
{
	size_t total;
	void *memory;

	if (__builtin_mul_overflow(count, size, &total))
		return NULL;
	memory = wiped_malloc(total);
	return memory ? memset(memory, 0, total) : NULL;
}

/* realloc() would not overwrite the old memory when it moves the bytes. */
void *wiped_realloc(void *memory, size_t size)
{
	const struct header *header = memory;
	void *grown = wiped_malloc(size);

	if (!memory || !grown)
		return grown;
	header--;
	memcpy(grown, memory, header->size < size ? header->size : size);
	wiped_free(memory);
	return grown;
}

char *wiped_strdup(const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = wiped_malloc(size);

	return copy ? memcpy(copy, text, size) : NULL;
}
