/* SPDX-License-Identifier: Apache-2.0 */
#include "ec2/xml_memory.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Before each block; as large as the strictest alignment. */
union head {
	size_t size;
	max_align_t alignment;
};

static void *allocate(size_t size)
{
	union head *head = size <= SIZE_MAX - sizeof(*head) ? malloc(sizeof(*head) + size) : NULL;

	if (!head)
		return NULL;
	head->size = size;
	return head + 1;
}

static void release(void *block)
{
	union head *head = block;

	if (!head)
		return;
	head--;
	explicit_bzero(head + 1, head->size);
	free(head);
}

/* Never in place: realloc() would leave a copy behind where it moves the block. */
static void *resize(void *block, size_t size)
{
	size_t old = block ? ((union head *)block - 1)->size : 0;
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
