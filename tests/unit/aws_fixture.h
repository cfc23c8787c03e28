/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Builds AWS settings from texts, in place of the two files and the environment variables.
 */
#pragma once

#include "aws/aws_settings.h"

#define CONFIG_PATH "/c"
#define CREDENTIALS_PATH "/k"

#define FIXTURE_MAX_VARIABLES 6

struct fixture {
	const char *config; /* NULL: there is no such file */
	const char *credentials;
	struct {
		enum aws_variable variable;
		const char *value; /* NULL ends them */
	} environment[FIXTURE_MAX_VARIABLES];
	const char *policy_profile, *policy_region, *policy_endpoint;
	int policy_fips; /* 0: not given; 1: yes; 2: no */
};

/* As aws_settings_resolve(); the settings are to be given to aws_settings_done() in any case. */
int fixture_settings(
	const struct fixture *fixture, struct aws_settings *ret_settings, struct error *error);
