/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Holds AWS credentials, and the result of a search for them: credentials, and the roles to assume
 * with them. No I/O. Secrets are overwritten when they are freed, and are masked in logs.
 */
#pragma once

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CREDENTIALS_NEVER 0 /* no expiry, or not known */

struct credentials {
	char *access_key;
	char *secret_key;
	char *session_token; /* NULL: none */
	uint64_t expires; /* seconds since 1970, or CREDENTIALS_NEVER */
	char source[128]; /* the source, for messages: "role web of the instance" */
};

void credentials_done(struct credentials *credentials);

/* Copies the texts; `session_token` may be NULL. 0 or -ENOMEM. */
int credentials_set(struct credentials *ret_credentials, const char *access_key,
	const char *secret_key, const char *session_token);

/* Whether both keys are set, and all texts are of characters that a signed header may have. */
bool credentials_are_valid(const struct credentials *credentials);

enum credentials_age {
	CREDENTIALS_FRESH,
	CREDENTIALS_DUE, /* refresh them; if that fails, they can still be used */
	CREDENTIALS_STALE, /* refresh them before the next request */
};

#define CREDENTIALS_DUE_SECONDS (15 * 60) /* before they expire */
#define CREDENTIALS_STALE_SECONDS (10 * 60) /* before they expire */

/* `now`: seconds since 1970. */
enum credentials_age credentials_age(const struct credentials *credentials, uint64_t now);

/* The parameters of one AssumeRole request to STS. */
struct credentials_role {
	char *arn;
	char *session_name; /* NULL: the caller's default */
	char *external_id; /* NULL: none */
	uint32_t duration_seconds; /* 0: STS's default */
};

#define CREDENTIALS_ROLES_MAX 8

/* The first role is assumed with `base`, each further role with the credentials before it. */
struct credentials_plan {
	struct credentials base;
	struct credentials_role roles[CREDENTIALS_ROLES_MAX];
	size_t count;
};

void credentials_plan_done(struct credentials_plan *plan);

/*
 * Adds a role to be assumed after the roles of the plan (an overlay's role-arn). The texts are
 * copied, and may be NULL. 0, -E2BIG (CREDENTIALS_ROLES_MAX) or -ENOMEM.
 */
int credentials_plan_append_role(struct credentials_plan *plan, const char *arn,
	const char *session_name, const char *external_id, uint32_t duration_seconds);
