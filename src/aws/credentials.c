/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/credentials.h"

#include "base/log_secrets.h"
#include "base/utf8.h"
#include "base/wiped_memory.h"

#include <errno.h>
#include <string.h>

void credentials_done(struct credentials *credentials)
{
	if (!credentials)
		return;
	wiped_free(credentials->access_key);
	wiped_free(credentials->secret_key);
	wiped_free(credentials->session_token);
	*credentials = (struct credentials){0};
}

/* `text` may be NULL. Returns false if memory runs out. */
static bool copy_optional(const char *text, char **ret_copy)
{
	*ret_copy = text ? wiped_strdup(text) : NULL;
	return *ret_copy || !text;
}

int credentials_set(struct credentials *ret_credentials, const char *access_key,
	const char *secret_key, const char *session_token)
{
	_cleanup_(credentials_done) struct credentials credentials = {0};

	if (!copy_optional(access_key, &credentials.access_key) ||
		!copy_optional(secret_key, &credentials.secret_key) ||
		!copy_optional(session_token, &credentials.session_token))
		return -ENOMEM;
	log_secrets_learn(secret_key); /* logs mask it from now on */
	log_secrets_learn(session_token);
	*ret_credentials = TAKE_STRUCT(credentials);
	return 0;
}

static bool is_printable(const char *text)
{
	return ascii_is_printable(text, strlen(text), '!');
}

bool credentials_are_valid(const struct credentials *credentials)
{
	return credentials->access_key && is_printable(credentials->access_key) &&
	       credentials->secret_key && is_printable(credentials->secret_key) &&
	       (!credentials->session_token || is_printable(credentials->session_token));
}

/* `expires` is CREDENTIALS_NEVER (0) for credentials without an expiry: they stay fresh. */
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
	wiped_free(role->arn);
	wiped_free(role->session_name);
	wiped_free(role->external_id);
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

int credentials_plan_append_role(struct credentials_plan *plan, const char *arn,
	const char *session_name, const char *external_id, uint32_t duration_seconds)
{
	_cleanup_(role_done) struct credentials_role role = {.duration_seconds = duration_seconds};

	if (plan->count == CREDENTIALS_ROLES_MAX)
		return -E2BIG;
	/* Logs must not show it: only the role's owner and its users know the external id. */
	log_secrets_learn(external_id);
	if (!copy_optional(arn, &role.arn) || !copy_optional(session_name, &role.session_name) ||
		!copy_optional(external_id, &role.external_id))
		return -ENOMEM;
	plan->roles[plan->count++] = TAKE_STRUCT(role);
	return 0;
}
