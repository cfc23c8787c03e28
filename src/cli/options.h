/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads and checks the values of a command's own options. If an option was not given, the value is
 * not changed or is NULL. Each function returns 0; -EINVAL or -E2BIG (OUTCOME_USAGE); or -ENOMEM;
 * on failure with a message. Texts are borrowed from the command line. The caller frees arrays by
 * free().
 */
#pragma once

#include "base/ip.h"
#include "cli/command.h"
#include "ec2/replies.h"
#include "ec2/requests.h"
#include "policy/policy.h"

int option_id(const struct invocation *invocation, const char *name, const char *prefix,
	const char **ret_id, struct error *error);

/* All ids of an option that repeats; NULL-terminated. */
int option_ids(const struct invocation *invocation, const char *name, const char *prefix,
	const char ***ret_ids, struct error *error);

/* All addresses of an option that repeats; the last element is not set. */
int option_addresses(const struct invocation *invocation, const char *name,
	struct ip_address **ret_addresses, struct error *error);

/* "KEY=VALUE" or "KEY"; the last element has no key. A single free() releases everything. */
int option_tags(const struct invocation *invocation, const char *name, struct ec2_tag **ret_tags,
	struct error *error);

/* *ret_value is the index of the value in `words`, which end with NULL; words[0] does not count. */
int option_word(const struct invocation *invocation, const char *name, const char *const *words,
	unsigned *ret_value, struct error *error);

int option_seconds(const struct invocation *invocation, const char *name, uint64_t *ret_msec,
	struct error *error);
int option_interface(const struct invocation *invocation, const char *name,
	const char **ret_interface, struct error *error);

/* A text of at most `max_length` characters. */
int option_text(const struct invocation *invocation, const char *name, size_t max_length,
	const char **ret_text, struct error *error);
int option_client_token(const struct invocation *invocation, const char *name,
	const char **ret_token, struct error *error);

/* --for: IAM_USE_BIT()s; if not given, iam_find_uses() the policy. */
int option_uses(const struct invocation *invocation, const struct policy *policy,
	unsigned *ret_uses, struct error *error);
