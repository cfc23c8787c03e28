/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/trusted_path.h"

#include "base/shell.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LINKS_MAX 40 /* the kernel's limit */

struct walk {
	char checked[PATH_MAX]; /* path without links; "": the root directory */
	char unchecked[PATH_MAX]; /* the rest of the path */
	unsigned links_followed;
	struct error *error;
};

static int report_failure(const struct walk *walk, int err)
{
	return error_set(walk->error, OUTCOME_FAILED, err,
		"%s: cannot check which users can change it: %s",
		*walk->checked ? walk->checked : "/", strerror(err));
}

int trusted_file_check(const char *path, const struct stat *stat, struct error *error)
{
	unsigned mode = stat->st_mode;
	char quoted[SHELL_WORD_SIZE];

	if (stat->st_uid != 0 && stat->st_uid != geteuid())
		return error_set(error, OUTCOME_USAGE, EPERM,
			"%s: belongs to another user (%u): chown %s%u %s", path,
			(unsigned)stat->st_uid, S_ISLNK(mode) ? "-h " : "", (unsigned)geteuid(),
			shell_quote(path, quoted));
	/* Links cannot be written. In a sticky directory, users can replace only their files. */
	if (S_ISLNK(mode) || (S_ISDIR(mode) && mode & S_ISVTX))
		return 0;
	if (mode & (S_IWGRP | S_IWOTH))
		return error_set(error, OUTCOME_USAGE, EPERM,
			"%s: can be written by others (mode %04o): chmod go-w %s", path,
			mode & 07777, shell_quote(path, quoted));
	return 0;
}

/* Checks the file at `checked`; if that is a symbolic link, the link itself. */
static int check_component(const struct walk *walk, struct stat *ret_stat)
{
	const char *path = *walk->checked ? walk->checked : "/";

	if (lstat(path, ret_stat) < 0)
		return report_failure(walk, errno);
	return trusted_file_check(path, ret_stat, walk->error);
}

/* Puts `path` before the unchecked path. */
static int prepend_path(struct walk *walk, const char *path)
{
	char joined[PATH_MAX];
	int length = snprintf(joined, sizeof(joined), "%s/%s", path, walk->unchecked);

	if (length < 0 || length >= (int)sizeof(joined))
		return report_failure(walk, ENAMETOOLONG);
	memcpy(walk->unchecked, joined, (size_t)length + 1);
	return 0;
}

/* Removes the last component of the checked path; the root directory is its own parent. */
static void enter_parent(struct walk *walk)
{
	char *slash = strrchr(walk->checked, '/');

	if (slash)
		*slash = '\0';
}

/* Removes the link from the checked path, and puts its target before the unchecked path. */
static int follow_link(struct walk *walk)
{
	char target[PATH_MAX];
	ssize_t length = readlink(walk->checked, target, sizeof(target) - 1);

	if (length < 0)
		return report_failure(walk, errno);
	if (++walk->links_followed > LINKS_MAX)
		return report_failure(walk, ELOOP);
	target[length] = '\0';
	enter_parent(walk);
	if (*target == '/')
		walk->checked[0] = '\0'; /* an absolute target begins at the root directory */
	return prepend_path(walk, target);
}

/* Appends the component `name` to the checked path, checks the file there, and follows a link. */
static int enter_component(struct walk *walk, const char *name, size_t length)
{
	size_t used = strlen(walk->checked);
	struct stat stat;
	int err;

	if (length == 0 || (length == 1 && name[0] == '.'))
		return 0;
	if (length == 2 && memcmp(name, "..", 2) == 0) {
		enter_parent(walk);
		return 0;
	}
	if (used + 1 + length >= sizeof(walk->checked))
		return report_failure(walk, ENAMETOOLONG);
	walk->checked[used] = '/';
	memcpy(walk->checked + used + 1, name, length);
	walk->checked[used + 1 + length] = '\0';
	err = check_component(walk, &stat);
	if (err || !S_ISLNK(stat.st_mode))
		return err;
	return follow_link(walk);
}

/* Moves the first component of the unchecked path to the checked path, and checks it. */
static int check_next(struct walk *walk)
{
	char name[PATH_MAX];
	size_t length = strcspn(walk->unchecked, "/");
	size_t next = length + (walk->unchecked[length] == '/'); /* skips the '/' */

	memcpy(name, walk->unchecked, length);
	memmove(walk->unchecked, walk->unchecked + next, strlen(walk->unchecked + next) + 1);
	return enter_component(walk, name, length);
}

/* Resolves the path as the kernel does, from the root directory, and checks each component. */
int trusted_path_check(const char *path, struct error *error)
{
	struct walk walk = {.error = error};
	char directory[PATH_MAX];
	struct stat stat;
	int err = prepend_path(&walk, path);

	if (!err && *path != '/')
		err = getcwd(directory, sizeof(directory)) ? prepend_path(&walk, directory)
							   : report_failure(&walk, errno);
	if (!err)
		err = check_component(&walk, &stat);
	while (!err && *walk.unchecked)
		err = check_next(&walk);
	return err;
}
