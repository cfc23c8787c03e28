/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Gets credentials from each source that the AWS tools know. Each function returns
 *
 *	0        with credentials, which the caller frees;
 *	-ENODATA the source has none: try the next; `error` has the reason in a few words;
 *	other    the source exists, but fails: stop; `error` has the complete message.
 */
#pragma once

#include "aws/aws_settings.h"
#include "aws/credentials.h"
#include "aws/imds.h"
#include "base/deadline.h"

/* The parameters of a search; all borrowed. */
struct credentials_search {
	const struct aws_settings *settings;
	struct imds *imds; /* NULL: the metadata service must not be used */
	const char *imds_error; /* if `imds` is NULL: the reason, for messages */
	const struct deadline *deadline;
	uint64_t now; /* seconds since 1970 */
};

/* AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_CREDENTIAL_EXPIRATION. */
int credentials_from_environment(const struct credentials_search *search,
	struct credentials *ret_credentials, struct error *error);

/* The endpoint of AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or …_FULL_URI. */
int credentials_from_container(const struct credentials_search *search,
	struct credentials *ret_credentials, struct error *error);

/* The role of the instance. A failure of the metadata service itself is never -ENODATA. */
int credentials_from_instance(const struct credentials_search *search,
	struct credentials *ret_credentials, struct error *error);

/* The profile of the settings, with the roles of it and of its sources. */
int credentials_from_profile(const struct credentials_search *search,
	struct credentials_plan *ret_plan, struct error *error);

/* Runs a credential_process; messages name the file and line of `command`. Never -ENODATA. */
int credentials_from_process(const struct credentials_search *search,
	const struct aws_file_value *command, struct credentials *ret_credentials,
	struct error *error);
