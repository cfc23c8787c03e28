/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes JSON, and builds JSON of which no part can be missing. If one cannot be made, since memory ran out or a text is not
 * UTF-8, the array or object that it belongs to becomes NULL, and so does all around it: json_pack() fails
 * where a value is NULL. Only the whole has to be checked.
 */
#pragma once

#include "base/strbuf.h"

#include <jansson.h>

/* Both take the reference to `value`. They do nothing else if *array or *object is NULL. */
void json_add_item(json_t **array, json_t *value);
void json_add_member(json_t **object, const char *key, json_t *value);

/*
 * A text from outside: a file's name, a link's, a person's word. U+FFFD stands for each byte that is not
 * UTF-8. NULL: no memory.
 */
json_t *json_text(const char *text);
json_t *json_text_part(const char *text, size_t length);

/*
 * Adds the text of `root`. json_dumps() of jansson 2.14 leaves out what it has no memory for. 0, or -ENOMEM,
 * also where `root` is NULL.
 */
int json_write(const json_t *root, size_t flags, struct strbuf *out);
