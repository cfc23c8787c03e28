/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/trusted_path.h"

#include "base/shell.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LINKS_MAX 40 /* as the kernel */

struct walk {
	char done[PATH_MAX]; /* without links, checked; "" is the root directory */
	char rest[PATH_MAX]; /* still to be followed */
	unsigned links;
	struct error *error;
};

static int fail(const struct walk *walk, int err)
{
	return error_set(walk->error, OUTCOME_FAILED, err, "%s: cannot be checked: %s",
		*walk->done ? walk->done : "/", strerror(err));
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

/* What `done` names, a link itself included. */
static int check_part(const struct walk *walk, struct stat *ret_stat)
{
	const char *path = *walk->done ? walk->done : "/";

	if (lstat(path, ret_stat) < 0)
		return fail(walk, errno);
	return trusted_file_check(path, ret_stat, walk->error);
}

/* `more` comes before what is still to be followed. */
static int put_before(struct walk *walk, const char *more)
{
	char rest[PATH_MAX];
	int length = snprintf(rest, sizeof(rest), "%s/%s", more, walk->rest);

	if (length < 0 || length >= (int)sizeof(rest))
		return fail(walk, ENAMETOOLONG);
	memcpy(walk->rest, rest, (size_t)length + 1);
	return 0;
}

static void leave_part(struct walk *walk)
{
	char *slash = strrchr(walk->done, '/');

	if (slash)
		*slash = '\0';
}

static int follow_link(struct walk *walk)
{
	char target[PATH_MAX];
	ssize_t length = readlink(walk->done, target, sizeof(target) - 1);

	if (length < 0)
		return fail(walk, errno);
	if (++walk->links > LINKS_MAX)
		return fail(walk, ELOOP);
	target[length] = '\0';
	leave_part(walk);
	if (*target == '/')
		walk->done[0] = '\0';
	return put_before(walk, target);
}

static int enter_part(struct walk *walk, const char *name, size_t length)
{
	size_t used = strlen(walk->done);
	struct stat stat;

	if (length == 0 || (length == 1 && name[0] == '.'))
		return 0;
	if (length == 2 && memcmp(name, "..", 2) == 0) {
		leave_part(walk);
		return 0;
	}
	if (used + 1 + length >= sizeof(walk->done))
		return fail(walk, ENAMETOOLONG);
	walk->done[used] = '/';
	memcpy(walk->done + used + 1, name, length);
	walk->done[used + 1 + length] = '\0';
	int err = check_part(walk, &stat);
	if (err || !S_ISLNK(stat.st_mode))
		return err;
	return follow_link(walk);
}

/* Takes the first name off the rest. */
static int step(struct walk *walk)
{
	char name[PATH_MAX];
	size_t length = strcspn(walk->rest, "/");
	size_t next = length + (walk->rest[length] == '/');

	memcpy(name, walk->rest, length);
	memmove(walk->rest, walk->rest + next, strlen(walk->rest + next) + 1);
	return enter_part(walk, name, length);
}

int trusted_path_check(const char *path, struct error *error)
{
	struct walk walk = {.error = error};
	char directory[PATH_MAX];
	struct stat stat;
	int err = put_before(&walk, path);

	if (!err && *path != '/')
		err = getcwd(directory, sizeof(directory)) ? put_before(&walk, directory)
							   : fail(&walk, errno);
	if (!err)
		err = check_part(&walk, &stat);
	while (!err && *walk.rest)
		err = step(&walk);
	return err;
}
