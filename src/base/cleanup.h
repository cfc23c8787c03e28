/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every C file here leans on: release at the end of a scope, handing ownership over, array
 * sizes, and arrays that grow.
 *
 * A destructor takes NULL and half-made objects, so that _cleanup_() is always safe.
 */
#pragma once

#include <stddef.h>

#define _cleanup_(function) __attribute__((cleanup(function)))
#define _printf_(text, first) __attribute__((format(printf, text, first)))
#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* The pointer's value, which the caller now owns; the variable is left NULL. */
#define TAKE_PTR(pointer)                                                                          \
	({                                                                                         \
		__typeof__(pointer) *_at = &(pointer);                                             \
		__typeof__(pointer) _value = *_at;                                                 \
		*_at = NULL;                                                                       \
		_value;                                                                            \
	})

/* For _cleanup_(): each takes the address of the variable. */
void cleanup_free(void *pointer_at);
void cleanup_close(int *fd); /* in file.c, so that what is pure stays so */

/*
 * Makes room for one more item in a heap array of *items with `count` used and *capacity allocated
 * items of `size` bytes. Returns 0 or -ENOMEM; on failure nothing has changed.
 */
int array_reserve(void *items, size_t *capacity, size_t count, size_t size);
