/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json_memory.h"

#include "base/wiped_memory.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#define STACK_WIPED 16384 /* more than it takes to read what is not nested deep */

/* Of the call that is being watched. jansson's functions for memory have no argument of ours. */
static struct {
	struct json_memory before;
	bool has_failed;
} watch;

static void *allocate_watched(size_t size)
{
	void *memory = watch.before.allocate(size);

	watch.has_failed |= !memory;
	return memory;
}

/*
 * jansson passes over some allocations that fail: a token that does not fit is cut, and parsing goes on.
 * Neither its result nor errno tells, and json_error_code() came only with jansson 2.11.
 */
static void watch_begin(void)
{
	json_get_alloc_funcs(&watch.before.allocate, &watch.before.release);
	watch.has_failed = false;
	json_set_alloc_funcs(allocate_watched, watch.before.release);
}

static bool watch_end(void)
{
	json_set_alloc_funcs(watch.before.allocate, watch.before.release);
	return watch.has_failed;
}

int json_read(const char *bytes, size_t length, size_t flags, json_t **ret_root)
{
	json_t *root;

	watch_begin();
	root = json_loadb(bytes, length, flags, NULL);
	if (watch_end()) {
		json_decref(root);
		return -ENOMEM;
	}
	if (!root)
		return -EBADMSG;
	*ret_root = root;
	return 0;
}

int json_read_members(json_t *root, const char *format, ...)
{
	va_list arguments;
	int err;

	va_start(arguments, format);
	watch_begin();
	err = json_vunpack_ex(root, NULL, 0, format, arguments);
	va_end(arguments);
	if (watch_end())
		return -ENOMEM;
	return err ? -EBADMSG : 0;
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
