/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads JSON and distinguishes out-of-memory from invalid JSON, which jansson's own functions do
 * not do.
 *
 * Also makes jansson use wiped memory (wiped_memory.h) while it reads data that may contain
 * credentials. Between json_memory_begin() and json_memory_end(), do not free older jansson memory.
 * Free all newer jansson memory before json_memory_end().
 */
#pragma once

#include <jansson.h>

/* Each returns 0, -ENOMEM, or -EBADMSG. The caller owns *ret_root. */
int json_read(const char *bytes, size_t length, size_t flags, json_t **ret_root);
int json_read_members(json_t *root, const char *format, ...); /* like json_unpack() */

struct json_memory {
	json_malloc_t allocate;
	json_free_t release;
};

void json_memory_begin(struct json_memory *ret_before);
void json_memory_end(const struct json_memory *before);
