/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/credentials.h"

#include "base/log_secrets.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void free_secret(char *text)
{
	if (text)
		explicit_bzero(text, strlen(text));
	free(text);
}

void credentials_done(struct credentials *credentials)
{
	if (!credentials)
		return;
	free_secret(credentials->access_key);
	free_secret(credentials->secret_key);
	free_secret(credentials->session_token);
	*credentials = (struct credentials){0};
}

int credentials_set(struct credentials *ret_credentials, const char *access_key,
	const char *secret_key, const char *session_token)
{
	_cleanup_(credentials_done) struct credentials credentials = {0};

	credentials.access_key = strdup(access_key);
	credentials.secret_key = strdup(secret_key);
	if (session_token)
		credentials.session_token = strdup(session_token);
	if (!credentials.access_key || !credentials.secret_key ||
		!credentials.session_token != !session_token)
		return -ENOMEM;
	log_secrets_learn(secret_key);
	log_secrets_learn(session_token);
	*ret_credentials = credentials;
	credentials = (struct credentials){0};
	return 0;
}

static bool is_printable(const char *text)
{
	for (const char *at = text; *at; at++)
		if (*at <= ' ' || *at > '~')
			return false;
	return *text;
}

bool credentials_are_valid(const struct credentials *credentials)
{
	return credentials->access_key && is_printable(credentials->access_key) &&
	       credentials->secret_key && is_printable(credentials->secret_key) &&
	       (!credentials->session_token || is_printable(credentials->session_token));
}

enum credentials_age credentials_age(const struct credentials *credentials, uint64_t now)
{
	uint64_t expires = credentials->expires;

	if (expires == CREDENTIALS_NEVER)
		return CREDENTIALS_FRESH;
	if (expires < now || expires - now <= CREDENTIALS_STALE_SECONDS)
		return CREDENTIALS_STALE;
	return expires - now <= CREDENTIALS_DUE_SECONDS ? CREDENTIALS_DUE : CREDENTIALS_FRESH;
}

static void role_done(struct credentials_role *role)
{
	free(role->arn);
	free(role->session_name);
	/* Not a key, but known to only two parties: wipe it like a secret. */
	free_secret(role->external_id);
	*role = (struct credentials_role){0};
}

void credentials_plan_done(struct credentials_plan *plan)
{
	if (!plan)
		return;
	credentials_done(&plan->base);
	for (size_t i = 0; i < plan->count; i++)
		role_done(&plan->roles[i]);
	plan->count = 0;
}

/* Returns false if memory runs out. */
static bool copy_optional(const char *text, char **ret_copy)
{
	*ret_copy = text ? strdup(text) : NULL;
	return *ret_copy || !text;
}

int credentials_plan_add_role(struct credentials_plan *plan, const char *arn,
	const char *session_name, const char *external_id, uint32_t duration_seconds)
{
	struct credentials_role role = {.duration_seconds = duration_seconds};
	bool is_copied;

	if (plan->count == CREDENTIALS_ROLES_MAX)
		return -E2BIG;
	is_copied = copy_optional(arn, &role.arn);
	is_copied = copy_optional(session_name, &role.session_name) && is_copied;
	is_copied = copy_optional(external_id, &role.external_id) && is_copied;
	log_secrets_learn(external_id);
	if (!is_copied) {
		role_done(&role);
		return -ENOMEM;
	}
	plan->roles[plan->count++] = role;
	return 0;
}
