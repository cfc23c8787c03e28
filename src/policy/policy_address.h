/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses and prefixes of the policy file: which of them make sense where.
 */
#pragma once

#include "base/ip.h"
#include "policy/policy_keys.h"
#include "policy/policy_reader.h"

/* Each returns 0, or -EINVAL with the words in the source's error. */
int policy_check_gateway(const struct policy_reader *reader, const struct yaml_value *value,
	const struct ip_address *address);
int policy_check_overlay(const struct policy_reader *reader, const struct yaml_value *value,
	const struct ip_prefix *prefix);

/*
 * Why an address can be no overlay ("a loopback address"), nor an address of an ENI, or NULL: also for the
 * command line.
 */
const char *policy_unfit_overlay(const struct ip_address *address);

/* A prefix that stands where a list is wanted: says how to write it. 0 where it is none. */
int policy_refuse_lone_prefix(const struct policy_reader *reader, const struct policy_key *key,
	const struct yaml_value *value);

/* Reads a list of networks: no host bits, none twice, none that is everything. Also -ENOMEM. */
int policy_read_prefixes(const struct policy_reader *reader, const struct policy_key *key,
	const struct yaml_value *list, struct ip_prefix **ret_prefixes, size_t *ret_count);
