/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/credentials_sources.h"
#include "base/parse.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Seconds: AssumeRole's limits. */
#define DURATION_MIN 900
#define DURATION_MAX 43200

/* A role's profile names the profile that assumes it in source_profile: these make a chain. */
struct profile_chain {
	const struct credentials_search *search;
	const struct aws_files *files;
	struct error *error;
	/* from the selected profile on; each has a role_arn; borrowed */
	const char *profiles[CREDENTIALS_ROLES_MAX];
	size_t count;
};

/* The values of credential_source. */
static const struct source {
	const char *name; /* the first member, as find_nearest_word() requires */
	int (*get)(const struct credentials_search *search, struct credentials *ret_credentials,
		struct error *error);
} credential_sources[] = {
	{"Environment", credentials_from_environment},
	{"EcsContainer", credentials_from_container},
	{"Ec2InstanceMetadata", credentials_from_instance},
};

/* myha does not support these keys. They are errors: the next source would be another identity. */
static const struct {
	const char *key;
	const char *reason;
} unsupported[] = {
	{"web_identity_token_file", "web identities are not supported"},
	{"sso_account_id", "single sign-on requires an interactive login"},
	{"sso_role_name", "single sign-on requires an interactive login"},
};

static struct aws_file_value find_key(
	const struct profile_chain *chain, const char *profile, const char *key)
{
	return aws_files_find_key(chain->files, profile, key);
}

/* A role_arn beside a web_identity_token_file has another meaning, which is not supported. */
static bool has_role(const struct profile_chain *chain, const char *profile)
{
	return find_key(chain, profile, "role_arn").value &&
	       !find_key(chain, profile, "web_identity_token_file").value;
}

static bool has_keys(const struct profile_chain *chain, const char *profile)
{
	return find_key(chain, profile, "aws_access_key_id").value ||
	       find_key(chain, profile, "aws_secret_access_key").value;
}

static int refuse_unsupported(const struct profile_chain *chain, const char *profile)
{
	for (size_t i = 0; i < ARRAY_SIZE(unsupported); i++) {
		struct aws_file_value found = find_key(chain, profile, unsupported[i].key);

		if (found.value)
			return error_set(chain->error, OUTCOME_USAGE, ENOTSUP,
				"%s:%u: %s: %s: use another profile", found.file->path, found.line,
				unsupported[i].key, unsupported[i].reason);
	}
	return 0;
}

/* Gets the access key from one file. Returns -ENODATA, without a message, if the file has none. */
static int get_keys(const struct profile_chain *chain, const struct aws_file *file,
	const char *profile, struct credentials *ret_credentials)
{
	_cleanup_(credentials_done) struct credentials credentials = {0};
	const struct aws_files *files = chain->files;
	struct aws_file_value access = aws_file_find_key(files, file, profile, "aws_access_key_id");
	struct aws_file_value secret = aws_file_find_key(
		files, file, profile, "aws_secret_access_key");
	struct aws_file_value token = aws_file_find_key(files, file, profile, "aws_session_token");

	if (!access.value)
		return -ENODATA;
	if (!secret.value)
		return error_set(chain->error, OUTCOME_USAGE, EINVAL,
			"%s:%u: aws_access_key_id is set, but aws_secret_access_key is not: set both",
			file->path, access.line);
	if (!token.value) /* try the former name */
		token = aws_file_find_key(files, file, profile, "aws_security_token");
	if (credentials_set(&credentials, access.value, secret.value, token.value) < 0)
		return error_oom(chain->error);
	if (!credentials_are_valid(&credentials))
		return error_set(chain->error, OUTCOME_USAGE, EINVAL,
			"%s:%u: a key or token of profile \"%s\" contains invalid characters",
			file->path, access.line, profile);
	snprintf(credentials.source, sizeof(credentials.source), "profile \"%s\" of %s", profile,
		file->path);
	*ret_credentials = TAKE_STRUCT(credentials);
	return 0;
}

/*
 * Gets the credentials in the profile itself; its role is not used. Keys of the credentials file
 * precede credential_process, and keys of the configuration file come last, as in the AWS tools.
 */
static int get_profile_credentials(
	const struct profile_chain *chain, const char *profile, struct credentials *ret_credentials)
{
	struct aws_file_value process;
	int err = refuse_unsupported(chain, profile);

	if (!err)
		err = get_keys(chain, &chain->files->credentials, profile, ret_credentials);
	if (err != -ENODATA)
		return err;
	process = find_key(chain, profile, "credential_process");
	if (process.value)
		return credentials_from_process(
			chain->search, &process, ret_credentials, chain->error);
	return get_keys(chain, &chain->files->config, profile, ret_credentials);
}

/* Gets the credentials of the source that a profile names: "credential_source = Environment". */
static int get_named_source_credentials(const struct profile_chain *chain,
	const struct aws_file_value *name, struct credentials *ret_credentials)
{
	const char *nearest;

	for (size_t i = 0; i < ARRAY_SIZE(credential_sources); i++) {
		int err;

		if (strcmp(name->value, credential_sources[i].name) != 0)
			continue;
		err = credential_sources[i].get(chain->search, ret_credentials, chain->error);
		/* The profile names this source, so it is an error if it has no credentials. */
		if (err == -ENODATA)
			error_prefix(chain->error, "%s:%u: credential_source is %s",
				name->file->path, name->line, name->value);
		return err == -ENODATA ? -ENOKEY : err;
	}
	nearest = find_nearest_word(name->value, credential_sources, ARRAY_SIZE(credential_sources),
		sizeof(credential_sources[0]));
	return error_set(chain->error, OUTCOME_USAGE, EINVAL,
		"%s:%u: credential_source is \"%s\", but must be %s", name->file->path, name->line,
		name->value,
		nearest ? nearest : "Environment, EcsContainer or Ec2InstanceMetadata");
}

static bool is_in_chain(const struct profile_chain *chain, const char *profile)
{
	for (size_t i = 0; i < chain->count; i++)
		if (!strcmp(chain->profiles[i], profile))
			return true;
	return false;
}

/*
 * Refuses a source_profile that does not exist, or makes a loop with the profiles in the chain. The
 * chain's last profile may name itself if it has keys, which then assume its role.
 */
static int check_source_profile(
	const struct profile_chain *chain, const struct aws_file_value *source)
{
	const char *profile = chain->profiles[chain->count - 1];
	bool is_own_source = !strcmp(profile, source->value) && has_keys(chain, profile);

	if (!aws_files_have_profile(chain->files, source->value))
		return error_set(chain->error, OUTCOME_USAGE, EINVAL,
			"%s:%u: source_profile is \"%s\", but there is no such profile",
			source->file->path, source->line, source->value);
	if (is_in_chain(chain, source->value) && !is_own_source)
		return error_set(chain->error, OUTCOME_USAGE, ELOOP,
			"%s:%u: source_profile is \"%s\", but the profiles refer to each other in a loop",
			source->file->path, source->line, source->value);
	return 0;
}

/* Gets the keys source_profile and credential_source of a role. Exactly one of them must be set. */
static int find_role_source(const struct profile_chain *chain, const char *profile,
	struct aws_file_value *ret_source_profile, struct aws_file_value *ret_credential_source)
{
	struct aws_file_value role = find_key(chain, profile, "role_arn");
	struct aws_file_value mfa = find_key(chain, profile, "mfa_serial");

	*ret_source_profile = find_key(chain, profile, "source_profile");
	*ret_credential_source = find_key(chain, profile, "credential_source");
	if (mfa.value)
		return error_set(chain->error, OUTCOME_USAGE, ENOTSUP,
			"%s:%u: mfa_serial: MFA requires an interactive login: use another profile",
			mfa.file->path, mfa.line);
	if ((ret_source_profile->value != NULL) == (ret_credential_source->value != NULL))
		return error_set(chain->error, OUTCOME_USAGE, EINVAL,
			"%s:%u: profile \"%s\" has a role_arn: set either source_profile or credential_source",
			role.file->path, role.line, profile);
	return 0;
}

/*
 * Follows source_profile from `profile` to the first profile whose credentials are used, and gets
 * these. Adds the profiles before it to `chain`: their roles are to be assumed. The selected
 * profile's role precedes its keys; a source_profile's keys precede its role.
 */
static int find_base_credentials(
	struct profile_chain *chain, const char *profile, struct credentials *ret_base)
{
	while (has_role(chain, profile) && (chain->count == 0 || !has_keys(chain, profile))) {
		struct aws_file_value source_profile, credential_source;
		int err = find_role_source(chain, profile, &source_profile, &credential_source);

		if (err)
			return err;
		if (chain->count == CREDENTIALS_ROLES_MAX)
			return error_set(chain->error, OUTCOME_USAGE, ELOOP,
				"profile \"%s\": more than %d roles in the chain of source_profile",
				chain->profiles[0], CREDENTIALS_ROLES_MAX);
		chain->profiles[chain->count++] = profile;
		if (credential_source.value)
			return get_named_source_credentials(chain, &credential_source, ret_base);
		err = check_source_profile(chain, &source_profile);
		if (err)
			return err;
		profile = source_profile.value;
	}
	return get_profile_credentials(chain, profile, ret_base);
}

/* Adds the role of a profile in the chain to the plan, with the options that the profile sets. */
static int add_role(
	const struct profile_chain *chain, const char *profile, struct credentials_plan *plan)
{
	struct aws_file_value duration = find_key(chain, profile, "duration_seconds");
	uint32_t seconds = 0; /* STS's default */
	int err;

	if (duration.value && parse_u32(duration.value, DURATION_MIN, DURATION_MAX, &seconds) < 0)
		return error_set(chain->error, OUTCOME_USAGE, EINVAL,
			"%s:%u: duration_seconds is \"%s\", but must be a number from %d to %d",
			duration.file->path, duration.line, duration.value, DURATION_MIN,
			DURATION_MAX);
	err = credentials_plan_append_role(plan, find_key(chain, profile, "role_arn").value,
		find_key(chain, profile, "role_session_name").value,
		find_key(chain, profile, "external_id").value, seconds);
	return err ? error_oom(chain->error) : 0;
}

/* Reports which is missing: credentials (of the chain or the profile), the profile, or the file. */
static int report_no_credentials(const struct profile_chain *chain, const char *profile)
{
	const struct aws_file *files[] = {&chain->files->credentials, &chain->files->config};

	if (chain->count)
		return error_set(chain->error, OUTCOME_USAGE, ENOKEY,
			"profile \"%s\" has a role_arn, but its source has no credentials",
			chain->profiles[chain->count - 1]);
	if (aws_files_have_profile(chain->files, profile))
		return error_set(chain->error, OUTCOME_FAILED, ENODATA,
			"profile \"%s\" has no credentials", profile);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		if (files[i]->is_present)
			return error_set(chain->error, OUTCOME_FAILED, ENODATA,
				"%s has no profile \"%s\"", files[i]->path, profile);
	return error_set(chain->error, OUTCOME_FAILED, ENODATA, "%s: %s",
		files[0]->path ? files[0]->path : "no ~/.aws", files[0]->absence_reason);
}

int credentials_from_profile(const struct credentials_search *search,
	struct credentials_plan *ret_plan, struct error *error)
{
	_cleanup_(credentials_plan_done) struct credentials_plan plan = {0};
	struct profile_chain chain = {
		.search = search, .files = &search->settings->files, .error = error};
	const char *profile = search->settings->profile.value;
	int err = find_base_credentials(&chain, profile, &plan.base);

	if (err == -ENODATA)
		return report_no_credentials(&chain, profile);
	/* The last profile's role is assumed first; its credentials assume the role before it. */
	for (size_t i = chain.count; i > 0 && !err; i--)
		err = add_role(&chain, chain.profiles[i - 1], &plan);
	if (err)
		return err;
	*ret_plan = TAKE_STRUCT(plan);
	return 0;
}
