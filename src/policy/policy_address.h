/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks which addresses and prefixes of the policy file are valid for which key.
 */
#pragma once

#include "base/ip.h"
#include "policy/policy_keys.h"
#include "policy/policy_reader.h"

/* Each returns 0, or -EINVAL after reporting an error to the source. */
int policy_check_gateway(const struct policy_reader *reader, const struct yaml_value *value,
	const struct ip_address *address);
int policy_check_overlay(const struct policy_reader *reader, const struct yaml_value *value,
	const struct ip_prefix *prefix);

/*
 * Returns why the address cannot be an overlay or an address of an ENI ("a loopback address"), or
 * NULL. Also used for the command line.
 */
const char *policy_find_overlay_problem(const struct ip_address *address);

/*
 * Refuses a single prefix in place of a list and explains how to write it. Returns 0 if the value
 * is not a prefix.
 */
int policy_refuse_single_prefix(const struct policy_reader *reader, const struct policy_key *key,
	const struct yaml_value *value);

/*
 * Reads a list of prefixes without host bits, duplicates and default routes. Returns 0, -EINVAL or
 * -ENOMEM. The caller owns *ret_prefixes, which is NULL for an empty list.
 */
int policy_read_prefixes(const struct policy_reader *reader, const struct policy_key *key,
	const struct yaml_value *list, struct ip_prefix **ret_prefixes, size_t *ret_count);
