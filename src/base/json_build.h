/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Builds and writes complete JSON only.
 *
 * If a value cannot be created, its array or object becomes NULL, and so do all enclosing ones:
 * json_pack() fails if a value is NULL. Causes are lack of memory and text that is not UTF-8. So
 * the caller checks only the outermost value.
 */
#pragma once

#include "base/strbuf.h"

#include <jansson.h>

/*
 * Both steal the reference to `value`. If *array or *object is NULL, they only release `value`. On
 * failure *array or *object becomes NULL.
 */
void json_add_item(json_t **array, json_t *value);
void json_add_member(json_t **object, const char *key, json_t *value);

/*
 * Returns a string from external text, for example the name of a file or link, or user input.
 * U+FFFD replaces each byte that is not UTF-8. Returns a new reference, or NULL if memory ran out.
 */
json_t *json_text(const char *text);
json_t *json_text_n(const char *text, size_t length);

/*
 * Appends `root` as text; `flags` are jansson's. Unlike json_dumps() of jansson 2.14, it omits
 * nothing when memory runs out. Returns 0; or -ENOMEM if memory runs out or `root` is NULL.
 */
int json_append(const json_t *root, size_t flags, struct strbuf *out);
