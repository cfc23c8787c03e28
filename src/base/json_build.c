/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json_build.h"

#include "base/utf8.h"

#include <errno.h>
#include <string.h>

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

/* Makes the array or object NULL; adding NULL to a parent makes the parent NULL, too. */
static void discard_json(json_t **json)
{
	json_decref(*json);
	*json = NULL;
}

void json_add_item(json_t **array, json_t *value)
{
	/* Fails also if *array or `value` is NULL. It releases `value` even then. */
	if (json_array_append_new(*array, value))
		discard_json(array);
}

void json_add_member(json_t **object, const char *key, json_t *value)
{
	if (json_object_set_new(*object, key, value))
		discard_json(object);
}

/* Makes a JSON string; REPLACEMENT stands for each byte that is not UTF-8. */
json_t *json_text_n(const char *text, size_t length)
{
	_cleanup_(strbuf_done) struct strbuf valid = {0};
	json_t *string = json_stringn(text, length);
	uint32_t character;

	if (string)
		return string;
	/* The text is not UTF-8, or memory ran out: then this only tries again. */
	for (size_t at = 0; at < length;) {
		size_t bytes = utf8_decode(text + at, length - at, &character);

		if (bytes)
			strbuf_add(&valid, text + at, bytes);
		else
			strbuf_add_string(&valid, REPLACEMENT);
		at += bytes ? bytes : 1;
	}
	return valid.failed ? NULL : json_stringn(strbuf_text(&valid), valid.length);
}

json_t *json_text(const char *text)
{
	return json_text_n(text, strlen(text));
}

/* For json_dump_callback(). */
static int append_bytes(const char *bytes, size_t length, void *out)
{
	return strbuf_add(out, bytes, length) ? -1 : 0;
}

int json_append(const json_t *root, size_t flags, struct strbuf *out)
{
	bool failed = !root || json_dump_callback(root, append_bytes, out, flags);

	/* jansson does not check every result of the callback. */
	return failed || out->failed ? -ENOMEM : 0;
}
