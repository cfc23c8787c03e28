/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/aws_settings.h"

#include "base/invisible.h"
#include "base/parse.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define DEFAULT_PROFILE "default"
#define ATTEMPTS_MAX 1000
#define NO_VARIABLE AWS_VARIABLE_COUNT_

/* The sources of a setting, in order of precedence. */
struct setting_sources {
	const char *policy_value; /* NULL: not set there */
	const char *policy_key;
	enum aws_variable variables[2]; /* NO_VARIABLE: unused */
	const char *profile_key; /* NULL: not in profiles */
};

static void setting_done(struct aws_setting *setting)
{
	free(setting->value);
	free(setting->from);
	*setting = (struct aws_setting){0};
}

/* Replaces the setting with copies of `value` and of its source `from`, a printf format. */
static _printf_(3, 4) int set_value(
	struct aws_setting *setting, const char *value, const char *from, ...)
{
	struct aws_setting copy = {.value = strdup(value)};
	va_list arguments;

	va_start(arguments, from);
	if (!copy.value || vasprintf(&copy.from, from, arguments) < 0) {
		va_end(arguments);
		free(copy.value);
		return -ENOMEM;
	}
	va_end(arguments);
	setting_done(setting);
	*setting = copy;
	return 0;
}

static int set_from_file(struct aws_setting *setting, struct aws_file_value found)
{
	return set_value(setting, found.value, "%s:%u", found.file->path, found.line);
}

/* Copies the value of the first source that has one; otherwise leaves `ret_setting` unchanged. */
static int find_setting(const struct aws_settings *settings, const struct setting_sources *sources,
	struct aws_setting *ret_setting)
{
	struct aws_file_value found;

	if (sources->policy_value)
		return set_value(ret_setting, sources->policy_value, "aws.%s of the policy",
			sources->policy_key);
	for (size_t i = 0; i < ARRAY_SIZE(sources->variables); i++) {
		enum aws_variable variable = sources->variables[i];

		if (variable != NO_VARIABLE && settings->environment.values[variable])
			return set_value(ret_setting, settings->environment.values[variable], "%s",
				aws_variable_name(variable));
	}
	if (!sources->profile_key)
		return 0;
	found = aws_files_find_key(&settings->files, settings->profile.value, sources->profile_key);
	return found.value ? set_from_file(ret_setting, found) : 0;
}

static const char *describe_file(const struct aws_file *file)
{
	return file->path ? file->path : "a configuration file";
}

/* A profile must exist if a setting names it; "default", used without a setting, need not. */
static int choose_profile(
	const struct policy_aws *policy, struct aws_settings *settings, struct error *error)
{
	const struct setting_sources sources = {.policy_value = policy->profile,
		.policy_key = "profile",
		.variables = {AWS_PROFILE, AWS_DEFAULT_PROFILE}};
	struct aws_setting *profile = &settings->profile;

	if (find_setting(settings, &sources, profile) < 0)
		return -ENOMEM;
	settings->is_profile_from_policy = policy->profile != NULL;
	if (!profile->value)
		return set_value(profile, DEFAULT_PROFILE, "default" /* its source */);
	if (aws_files_have_profile(&settings->files, profile->value))
		return 0;
	return error_set(error, OUTCOME_USAGE, EINVAL,
		"%s is \"%s\", but neither %s nor %s has such a profile", profile->from,
		profile->value, describe_file(&settings->files.config),
		describe_file(&settings->files.credentials));
}

/* A flag of the policy is negative if it is not set there. */
static const char *policy_flag_text(int flag)
{
	if (flag < 0)
		return NULL;
	return flag ? "true" : "false";
}

static int check_flag(const struct aws_setting *flag, struct error *error)
{
	if (!flag->value || !strcasecmp(flag->value, "true") || !strcasecmp(flag->value, "false"))
		return 0;
	return error_set(error, OUTCOME_USAGE, EINVAL, "%s is \"%s\", but must be true or false",
		flag->from, flag->value);
}

static bool is_true(const struct aws_setting *flag)
{
	return flag->value && !strcasecmp(flag->value, "true");
}

static int check_region(const struct aws_setting *region, struct error *error)
{
	if (!region->value || endpoint_region_is_valid(region->value))
		return 0;
	return error_set(error, OUTCOME_USAGE, EINVAL,
		"%s is \"%s\", but must be a region like eu-central-1", region->from,
		region->value);
}

/* Refuses an invalid number. A valid one has no effect: the deadline limits the retries. */
static int check_max_attempts(const struct aws_setting *attempts, struct error *error)
{
	uint32_t number;

	if (!attempts->value || parse_u32(attempts->value, 1, ATTEMPTS_MAX, &number) == 0)
		return 0;
	return error_set(error, OUTCOME_USAGE, EINVAL,
		"%s is \"%s\", but must be a number from 1 to %d", attempts->from, attempts->value,
		ATTEMPTS_MAX);
}

/*
 * Finds the service's endpoint in the section [services NAME], which the profile selects with the
 * key "services = NAME". Without this key or an endpoint, ret_found->value is NULL.
 */
static int find_service_endpoint(const struct aws_settings *settings, enum aws_service service,
	struct aws_file_value *ret_found, struct error *error)
{
	const struct aws_files *files = &settings->files;
	struct aws_file_value name = aws_files_find_key(files, settings->profile.value, "services");

	*ret_found = (struct aws_file_value){0};
	if (!name.value)
		return 0;
	if (!aws_files_have_services(files, name.value))
		return error_set(error, OUTCOME_USAGE, EINVAL,
			"%s:%u: services is \"%s\", but there is no section [services %s]",
			name.file->path, name.line, name.value, name.value);
	*ret_found = aws_files_find_service_key(
		files, name.value, endpoint_service_name(service), "endpoint_url");
	return 0;
}

/*
 * Looks for a custom endpoint as the AWS tools do: in the policy and the environment, then in the
 * profile; in each, one for this service ("explicit") precedes one for all services.
 */
static int choose_endpoint(struct aws_settings *settings, enum aws_service service,
	const char *policy_endpoint, struct error *error)
{
	static const enum aws_variable variables[] = {
		[AWS_SERVICE_EC2] = AWS_ENDPOINT_URL_EC2, [AWS_SERVICE_STS] = AWS_ENDPOINT_URL_STS};
	const struct setting_sources sources = {.policy_value = policy_endpoint,
		.policy_key = "endpoint",
		.variables = {variables[service], AWS_ENDPOINT_URL}};
	struct aws_setting *endpoint = &settings->endpoints[service];
	struct aws_file_value found;
	int err = find_setting(settings, &sources, endpoint);

	settings->endpoint_is_explicit[service] = policy_endpoint ||
						  settings->environment.values[variables[service]];
	if (err || endpoint->value)
		return err;
	err = find_service_endpoint(settings, service, &found, error);
	if (err)
		return err;
	settings->endpoint_is_explicit[service] = found.value != NULL;
	if (!found.value)
		found = aws_files_find_key(
			&settings->files, settings->profile.value, "endpoint_url");
	return found.value ? set_from_file(endpoint, found) : 0;
}

/* A setting can make myha ignore the endpoints of environment and files, but not the policy's. */
static int choose_endpoints(
	const struct policy_aws *policy, struct aws_settings *settings, struct error *error)
{
	const struct setting_sources sources = {
		.variables = {AWS_IGNORE_CONFIGURED_ENDPOINT_URLS, NO_VARIABLE},
		.profile_key = "ignore_configured_endpoint_urls"};
	struct aws_setting *ec2 = &settings->endpoints[AWS_SERVICE_EC2];
	struct aws_setting ignore = {0};
	int err = find_setting(settings, &sources, &ignore);
	bool is_ignored = is_true(&ignore);

	if (!err)
		err = check_flag(&ignore, error);
	setting_done(&ignore);
	if (err)
		return err;
	if (is_ignored) {
		settings->endpoint_is_explicit[AWS_SERVICE_EC2] = policy->endpoint != NULL;
		return policy->endpoint
			       ? set_value(ec2, policy->endpoint, "aws.endpoint of the policy")
			       : 0;
	}
	err = choose_endpoint(settings, AWS_SERVICE_EC2, policy->endpoint, error);
	return err ? err : choose_endpoint(settings, AWS_SERVICE_STS, NULL, error);
}

/* Sets each setting from the first source that has it, and checks the value. */
static int choose_settings(
	const struct policy_aws *policy, struct aws_settings *settings, struct error *error)
{
	struct aws_setting max_attempts = {0}; /* only checked, see check_max_attempts() */
	const struct {
		struct setting_sources sources;
		struct aws_setting *setting;
		int (*check)(const struct aws_setting *setting, struct error *error);
	} table[] = {/* policy value, policy key, variables, profile key; setting, check */
		{{policy->region, "region", {AWS_REGION, AWS_DEFAULT_REGION}, "region"},
			&settings->region, check_region},
		{{policy->ca_bundle, "ca-bundle", {AWS_CA_BUNDLE, NO_VARIABLE}, "ca_bundle"},
			&settings->ca_bundle, NULL},
		{{policy_flag_text(policy->fips), "fips", {AWS_USE_FIPS_ENDPOINT, NO_VARIABLE},
			 "use_fips_endpoint"},
			&settings->fips, check_flag},
		{{policy_flag_text(policy->dualstack), "dualstack",
			 {AWS_USE_DUALSTACK_ENDPOINT, NO_VARIABLE}, "use_dualstack_endpoint"},
			&settings->dualstack, check_flag},
		{{NULL, NULL, {AWS_MAX_ATTEMPTS, NO_VARIABLE}, "max_attempts"}, &max_attempts,
			check_max_attempts}};
	/* The profile comes first: the settings of the table may be keys in it. */
	int err = choose_profile(policy, settings, error);

	for (size_t i = 0; i < ARRAY_SIZE(table) && !err; i++) {
		err = find_setting(settings, &table[i].sources, table[i].setting);
		if (!err && table[i].check)
			err = table[i].check(table[i].setting, error);
	}
	setting_done(&max_attempts);
	return err ? err : choose_endpoints(policy, settings, error);
}

int aws_settings_resolve(
	const struct policy_aws *policy, struct aws_settings *settings, struct error *error)
{
	int err = choose_settings(policy, settings, error);

	if (err == -ENOMEM) /* only this error has no words yet */
		error_oom(error);
	return err;
}

/*
 * Refuses variables with invisible characters, such as a CR from a file of Windows. Does not print
 * the value, which may be a secret. HOME is a path, and may have any characters.
 */
static int refuse_invisible_characters(
	const struct aws_environment *environment, struct error *error)
{
	char name[INVISIBLE_TEXT_SIZE];
	struct invisible invisible;

	for (size_t i = 0; i < AWS_VARIABLE_COUNT_; i++) {
		const char *value = environment->values[i];

		if (i == AWS_HOME || !value || !invisible_find(value, strlen(value), &invisible))
			continue;
		return error_set(error, OUTCOME_USAGE, EINVAL,
			"%s: character %zu is %s, which cannot be seen: set the variable again",
			aws_variable_name((enum aws_variable)i), invisible.position,
			invisible_format(invisible.character, name));
	}
	return 0;
}

int aws_settings_load(
	const struct policy_aws *policy, struct aws_settings *ret_settings, struct error *error)
{
	_cleanup_(aws_settings_done) struct aws_settings settings = {0};
	int err;

	aws_environment_read(&settings.environment);
	err = refuse_invisible_characters(&settings.environment, error);
	if (!err)
		err = aws_files_read(&settings.environment, &settings.files, error);
	if (!err)
		err = aws_settings_resolve(policy, &settings, error);
	if (err)
		return err;
	*ret_settings = TAKE_STRUCT(settings);
	return 0;
}

void aws_settings_done(struct aws_settings *settings)
{
	if (!settings)
		return;
	aws_files_done(&settings->files);
	setting_done(&settings->profile);
	setting_done(&settings->region);
	setting_done(&settings->ca_bundle);
	setting_done(&settings->fips);
	setting_done(&settings->dualstack);
	for (size_t i = 0; i < ARRAY_SIZE(settings->endpoints); i++)
		setting_done(&settings->endpoints[i]);
	*settings = (struct aws_settings){0};
}

int aws_settings_set_region(
	struct aws_settings *settings, const char *region, const char *from, struct error *error)
{
	if (!endpoint_region_is_valid(region))
		return error_set(error, OUTCOME_FAILED, EINVAL,
			"%s reports \"%s\", which is not a region", from, region);
	if (set_value(&settings->region, region, "%s", from) < 0)
		return error_oom(error);
	return 0;
}

int aws_settings_endpoint(const struct aws_settings *settings, enum aws_service service,
	struct endpoint *ret_endpoint, struct error *error)
{
	const struct aws_setting *custom = &settings->endpoints[service];
	const struct endpoint_options options = {.service = service,
		.region = settings->region.value,
		.fips = is_true(&settings->fips),
		.dualstack = is_true(&settings->dualstack),
		.custom = custom->value,
		.custom_from = custom->from,
		.custom_is_explicit = settings->endpoint_is_explicit[service]};

	if (!options.region)
		return error_set(error, OUTCOME_USAGE, EINVAL,
			"no region is known: set AWS_REGION, or aws.region in the policy file");
	return endpoint_build(&options, ret_endpoint, error);
}
