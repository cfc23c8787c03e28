/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/credentials_sources.h"
#include "base/parse.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Seconds, of AssumeRole. */
#define DURATION_MIN 900
#define DURATION_MAX 43200

/* The way from the profile in use to the one that has keys. */
struct walk {
	const struct credentials_search *search;
	const struct aws_files *files;
	struct error *error;
	const char *profiles[CREDENTIALS_ROLES_MAX]; /* each has a role */
	size_t count;
};

/* What credential_source may say. */
static const struct source {
	const char *name; /* first: parse_nearest() */
	int (*get)(const struct credentials_search *search, struct credentials *ret_credentials,
		struct error *error);
} sources[] = {
	{"Environment", credentials_from_environment},
	{"EcsContainer", credentials_from_container},
	{"Ec2InstanceMetadata", credentials_from_instance},
};

/* What the AWS tools would follow and we cannot: other credentials would be the wrong ones. */
static const struct {
	const char *key;
	const char *why;
} foreign[] = {
	{"web_identity_token_file", "web identities are not known here"},
	{"sso_account_id", "a sign-on needs a person"},
	{"sso_role_name", "a sign-on needs a person"},
};

static struct aws_found find(const struct walk *walk, const char *profile, const char *key)
{
	return aws_files_find(walk->files, profile, key);
}

static bool has_role(const struct walk *walk, const char *profile)
{
	return find(walk, profile, "role_arn").value &&
	       !find(walk, profile, "web_identity_token_file").value;
}

static bool has_keys(const struct walk *walk, const char *profile)
{
	return find(walk, profile, "aws_access_key_id").value ||
	       find(walk, profile, "aws_secret_access_key").value;
}

static int refuse_foreign(const struct walk *walk, const char *profile)
{
	for (size_t i = 0; i < ARRAY_SIZE(foreign); i++) {
		struct aws_found found = find(walk, profile, foreign[i].key);

		if (found.value)
			return error_set(walk->error, OUTCOME_USAGE, ENOTSUP,
				"%s:%u: %s: %s, use another profile", found.file->path, found.line,
				foreign[i].key, foreign[i].why);
	}
	return 0;
}

/* The two keys must be of one file. */
static int take_keys(const struct walk *walk, const struct aws_file *file, const char *profile,
	struct credentials *ret_credentials)
{
	_cleanup_(credentials_done) struct credentials credentials = {0};
	struct aws_found access = aws_file_find(walk->files, file, profile, "aws_access_key_id");
	struct aws_found secret = aws_file_find(
		walk->files, file, profile, "aws_secret_access_key");
	struct aws_found token = aws_file_find(walk->files, file, profile, "aws_session_token");

	if (!access.value)
		return -ENODATA;
	if (!secret.value)
		return error_set(walk->error, OUTCOME_USAGE, EINVAL,
			"%s:%u: aws_access_key_id without an aws_secret_access_key", file->path,
			access.line);
	if (!token.value)
		token = aws_file_find(walk->files, file, profile, "aws_security_token");
	if (credentials_set(&credentials, access.value, secret.value, token.value) < 0)
		return error_set(walk->error, OUTCOME_FAILED, ENOMEM, "out of memory");
	if (!credentials_are_sound(&credentials))
		return error_set(walk->error, OUTCOME_USAGE, EINVAL,
			"%s:%u: a key or token of profile \"%s\" has characters that none has",
			file->path, access.line, profile);
	snprintf(credentials.source, sizeof(credentials.source), "profile \"%s\" of %s", profile,
		file->path);
	*ret_credentials = credentials;
	credentials = (struct credentials){0};
	return 0;
}

/* Credentials of that very profile, in the order of the AWS tools. */
static int take_own(const struct walk *walk, const char *profile, struct credentials *ret)
{
	struct aws_found process;
	int err = refuse_foreign(walk, profile);

	if (!err)
		err = take_keys(walk, &walk->files->credentials, profile, ret);
	if (err != -ENODATA)
		return err;
	process = find(walk, profile, "credential_process");
	if (process.value)
		return credentials_from_process(walk->search, &process, ret, walk->error);
	return take_keys(walk, &walk->files->config, profile, ret);
}

static int take_source(
	const struct walk *walk, const struct aws_found *name, struct credentials *ret_credentials)
{
	const char *nearest;

	for (size_t i = 0; i < ARRAY_SIZE(sources); i++) {
		int err;

		if (strcmp(name->value, sources[i].name) != 0)
			continue;
		err = sources[i].get(walk->search, ret_credentials, walk->error);
		/* It was named, so that nothing there is a failure. */
		if (err == -ENODATA)
			error_prefix(walk->error, "%s:%u: credential_source is %s",
				name->file->path, name->line, name->value);
		return err == -ENODATA ? -ENOKEY : err;
	}
	nearest = parse_nearest(name->value, sources, ARRAY_SIZE(sources), sizeof(sources[0]));
	return error_set(walk->error, OUTCOME_USAGE, EINVAL,
		"%s:%u: credential_source is \"%s\", but must be %s", name->file->path, name->line,
		name->value,
		nearest ? nearest : "Environment, EcsContainer or Ec2InstanceMetadata");
}

static bool is_visited(const struct walk *walk, const char *profile)
{
	for (size_t i = 0; i < walk->count; i++)
		if (!strcmp(walk->profiles[i], profile))
			return true;
	return false;
}

/* A profile may be its own source where it has keys beside the role. */
static int check_source_profile(const struct walk *walk, const struct aws_found *source)
{
	const char *here = walk->profiles[walk->count - 1];
	bool of_itself = !strcmp(here, source->value) && has_keys(walk, here);

	if (!aws_files_have_profile(walk->files, source->value))
		return error_set(walk->error, OUTCOME_USAGE, EINVAL,
			"%s:%u: source_profile is \"%s\", but there is no such profile",
			source->file->path, source->line, source->value);
	if (is_visited(walk, source->value) && !of_itself)
		return error_set(walk->error, OUTCOME_USAGE, ELOOP,
			"%s:%u: source_profile is \"%s\", which leads round in a circle",
			source->file->path, source->line, source->value);
	return 0;
}

/* Whose credentials assume the role of `profile`: exactly one of the two. */
static int find_source(const struct walk *walk, const char *profile,
	struct aws_found *ret_source_profile, struct aws_found *ret_credential_source)
{
	struct aws_found role = find(walk, profile, "role_arn");
	struct aws_found mfa = find(walk, profile, "mfa_serial");

	*ret_source_profile = find(walk, profile, "source_profile");
	*ret_credential_source = find(walk, profile, "credential_source");
	if (mfa.value)
		return error_set(walk->error, OUTCOME_USAGE, ENOTSUP,
			"%s:%u: mfa_serial needs a person, use another profile", mfa.file->path,
			mfa.line);
	if (!ret_source_profile->value == !ret_credential_source->value)
		return error_set(walk->error, OUTCOME_USAGE, EINVAL,
			"%s:%u: profile \"%s\" has a role_arn, and must have either "
			"source_profile or credential_source",
			role.file->path, role.line, profile);
	return 0;
}

/* Goes on to where credentials are; collects the profiles with roles on its way. */
static int walk_to_base(struct walk *walk, const char *profile, struct credentials *ret_base)
{
	while (has_role(walk, profile) && (walk->count == 0 || !has_keys(walk, profile))) {
		struct aws_found source_profile, credential_source;
		int err = find_source(walk, profile, &source_profile, &credential_source);

		if (err)
			return err;
		if (walk->count == CREDENTIALS_ROLES_MAX)
			return error_set(walk->error, OUTCOME_USAGE, ELOOP,
				"profile \"%s\": more than %d roles one after the other",
				walk->profiles[0], CREDENTIALS_ROLES_MAX);
		walk->profiles[walk->count++] = profile;
		if (credential_source.value)
			return take_source(walk, &credential_source, ret_base);
		err = check_source_profile(walk, &source_profile);
		if (err)
			return err;
		profile = source_profile.value;
	}
	return take_own(walk, profile, ret_base);
}

static int add_role(const struct walk *walk, const char *profile, struct credentials_plan *plan)
{
	struct aws_found duration = find(walk, profile, "duration_seconds");
	uint32_t seconds = 0;
	int err;

	if (duration.value && parse_u32(duration.value, DURATION_MIN, DURATION_MAX, &seconds) < 0)
		return error_set(walk->error, OUTCOME_USAGE, EINVAL,
			"%s:%u: duration_seconds is \"%s\", but must be a number from %d to %d",
			duration.file->path, duration.line, duration.value, DURATION_MIN,
			DURATION_MAX);
	err = credentials_plan_add_role(plan, find(walk, profile, "role_arn").value,
		find(walk, profile, "role_session_name").value,
		find(walk, profile, "external_id").value, seconds);
	return err ? error_set(walk->error, OUTCOME_FAILED, -err, "out of memory") : 0;
}

static int describe_nothing(const struct walk *walk, const char *profile)
{
	const struct aws_file *files[] = {&walk->files->credentials, &walk->files->config};

	if (walk->count)
		return error_set(walk->error, OUTCOME_USAGE, ENOKEY,
			"profile \"%s\" has a role_arn, but its source has no credentials",
			walk->profiles[walk->count - 1]);
	if (aws_files_have_profile(walk->files, profile))
		return error_set(
			walk->error, OUTCOME_FAILED, ENODATA, "profile \"%s\" has none", profile);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		if (files[i]->present)
			return error_set(walk->error, OUTCOME_FAILED, ENODATA,
				"%s has no profile \"%s\"", files[i]->path, profile);
	return error_set(walk->error, OUTCOME_FAILED, ENODATA, "%s: %s",
		files[0]->path ? files[0]->path : "no ~/.aws", files[0]->why);
}

int credentials_from_profile(const struct credentials_search *search,
	struct credentials_plan *ret_plan, struct error *error)
{
	_cleanup_(credentials_plan_done) struct credentials_plan plan = {0};
	struct walk walk = {
		.search = search,
		.files = &search->settings->files,
		.error = error,
	};
	const char *profile = search->settings->profile.value;
	int err = walk_to_base(&walk, profile, &plan.base);

	if (err == -ENODATA)
		return describe_nothing(&walk, profile);
	for (size_t i = walk.count; i > 0 && !err; i--)
		err = add_role(&walk, walk.profiles[i - 1], &plan);
	if (err)
		return err;
	*ret_plan = plan;
	plan = (struct credentials_plan){0};
	return 0;
}
