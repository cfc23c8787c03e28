/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads JSON and distinguishes out-of-memory from invalid JSON, which jansson's own functions do
 * not do.
 *
 * Also makes jansson use wiped memory (wiped_memory.h) while it reads data that may contain
 * credentials. While it does, do not free older jansson memory, and free all newer jansson memory
 * before json_restore_allocator().
 */
#pragma once

#include <jansson.h>

/* Each returns 0, -ENOMEM, or -EBADMSG. The caller owns *ret_root. */
int json_read(const char *bytes, size_t length, size_t flags, json_t **ret_root);
int json_read_members(json_t *root, const char *format, ...); /* like json_unpack() */

struct json_allocator {
	json_malloc_t allocate;
	json_free_t release;
};

void json_use_wiped_memory(struct json_allocator *ret_previous);
/* Also wipes the stack. */
void json_restore_allocator(const struct json_allocator *previous);
