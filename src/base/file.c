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

/* Reads up to the end of the file. -EFBIG if it has more than `max` bytes. */
static int read_all(int fd, size_t max, struct strbuf *content)
{
	char chunk[CHUNK];
	ssize_t n_read;
	int err = 0;

	do {
		n_read = read(fd, chunk, sizeof(chunk));
		if (n_read < 0 && errno != EINTR) /* EINTR: read again */
			err = -errno;
		else if (n_read > 0 && (size_t)n_read > max - content->length)
			err = -EFBIG;
		else if (n_read > 0)
			err = strbuf_add(content, chunk, (size_t)n_read);
	} while (!err && n_read != 0);
	/* The file may contain credentials. */
	explicit_bzero(chunk, sizeof(chunk));
	return err;
}

int file_read(const char *path, size_t max, struct strbuf *ret_content, struct stat *ret_stat)
{
	_cleanup_(strbuf_done) struct strbuf content = {.max = max};
	/* open() must not block on a pipe, nor make a terminal the controlling one. */
	_cleanup_(cleanup_close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat stat;

	if (fd < 0 || fstat(fd, &stat) < 0)
		return -errno;
	if (!S_ISREG(stat.st_mode))
		return S_ISDIR(stat.st_mode) ? -EISDIR : -EINVAL;
	int err = read_all(fd, max, &content);
	if (err)
		return err;
	*ret_content = TAKE_STRUCT(content);
	if (ret_stat)
		*ret_stat = stat;
	return 0;
}

/* DIRECTORY/.NAME.new: a fixed name, so that the next writer removes what a killed one left. */
static int format_temporary_path(const char *path, char temporary[PATH_MAX])
{
	const char *slash = strrchr(path, '/');
	int directory_length = slash ? (int)(slash + 1 - path) : 0;
	int length = snprintf(temporary, PATH_MAX, "%.*s.%s.new", directory_length, path,
		path + directory_length);

	return length < 0 || length >= PATH_MAX ? -ENAMETOOLONG : 0;
}

static int write_all(int fd, const char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t n_written = write(fd, bytes, length);

		if (n_written < 0 && errno == EINTR)
			continue;
		if (n_written < 0)
			return -errno;
		bytes += n_written;
		length -= (size_t)n_written;
	}
	return 0;
}

static int write_temporary(const char *temporary, const void *bytes, size_t length, mode_t mode)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	_cleanup_(cleanup_close) int fd = open(temporary, flags, 0600);

	if (fd < 0)
		return -errno;
	int err = write_all(fd, bytes, length);
	if (err)
		return err;
	/* Set the mode regardless of the umask. The data must be on disk before the rename. */
	if (fchmod(fd, mode) < 0 || fsync(fd) < 0)
		return -errno;
	return 0;
}

int file_replace(const char *path, const void *bytes, size_t length, mode_t mode)
{
	char temporary[PATH_MAX];
	int err = format_temporary_path(path, temporary);

	if (err)
		return err;
	/* A killed writer may have left the file, and O_EXCL would fail. */
	if (unlink(temporary) < 0 && errno != ENOENT)
		return -errno;
	err = write_temporary(temporary, bytes, length, mode);
	if (!err && rename(temporary, path) < 0)
		err = -errno;
	if (err)
		unlink(temporary);
	return err;
}
