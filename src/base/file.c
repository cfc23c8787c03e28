/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define CHUNK 4096

void cleanup_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static int read_all(int fd, size_t max, struct strbuf *content)
{
	char chunk[CHUNK];
	ssize_t got;
	int err = 0;

	do {
		got = read(fd, chunk, sizeof(chunk));
		if (got < 0 && errno != EINTR)
			err = -errno;
		else if (got > 0 && (size_t)got > max - content->length)
			err = -EFBIG;
		else if (got > 0)
			err = strbuf_add(content, chunk, (size_t)got);
	} while (!err && got != 0);
	/* It may be a file of credentials. */
	explicit_bzero(chunk, sizeof(chunk));
	return err;
}

int file_read(const char *path, size_t max, struct strbuf *ret_content, struct stat *ret_stat)
{
	_cleanup_(strbuf_done) struct strbuf content = {.max = max};
	/* Where the path names a pipe or terminal, opening it must not hang or take it over. */
	_cleanup_(cleanup_close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat stat;

	if (fd < 0 || fstat(fd, &stat) < 0)
		return -errno;
	if (!S_ISREG(stat.st_mode))
		return S_ISDIR(stat.st_mode) ? -EISDIR : -EINVAL;
	int err = read_all(fd, max, &content);
	if (err)
		return err;

	*ret_content = content;
	content = (struct strbuf){0};
	if (ret_stat)
		*ret_stat = stat;
	return 0;
}

/* DIRECTORY/.NAME.new: one name a file, so that what a killed writer left goes with the next. */
static int name_aside(const char *path, char aside[PATH_MAX])
{
	const char *slash = strrchr(path, '/');
	int directory = slash ? (int)(slash + 1 - path) : 0;
	int length = snprintf(aside, PATH_MAX, "%.*s.%s.new", directory, path, path + directory);

	return length < 0 || length >= PATH_MAX ? -ENAMETOOLONG : 0;
}

static int write_all(int fd, const char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t put = write(fd, bytes, length);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -errno;
		bytes += put;
		length -= (size_t)put;
	}
	return 0;
}

static int write_aside(const char *aside, const void *bytes, size_t length, mode_t mode)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	_cleanup_(cleanup_close) int fd = open(aside, flags, 0600);

	if (fd < 0)
		return -errno;
	int err = write_all(fd, bytes, length);
	if (err)
		return err;
	/* The mode is meant as it is, whatever the umask; and the bytes must be there first. */
	if (fchmod(fd, mode) < 0 || fsync(fd) < 0)
		return -errno;
	return 0;
}

int file_replace(const char *path, const void *bytes, size_t length, mode_t mode)
{
	char aside[PATH_MAX];
	int err = name_aside(path, aside);

	if (err)
		return err;
	if (unlink(aside) < 0 && errno != ENOENT)
		return -errno;
	err = write_aside(aside, bytes, length, mode);
	if (!err && rename(aside, path) < 0)
		err = -errno;
	if (err)
		unlink(aside);
	return err;
}
