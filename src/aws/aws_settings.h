/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the AWS tools would be told here, gathered in one place: the policy file before the
 * environment before the profile. Each setting knows where it came from, so that a message can say
 * "region eu-central-1 (from AWS_REGION)".
 *
 * Secrets stay where they were, in the environment and in the files' one copy; nothing here copies
 * or prints them.
 */
#pragma once

#include "aws/aws_environment.h"
#include "aws/aws_files.h"
#include "aws/endpoint.h"
#include "policy/policy.h"

struct aws_setting {
	char *value; /* NULL: nobody says */
	char *from; /* "AWS_REGION", "aws.region of the policy", "/root/.aws/config:3"; or NULL */
};

struct aws_settings {
	struct aws_environment environment;
	struct aws_files files;
	struct aws_setting profile; /* "default" where nobody says */
	bool profile_by_policy; /* then the environment's keys are passed over */
	struct aws_setting region; /* without one the metadata service is asked */
	struct aws_setting ca_bundle;
	struct aws_setting endpoints[2]; /* by enum aws_service */
	bool endpoint_is_explicit[2]; /* said of that service by name */
	struct aws_setting fips, dualstack; /* "true", "false" */
	unsigned max_attempts; /* 0: nobody says */
};

/* Reads the environment and both files, then aws_settings_resolve(). */
int aws_settings_load(
	const struct policy_aws *policy, struct aws_settings *ret_settings, struct error *error);

/*
 * Fills in the rest of what has its environment and files. Pure. Returns 0; -EINVAL with
 * OUTCOME_USAGE for a value that is not of its form or a profile that was named and is nowhere;
 * -ENOMEM.
 */
int aws_settings_resolve(
	const struct policy_aws *policy, struct aws_settings *settings, struct error *error);
void aws_settings_done(struct aws_settings *settings);

/* For what is learned later (the region, from the metadata service). 0, -EINVAL, -ENOMEM. */
int aws_settings_set_region(
	struct aws_settings *settings, const char *region, const char *from, struct error *error);

/* As endpoint_resolve(); the region must be known. */
int aws_settings_endpoint(const struct aws_settings *settings, enum aws_service service,
	struct endpoint *ret_endpoint, struct error *error);
