/* SPDX-License-Identifier: Apache-2.0 */
#include "base/shell.h"

#include "base/utf8.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define SAFE "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_@%+=:,./-"
#define NO_OPTION "-- "

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

/* As the format of printf(1), between single quotes. */
static void add_escaped(struct strbuf *out, const char *word)
{
	size_t left = strlen(word);
	bool is_first = true;

	while (left > 0) {
		uint32_t character = 0;
		size_t length = utf8_decode(word, left, &character);
		/* A '-' in front would begin an option of printf's. */
		bool is_plain = length && utf8_is_shown(character) && character != '\'' &&
				!(is_first && character == '-');

		length = length ? length : 1;
		if (is_plain)
			strbuf_printf(out, "%s%.*s",
				character == '\\'  ? "\\"
				: character == '%' ? "%"
						   : "",
				(int)length, word);
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

	if (length && word[length - 1] == '\n')
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

/* A format on its way; of `out` all that was before `at` is there. */
struct walk {
	struct strbuf *out;
	const char *at;
	va_list arguments;
};

static bool take(struct walk *walk, const char *conversion)
{
	size_t length = strlen(conversion);

	if (strncmp(walk->at, conversion, length) != 0)
		return false;
	walk->at += length;
	return true;
}

/* At most `length` bytes of the string, behind `n_before` bytes of text. */
static int add_string(struct walk *walk, const char *before, size_t n_before, size_t length)
{
	const char *string = va_arg(walk->arguments, const char *);
	const size_t n_mark = strlen(NO_OPTION);
	_cleanup_(strbuf_done) struct strbuf word = {0};

	if (n_before >= n_mark && *string != '-' &&
		strncmp(before + n_before - n_mark, NO_OPTION, n_mark) == 0)
		n_before -= n_mark;
	strbuf_add(walk->out, before, n_before);
	if (strbuf_add(&word, string, strnlen(string, length)))
		return -ENOMEM;
	return shell_add_word(walk->out, strbuf_text(&word));
}

/* The text up to the next conversion, and that. */
static int add_next(struct walk *walk)
{
	const char *before = walk->at;
	size_t n_before = strcspn(before, "%");

	walk->at += n_before;
	if (take(walk, "%s"))
		return add_string(walk, before, n_before, SIZE_MAX);
	if (take(walk, "%.*s")) {
		int length = va_arg(walk->arguments, int);
		return add_string(walk, before, n_before, (size_t)length);
	}
	strbuf_add(walk->out, before, n_before);
	if (take(walk, "%%"))
		return strbuf_add(walk->out, "%", 1);
	if (take(walk, "%u"))
		return strbuf_printf(walk->out, "%u", va_arg(walk->arguments, unsigned));
	if (take(walk, "%d"))
		return strbuf_printf(walk->out, "%d", va_arg(walk->arguments, int));
	if (take(walk, "%zu"))
		return strbuf_printf(walk->out, "%zu", va_arg(walk->arguments, size_t));
	return *walk->at ? -EINVAL : 0;
}

int shell_vprintf(struct strbuf *out, const char *format, va_list arguments)
{
	struct walk walk = {.out = out, .at = format};
	int err = 0;

	va_copy(walk.arguments, arguments);
	while (!err && *walk.at)
		err = add_next(&walk);
	va_end(walk.arguments);
	if (out->failed)
		err = -ENOMEM;
	/* A caller that checks only the whole must not take it for complete without its word. */
	out->failed = err;
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
