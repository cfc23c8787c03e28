/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"

#include "base/secret_forms.h"
#include "base/utf8.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Formats one printable line of UTF-8, however long or malformed the arguments are. */
static _printf_(3, 0) void format_line(
	char *line, size_t size, const char *format, va_list arguments)
{
	int length = vsnprintf(line, size, format, arguments);

	if (length < 0)
		snprintf(line, size, "out of memory");
	else if ((size_t)length >= size)
		utf8_mark_cut(line, size);
	secret_forms_mask(line);
	utf8_mask(line);
}

/* Returns -err. `error` may be NULL: the caller then needs no text. */
int error_set(struct error *error, enum outcome outcome, int err, const char *format, ...)
{
	char line[sizeof(error->text)];
	va_list arguments;

	if (!error)
		return -err;
	/* Format into a local buffer first: the previous text may be among the arguments. */
	va_start(arguments, format);
	format_line(line, sizeof(line), format, arguments);
	va_end(arguments);
	/* The quote and the code of an earlier error do not apply to this one. */
	memcpy(error->text, line, strlen(line) + 1);
	error->quote[0] = '\0';
	error->code = ERROR_OTHER;
	error->outcome = outcome;
	return -err;
}

int error_oom(struct error *error)
{
	return error_set(error, OUTCOME_FAILED, ENOMEM, "out of memory");
}

int error_ensure_text(struct error *error, int err)
{
	if (error->outcome != OUTCOME_DONE) /* already has a text */
		return err;
	if (err == -ENOMEM)
		return error_oom(error);
	return error_set(error, OUTCOME_FAILED, -err, "%s", strerror(-err));
}

void error_prefix(struct error *error, const char *format, ...)
{
	char line[sizeof(error->text)];
	va_list arguments;

	if (!error)
		return;
	va_start(arguments, format);
	format_line(line, sizeof(line), format, arguments);
	va_end(arguments);
	size_t length = strlen(line);
	int added = snprintf(line + length, sizeof(line) - length, ": %s", error->text);
	if (added < 0 || (size_t)added >= sizeof(line) - length)
		utf8_mark_cut(line, sizeof(line));
	memcpy(error->text, line, strlen(line) + 1);
}

/* OUTCOME_DIFFERS is not a failure: some of the changes were made. */
static bool is_failure(enum outcome outcome)
{
	return outcome != OUTCOME_DONE && outcome != OUTCOME_DIFFERS;
}

enum outcome outcome_combine(enum outcome a, enum outcome b)
{
	if (a == b)
		return a;
	return is_failure(a) && is_failure(b) ? OUTCOME_FAILED : OUTCOME_DIFFERS;
}
