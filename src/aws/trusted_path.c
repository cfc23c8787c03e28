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
	char checked[PATH_MAX]; /* without links; "": the root directory */
	char remaining[PATH_MAX]; /* still to be checked */
	unsigned links; /* followed so far */
	struct error *error;
};

static int report_failure(const struct walk *walk, int err)
{
	return error_set(walk->error, OUTCOME_FAILED, err, "%s: cannot be checked: %s",
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
	if (S_ISLNK(mode) || (S_ISDIR(mode) && mode & S_ISVTX))
		return 0;
	if (mode & (S_IWGRP | S_IWOTH))
		return error_set(error, OUTCOME_USAGE, EPERM,
			"%s: can be written by others (mode %04o): chmod go-w %s", path,
			mode & 07777, shell_quote(path, quoted));
	return 0;
}

/* Checks the file at `checked`; of a link, the link itself. */
static int check_component(const struct walk *walk, struct stat *ret_stat)
{
	const char *path = *walk->checked ? walk->checked : "/";

	if (lstat(path, ret_stat) < 0)
		return report_failure(walk, errno);
	return trusted_file_check(path, ret_stat, walk->error);
}

/* Puts `path` before the path that is still to be checked. */
static int prepend_path(struct walk *walk, const char *path)
{
	char remaining[PATH_MAX];
	int length = snprintf(remaining, sizeof(remaining), "%s/%s", path, walk->remaining);

	if (length < 0 || length >= (int)sizeof(remaining))
		return report_failure(walk, ENAMETOOLONG);
	memcpy(walk->remaining, remaining, (size_t)length + 1);
	return 0;
}

static void enter_parent(struct walk *walk)
{
	char *slash = strrchr(walk->checked, '/');

	if (slash)
		*slash = '\0';
}

static int follow_link(struct walk *walk)
{
	char target[PATH_MAX];
	ssize_t length = readlink(walk->checked, target, sizeof(target) - 1);

	if (length < 0)
		return report_failure(walk, errno);
	if (++walk->links > LINKS_MAX)
		return report_failure(walk, ELOOP);
	target[length] = '\0';
	enter_parent(walk);
	if (*target == '/')
		walk->checked[0] = '\0';
	return prepend_path(walk, target);
}

static int enter_component(struct walk *walk, const char *name, size_t length)
{
	size_t used = strlen(walk->checked);
	struct stat stat;

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
	int err = check_component(walk, &stat);
	if (err || !S_ISLNK(stat.st_mode))
		return err;
	return follow_link(walk);
}

/* Removes the first component of the remaining path, and checks it. */
static int check_next(struct walk *walk)
{
	char name[PATH_MAX];
	size_t length = strcspn(walk->remaining, "/");
	size_t next = length + (walk->remaining[length] == '/');

	memcpy(name, walk->remaining, length);
	memmove(walk->remaining, walk->remaining + next, strlen(walk->remaining + next) + 1);
	return enter_component(walk, name, length);
}

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
	while (!err && *walk.remaining)
		err = check_next(&walk);
	return err;
}
