/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads JSON, and tells a lack of memory from bad JSON, which jansson's own functions do not.
 *
 * Wiped memory for jansson while it reads what may be credentials: between begin and end nothing
 * may be freed that was allocated before, or be kept that was allocated in between.
 */
#pragma once

#include <jansson.h>

/* Each returns 0, -ENOMEM or -EBADMSG. */
int json_read(const char *bytes, size_t length, size_t flags, json_t **ret_root);
int json_read_members(json_t *root, const char *format, ...); /* as json_unpack() */

struct json_memory {
	json_malloc_t allocate;
	json_free_t release;
};

void json_memory_begin(struct json_memory *ret_before);
void json_memory_end(const struct json_memory *before);
