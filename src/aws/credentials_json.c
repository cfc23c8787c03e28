/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/credentials_json.h"

#include "aws/timestamp.h"
#include "base/json_memory.h"
#include "base/log_secrets.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

/* The differences between the sources. */
static const struct dialect {
	const char *token_key;
	bool is_token_optional;
	bool is_expiration_optional;
	bool has_version; /* a Version instead of a Code */
	bool may_have_expired; /* by this host's clock */
} dialects[] = {
	[CREDENTIALS_OF_INSTANCE] = {.token_key = "Token", .may_have_expired = true},
	[CREDENTIALS_OF_CONTAINER] = {.token_key = "Token"},
	[CREDENTIALS_OF_PROCESS] = {.token_key = "SessionToken",
		.is_token_optional = true,
		.is_expiration_optional = true,
		.has_version = true},
};

/* HTTP 200 may report an error in Code. A container's endpoint sends no Code on success. */
static int check_code(const json_t *object, struct error *error)
{
	const char *code = json_string_value(json_object_get(object, "Code"));
	const char *message = json_string_value(json_object_get(object, "Message"));

	if (!code || !strcmp(code, "Success"))
		return 0;
	return error_set(error, OUTCOME_FAILED, EBADMSG, "the response reports %s%s%s", code,
		message ? ": " : "", message ? message : "");
}

/* The JSON of credential_process has a Version, which can only be 1. */
static int check_version(const json_t *object, struct error *error)
{
	const json_t *version = json_object_get(object, "Version");

	if (json_is_integer(version) && json_integer_value(version) == 1)
		return 0;
	return error_set(error, OUTCOME_FAILED, EBADMSG, "Version is not 1");
}

/* Gets the string of a key; NULL if the key is optional, and missing or null. */
static int get_string(const json_t *object, const char *key, bool is_optional,
	const char **ret_text, struct error *error)
{
	const json_t *value = json_object_get(object, key);
	const char *text = json_string_value(value);
	bool is_missing = !value || json_is_null(value);

	if (!text && !(is_missing && is_optional))
		return error_set(
			error, OUTCOME_FAILED, EBADMSG, "%s is missing or not a string", key);
	*ret_text = text;
	return 0;
}

/* `text` is NULL if the key is missing, which get_string() permits only where it is optional. */
static int parse_expiration(const struct dialect *dialect, const char *text, uint64_t now,
	uint64_t *ret_expires, struct error *error)
{
	if (!text) {
		*ret_expires = CREDENTIALS_NEVER;
		return 0;
	}
	if (timestamp_parse(text, ret_expires) < 0)
		return error_set(
			error, OUTCOME_FAILED, EBADMSG, "Expiration is not an ISO 8601 time");
	if (*ret_expires <= now && !dialect->may_have_expired)
		return error_set(error, OUTCOME_FAILED, EKEYEXPIRED,
			"the credentials expired at %s: renew them, or correct this host's clock if it is fast",
			text);
	return 0;
}

/* Copies the credentials from a JSON object whose Version or Code is good. */
static int get_credentials(const struct dialect *dialect, const json_t *object, uint64_t now,
	struct credentials *ret_credentials, struct error *error)
{
	_cleanup_(credentials_done) struct credentials credentials = {0};
	const char *access_key = NULL, *secret_key = NULL, *token = NULL, *expiration = NULL;
	uint64_t expires = CREDENTIALS_NEVER;
	int err = get_string(object, "AccessKeyId", false /* required */, &access_key, error);
	if (!err)
		err = get_string(
			object, "SecretAccessKey", false /* required */, &secret_key, error);
	if (!err)
		err = get_string(
			object, dialect->token_key, dialect->is_token_optional, &token, error);
	if (!err)
		err = get_string(
			object, "Expiration", dialect->is_expiration_optional, &expiration, error);
	if (!err)
		err = parse_expiration(dialect, expiration, now, &expires, error);
	if (err)
		return err;
	if (credentials_set(&credentials, access_key, secret_key, token) < 0)
		return error_oom(error);
	if (!credentials_are_valid(&credentials))
		return error_set(error, OUTCOME_FAILED, EBADMSG,
			"a key or token is empty or contains invalid characters");
	credentials.expires = expires;
	*ret_credentials = TAKE_STRUCT(credentials);
	return 0;
}

/* Parses the JSON text. That of credential_process has a Version; others may have a Code. */
static int parse_text(const struct dialect *dialect, const char *bytes, size_t length, uint64_t now,
	struct credentials *ret_credentials, struct error *error)
{
	json_t *object = NULL;
	int err = json_read(bytes, length, JSON_REJECT_DUPLICATES, &object);

	if (err == -ENOMEM)
		return error_oom(error);
	/* Do not use the parser's message: it quotes the text, which may hold secrets. */
	if (err || !json_is_object(object))
		err = error_set(error, OUTCOME_FAILED, EBADMSG, "not a JSON object");
	if (!err)
		err = dialect->has_version ? check_version(object, error)
					   : check_code(object, error);
	if (!err)
		err = get_credentials(dialect, object, now, ret_credentials, error);
	json_decref(object);
	return err;
}

int credentials_json_parse(enum credentials_dialect dialect, const char *bytes, size_t length,
	uint64_t now, struct credentials *ret_credentials, struct error *error)
{
	struct json_allocator saved_allocator;
	int err;

	json_use_wiped_memory(&saved_allocator); /* jansson copies the secrets */
	err = parse_text(&dialects[dialect], bytes, length, now, ret_credentials, error);
	json_restore_allocator(&saved_allocator);
	if (err && error)
		log_secrets_mask(error->text); /* it may quote a value */
	return err;
}
