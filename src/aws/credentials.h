/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Credentials as a value, and what a search for them ends in: credentials that are ready, or those
 * together with the roles to assume with them. No I/O.
 *
 * Whatever is secret is wiped with the value that holds it, and kept out of logs (base/log_secrets.h).
 */
#pragma once

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CREDENTIALS_NEVER 0 /* they do not expire, or nobody says when */

struct credentials {
	char *access_key;
	char *secret_key;
	char *session_token; /* NULL: none */
	uint64_t expires; /* seconds since 1970, or CREDENTIALS_NEVER */
	char source[128]; /* where they are from, for messages: "role web of the instance" */
};

void credentials_done(struct credentials *credentials);

/* Copies texts; `session_token` may be NULL. 0 or -ENOMEM. */
int credentials_set(struct credentials *ret_credentials, const char *access_key,
	const char *secret_key, const char *session_token);

/* Whether each is there and of characters that a signed header may have. */
bool credentials_are_sound(const struct credentials *credentials);

enum credentials_age {
	CREDENTIALS_FRESH,
	CREDENTIALS_DUE, /* get new ones; where that fails these still do */
	CREDENTIALS_STALE, /* get new ones before the next request */
};

#define CREDENTIALS_DUE_SECONDS (15 * 60) /* before they expire */
#define CREDENTIALS_STALE_SECONDS (10 * 60)

enum credentials_age credentials_age(const struct credentials *credentials, uint64_t now);

/* One STS AssumeRole. */
struct credentials_role {
	char *arn;
	char *session_name; /* NULL: the caller has one */
	char *external_id; /* NULL: none */
	uint32_t duration_seconds; /* 0: STS's own */
};

#define CREDENTIALS_ROLES_MAX 8

/* Each role is assumed with what the one before it gave, the first with `base`. */
struct credentials_plan {
	struct credentials base;
	struct credentials_role roles[CREDENTIALS_ROLES_MAX];
	size_t count;
};

void credentials_plan_done(struct credentials_plan *plan);

/*
 * To be assumed after those that are there (an overlay's role-arn). Optional texts may be NULL.
 * 0, -E2BIG or -ENOMEM.
 */
int credentials_plan_add_role(struct credentials_plan *plan, const char *arn,
	const char *session_name, const char *external_id, uint32_t duration_seconds);
