/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/proxy.h"

#include "base/cleanup.h"
#include "base/log_secrets.h"
#include "base/parse.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#define USER_MAX 512 /* bytes of "user:password" */

/* The variables that libcurl reads for http and https. It ignores HTTP_PROXY. */
static const char *const proxy_variables[] = {
	"https_proxy", "HTTPS_PROXY", "http_proxy", "all_proxy", "ALL_PROXY"};

/* Decodes %XX in place, as libcurl does before it sends the text. Returns the new length. */
static size_t decode_percent(char *text)
{
	char *out = text;

	for (const char *in = text; *in; in++) {
		int high = *in == '%' ? parse_hex_digit(in[1]) : -1;
		int low = high < 0 ? -1 : parse_hex_digit(in[2]);

		*out++ = low < 0 ? *in : (char)(high << 4 | low);
		in += low < 0 ? 0 : 2;
	}
	*out = '\0';
	return (size_t)(out - text);
}

/* Makes logs mask the password of "user:password", and the header that has both in base64. */
static void learn_password(const char *user_password, size_t length)
{
	char text[USER_MAX], encoded[USER_MAX / 3 * 4 + 8]; /* 4 characters for 3 bytes */
	const char *colon;

	if (length >= sizeof(text))
		return;
	memcpy(text, user_password, length);
	text[length] = '\0';
	length = decode_percent(text);
	colon = strchr(text, ':');
	log_secrets_learn(colon ? colon + 1 : text); /* without a password: a token as user */
	/* Proxy-Authorization: Basic BASE64 */
	EVP_EncodeBlock((unsigned char *)encoded, (const unsigned char *)text, (int)length);
	log_secrets_learn(encoded);
	explicit_bzero(text, sizeof(text));
	explicit_bzero(encoded, sizeof(encoded));
}

/* The password is in SCHEME://USER:PASSWORD@HOST; the scheme may be missing. */
void proxy_register_passwords(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(proxy_variables); i++) {
		const char *url = secure_getenv(proxy_variables[i]);
		const char *scheme = url ? strstr(url, "://") : NULL;
		const char *user = scheme ? scheme + strlen("://") : url;
		const char *at = user ? memrchr(user, '@', strcspn(user, "/?#")) : NULL;

		if (at)
			learn_password(user, (size_t)(at - user));
	}
}
