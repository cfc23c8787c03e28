/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes the log: one line at info per change, with its reason. A run that changes nothing logs
 * only at debug.
 *
 * Lines go to stderr. If systemd connected stderr to the journal ($JOURNAL_STREAM names the same
 * file), they go to the journal with fields. Writing a line never waits for its reader: a line that
 * cannot be written at once is written later, at the latest by log_finish().
 * One of the three modules in this room that do I/O (log, file, clock); pure code does not call it.
 */
#pragma once

#include "base/cleanup.h"
#include "base/deadline.h"

#include <syslog.h>

/* The levels are those of syslog: LOG_ERR, LOG_WARNING, LOG_INFO, LOG_DEBUG. */
void log_set_level(int level);

/* Reduces all later lines on stderr to ASCII. Lines in the journal remain UTF-8. */
void log_set_ascii(void);

/*
 * Writes one line. `interface` (may be NULL) is the kernel's name of the interface: the text gets
 * the prefix "eth1: ", and the journal entry the field MYHA_INTERFACE=eth1.
 */
void log_line(int level, const char *interface, const char *format, ...) _printf_(3, 4);

/* The same for an overlay (field MYHA_OVERLAY) or an ENI (field MYHA_ENI), by name. */
void log_overlay(int level, const char *overlay, const char *format, ...) _printf_(3, 4);
void log_eni(int level, const char *eni, const char *format, ...) _printf_(3, 4);

/*
 * Shows progress on a terminal, until the next line on stderr or log_progress_clear(). No-op if
 * stderr is not a terminal or the level is below LOG_INFO.
 */
void log_progress(const char *format, ...) _printf_(1, 2);
void log_progress_clear(void);

/* Like log_line(), but without a prefix and never to the journal's socket: "ocf-exit-reason:…". */
void log_plain(const char *format, ...) _printf_(1, 2);

/* Sets how long log_finish() may wait for the reader of stderr. Without a deadline it waits 1 s. */
void log_set_deadline(const struct deadline *deadline);

/* Call it last: writes the remaining lines and then reports the number of lost lines. */
void log_finish(void);
