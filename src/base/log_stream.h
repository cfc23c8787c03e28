/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes lines to a descriptor without ever waiting for its reader: a terminal that is stopped, or a
 * pipe that nobody reads, must not hold up a failover. Lines that cannot be written at once are kept
 * and written before the next one; those that do not fit are dropped and counted.
 *
 * For log.c and its test only.
 */
#pragma once

#include "base/deadline.h"

#include <stddef.h>

#define LOG_STREAM_BYTES 16384

struct log_stream {
	char kept[LOG_STREAM_BYTES]; /* whole lines */
	size_t length;
	unsigned dropped; /* lines */
};

/* `line` ends in a newline. A line that the descriptor refuses for good is lost. */
void log_stream_write(struct log_stream *stream, int fd, const char *line);

/* Writes what is kept, and waits for the reader until the deadline. */
void log_stream_flush(struct log_stream *stream, int fd, const struct deadline *deadline);

/* Writes `text` if that is possible at once and nothing is kept; returns whether it was written. */
bool log_stream_try(struct log_stream *stream, int fd, const char *text);
