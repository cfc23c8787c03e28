/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"

#include "base/secret_forms.h"
#include "base/utf8.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Always leaves one shown line of UTF-8, however long or odd what was formatted is. */
static _printf_(3, 0) void format_words(
	char *words, size_t size, const char *format, va_list arguments)
{
	int length = vsnprintf(words, size, format, arguments);

	if (length < 0)
		snprintf(words, size, "out of memory");
	else if ((size_t)length >= size)
		utf8_mark_cut(words, size);
	secret_forms_mask(words);
	utf8_mask(words);
}

int error_set(struct error *error, enum outcome outcome, int err, const char *format, ...)
{
	char words[sizeof(error->text)];
	va_list arguments;

	if (!error)
		return -err;
	/* Aside first: the old words may be among the arguments. */
	va_start(arguments, format);
	format_words(words, sizeof(words), format, arguments);
	va_end(arguments);

	memcpy(error->text, words, strlen(words) + 1);
	error->quote[0] = '\0';
	error->outcome = outcome;
	return -err;
}

int error_complete(struct error *error, int err)
{
	if (error->outcome == OUTCOME_DONE)
		error_set(error, OUTCOME_FAILED, -err, "%s",
			err == -ENOMEM ? "out of memory" : strerror(-err));
	return err;
}

void error_prefix(struct error *error, const char *format, ...)
{
	char words[sizeof(error->text)];
	va_list arguments;

	if (!error)
		return;
	va_start(arguments, format);
	format_words(words, sizeof(words), format, arguments);
	va_end(arguments);

	size_t used = strlen(words);
	int more = snprintf(words + used, sizeof(words) - used, ": %s", error->text);
	if (more < 0 || (size_t)more >= sizeof(words) - used)
		utf8_mark_cut(words, sizeof(words));
	memcpy(error->text, words, strlen(words) + 1);
}

static bool is_failure(enum outcome outcome)
{
	return outcome != OUTCOME_DONE && outcome != OUTCOME_DIFFERS;
}

enum outcome outcome_join(enum outcome one, enum outcome other)
{
	if (one == other)
		return one;
	return is_failure(one) && is_failure(other) ? OUTCOME_FAILED : OUTCOME_DIFFERS;
}
