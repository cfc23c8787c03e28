/* SPDX-License-Identifier: Apache-2.0 */
#include "app/json_build.h"

#include <errno.h>

static void drop(json_t **json)
{
	json_decref(*json);
	*json = NULL;
}

void json_add_item(json_t **array, json_t *value)
{
	if (json_array_append_new(*array, value))
		drop(array);
}

void json_add_member(json_t **object, const char *key, json_t *value)
{
	if (json_object_set_new(*object, key, value))
		drop(object);
}

static int add_to_text(const char *bytes, size_t length, void *out)
{
	return strbuf_add(out, bytes, length) ? -1 : 0;
}

int json_write(const json_t *root, size_t flags, struct strbuf *out)
{
	bool failed = !root || json_dump_callback(root, add_to_text, out, flags);

	/* What the callback returns is not always looked at. */
	return failed || out->failed ? -ENOMEM : 0;
}
