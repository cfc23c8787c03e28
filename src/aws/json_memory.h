/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Wiped memory for jansson while it reads what may be credentials. Between begin and end nothing
 * may be freed that was allocated before, or be kept that was allocated in between.
 */
#pragma once

#include <jansson.h>

struct json_memory {
	json_malloc_t allocate;
	json_free_t release;
};

void json_memory_begin(struct json_memory *ret_before);
void json_memory_end(const struct json_memory *before);
