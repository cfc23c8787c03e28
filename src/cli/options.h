/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The values of a verb's own options, checked. An option that was not given leaves the value as it
 * was, or gives NULL. Each returns 0, or -EINVAL or -E2BIG (OUTCOME_USAGE), or
 * -ENOMEM, with words. Texts are
 * borrowed from the command line; arrays are the caller's to free().
 */
#pragma once

#include "base/ip.h"
#include "cli/command.h"
#include "ec2/replies.h"
#include "ec2/requests.h"
#include "policy/policy.h"

int option_id(const struct invocation *invocation, const char *name, const char *prefix,
	const char **ret_id, struct error *error);

/* Of one that repeats; NULL-terminated. */
int option_ids(const struct invocation *invocation, const char *name, const char *prefix,
	const char ***ret_ids, struct error *error);
int option_addresses(const struct invocation *invocation, const char *name,
	struct ip_address **ret_addresses, struct error *error); /* ended by one that is not set */
int option_tags(const struct invocation *invocation, const char *name, struct ec2_tag **ret_tags,
	struct error *error); /* "KEY=VALUE", or "KEY"; ended by one without a key; owned wholly */

/* One of EC2's words for an enum, "unknown" not among them. */
int option_word(const struct invocation *invocation, const char *name, const char *const *words,
	unsigned *ret_value, struct error *error);

int option_seconds(const struct invocation *invocation, const char *name, uint64_t *ret_msec,
	struct error *error);
int option_interface(const struct invocation *invocation, const char *name,
	const char **ret_interface, struct error *error);

/* Of at most so many characters. */
int option_text(const struct invocation *invocation, const char *name, size_t most,
	const char **ret_text, struct error *error);
int option_client_token(const struct invocation *invocation, const char *name,
	const char **ret_token, struct error *error);

/* --for: IAM_USE_BIT()s, as given, or what the policy lists. */
int option_uses(const struct invocation *invocation, const struct policy *policy,
	unsigned *ret_uses, struct error *error);
