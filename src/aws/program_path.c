/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/program_path.h"

#include "base/cleanup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

static int check_executable(const char *path)
{
	struct stat status;

	if (stat(path, &status) < 0)
		return -errno;
	if (!S_ISREG(status.st_mode))
		return -EACCES;
	return access(path, X_OK) < 0 ? -errno : 0;
}

/* Goes through the directories of PATH (or DEFAULT_PATH) to the first file that can be executed. */
int program_find(const char *name, char **ret_path)
{
	const char *directories = getenv("PATH");
	int err = -ENOENT;

	if (strchr(name, '/')) {
		*ret_path = strdup(name);
		return *ret_path ? 0 : -ENOMEM;
	}
	if (!directories)
		directories = DEFAULT_PATH;
	for (const char *at = directories;; at++) {
		size_t length = strcspn(at, ":");
		_cleanup_(cleanup_free) char *path = NULL;
		int check_err;

		/* An empty entry is the working directory. */
		if (asprintf(&path, "%.*s%s%s", (int)length, at, length ? "/" : "./", name) < 0) {
			path = NULL;
			return -ENOMEM;
		}
		check_err = check_executable(path);
		if (!check_err) {
			*ret_path = TAKE_PTR(path);
			return 0;
		}
		/* Continue, as execvp() does: a later directory may have the program. */
		if (check_err == -EACCES)
			err = -EACCES;
		at += length;
		if (!*at)
			return err;
	}
}
