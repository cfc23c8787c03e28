/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads and checks the values of command->options. An option that was not given leaves *ret_…
 * unchanged, or NULL. Each function returns 0; -EINVAL or -E2BIG (OUTCOME_USAGE); or -ENOMEM;
 * on failure with a message. Texts are borrowed from the command line. The caller frees arrays
 * with free().
 */
#pragma once

#include "base/ip.h"
#include "cli/command.h"
#include "ec2/replies.h"
#include "ec2/requests.h"
#include "policy/policy.h"

/* An id such as "subnet-0a1b2c3d", where `prefix` is "subnet". */
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

/* *ret_value is the value's index in `keywords`, which end with NULL; [0] means "not given". */
int option_word(const struct invocation *invocation, const char *name, const char *const *keywords,
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

/* The IAM_USE_BIT()s of the uses that --for names; not given: those of iam_find_uses(). */
int option_uses(const struct invocation *invocation, const struct policy *policy,
	unsigned *ret_uses, struct error *error);
