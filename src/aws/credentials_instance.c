/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/credentials_json.h"
#include "aws/credentials_sources.h"
#include "base/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define ROLE_MAX 64 /* characters of a role's name, says IAM */
#define ROLE_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+=,.@_-"
#define RESPONSE_MAX 65536

#define NO_ROLE "the instance has no role: attach an instance profile"

/* One line a role; an instance has one at most. The name goes into a path. */
static int read_role(const char *response, char role[ROLE_MAX + 1])
{
	size_t length = strspn(response, ROLE_CHARACTERS);

	if (length == 0 || length > ROLE_MAX || !strchr("\r\n", response[length]))
		return -EINVAL;
	memcpy(role, response, length);
	role[length] = '\0';
	return 0;
}

static int get_role(const struct credentials_search *search, char role[ROLE_MAX + 1],
	struct strbuf *response, struct error *error)
{
	int err = imds_get(search->imds, IMDS_ROLES, search->deadline, response, error);

	if (err == -ENOENT || (!err && response->length == 0))
		return error_set(error, OUTCOME_FAILED, ENODATA, NO_ROLE);
	if (!err && read_role(strbuf_text(response), role) < 0)
		err = error_set(error, OUTCOME_FAILED, EBADMSG,
			"metadata service: what it says under " IMDS_ROLES
			" is not the name of a role");
	return err;
}

/* Its role is found and gone again while a profile is being changed. */
static int get_response(const struct credentials_search *search, const char *role,
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
	/* All of it is what the service keeps secret; strbuf_done() follows a wipe. */
	struct strbuf response = {.max = RESPONSE_MAX};
	struct credentials credentials = {0};
	char role[ROLE_MAX + 1];
	int err;

	if (!search->imds)
		return error_set(error, OUTCOME_FAILED, ENODATA, "%s", search->no_imds);
	err = get_role(search, role, &response, error);
	if (!err)
		err = get_response(search, role, &response, error);
	if (!err) {
		err = credentials_json_parse(CREDENTIALS_OF_INSTANCE, strbuf_text(&response),
			response.length, search->now, &credentials, error);
		if (err)
			error_prefix(error, "metadata service: credentials of role %s", role);
	}
	strbuf_wipe(&response);
	strbuf_done(&response);
	if (err)
		return err;
	if (credentials.expires <= search->now)
		log_line(LOG_WARNING, NULL,
			"the credentials of role %s look expired: this host's clock may be wrong",
			role);
	snprintf(credentials.source, sizeof(credentials.source), "role %s of the instance", role);
	*ret_credentials = credentials;
	return 0;
}
