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

/* Copies what a quote holds and returns what is behind it, or NULL where it is not closed. */
static const char *copy_quoted(const char *at, char **to)
{
	char quote = *at++;

	for (; *at && *at != quote; at++) {
		/* Between double quotes a backslash hides only these two. */
		if (quote == '"' && *at == '\\' && (at[1] == '"' || at[1] == '\\'))
			at++;
		*(*to)++ = *at;
	}
	return *at ? at + 1 : NULL;
}

/* The same for one word. A NULL says that it does not end. */
static const char *copy_word(const char *at, char **to)
{
	while (at && *at && !is_blank(*at)) {
		if (*at == '\'' || *at == '"') {
			at = copy_quoted(at, to);
			continue;
		}
		if (*at == '\\' && !*++at)
			return NULL;
		*(*to)++ = *at++;
	}
	*(*to)++ = '\0';
	return at;
}

int shell_split(const char *text, char ***ret_words, size_t *ret_count)
{
	/* Every second character begins a word at most; none takes more bytes than it had. */
	size_t length = strlen(text), most = length / 2 + 2, count = 0;
	char **words = malloc(most * sizeof(*words) + length + 2);
	char *to = (char *)(words + most);
	const char *at = text;

	if (!words)
		return -ENOMEM;
	for (;;) {
		at += strspn(at, BLANKS);
		if (!*at)
			break;
		words[count++] = to;
		at = copy_word(at, &to);
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
