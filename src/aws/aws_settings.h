/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Collects the settings of the AWS tools. The policy file has precedence over the environment, and
 * the environment over the profile. Each setting has its source, for messages. Secrets are neither
 * copied nor printed: they stay in the environment and in the files' one copy.
 */
#pragma once

#include "aws/aws_environment.h"
#include "aws/aws_files.h"
#include "aws/endpoint.h"
#include "policy/policy.h"

struct aws_setting {
	char *value; /* NULL: not set */
	char *from; /* "AWS_REGION", "aws.region of the policy", "/root/.aws/config:3"; or NULL */
};

struct aws_settings {
	struct aws_environment environment;
	struct aws_files files;
	struct aws_setting profile; /* "default" if not set */
	bool is_profile_from_policy; /* the policy names it: keys in the environment are ignored */
	struct aws_setting region; /* not set: fetched from the metadata service */
	struct aws_setting ca_bundle;
	struct aws_setting endpoints[2]; /* by enum aws_service */
	bool endpoint_is_explicit[2]; /* set for this service by name */
	struct aws_setting fips, dualstack; /* "true" or "false", ignoring case */
};

/* Reads the environment and both files, then aws_settings_resolve(). */
int aws_settings_load(
	const struct policy_aws *policy, struct aws_settings *ret_settings, struct error *error);

/*
 * Sets all other members from `environment` and `files`, which are already set. Pure. Returns 0;
 * -EINVAL with OUTCOME_USAGE if a value is malformed, or if a profile or [services] section is
 * named and does not exist; -ENOMEM.
 */
int aws_settings_resolve(
	const struct policy_aws *policy, struct aws_settings *settings, struct error *error);
void aws_settings_done(struct aws_settings *settings);

/* Sets a region that is found later (from the metadata service). 0, -EINVAL, -ENOMEM. */
int aws_settings_set_region(
	struct aws_settings *settings, const char *region, const char *from, struct error *error);

/* As endpoint_build(); -EINVAL with OUTCOME_USAGE if the region is not set. */
int aws_settings_endpoint(const struct aws_settings *settings, enum aws_service service,
	struct endpoint *ret_endpoint, struct error *error);
