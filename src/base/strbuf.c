/* SPDX-License-Identifier: Apache-2.0 */
#include "base/strbuf.h"

#include "base/wiped_memory.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define FIRST_CAPACITY 64

void strbuf_init(struct strbuf *strbuf, size_t max)
{
	*strbuf = (struct strbuf){.max = max};
}

void strbuf_done(struct strbuf *strbuf)
{
	if (!strbuf)
		return;
	wiped_free(strbuf->data);
	strbuf_init(strbuf, strbuf->max);
}

void strbuf_clear(struct strbuf *strbuf)
{
	if (strbuf->data)
		explicit_bzero(strbuf->data, strbuf->capacity);
	strbuf->length = 0;
	strbuf->failed = false;
}

static int mark_failed(struct strbuf *strbuf, int err)
{
	strbuf->failed = true;
	return -err;
}

/* Ensures room for `length` more bytes and the NUL. Fails after an earlier failure, too. */
static int reserve(struct strbuf *strbuf, size_t length)
{
	size_t max = strbuf->max ? strbuf->max : STRBUF_DEFAULT_MAX;
	size_t capacity = strbuf->capacity ? strbuf->capacity : FIRST_CAPACITY;

	if (strbuf->failed || length > max - strbuf->length)
		return mark_failed(strbuf, E2BIG);
	size_t required = strbuf->length + length + 1;
	if (required <= strbuf->capacity)
		return 0;
	while (capacity < required)
		capacity *= 2;
	char *data = wiped_realloc(strbuf->data, capacity);
	if (!data)
		return mark_failed(strbuf, ENOMEM);
	strbuf->data = data;
	strbuf->capacity = capacity;
	return 0;
}

int strbuf_add(struct strbuf *strbuf, const void *bytes, size_t length)
{
	int err = reserve(strbuf, length);

	if (err)
		return err;
	if (length > 0) /* `bytes` may be NULL if there are none */
		memcpy(strbuf->data + strbuf->length, bytes, length);
	strbuf->length += length;
	strbuf->data[strbuf->length] = '\0';
	return 0;
}

int strbuf_add_string(struct strbuf *strbuf, const char *string)
{
	return strbuf_add(strbuf, string, strlen(string));
}

int strbuf_printf(struct strbuf *strbuf, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	int length = vsnprintf(NULL, 0, format, arguments);
	va_end(arguments);
	if (length < 0)
		return mark_failed(strbuf, ENOMEM);

	int err = reserve(strbuf, (size_t)length);
	if (err)
		return err;
	va_start(arguments, format);
	vsnprintf(strbuf->data + strbuf->length, (size_t)length + 1, format, arguments);
	va_end(arguments);
	strbuf->length += (size_t)length;
	return 0;
}

const char *strbuf_text(const struct strbuf *strbuf)
{
	return strbuf->data ? strbuf->data : "";
}
