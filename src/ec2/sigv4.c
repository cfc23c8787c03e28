/* SPDX-License-Identifier: Apache-2.0 */
#include "ec2/sigv4.h"

#include "base/utf8.h"
#include "ec2/utc.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#define ALGORITHM "AWS4-HMAC-SHA256"
#define TERMINATOR "aws4_request"
#define HASH_SIZE 32
#define HASH_TEXT_SIZE (2 * HASH_SIZE + 1)
#define TEXT_MAX (64u << 10) /* far above session tokens, which have no documented limit */

struct hash {
	unsigned char bytes[HASH_SIZE];
};

/* The input of one signature, and its intermediate values. */
struct signing {
	const struct sigv4_credentials *credentials;
	const struct sigv4_request *request;
	const char *signed_headers;
	char stamp[UTC_STAMP_SIZE];
	struct strbuf scope;
	struct strbuf canonical; /* holds the session token */
	struct strbuf to_sign;
	struct strbuf first_key; /* holds the secret key */
	struct hash key; /* the signing key */
	struct hash signature;
};

static void signing_done(struct signing *signing)
{
	strbuf_done(&signing->scope);
	strbuf_done(&signing->canonical);
	strbuf_done(&signing->to_sign);
	strbuf_done(&signing->first_key);
	explicit_bzero(&signing->key, sizeof(signing->key));
}

void sigv4_headers_done(struct sigv4_headers *headers)
{
	if (!headers)
		return;
	strbuf_done(&headers->authorization);
	strbuf_done(&headers->date);
	strbuf_done(&headers->token);
}

static int sha256(const void *bytes, size_t length, struct hash *ret_hash)
{
	return EVP_Digest(bytes, length, ret_hash->bytes, NULL, EVP_sha256(), NULL) == 1 ? 0 : -EIO;
}

static int hmac(const void *key, size_t key_length, const char *text, struct hash *ret_hash)
{
	struct hash hash;
	int err = 0;

	/* A separate result, since ret_hash may be the key. */
	if (HMAC(EVP_sha256(), key, (int)key_length, (const unsigned char *)text, strlen(text),
		    hash.bytes, NULL))
		*ret_hash = hash;
	else
		err = -EIO;
	explicit_bzero(&hash, sizeof(hash));
	return err;
}

static const char *hash_to_hex(const struct hash *hash, char buffer[HASH_TEXT_SIZE])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < HASH_SIZE; i++) {
		buffer[2 * i] = digits[hash->bytes[i] >> 4];
		buffer[2 * i + 1] = digits[hash->bytes[i] & 0xf];
	}
	buffer[2 * HASH_SIZE] = '\0';
	return buffer;
}

static bool is_printable(const char *text, char first)
{
	return ascii_is_printable(text, strlen(text), first);
}

/* The texts must fit in headers ('!': no blanks); the secret key is neither empty nor too long. */
static bool is_valid(
	const struct sigv4_credentials *credentials, const struct sigv4_request *request)
{
	return is_printable(credentials->access_key, '!') && *credentials->secret_key &&
	       strlen(credentials->secret_key) <= TEXT_MAX / 2 &&
	       (!credentials->session_token || is_printable(credentials->session_token, ' ')) &&
	       is_printable(request->region, '!') && is_printable(request->service, '!') &&
	       is_printable(request->host, '!') && is_printable(request->content_type, ' ');
}

/* Adds a line of the canonical headers: trims blanks, and replaces several in a row by one. */
static int add_header(struct strbuf *canonical, const char *name, const char *value)
{
	const char *word = value + strspn(value, " ");
	int err = strbuf_printf(canonical, "%s:", name);

	while (!err && *word) {
		size_t length = strcspn(word, " ");

		err = strbuf_add(canonical, word, length);
		word += length + strspn(word + length, " ");
		if (!err && *word)
			err = strbuf_add(canonical, " ", 1);
	}
	return err ? err : strbuf_add(canonical, "\n", 1);
}

static int write_canonical_request(struct signing *signing)
{
	const struct sigv4_request *request = signing->request;
	struct strbuf *canonical = &signing->canonical;
	char text[HASH_TEXT_SIZE];
	struct hash body;
	int err = sha256(request->body, request->length, &body);

	if (!err)
		err = strbuf_add_string(canonical, "POST\n/\n\n"); /* no query string */
	/* The headers must be sorted by name. */
	if (!err)
		err = add_header(canonical, "content-type", request->content_type);
	if (!err)
		err = add_header(canonical, "host", request->host);
	if (!err)
		err = add_header(canonical, "x-amz-date", signing->stamp);
	if (!err && signing->credentials->session_token)
		err = add_header(
			canonical, "x-amz-security-token", signing->credentials->session_token);
	if (!err)
		err = strbuf_printf(
			canonical, "\n%s\n%s", signing->signed_headers, hash_to_hex(&body, text));
	return err;
}

/* Also writes the scope, which the Authorization header repeats. */
static int write_string_to_sign(struct signing *signing)
{
	const struct strbuf *canonical = &signing->canonical;
	char text[HASH_TEXT_SIZE];
	struct hash hash;
	int err = strbuf_printf(&signing->scope, "%.*s/%s/%s/" TERMINATOR, UTC_DATE_LENGTH,
		signing->stamp, signing->request->region, signing->request->service);

	if (!err)
		err = sha256(canonical->data, canonical->length, &hash);
	if (!err)
		err = strbuf_printf(&signing->to_sign, ALGORITHM "\n%s\n%s\n%s", signing->stamp,
			strbuf_text(&signing->scope), hash_to_hex(&hash, text));
	return err;
}

/*
 * Derives the signing key: HMAC of the date with the key "AWS4" + secret key, then of each part
 * with the previous result. The signature is the HMAC of the string to sign with this key.
 */
static int make_signature(struct signing *signing)
{
	char date[UTC_DATE_LENGTH + 1] = {0};
	const char *const parts[] = {
		signing->request->region, signing->request->service, TERMINATOR};
	struct hash *key = &signing->key;
	int err = strbuf_add_string(&signing->first_key, "AWS4");

	memcpy(date, signing->stamp, UTC_DATE_LENGTH);
	if (!err)
		err = strbuf_add_string(&signing->first_key, signing->credentials->secret_key);
	if (!err)
		err = hmac(signing->first_key.data, signing->first_key.length, date, key);
	for (size_t i = 0; !err && i < ARRAY_SIZE(parts); i++)
		err = hmac(key->bytes, HASH_SIZE, parts[i], key);
	if (!err)
		err = hmac(
			key->bytes, HASH_SIZE, strbuf_text(&signing->to_sign), &signing->signature);
	return err;
}

static int write_headers(const struct signing *signing, struct sigv4_headers *headers)
{
	const struct sigv4_credentials *credentials = signing->credentials;
	char signature[HASH_TEXT_SIZE];
	int err = strbuf_printf(&headers->authorization,
		"Authorization: " ALGORITHM " Credential=%s/%s, SignedHeaders=%s, Signature=%s",
		credentials->access_key, strbuf_text(&signing->scope), signing->signed_headers,
		hash_to_hex(&signing->signature, signature));

	if (!err)
		err = strbuf_printf(&headers->date, "X-Amz-Date: %s", signing->stamp);
	if (!err && credentials->session_token)
		err = strbuf_printf(
			&headers->token, "X-Amz-Security-Token: %s", credentials->session_token);
	return err;
}

int sigv4_sign(const struct sigv4_credentials *credentials, const struct sigv4_request *request,
	struct sigv4_headers *ret_headers)
{
	_cleanup_(sigv4_headers_done) struct sigv4_headers headers = {
		.authorization = {.max = TEXT_MAX},
		.date = {.max = TEXT_MAX},
		.token = {.max = TEXT_MAX},
	};
	_cleanup_(signing_done) struct signing signing = {
		.credentials = credentials,
		.request = request,
		.signed_headers = credentials->session_token
					  ? "content-type;host;x-amz-date;x-amz-security-token"
					  : "content-type;host;x-amz-date",
	};
	int err;

	if (!is_valid(credentials, request))
		return -EINVAL;
	err = utc_format_stamp(request->time, signing.stamp);
	if (!err)
		err = write_canonical_request(&signing);
	if (!err)
		err = write_string_to_sign(&signing);
	if (!err)
		err = make_signature(&signing);
	if (!err)
		err = write_headers(&signing, &headers);
	if (err)
		return err;
	*ret_headers = TAKE_STRUCT(headers);
	return 0;
}
