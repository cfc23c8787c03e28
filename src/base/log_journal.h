/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sends log lines to systemd-journald in the journal's native protocol
 * (systemd.io/JOURNAL_NATIVE_PROTOCOL): a datagram of KEY=VALUE lines. A value that contains a
 * newline is sent as KEY, newline, the length as 64 bits little-endian, the value, newline.
 *
 * Only for log.c and its test.
 */
#pragma once

#include "base/strbuf.h"

#include <stdbool.h>

#define LOG_JOURNAL_SOCKET "/run/systemd/journal/socket"

/* Returns whether `journal_stream` ($JOURNAL_STREAM, may be NULL) names the file of `fd`. */
bool log_journal_matches_fd(int fd, const char *journal_stream);

/* The object that a line is about. */
struct log_subject {
	const char *field; /* the journal's field, for example "MYHA_INTERFACE" */
	const char *name; /* NULL: no object */
};

/* Appends the datagram for one line. Returns 0 or -ENOMEM. */
int log_journal_encode(
	int level, const struct log_subject *subject, const char *text, struct strbuf *out);

/* Returns 0 or -errno. Never blocks. */
int log_journal_send(const char *socket_path, const struct strbuf *datagram);

/*
 * Writes a line that has passed the level: to the journal's socket if `fd` is the journal's stream,
 * or to `fd` if it is not or sending fails. Masks `text` in place.
 */
void log_write_line(
	const char *socket_path, int fd, int level, const struct log_subject *subject, char *text);
