/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/json_memory.h"

#include "aws/wiped_memory.h"

#include <errno.h>
#include <string.h>

#define STACK_WIPED 16384 /* more than it takes to read what is not nested deep */

int json_read(const char *bytes, size_t length, size_t flags, json_t **ret_root)
{
	json_t *root;

	/* malloc() sets it; json_error_code() came with jansson 2.11. */
	errno = 0;
	root = json_loadb(bytes, length, flags, NULL);
	if (!root)
		return errno == ENOMEM ? -ENOMEM : -EBADMSG;
	*ret_root = root;
	return 0;
}

void json_memory_begin(struct json_memory *ret_before)
{
	json_get_alloc_funcs(&ret_before->allocate, &ret_before->release);
	json_set_alloc_funcs(wiped_malloc, wiped_free);
}

/*
 * When the library calls a function for the first time, the dynamic linker saves all registers on
 * the stack, and with them what was copied a moment ago.
 */
static __attribute__((noinline)) void wipe_stack_below(void)
{
	char below[STACK_WIPED];

	explicit_bzero(below, sizeof(below));
}

void json_memory_end(const struct json_memory *before)
{
	json_set_alloc_funcs(before->allocate, before->release);
	wipe_stack_below();
}
