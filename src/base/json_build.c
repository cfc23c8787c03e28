/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json_build.h"

#include "base/utf8.h"

#include <errno.h>
#include <string.h>

#define REPLACEMENT "\xef\xbf\xbd"

static void clear_json(json_t **json)
{
	json_decref(*json);
	*json = NULL;
}

void json_add_item(json_t **array, json_t *value)
{
	if (json_array_append_new(*array, value))
		clear_json(array);
}

void json_add_member(json_t **object, const char *key, json_t *value)
{
	if (json_object_set_new(*object, key, value))
		clear_json(object);
}

json_t *json_text_n(const char *text, size_t length)
{
	_cleanup_(strbuf_done) struct strbuf replaced = {0};
	json_t *string = json_stringn(text, length);
	uint32_t character;

	for (size_t at = 0; !string && at < length;) {
		size_t bytes = utf8_decode(text + at, length - at, &character);

		if (bytes ? strbuf_add(&replaced, text + at, bytes)
			  : strbuf_add_string(&replaced, REPLACEMENT))
			return NULL;
		at += bytes ? bytes : 1;
	}
	return string ? string : json_stringn(strbuf_text(&replaced), replaced.length);
}

json_t *json_text(const char *text)
{
	return json_text_n(text, strlen(text));
}

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
