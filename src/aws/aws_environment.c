/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/aws_environment.h"

#include "base/cleanup.h"
#include "base/log_secrets.h"

#include <stdlib.h>

#define NAMED(variable) [variable] = #variable

static const char *const variable_names[] = {NAMED(AWS_REGION), NAMED(AWS_DEFAULT_REGION),
	NAMED(AWS_PROFILE), NAMED(AWS_DEFAULT_PROFILE), NAMED(AWS_CONFIG_FILE),
	NAMED(AWS_SHARED_CREDENTIALS_FILE), NAMED(AWS_CA_BUNDLE), NAMED(AWS_USE_FIPS_ENDPOINT),
	NAMED(AWS_USE_DUALSTACK_ENDPOINT), NAMED(AWS_MAX_ATTEMPTS), NAMED(AWS_ENDPOINT_URL),
	NAMED(AWS_ENDPOINT_URL_EC2), NAMED(AWS_ENDPOINT_URL_STS),
	NAMED(AWS_IGNORE_CONFIGURED_ENDPOINT_URLS), NAMED(AWS_ACCESS_KEY_ID),
	NAMED(AWS_SECRET_ACCESS_KEY), NAMED(AWS_SESSION_TOKEN), NAMED(AWS_SECURITY_TOKEN),
	NAMED(AWS_CREDENTIAL_EXPIRATION), NAMED(AWS_CONTAINER_CREDENTIALS_RELATIVE_URI),
	NAMED(AWS_CONTAINER_CREDENTIALS_FULL_URI), NAMED(AWS_CONTAINER_AUTHORIZATION_TOKEN),
	NAMED(AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE), NAMED(AWS_EC2_METADATA_DISABLED),
	NAMED(AWS_EC2_METADATA_SERVICE_ENDPOINT),
	NAMED(AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE), [AWS_HOME] = "HOME"};

/* Makes logs mask the secrets in the environment, including those that are not used. */
static void learn_secrets(const struct aws_environment *environment)
{
	static const enum aws_variable secrets[] = {AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN,
		AWS_SECURITY_TOKEN, AWS_CONTAINER_AUTHORIZATION_TOKEN};

	for (size_t i = 0; i < ARRAY_SIZE(secrets); i++)
		log_secrets_learn(environment->values[secrets[i]]);
}

void aws_environment_read(struct aws_environment *ret_environment)
{
	for (size_t i = 0; i < AWS_VARIABLE_COUNT_; i++) {
		const char *value = secure_getenv(variable_names[i]);

		ret_environment->values[i] = value && value[0] ? value : NULL;
	}
	learn_secrets(ret_environment);
}

const char *aws_variable_name(enum aws_variable variable)
{
	return variable_names[variable];
}

struct imds_environment aws_environment_imds(const struct aws_environment *environment)
{
	const char *const *values = environment->values;

	return (struct imds_environment){.disabled = values[AWS_EC2_METADATA_DISABLED],
		.endpoint = values[AWS_EC2_METADATA_SERVICE_ENDPOINT],
		.mode = values[AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE]};
}
