/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The places where credentials are looked for, one function each, for credentials_chain.c and for
 * each other. Every one returns
 *
 *	0        with credentials;
 *	-ENODATA there is nothing here, and `error` says in a few words why: look elsewhere;
 *	other    there is something, and it does not work: stop, `error` says it whole.
 */
#pragma once

#include "aws/aws_settings.h"
#include "aws/credentials.h"
#include "aws/imds.h"
#include "base/deadline.h"

/* What a search needs; all borrowed. */
struct credentials_search {
	const struct aws_settings *settings;
	struct imds *imds; /* NULL: metadata are not to be asked, `no_imds` says why */
	const char *no_imds;
	const struct deadline *deadline;
	uint64_t now; /* seconds since 1970 */
};

/* AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_CREDENTIAL_EXPIRATION. */
int credentials_from_environment(const struct credentials_search *search,
	struct credentials *ret_credentials, struct error *error);

/* AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or …_FULL_URI. */
int credentials_from_container(const struct credentials_search *search,
	struct credentials *ret_credentials, struct error *error);

/* The role of the instance; any failure of the metadata service itself is not -ENODATA. */
int credentials_from_instance(const struct credentials_search *search,
	struct credentials *ret_credentials, struct error *error);

/* The profile of the settings, with the roles that it and its sources name. */
int credentials_from_profile(const struct credentials_search *search,
	struct credentials_plan *ret_plan, struct error *error);

/* Runs `command`, which `found` names for the messages. Never -ENODATA. */
int credentials_from_process(const struct credentials_search *search,
	const struct aws_found *command, struct credentials *ret_credentials, struct error *error);
