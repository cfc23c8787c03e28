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
struct lookup {
	const char *policy; /* the policy's value, or NULL */
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

static int set_from_file(struct aws_setting *setting, struct aws_found found)
{
	return set_value(setting, found.value, "%s:%u", found.file->path, found.line);
}

/* Does not change the setting if no source has it. 0 or -ENOMEM. */
static int find_setting(const struct aws_settings *settings, const struct lookup *lookup,
	struct aws_setting *ret_setting)
{
	struct aws_found found;

	if (lookup->policy)
		return set_value(
			ret_setting, lookup->policy, "aws.%s of the policy", lookup->policy_key);
	for (size_t i = 0; i < ARRAY_SIZE(lookup->variables); i++) {
		enum aws_variable variable = lookup->variables[i];

		if (variable != NO_VARIABLE && settings->environment.values[variable])
			return set_value(ret_setting, settings->environment.values[variable], "%s",
				aws_variable_name(variable));
	}
	if (!lookup->profile_key)
		return 0;
	found = aws_files_find(&settings->files, settings->profile.value, lookup->profile_key);
	return found.value ? set_from_file(ret_setting, found) : 0;
}

static const char *describe_file(const struct aws_file *file)
{
	return file->path ? file->path : "a configuration file";
}

static int choose_profile(
	const struct policy_aws *policy, struct aws_settings *settings, struct error *error)
{
	const struct lookup lookup = {
		policy->profile, "profile", {AWS_PROFILE, AWS_DEFAULT_PROFILE}, NULL};
	struct aws_setting *profile = &settings->profile;

	if (find_setting(settings, &lookup, profile) < 0)
		return -ENOMEM;
	settings->is_profile_from_policy = policy->profile != NULL;
	if (!profile->value)
		return set_value(profile, DEFAULT_PROFILE, "default");
	if (aws_files_have_profile(&settings->files, profile->value))
		return 0;
	return error_set(error, OUTCOME_USAGE, EINVAL,
		"%s is \"%s\", but neither %s nor %s has such a profile", profile->from,
		profile->value, describe_file(&settings->files.config),
		describe_file(&settings->files.credentials));
}

static const char *flag_text(int flag)
{
	return flag < 0 ? NULL : flag ? "true" : "false";
}

static int check_flag(const struct aws_setting *flag, struct error *error)
{
	if (!flag->value || !strcasecmp(flag->value, "true") || !strcasecmp(flag->value, "false"))
		return 0;
	return error_set(error, OUTCOME_USAGE, EINVAL, "%s is \"%s\", but must be true or false",
		flag->from, flag->value);
}

static bool is_on(const struct aws_setting *flag)
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

/* The deadline limits the attempts, not this number. */
static int check_attempts(const struct aws_setting *attempts, struct error *error)
{
	uint32_t number;

	if (!attempts->value || parse_u32(attempts->value, 1, ATTEMPTS_MAX, &number) == 0)
		return 0;
	return error_set(error, OUTCOME_USAGE, EINVAL,
		"%s is \"%s\", but must be a number from 1 to %d", attempts->from, attempts->value,
		ATTEMPTS_MAX);
}

/* A profile may name a [services] section, which has a key for each service. */
static int find_service_endpoint(const struct aws_settings *settings, enum aws_service service,
	struct aws_found *ret_found, struct error *error)
{
	const struct aws_files *files = &settings->files;
	struct aws_found name = aws_files_find(files, settings->profile.value, "services");

	if (name.value && !aws_files_have_services(files, name.value))
		return error_set(error, OUTCOME_USAGE, EINVAL,
			"%s:%u: services is \"%s\", but there is no section [services %s]",
			name.file->path, name.line, name.value, name.value);
	if (name.value)
		name = aws_files_find_service(
			files, name.value, endpoint_service_name(service), "endpoint_url");
	*ret_found = name;
	return 0;
}

/* The order of the AWS tools: in each source, the service's own endpoint before the general one. */
static int choose_endpoint(struct aws_settings *settings, enum aws_service service,
	const char *policy, struct error *error)
{
	static const enum aws_variable variables[] = {
		[AWS_SERVICE_EC2] = AWS_ENDPOINT_URL_EC2,
		[AWS_SERVICE_STS] = AWS_ENDPOINT_URL_STS,
	};
	const struct lookup of_service = {
		policy, "endpoint", {variables[service], NO_VARIABLE}, NULL};
	const struct lookup general = {NULL, NULL, {AWS_ENDPOINT_URL, NO_VARIABLE}, NULL};
	const struct lookup of_profile = {NULL, NULL, {NO_VARIABLE, NO_VARIABLE}, "endpoint_url"};
	struct aws_setting *endpoint = &settings->endpoints[service];
	struct aws_found found = {0};
	int err = find_setting(settings, &of_service, endpoint);

	settings->endpoint_is_explicit[service] = endpoint->value != NULL;
	if (!err && !endpoint->value)
		err = find_setting(settings, &general, endpoint);
	if (err || endpoint->value)
		return err;
	err = find_service_endpoint(settings, service, &found, error);
	if (err)
		return err;
	settings->endpoint_is_explicit[service] = found.value != NULL;
	return found.value ? set_from_file(endpoint, found)
			   : find_setting(settings, &of_profile, endpoint);
}

static int choose_endpoints(
	const struct policy_aws *policy, struct aws_settings *settings, struct error *error)
{
	const struct lookup lookup = {NULL, NULL,
		{AWS_IGNORE_CONFIGURED_ENDPOINT_URLS, NO_VARIABLE},
		"ignore_configured_endpoint_urls"};
	struct aws_setting *ec2 = &settings->endpoints[AWS_SERVICE_EC2];
	struct aws_setting ignore = {0};
	int err = find_setting(settings, &lookup, &ignore);
	bool on = is_on(&ignore);

	if (!err)
		err = check_flag(&ignore, error);
	setting_done(&ignore);
	if (err)
		return err;
	if (on) {
		/* The policy's endpoint is not ignored. */
		settings->endpoint_is_explicit[AWS_SERVICE_EC2] = policy->endpoint != NULL;
		return policy->endpoint
			       ? set_value(ec2, policy->endpoint, "aws.endpoint of the policy")
			       : 0;
	}
	err = choose_endpoint(settings, AWS_SERVICE_EC2, policy->endpoint, error);
	return err ? err : choose_endpoint(settings, AWS_SERVICE_STS, NULL, error);
}

static int choose_all(
	const struct policy_aws *policy, struct aws_settings *settings, struct error *error)
{
	struct aws_setting attempts = {0};
	const struct {
		struct lookup lookup;
		struct aws_setting *setting;
		int (*check)(const struct aws_setting *setting, struct error *error);
	} table[] = {
		{{policy->region, "region", {AWS_REGION, AWS_DEFAULT_REGION}, "region"},
			&settings->region, check_region},
		{{policy->ca_bundle, "ca-bundle", {AWS_CA_BUNDLE, NO_VARIABLE}, "ca_bundle"},
			&settings->ca_bundle, NULL},
		{{flag_text(policy->fips), "fips", {AWS_USE_FIPS_ENDPOINT, NO_VARIABLE},
			 "use_fips_endpoint"},
			&settings->fips, check_flag},
		{{flag_text(policy->dualstack), "dualstack",
			 {AWS_USE_DUALSTACK_ENDPOINT, NO_VARIABLE}, "use_dualstack_endpoint"},
			&settings->dualstack, check_flag},
		{{NULL, NULL, {AWS_MAX_ATTEMPTS, NO_VARIABLE}, "max_attempts"}, &attempts,
			check_attempts},
	};
	int err = choose_profile(policy, settings, error);

	for (size_t i = 0; i < ARRAY_SIZE(table) && !err; i++) {
		err = find_setting(settings, &table[i].lookup, table[i].setting);
		if (!err && table[i].check)
			err = table[i].check(table[i].setting, error);
	}
	setting_done(&attempts);
	return err ? err : choose_endpoints(policy, settings, error);
}

int aws_settings_resolve(
	const struct policy_aws *policy, struct aws_settings *settings, struct error *error)
{
	int err = choose_all(policy, settings, error);

	if (err == -ENOMEM)
		error_oom(error);
	return err;
}

/* Does not print the value, which may be a secret. HOME may be any directory. */
static int check_environment(const struct aws_environment *environment, struct error *error)
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
	err = check_environment(&settings.environment, error);
	if (!err)
		err = aws_files_read(&settings.environment, &settings.files, error);
	if (!err)
		err = aws_settings_resolve(policy, &settings, error);
	if (err)
		return err;
	*ret_settings = settings;
	settings = (struct aws_settings){0};
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
	const struct endpoint_options options = {
		.service = service,
		.region = settings->region.value,
		.fips = is_on(&settings->fips),
		.dualstack = is_on(&settings->dualstack),
		.custom = custom->value,
		.custom_from = custom->from,
		.custom_is_explicit = settings->endpoint_is_explicit[service],
	};

	if (!options.region)
		return error_set(error, OUTCOME_USAGE, EINVAL,
			"no region is known: set AWS_REGION, or aws.region in the policy file");
	return endpoint_build(&options, ret_endpoint, error);
}
