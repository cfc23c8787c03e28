/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/path_expand.h"

#include "base/cleanup.h"
#include "base/strbuf.h"

#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_MAX_BYTES 256
#define NAME_BYTES "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"

/*
 * Returns the value of $NAME or ${NAME} at `at`, and the length of this text. NULL: the variable is
 * not set, or the text is not a variable (then the length is that of '$').
 */
static const char *get_variable(const char *at, size_t *ret_length)
{
	bool has_braces = at[1] == '{';
	const char *start = at + 1 + has_braces;
	size_t length = has_braces ? strcspn(start, "}") : strspn(start, NAME_BYTES);
	char name[NAME_MAX_BYTES];

	*ret_length = 1; /* only '$' */
	if (length == 0 || length >= sizeof(name) || (has_braces && !start[length]))
		return NULL;
	memcpy(name, start, length);
	name[length] = '\0';
	*ret_length = 1 + length + 2 * (size_t)has_braces; /* '$', the name, "{}" */
	return secure_getenv(name);
}

/* Appends the path to `out`; a variable becomes its value, or stays unchanged without one. */
static int expand_variables(const char *path, struct strbuf *out)
{
	while (*path) {
		size_t length = strcspn(path, "$");
		const char *value;
		int err = strbuf_add(out, path, length);

		if (err)
			return err;
		path += length;
		if (!*path)
			break;
		value = get_variable(path, &length);
		err = value ? strbuf_add_string(out, value) : strbuf_add(out, path, length);
		if (err)
			return err;
		path += length;
	}
	return 0;
}

/* Returns the home directory of the user, or NULL if the user does not exist. */
static const char *get_home_of_user(const char *name, size_t length)
{
	char user[NAME_MAX_BYTES];
	const struct passwd *entry;

	if (length >= sizeof(user))
		return NULL;
	memcpy(user, name, length);
	user[length] = '\0';
	entry = getpwnam(user);
	return entry ? entry->pw_dir : NULL;
}

int path_expand(const char *path, const char *home, char **ret_path)
{
	_cleanup_(strbuf_done) struct strbuf expanded = {.max = 2 * PATH_MAX};
	size_t length;
	int err = expand_variables(path, &expanded);

	if (err)
		return err == -E2BIG ? -ENAMETOOLONG : err;
	path = strbuf_text(&expanded);
	length = *path == '~' ? strcspn(path, "/") : 0; /* of ~ or ~USER */
	if (length > 1) /* ~USER */
		home = get_home_of_user(path + 1, length - 1);
	if (!length || !home) /* no ~, or its home is not known: unchanged */
		*ret_path = strdup(path);
	else if (asprintf(ret_path, "%s%s", home, path + length) < 0)
		*ret_path = NULL;
	return *ret_path ? 0 : -ENOMEM;
}
