/* SPDX-License-Identifier: Apache-2.0 */
#include "core/resource_record.h"

#include "base/file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_SIZE 256
#define NAME_LENGTH_MAX 64

static int build_path(const struct operation *operation, const char *name, const char *kind,
	char path[PATH_SIZE], struct error *error)
{
	if (strchr(name, '/') || strlen(name) > NAME_LENGTH_MAX)
		return error_set(error, OUTCOME_USAGE, EINVAL,
			"\"%s\" is not a valid name: the name contains a slash or has more than %d characters",
			name, NAME_LENGTH_MAX);
	snprintf(path, PATH_SIZE, "%s/resource-%s.%s", operation->run_directory, name, kind);
	return 0;
}

/* `action` is a verb for "cannot ACTION PATH". Returns err. */
static int set_file_error(const char *action, const char *path, int err, struct error *error)
{
	return error_set(
		error, OUTCOME_FAILED, -err, "cannot %s %s: %s", action, path, strerror(-err));
}

int resource_record_store(const struct operation *operation, const char *name, const char *kind,
	const char *text, struct error *error)
{
	char path[PATH_SIZE];
	int err = build_path(operation, name, kind, path, error);

	if (err)
		return err;
	/* A resource may start before any lock file exists, so the directory may be missing. */
	if (mkdir(operation->run_directory, 0755) < 0 && errno != EEXIST)
		return set_file_error("create", operation->run_directory, -errno, error);
	err = file_replace(path, text, strlen(text), 0644);
	return err ? set_file_error("write", path, err, error) : 0;
}

int resource_record_load(const struct operation *operation, const char *name, const char *kind,
	struct strbuf *ret_text, struct error *error)
{
	char path[PATH_SIZE];
	int err = build_path(operation, name, kind, path, error);

	if (err)
		return err;
	err = file_read(path, RESOURCE_RECORD_SIZE_MAX, ret_text, NULL);
	return err && err != -ENOENT ? set_file_error("read", path, err, error) : 0;
}

int resource_record_remove(
	const struct operation *operation, const char *name, const char *kind, struct error *error)
{
	char path[PATH_SIZE];
	int err = build_path(operation, name, kind, path, error);

	if (!err && unlink(path) < 0 && errno != ENOENT)
		err = set_file_error("remove", path, -errno, error);
	return err;
}
