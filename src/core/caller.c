/* SPDX-License-Identifier: Apache-2.0 */
#include "core/caller.h"

#include "base/file.h"
#include "base/parse.h"

#include <fcntl.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <unistd.h>

#define NOBODY 65534 /* stands for an unknown id: may read only what everybody may read */
#define ID_MAX (UINT32_MAX - 1)

struct caller {
	uint32_t uid, gid;
};

/* Returns NOBODY if the variable is not set or is not a valid id. */
static uint32_t read_id_variable(const char *variable)
{
	const char *text = getenv(variable);
	uint32_t id;

	return text && parse_u32(text, 0, ID_MAX, &id) == 0 ? id : NOBODY;
}

/* sudo, pkexec and doas set these variables themselves: the caller cannot choose their values. */
static struct caller find_caller(void)
{
	const char *doas = getenv("DOAS_USER");

	if (getenv("SUDO_UID"))
		return (struct caller){read_id_variable("SUDO_UID"), read_id_variable("SUDO_GID")};
	if (getenv("PKEXEC_UID"))
		return (struct caller){
			read_id_variable("PKEXEC_UID"), NOBODY /* no group variable */};
	if (doas && strcmp(doas, "root") != 0) /* only a name, which is not resolved */
		return (struct caller){NOBODY, NOBODY};
	return (struct caller){getuid(), getgid()};
}

/* Opens the path with the rights of this user and group. Returns -1 if they do not suffice. */
static int open_as(const struct caller *caller, const char *path)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();
	int fd = -1;

	/* Both return the old id even on failure. With the invalid id -1, they only read the id. */
	setfsgid(caller->gid);
	setfsuid(caller->uid);
	if ((uid_t)setfsuid((uid_t)-1) == caller->uid && (gid_t)setfsgid((gid_t)-1) == caller->gid)
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	setfsuid(uid);
	setfsgid(gid);
	return fd;
}

/* As open_as(), but drops root's supplementary groups while it opens the file. */
static int open_without_groups(const struct caller *caller, const char *path)
{
	int count = getgroups(0, NULL);
	_cleanup_(cleanup_free)
		gid_t *groups = count >= 0 ? calloc((size_t)count + 1, sizeof(*groups)) : NULL;

	if (!groups || getgroups(count, groups) != count || setgroups(0, NULL) < 0)
		return -1;
	int fd = open_as(caller, path);
	if (setgroups((size_t)count, groups) < 0 && fd >= 0) { /* groups are lost: no access */
		close(fd);
		fd = -1;
	}
	return fd;
}

/* `path` may name another file by now: compares it with the file that was read. */
bool caller_can_read(const char *path, const struct stat *stat)
{
	const struct caller caller = find_caller();
	struct stat found;

	if (caller.uid == 0 || caller.uid == geteuid())
		return true;
	_cleanup_(cleanup_close) int fd = open_without_groups(&caller, path);
	return fd >= 0 && fstat(fd, &found) == 0 && found.st_dev == stat->st_dev &&
	       found.st_ino == stat->st_ino;
}
