/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the environment variables of the AWS tools. One that is not set, or is empty, is NULL. */
#pragma once

#include "aws/imds_endpoint.h"

enum aws_variable {
	AWS_REGION,
	AWS_DEFAULT_REGION,
	AWS_PROFILE,
	AWS_DEFAULT_PROFILE,
	AWS_CONFIG_FILE,
	AWS_SHARED_CREDENTIALS_FILE,
	AWS_CA_BUNDLE,
	AWS_USE_FIPS_ENDPOINT,
	AWS_USE_DUALSTACK_ENDPOINT,
	AWS_MAX_ATTEMPTS,
	AWS_ENDPOINT_URL,
	AWS_ENDPOINT_URL_EC2,
	AWS_ENDPOINT_URL_STS,
	AWS_IGNORE_CONFIGURED_ENDPOINT_URLS,
	AWS_ACCESS_KEY_ID,
	AWS_SECRET_ACCESS_KEY,
	AWS_SESSION_TOKEN,
	AWS_SECURITY_TOKEN, /* former name of AWS_SESSION_TOKEN */
	AWS_CREDENTIAL_EXPIRATION,
	AWS_CONTAINER_CREDENTIALS_RELATIVE_URI,
	AWS_CONTAINER_CREDENTIALS_FULL_URI,
	AWS_CONTAINER_AUTHORIZATION_TOKEN,
	AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE,
	AWS_EC2_METADATA_DISABLED,
	AWS_EC2_METADATA_SERVICE_ENDPOINT,
	AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE,
	AWS_HOME, /* HOME: the default files are below it */
	AWS_VARIABLE_COUNT_
};

/* The strings are the process's own: valid until its environment is changed. */
struct aws_environment {
	const char *values[AWS_VARIABLE_COUNT_];
};

void aws_environment_read(struct aws_environment *ret_environment);
const char *aws_variable_name(enum aws_variable variable);

/* Returns the variables for the metadata service; their strings are borrowed. */
struct imds_environment aws_environment_imds(const struct aws_environment *environment);
