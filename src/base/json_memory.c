/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json_memory.h"

#include "base/wiped_memory.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#define STACK_WIPED 16384 /* bytes that reading JSON without deep nesting may use */

/* Static, because jansson's allocation functions have no argument for user data. */
static struct {
	struct json_allocator allocator; /* the one to use, and to restore at the end */
	bool has_failed;
} tracker;

static void *allocate_tracked(size_t size)
{
	void *memory = tracker.allocator.allocate(size);

	tracker.has_failed |= !memory;
	return memory;
}

/*
 * Records failed allocations. jansson ignores some: it truncates the token and continues to parse.
 * Neither the result nor errno reports this, and json_error_code() exists only since jansson 2.11.
 */
static void begin_tracking(void)
{
	json_get_alloc_funcs(&tracker.allocator.allocate, &tracker.allocator.release);
	tracker.has_failed = false;
	json_set_alloc_funcs(allocate_tracked, tracker.allocator.release);
}

/* Returns whether an allocation has failed since begin_tracking(). */
static bool end_tracking(void)
{
	json_set_alloc_funcs(tracker.allocator.allocate, tracker.allocator.release);
	return tracker.has_failed;
}

int json_read(const char *bytes, size_t length, size_t flags, json_t **ret_root)
{
	json_t *root;

	begin_tracking();
	root = json_loadb(bytes, length, flags, NULL /* no details */);
	if (end_tracking()) { /* `root` is NULL or incomplete */
		json_decref(root);
		return -ENOMEM;
	}
	if (!root)
		return -EBADMSG;
	*ret_root = root;
	return 0;
}

/* Like json_unpack(), but returns -EBADMSG or, if an allocation failed, -ENOMEM. */
int json_read_members(json_t *root, const char *format, ...)
{
	va_list arguments;
	int err;

	va_start(arguments, format);
	begin_tracking();
	err = json_vunpack_ex(root, NULL /* no details */, 0 /* flags */, format, arguments);
	va_end(arguments);
	if (end_tracking())
		return -ENOMEM;
	return err ? -EBADMSG : 0;
}

void json_use_wiped_memory(struct json_allocator *ret_previous)
{
	json_get_alloc_funcs(&ret_previous->allocate, &ret_previous->release);
	json_set_alloc_funcs(wiped_malloc, wiped_free);
}

/*
 * Overwrites the stack below the caller's frame. On the first call of a library function, the
 * dynamic linker saved all registers there, with data that was just copied: credentials.
 */
static __attribute__((noinline)) void wipe_stack_below(void)
{
	char below[STACK_WIPED];

	explicit_bzero(below, sizeof(below));
}

void json_restore_allocator(const struct json_allocator *previous)
{
	json_set_alloc_funcs(previous->allocate, previous->release);
	wipe_stack_below();
}
