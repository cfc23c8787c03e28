/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/shell_split.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define BLANKS " \t\r\n"

static bool is_blank(char character)
{
	return character && strchr(BLANKS, character);
}

/* Copies the text between quotes. Returns the position after them, or NULL if they do not close. */
static const char *copy_quoted(const char *at, char **out)
{
	char quote = *at++;

	for (; *at && *at != quote; at++) {
		/* Between double quotes a backslash escapes only these two. */
		if (quote == '"' && *at == '\\' && (at[1] == '"' || at[1] == '\\'))
			at++;
		*(*out)++ = *at;
	}
	return *at ? at + 1 : NULL;
}

/* Copies one word. Returns the position after it, or NULL if the word is incomplete. */
static const char *copy_word(const char *at, char **out)
{
	while (at && *at && !is_blank(*at)) {
		if (*at == '\'' || *at == '"') {
			at = copy_quoted(at, out);
			continue;
		}
		if (*at == '\\' && !*++at)
			return NULL;
		*(*out)++ = *at++;
	}
	*(*out)++ = '\0';
	return at;
}

int shell_split(const char *text, char ***ret_words, size_t *ret_count)
{
	/*
	 * One allocation: the words' pointers, then their bytes. At most every second character
	 * begins a word, and no word becomes longer.
	 */
	size_t length = strlen(text), max = length / 2 + 2, count = 0;
	char **words = malloc(max * sizeof(*words) + length + 2);
	char *out = (char *)(words + max);
	const char *at = text;

	if (!words)
		return -ENOMEM;
	for (;;) {
		at += strspn(at, BLANKS);
		if (!*at)
			break;
		words[count++] = out;
		at = copy_word(at, &out);
		if (!at) {
			free(words);
			return -EINVAL;
		}
	}
	words[count] = NULL;
	*ret_words = words;
	*ret_count = count;
	return 0;
}
