/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes lines to a file descriptor without waiting for its reader: a stopped terminal, or a pipe
 * that is not read, must not delay a failover. Lines that cannot be written at once are kept and
 * written before the next one. Lines that do not fit into the buffer are dropped and counted.
 * Only for log.c and its test.
 */
#pragma once

#include "base/deadline.h"

#include <stddef.h>

#define LOG_STREAM_BYTES 16384

struct log_stream {
	char kept[LOG_STREAM_BYTES]; /* unwritten lines; the first may be the remainder of a line */
	size_t length;
	unsigned dropped; /* number of dropped lines */
};

/* `line` must end with a newline. A line that fails with a permanent error is lost. */
void log_stream_write(struct log_stream *stream, int fd, const char *line);

/* Writes the kept lines; waits for the reader until the deadline. */
void log_stream_flush(struct log_stream *stream, int fd, const struct deadline *deadline);

/* Writes `text` if no line is kept and the write does not block. Returns whether it was written. */
bool log_stream_try(struct log_stream *stream, int fd, const char *text);
