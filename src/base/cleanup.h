/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Provides scope-based cleanup, ownership transfer, array sizes and growing arrays for all C files.
 *
 * A destructor accepts NULL and partly initialized objects, so that _cleanup_() is always safe.
 */
#pragma once

#include <stddef.h>

#define _cleanup_(function) __attribute__((cleanup(function)))
#define _printf_(text, first) __attribute__((format(printf, text, first)))
#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* Returns the value, which the caller now owns, and sets the variable to NULL or zeros. */
#define TAKE_STRUCT(variable)                                                                      \
	({                                                                                         \
		__typeof__(variable) *_at = &(variable);                                           \
		__typeof__(variable) _value = *_at;                                                \
		*_at = (__typeof__(variable)){0};                                                  \
		_value;                                                                            \
	})
#define TAKE_PTR(pointer) TAKE_STRUCT(pointer)

/* For _cleanup_(): each function receives the address of the variable. */
void cleanup_free(void *pointer_at);
void cleanup_close(int *fd); /* defined in file.c, because cleanup.c does no I/O */

/*
 * Makes room for one more item in a heap array. `array_at` is the address of the array pointer.
 * `count` items are used, *capacity items of `size` bytes are allocated. Returns 0 or -ENOMEM; on
 * failure nothing has changed.
 */
int array_reserve(void *array_at, size_t *capacity, size_t count, size_t size);

/* The same, and also copies the item to the end of the array. */
int array_add(void *array_at, size_t *capacity, size_t *count, const void *item, size_t size);
