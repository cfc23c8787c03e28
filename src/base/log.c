/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include "base/clock.h"
#include "base/log_journal.h"
#include "base/log_secrets.h"
#include "base/log_stream.h"
#include "base/utf8.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINE_MAX_BYTES 2048

#define WIPE_LINE "\r\033[K" /* clears the line of the terminal's cursor */
#define LINE_PREFIX "myha: "

/* For runs without a command's deadline: --help and usage errors. */
#define FINISH_MSEC 1000

static int threshold = LOG_INFO;
static bool is_progress_shown, is_ascii;
static struct log_stream stream;
static struct deadline finish_deadline;

void log_set_level(int level)
{
	threshold = level;
}

void log_set_ascii(void)
{
	is_ascii = true;
}

/* Returns -ENOTCONN if `fd` is not the journal's stream, or the error of sending. */
static int send_to_journal(const char *socket_path, int fd, int level,
	const struct log_subject *subject, const char *text)
{
	_cleanup_(strbuf_done) struct strbuf datagram = {0};

	if (!log_journal_matches_fd(fd, getenv("JOURNAL_STREAM")))
		return -ENOTCONN;
	int err = log_journal_encode(level, subject, text, &datagram);
	return err ? err : log_journal_send(socket_path, &datagram);
}

/* Writes the line in place of a progress line, if the terminal shows one. */
static void write_to_stream(int fd, char *text)
{
	char line[sizeof(WIPE_LINE) + sizeof(LINE_PREFIX) + LINE_MAX_BYTES + 1];

	if (is_ascii)
		utf8_reduce_to_ascii(text);
	snprintf(line, sizeof(line), "%s" LINE_PREFIX "%.*s\n", is_progress_shown ? WIPE_LINE : "",
		LINE_MAX_BYTES, text);
	is_progress_shown = false;
	log_stream_write(&stream, fd, line);
}

/* Writes to the journal if it is connected to `fd`; if not, or if that fails, to `fd`. */
void log_write_line(
	const char *socket_path, int fd, int level, const struct log_subject *subject, char *text)
{
	log_secrets_mask(text);
	/* journalctl prints line breaks and characters that reorder text unchanged. */
	utf8_mask(text);
	if (send_to_journal(socket_path, fd, level, subject, text) < 0)
		write_to_stream(fd, text);
}

/* Puts the subject's name, cut to leave space for the text, first; the journal has a field, too. */
_printf_(3, 0) static void log_with_subject(
	int level, struct log_subject subject, const char *format, va_list arguments)
{
	char line[LINE_MAX_BYTES];
	int prefix_length = 0, length;

	if (level > threshold)
		return;
	if (subject.name)
		prefix_length = snprintf(line, sizeof(line), "%.255s: ", subject.name);
	length = vsnprintf(
		line + prefix_length, sizeof(line) - (size_t)prefix_length, format, arguments);
	if (length < 0)
		return;
	if ((size_t)(prefix_length + length) >= sizeof(line))
		utf8_mark_cut(line, sizeof(line));
	log_write_line(LOG_JOURNAL_SOCKET, STDERR_FILENO, level, &subject, line);
}

void log_line(int level, const char *interface, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	log_with_subject(
		level, (struct log_subject){"MYHA_INTERFACE", interface}, format, arguments);
	va_end(arguments);
}

void log_overlay(int level, const char *overlay, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	log_with_subject(level, (struct log_subject){"MYHA_OVERLAY", overlay}, format, arguments);
	va_end(arguments);
}

void log_eni(int level, const char *eni, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	log_with_subject(level, (struct log_subject){"MYHA_ENI", eni}, format, arguments);
	va_end(arguments);
}

/* The text replaces the terminal's current line, and disappears with the next log line. */
void log_progress(const char *format, ...)
{
	char line[LINE_MAX_BYTES] = WIPE_LINE;
	char *text = line + strlen(WIPE_LINE);
	va_list arguments;

	if (threshold < LOG_INFO || !isatty(STDERR_FILENO))
		return;
	va_start(arguments, format);
	vsnprintf(text, sizeof(line) - strlen(WIPE_LINE), format, arguments);
	va_end(arguments);
	log_secrets_mask(text);
	utf8_mask(text);
	if (log_stream_try(&stream, STDERR_FILENO, line))
		is_progress_shown = true;
}

void log_progress_clear(void)
{
	if (is_progress_shown && log_stream_try(&stream, STDERR_FILENO, WIPE_LINE))
		is_progress_shown = false;
}

/* Writes at all levels and without a prefix: other programs parse these lines. */
void log_plain(const char *format, ...)
{
	char line[LINE_MAX_BYTES];
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(line, sizeof(line) - 1, format, arguments); /* 1: for the newline */
	va_end(arguments);
	if (length < 0)
		return;
	log_secrets_mask(line);
	if (is_ascii)
		utf8_reduce_to_ascii(line);
	strcat(line, "\n");
	log_stream_write(&stream, STDERR_FILENO, line);
}

void log_set_deadline(const struct deadline *deadline)
{
	finish_deadline = *deadline;
}

void log_finish(void)
{
	if (!finish_deadline.at) /* not set */
		finish_deadline = deadline_after(clock_now(), FINISH_MSEC);
	log_stream_flush(&stream, STDERR_FILENO, &finish_deadline);
	/* While lines are unwritten, nobody reads: a report of lost lines would be lost, too. */
	if (stream.length || !stream.dropped)
		return;
	log_line(LOG_WARNING, NULL, "%u log lines are lost: stderr was not read in time",
		stream.dropped);
	log_stream_flush(&stream, STDERR_FILENO, &finish_deadline);
}
