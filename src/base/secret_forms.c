/* SPDX-License-Identifier: Apache-2.0 */
#include "base/secret_forms.h"

#include <stddef.h>
#include <string.h>

#define MASK "***"
#define SCHEME "://"
#define SIGNATURE "Signature="
#define HEXADECIMAL "0123456789abcdefABCDEF"

/* Where the authority of a URL ends: its path, or what the URL stands in. */
#define ENDS "/?#\"'<> \t\r\n"

/* What is shorter than the mask gets as much of it as fits. */
static void mask_between(char *start, char *end)
{
	size_t length = (size_t)(end - start);
	size_t mask = length < strlen(MASK) ? length : strlen(MASK);

	memcpy(start, MASK, mask);
	memmove(start + mask, end, strlen(end) + 1);
}

static void mask_passwords(char *text)
{
	while ((text = strstr(text, SCHEME))) {
		char *at, *colon;

		text += strlen(SCHEME);
		/* The last one is before the host; a password may have others. */
		at = memrchr(text, '@', strcspn(text, ENDS));
		if (!at)
			continue;
		colon = memchr(text, ':', (size_t)(at - text));
		mask_between(colon ? colon + 1 : text, at);
	}
}

static void mask_signatures(char *text)
{
	while ((text = strstr(text, SIGNATURE))) {
		text += strlen(SIGNATURE);
		mask_between(text, text + strspn(text, HEXADECIMAL));
	}
}

void secret_forms_mask(char *text)
{
	mask_passwords(text);
	mask_signatures(text);
}
