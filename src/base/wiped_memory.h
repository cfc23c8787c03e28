/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory that is overwritten before it is given back, for libraries through which credentials pass:
 * their own buffers would keep them otherwise. The functions are those of the C library, but what
 * one of them gave only another of them may take.
 */
#pragma once

#include <stddef.h>

void *wiped_malloc(size_t size);
void *wiped_calloc(size_t count, size_t size);
void *wiped_realloc(void *memory, size_t size);
char *wiped_strdup(const char *text);
void wiped_free(void *memory);
