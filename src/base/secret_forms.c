/* SPDX-License-Identifier: Apache-2.0 */
#include "base/secret_forms.h"

#include <stddef.h>
#include <string.h>

#define MASK "***"
#define SCHEME "://"
#define SIGNATURE "Signature="
#define HEXADECIMAL "0123456789abcdefABCDEF"

/* Characters that end the authority of a URL: the path, or the text around the URL. */
#define AUTHORITY_ENDS "/?#\"'<> \t\r\n"

/* Replaces the range with "***", or with fewer '*' if the range is shorter. */
static void mask_range(char *start, char *end)
{
	size_t length = (size_t)(end - start);
	size_t mask_length = length < strlen(MASK) ? length : strlen(MASK);

	memcpy(start, MASK, mask_length);
	memmove(start + mask_length, end, strlen(end) + 1);
}

static void mask_passwords(char *text)
{
	while ((text = strstr(text, SCHEME))) {
		char *at, *colon;

		text += strlen(SCHEME);
		/* The last '@' precedes the host; the password may contain others. */
		at = memrchr(text, '@', strcspn(text, AUTHORITY_ENDS));
		if (!at)
			continue;
		colon = memchr(text, ':', (size_t)(at - text));
		mask_range(colon ? colon + 1 : text, at); /* the user alone may be a token */
	}
}

static void mask_signatures(char *text)
{
	while ((text = strstr(text, SIGNATURE))) {
		text += strlen(SIGNATURE);
		mask_range(text, text + strspn(text, HEXADECIMAL));
	}
}

void secret_forms_mask(char *text)
{
	mask_passwords(text);
	mask_signatures(text);
}
