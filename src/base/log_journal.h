/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a line of the log gets to systemd-journald. The format is the journal's native protocol
 * (systemd.io/JOURNAL_NATIVE_PROTOCOL): a datagram of KEY=VALUE lines; a value with a newline in it
 * comes as KEY, newline, its length as 64 bits little-endian, the value, newline.
 *
 * For log.c and its test alone.
 */
#pragma once

#include "base/strbuf.h"

#include <stdbool.h>

#define LOG_JOURNAL_SOCKET "/run/systemd/journal/socket"

/* Whether `stream`, $JOURNAL_STREAM's "DEVICE:INODE" (may be NULL), names the very file of `fd`. */
bool log_journal_is(int fd, const char *stream);

/* What a line is about. */
struct log_subject {
	const char *field; /* of the journal: "MYHA_INTERFACE" */
	const char *name; /* NULL: nothing in particular */
};

/* The datagram for one line. 0 or -errno of strbuf_add(). */
int log_journal_encode(
	int level, const struct log_subject *subject, const char *text, struct strbuf *out);

/* 0 or -errno; never waits. */
int log_journal_send(const char *socket_path, const struct strbuf *datagram);

/* What log_line() does once the level is let through: to the socket, and if that fails to `fd`. */
void log_deliver(
	const char *socket_path, int fd, int level, const struct log_subject *subject, char *text);
