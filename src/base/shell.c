/* SPDX-License-Identifier: Apache-2.0 */
#include "base/shell.h"

#include "base/utf8.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define SAFE "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_@%+=:,./-"
#define END_OF_OPTIONS "-- "

static void add_quoted(struct strbuf *out, const char *word)
{
	strbuf_add(out, "'", 1);
	for (; *word; word++)
		if (*word == '\'')
			strbuf_add_string(out, "'\\''");
		else
			strbuf_add(out, word, 1);
	strbuf_add(out, "'", 1);
}

/* Escapes `word` for the format of printf(1) in single quotes. */
static void add_escaped(struct strbuf *out, const char *word)
{
	size_t left = strlen(word);
	bool is_first = true;

	while (left > 0) {
		uint32_t character = 0;
		size_t length = utf8_decode(word, left, &character);
		/* printf would parse a leading '-' as an option. */
		bool is_plain = length && utf8_is_shown(character) && character != '\'' &&
				!(is_first && character == '-');

		length = length ? length : 1;
		if (is_plain && (character == '\\' || character == '%'))
			strbuf_add(out, word, 1); /* printf(1) requires it twice */
		if (is_plain)
			strbuf_add(out, word, length);
		for (size_t i = 0; !is_plain && i < length; i++)
			strbuf_printf(out, "\\%03o", (unsigned char)word[i]);
		word += length;
		left -= length;
		is_first = false;
	}
}

int shell_add_quoted(struct strbuf *out, const char *word)
{
	size_t length = strlen(word);

	if (length && word[length - 1] == '\n') /* $(…) would drop the newline */
		return -EINVAL;
	if (utf8_is_shown_text(word)) {
		add_quoted(out, word);
	} else {
		strbuf_add_string(out, "\"$(printf '");
		add_escaped(out, word);
		strbuf_add_string(out, "')\"");
	}
	return out->failed ? -ENOMEM : 0;
}

int shell_add_word(struct strbuf *out, const char *word)
{
	if (!*word || word[strspn(word, SAFE)])
		return shell_add_quoted(out, word);
	return strbuf_add_string(out, word);
}

/* A format that is partly processed: `out` contains the result for the format before `at`. */
struct formatter {
	struct strbuf *out;
	const char *at;
	va_list arguments;
};

/* If the format continues with this conversion, moves past it and returns true. */
static bool accept_conversion(struct formatter *formatter, const char *conversion)
{
	size_t length = strlen(conversion);

	if (strncmp(formatter->at, conversion, length) != 0)
		return false;
	formatter->at += length;
	return true;
}

/*
 * Appends `n_before` bytes of text, and at most `length` bytes of the string argument as a word.
 * Omits "-- " at the end of the text if the word cannot be confused with an option.
 */
static int add_string_argument(
	struct formatter *formatter, const char *before, size_t n_before, size_t length)
{
	const char *string = va_arg(formatter->arguments, const char *);
	const size_t n_dashes = strlen(END_OF_OPTIONS);
	_cleanup_(strbuf_done) struct strbuf word = {0};

	if (n_before >= n_dashes && *string != '-' &&
		strncmp(before + n_before - n_dashes, END_OF_OPTIONS, n_dashes) == 0)
		n_before -= n_dashes;
	strbuf_add(formatter->out, before, n_before);
	if (strbuf_add(&word, string, strnlen(string, length)))
		return -ENOMEM;
	return shell_add_word(formatter->out, strbuf_text(&word));
}

/* Appends the text before the next conversion, and the conversion. */
static int add_next_conversion(struct formatter *formatter)
{
	const char *before = formatter->at;
	size_t n_before = strcspn(before, "%");

	formatter->at += n_before;
	if (accept_conversion(formatter, "%s"))
		return add_string_argument(formatter, before, n_before, SIZE_MAX);
	if (accept_conversion(formatter, "%.*s")) {
		int length = va_arg(formatter->arguments, int);
		return add_string_argument(formatter, before, n_before, (size_t)length);
	}
	strbuf_add(formatter->out, before, n_before);
	if (accept_conversion(formatter, "%%"))
		return strbuf_add(formatter->out, "%", 1);
	if (accept_conversion(formatter, "%u"))
		return strbuf_printf(formatter->out, "%u", va_arg(formatter->arguments, unsigned));
	if (accept_conversion(formatter, "%d"))
		return strbuf_printf(formatter->out, "%d", va_arg(formatter->arguments, int));
	if (accept_conversion(formatter, "%zu"))
		return strbuf_printf(formatter->out, "%zu", va_arg(formatter->arguments, size_t));
	return *formatter->at ? -EINVAL : 0; /* 0: the end of the format */
}

int shell_vprintf(struct strbuf *out, const char *format, va_list arguments)
{
	struct formatter formatter = {.out = out, .at = format};
	int err = 0;

	va_copy(formatter.arguments, arguments);
	while (!err && *formatter.at)
		err = add_next_conversion(&formatter);
	va_end(formatter.arguments);
	if (out->failed)
		err = -ENOMEM;
	/* Callers that check only `out` must notice the failure: the command is incomplete. */
	out->failed = err != 0;
	return err;
}

int shell_printf(struct strbuf *out, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	int err = shell_vprintf(out, format, arguments);
	va_end(arguments);
	return err;
}

const char *shell_quote(const char *word, char buffer[SHELL_WORD_SIZE])
{
	_cleanup_(strbuf_done) struct strbuf quoted = {0};
	int err = shell_add_word(&quoted, word);

	snprintf(buffer, SHELL_WORD_SIZE, "%s",
		err || quoted.length >= SHELL_WORD_SIZE ? "..." : strbuf_text(&quoted));
	return buffer;
}
