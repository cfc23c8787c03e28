/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/credentials_json.h"
#include "aws/credentials_sources.h"
#include "base/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define ROLE_MAX 64 /* characters: IAM's limit for a role's name */
#define ROLE_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+=,.@_-"
#define RESPONSE_MAX 65536

#define NO_ROLE "the instance has no role: attach an instance profile"

/* An instance has at most one role. Its name goes into a path, so allow only IAM's characters. */
static int parse_role_name(const char *response, char role[ROLE_MAX + 1])
{
	size_t length = strspn(response, ROLE_CHARACTERS);

	/* strchr() also finds the '\0' at the end of the response. */
	if (length == 0 || length > ROLE_MAX || !strchr("\r\n", response[length]))
		return -EINVAL;
	memcpy(role, response, length);
	role[length] = '\0';
	return 0;
}

/* Returns -ENODATA if the instance has no role: HTTP 404 (-ENOENT), or an empty list. */
static int fetch_role_name(const struct credentials_search *search, char role[ROLE_MAX + 1],
	struct strbuf *response, struct error *error)
{
	int err = imds_get(search->imds, IMDS_ROLES, search->deadline, response, error);

	if (err == -ENOENT || (!err && response->length == 0))
		return error_set(error, OUTCOME_FAILED, ENODATA, NO_ROLE);
	if (!err && parse_role_name(strbuf_text(response), role) < 0)
		err = error_set(error, OUTCOME_FAILED, EBADMSG,
			"metadata service: the response for " IMDS_ROLES " is not a role name");
	return err;
}

/* Returns -ENODATA if the instance profile has been removed after fetch_role_name(). */
static int fetch_credentials(const struct credentials_search *search, const char *role,
	struct strbuf *response, struct error *error)
{
	char key[sizeof(IMDS_ROLES) + ROLE_MAX];
	int err;

	snprintf(key, sizeof(key), IMDS_ROLES "%s", role);
	err = imds_get(search->imds, key, search->deadline, response, error);
	if (err == -ENOENT)
		return error_set(error, OUTCOME_FAILED, ENODATA, NO_ROLE);
	return err;
}

int credentials_from_instance(const struct credentials_search *search,
	struct credentials *ret_credentials, struct error *error)
{
	_cleanup_(strbuf_done) struct strbuf response = {.max = RESPONSE_MAX};
	struct credentials credentials = {0};
	char role[ROLE_MAX + 1];
	int err;

	if (!search->imds)
		return error_set(error, OUTCOME_FAILED, ENODATA, "%s", search->imds_error);
	err = fetch_role_name(search, role, &response, error);
	if (!err)
		err = fetch_credentials(search, role, &response, error);
	if (!err) {
		err = credentials_json_parse(CREDENTIALS_OF_INSTANCE, strbuf_text(&response),
			response.length, search->now, &credentials, error);
		if (err)
			error_prefix(error, "metadata service: credentials of role %s", role);
	}
	if (err)
		return err;
	/* Not an error: the service renews them in time, so this host's clock is probably wrong. */
	if (credentials.expires <= search->now)
		log_line(LOG_WARNING, NULL,
			"the credentials of role %s appear to have expired: check this host's clock",
			role);
	snprintf(credentials.source, sizeof(credentials.source), "role %s of the instance", role);
	*ret_credentials = credentials;
	return 0;
}
