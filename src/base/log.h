/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log: one line per change made at info, with its reason; a run that changes nothing logs at
 * debug only. Lines go to stderr, or, where systemd gave us the journal as stderr ($JOURNAL_STREAM
 * names the very file), to the journal with fields. A line never waits for who reads it: what cannot
 * be written at once is written later, at the latest by log_finish().
 *
 * One of the three places in this room that do I/O (log, file, clock); nothing pure calls it.
 */
#pragma once

#include "base/cleanup.h"
#include "base/deadline.h"

#include <syslog.h>

/* The levels are syslog's: LOG_ERR, LOG_WARNING, LOG_INFO, LOG_DEBUG. */
void log_set_level(int level);

/* From here on the lines on stderr, not those in the journal, are ASCII (utf8_reduce). */
void log_set_ascii(void);

/*
 * Writes one line. `interface` (may be NULL) is the kernel's name of the interface that it is
 * about: "eth1: " before the text, and MYHA_INTERFACE=eth1 in the journal.
 */
void log_line(int level, const char *interface, const char *format, ...) _printf_(3, 4);

/* The same for a line about an overlay, MYHA_OVERLAY=, or an ENI, MYHA_ENI=, by its name. */
void log_overlay(int level, const char *overlay, const char *format, ...) _printf_(3, 4);
void log_eni(int level, const char *eni, const char *format, ...) _printf_(3, 4);

/*
 * On a terminal, what is being waited for: the next line, or an empty text, wipes it away. Nowhere
 * else.
 */
void log_waiting(const char *format, ...) _printf_(1, 2);

/* A line of stderr as it is, without a prefix, and never to the journal: "ocf-exit-reason:…". */
void log_plain(const char *format, ...) _printf_(1, 2);

/* How long log_finish() may wait for who reads stderr. */
void log_set_deadline(const struct deadline *deadline);

/* The last of all: writes what could not be written before, and how many lines are lost. */
void log_finish(void);
