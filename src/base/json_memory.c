/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json_memory.h"

#include "base/wiped_memory.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#define STACK_WIPED 16384 /* bytes; enough for reading JSON without deep nesting */

/* State of the current call. jansson's allocation functions have no argument for user data. */
static struct {
	struct json_memory before;
	bool has_failed;
} tracker;

static void *allocate_tracked(size_t size)
{
	void *memory = tracker.before.allocate(size);

	tracker.has_failed |= !memory;
	return memory;
}

/*
 * jansson ignores some failed allocations: it truncates the token and continues to parse. Neither
 * the result nor errno reports this, and json_error_code() exists only since jansson 2.11.
 */
static void begin_tracking(void)
{
	json_get_alloc_funcs(&tracker.before.allocate, &tracker.before.release);
	tracker.has_failed = false;
	json_set_alloc_funcs(allocate_tracked, tracker.before.release);
}

static bool end_tracking(void)
{
	json_set_alloc_funcs(tracker.before.allocate, tracker.before.release);
	return tracker.has_failed;
}

int json_read(const char *bytes, size_t length, size_t flags, json_t **ret_root)
{
	json_t *root;

	begin_tracking();
	root = json_loadb(bytes, length, flags, NULL);
	if (end_tracking()) {
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
	begin_tracking();
	err = json_vunpack_ex(root, NULL, 0, format, arguments);
	va_end(arguments);
	if (end_tracking())
		return -ENOMEM;
	return err ? -EBADMSG : 0;
}

void json_memory_begin(struct json_memory *ret_before)
{
	json_get_alloc_funcs(&ret_before->allocate, &ret_before->release);
	json_set_alloc_funcs(wiped_malloc, wiped_free);
}

/*
 * On the first call of a library function, the dynamic linker saves all registers on the stack.
 * They contain recently copied data.
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
