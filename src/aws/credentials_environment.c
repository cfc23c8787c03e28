/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/credentials_sources.h"
#include "aws/timestamp.h"

#include <errno.h>
#include <stdio.h>

/* `text` is NULL if the variable is not set: the credentials then never expire. */
static int parse_expiration(
	const char *text, uint64_t now, uint64_t *ret_expires, struct error *error)
{
	*ret_expires = CREDENTIALS_NEVER;
	if (!text)
		return 0;
	if (timestamp_parse(text, ret_expires) < 0)
		return error_set(error, OUTCOME_USAGE, EINVAL,
			"AWS_CREDENTIAL_EXPIRATION is \"%s\", but must be a time like 2026-01-31T12:00:00Z",
			text);
	if (*ret_expires <= now)
		return error_set(error, OUTCOME_FAILED, EKEYEXPIRED,
			"the credentials of the environment expired at %s (AWS_CREDENTIAL_EXPIRATION): renew or unset them",
			text);
	return 0;
}

int credentials_from_environment(const struct credentials_search *search,
	struct credentials *ret_credentials, struct error *error)
{
	_cleanup_(credentials_done) struct credentials credentials = {0};
	const char *const *values = search->settings->environment.values;
	const char *token = values[AWS_SESSION_TOKEN];
	uint64_t expires;
	int err;

	if (!values[AWS_ACCESS_KEY_ID])
		return error_set(error, OUTCOME_FAILED, ENODATA, "AWS_ACCESS_KEY_ID is not set");
	if (!values[AWS_SECRET_ACCESS_KEY])
		return error_set(error, OUTCOME_USAGE, EINVAL,
			"AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not: set both or neither");
	err = parse_expiration(values[AWS_CREDENTIAL_EXPIRATION], search->now, &expires, error);
	if (err)
		return err;
	if (credentials_set(&credentials, values[AWS_ACCESS_KEY_ID], values[AWS_SECRET_ACCESS_KEY],
		    token ? token : values[AWS_SECURITY_TOKEN]) < 0)
		return error_oom(error);
	if (!credentials_are_valid(&credentials))
		return error_set(error, OUTCOME_USAGE, EINVAL,
			"AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY or AWS_SESSION_TOKEN contains invalid characters: only printable ASCII without blanks is valid");
	credentials.expires = expires;
	snprintf(credentials.source, sizeof(credentials.source), "the environment");
	*ret_credentials = TAKE_STRUCT(credentials);
	return 0;
}
