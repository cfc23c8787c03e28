/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Allocates memory that is overwritten before it is freed, for libraries that process credentials:
 * their own buffers would otherwise keep them.
 *
 * The functions behave like those of the C library. Pass their memory only to each other, and no
 * other memory to them.
 */
#pragma once

#include <stddef.h>

void *wiped_malloc(size_t size);
void *wiped_calloc(size_t count, size_t size);
void *wiped_realloc(void *memory, size_t size);
char *wiped_strdup(const char *text);
void wiped_free(void *memory);
