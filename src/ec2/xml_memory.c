/* SPDX-License-Identifier: Apache-2.0 */
#include "ec2/xml_memory.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Precedes each block; its size is a multiple of the strictest alignment. */
union header {
	size_t size;
	max_align_t alignment;
};

static void *allocate(size_t size)
{
	union header *header = size <= SIZE_MAX - sizeof(*header) ? malloc(sizeof(*header) + size)
								  : NULL;

	if (!header)
		return NULL;
	header->size = size;
	return header + 1;
}

static void release(void *block)
{
	union header *header = block;

	if (!header)
		return;
	header--;
	explicit_bzero(header + 1, header->size);
	free(header);
}

/* Always moves the block: realloc() might move it too, but would leave the old bytes behind. */
static void *resize(void *block, size_t size)
{
	size_t old = block ? ((union header *)block - 1)->size : 0;
	void *moved = allocate(size);

	if (!moved)
		return NULL;
	if (block)
		memcpy(moved, block, old < size ? old : size);
	release(block);
	return moved;
}

const XML_Memory_Handling_Suite xml_memory = {
	.malloc_fcn = allocate,
	.realloc_fcn = resize,
	.free_fcn = release,
};
