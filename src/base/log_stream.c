/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log_stream.h"

#include "base/cleanup.h"
#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static bool wait_until_writable(int fd, int msec)
{
	struct pollfd wait = {.fd = fd, .events = POLLOUT};

	return poll(&wait, 1, msec) > 0;
}

/*
 * Writes to a pipe or a terminal without blocking. Reopens it, because O_NONBLOCK on `fd` would
 * also apply to the shell and other programs: they share its open file description.
 */
static ssize_t write_reopened(int fd, const char *bytes, size_t length)
{
	_cleanup_(cleanup_close) int reopened = -1;
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	reopened = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (reopened >= 0)
		return write(reopened, bytes, length);
	/* No /proc, or another user's terminal. PIPE_BUF bytes do not block a writable pipe. */
	if (wait_until_writable(fd, 0))
		return write(fd, bytes, length);
	errno = EAGAIN;
	return -1;
}

/* Returns the number of written bytes or -errno. -EAGAIN: the reader is too slow. */
static ssize_t write_nonblocking(int fd, const char *bytes, size_t length)
{
	struct stat stat;
	ssize_t written;

	if (fstat(fd, &stat) < 0)
		return -errno;
	do {
		if (S_ISSOCK(stat.st_mode))
			written = send(fd, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL);
		else if (S_ISFIFO(stat.st_mode) || isatty(fd))
			written = write_reopened(fd, bytes, length);
		else
			written = write(fd, bytes, length);
	} while (written < 0 && errno == EINTR);
	return written < 0 ? -errno : written;
}

/*
 * Writes the first line of *text, or PIPE_BUF bytes of it: lines of several processes do not mix.
 * Moves both arguments past these bytes. Returns 0, or -EAGAIN if the reader is too slow.
 */
static int write_line(int fd, const char **text, size_t *left)
{
	const char *end = memchr(*text, '\n', *left);
	size_t length = end ? (size_t)(end - *text) + 1 : *left;
	ssize_t written = write_nonblocking(fd, *text, length < PIPE_BUF ? length : PIPE_BUF);

	if (written == -EAGAIN)
		return -EAGAIN;
	/* A permanent error: drop this line and try the next one. */
	length = written < 0 ? length : (size_t)written;
	*text += length;
	*left -= length;
	return 0;
}

/* Writes the kept lines. Returns -EAGAIN, and keeps the rest, if the reader is too slow. */
static int write_kept(struct log_stream *stream, int fd)
{
	const char *text = stream->kept;
	int err = 0;

	while (!err && stream->length)
		err = write_line(fd, &text, &stream->length);
	memmove(stream->kept, text, stream->length);
	return err;
}

/* Keeps all of the line, or drops it if the buffer has no room. */
static void keep_line(struct log_stream *stream, const char *line, size_t length)
{
	if (length > sizeof(stream->kept) - stream->length) {
		stream->dropped++;
		return;
	}
	memcpy(stream->kept + stream->length, line, length);
	stream->length += length;
}

/* Writes kept lines first, to preserve the order. Keeps what cannot be written at once. */
void log_stream_write(struct log_stream *stream, int fd, const char *line)
{
	size_t left = strlen(line);
	int err = write_kept(stream, fd);

	while (!err && left)
		err = write_line(fd, &line, &left);
	if (left)
		keep_line(stream, line, left);
}

void log_stream_flush(struct log_stream *stream, int fd, const struct deadline *deadline)
{
	while (write_kept(stream, fd) == -EAGAIN) {
		uint64_t left = deadline_left(deadline, clock_now());

		if (!left || !wait_until_writable(fd, left < INT_MAX ? (int)left : INT_MAX))
			return;
	}
}

bool log_stream_try(struct log_stream *stream, int fd, const char *text)
{
	return write_kept(stream, fd) == 0 && write_nonblocking(fd, text, strlen(text)) > 0;
}
