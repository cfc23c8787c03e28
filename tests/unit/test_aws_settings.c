/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "aws/aws_settings.h"
#include "aws/path_expand.h"
#include "aws_fixture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SERVICES                                                                                   \
	"[default]\nregion = r-1\nendpoint_url = https://profile\nservices = s\n"                  \
	"[services s]\nec2 =\n  endpoint_url = https://service\n"

static void show(const char *name, const struct aws_setting *setting, struct strbuf *out)
{
	if (setting->value)
		strbuf_printf(out, "%s=%s (%s)\n", name, setting->value, setting->from);
}

static const struct test_case {
	const char *name;
	struct fixture fixture;
	const char *settings; /* or NULL: refused, with `text` */
	const char *text;
} cases[] = {
	{"nothing", {0}, "profile=default (default)\n", NULL},
	{"AWS_REGION first",
		{.config = "[default]\nregion=r-3\n",
			.environment = {{AWS_DEFAULT_REGION, "r-2"}, {AWS_REGION, "r-1"}}},
		"profile=default (default)\nregion=r-1 (AWS_REGION)\n", NULL},
	{"AWS_DEFAULT_REGION next",
		{.config = "[default]\nregion=r-3\n", .environment = {{AWS_DEFAULT_REGION, "r-2"}}},
		"profile=default (default)\nregion=r-2 (AWS_DEFAULT_REGION)\n", NULL},
	{"the profile last", {.config = "[default]\n\nregion=r-3\n"},
		"profile=default (default)\nregion=r-3 (/c:3)\n", NULL},
	{"the policy before all",
		{.policy_region = "r-0",
			.policy_endpoint = "https://e",
			.policy_fips = 2,
			.environment = {{AWS_REGION, "r-1"}, {AWS_USE_FIPS_ENDPOINT, "true"},
				{AWS_ENDPOINT_URL_EC2, "https://f"}}},
		"profile=default (default)\nregion=r-0 (aws.region of the policy)\n"
		"fips=false (aws.fips of the policy)\nec2=https://e (aws.endpoint of the "
		"policy)!\n",
		NULL},
	{"the credentials file before the configuration",
		{.config = "[default]\nregion=r-1\nca_bundle=/a\n",
			.credentials = "[default]\nregion=r-2\n"},
		"profile=default (default)\nregion=r-2 (/k:2)\nca-bundle=/a (/c:3)\n", NULL},
	{"a profile of the environment",
		{.config = "[profile dev]\nregion=r-1\n[default]\nregion=r-2\n",
			.environment = {{AWS_PROFILE, "dev"}, {AWS_DEFAULT_PROFILE, "default"}}},
		"profile=dev (AWS_PROFILE)\nregion=r-1 (/c:2)\n", NULL},
	{"a profile of the policy, its name in quotes",
		{.config = "[profile \"my dev\"]\nregion=r-1\n",
			.policy_profile = "my dev",
			.environment = {{AWS_PROFILE, "other"}}},
		"profile=my dev (aws.profile of the policy), by policy\nregion=r-1 (/c:2)\n", NULL},
	{"a profile of the credentials file alone",
		{.credentials = "[dev]\nregion=r-1\n", .environment = {{AWS_PROFILE, "dev"}}},
		"profile=dev (AWS_PROFILE)\nregion=r-1 (/k:2)\n", NULL},
	{"[dev] is no profile of the configuration",
		{.config = "[dev]\nregion=r-1\n", .environment = {{AWS_PROFILE, "dev"}}}, NULL,
		"AWS_PROFILE is \"dev\", but neither /c nor /k has such a profile"},
	{"empty values are none", {.config = "[default]\nregion=\n"}, "profile=default (default)\n",
		NULL},
	{"all the others",
		{.environment = {{AWS_CA_BUNDLE, "/ca"}, {AWS_USE_FIPS_ENDPOINT, "False"},
			 {AWS_USE_DUALSTACK_ENDPOINT, "TRUE"}, {AWS_MAX_ATTEMPTS, "7"}}},
		"profile=default (default)\nca-bundle=/ca (AWS_CA_BUNDLE)\n"
		"fips=False (AWS_USE_FIPS_ENDPOINT)\ndualstack=TRUE (AWS_USE_DUALSTACK_ENDPOINT)\n",
		NULL},
	{"the others of a profile",
		{.config = "[default]\nca_bundle=/ca\nuse_fips_endpoint=true\n"
			   "use_dualstack_endpoint=false\nmax_attempts=3\n"},
		"profile=default (default)\nca-bundle=/ca (/c:2)\nfips=true (/c:3)\n"
		"dualstack=false (/c:4)\n",
		NULL},

	{"endpoint by service in the environment",
		{.config = SERVICES,
			.environment = {{AWS_ENDPOINT_URL_EC2, "https://ec2"},
				{AWS_ENDPOINT_URL_STS, "https://sts"},
				{AWS_ENDPOINT_URL, "https://all"}}},
		"profile=default (default)\nregion=r-1 (/c:2)\n"
		"ec2=https://ec2 (AWS_ENDPOINT_URL_EC2)!\nsts=https://sts "
		"(AWS_ENDPOINT_URL_STS)!\n",
		NULL},
	{"endpoint of the environment",
		{.config = SERVICES, .environment = {{AWS_ENDPOINT_URL, "https://all"}}},
		"profile=default (default)\nregion=r-1 (/c:2)\nec2=https://all (AWS_ENDPOINT_URL)\n"
		"sts=https://all (AWS_ENDPOINT_URL)\n",
		NULL},
	{"endpoint by service of the profile, or its general one", {.config = SERVICES},
		"profile=default (default)\nregion=r-1 (/c:2)\nec2=https://service (/c:6)!\n"
		"sts=https://profile (/c:3)\n",
		NULL},
	{"endpoints ignored, but not the policy's",
		{.config = SERVICES,
			.policy_endpoint = "https://e",
			.environment = {{AWS_IGNORE_CONFIGURED_ENDPOINT_URLS, "true"},
				{AWS_ENDPOINT_URL, "https://all"}}},
		"profile=default (default)\nregion=r-1 (/c:2)\n"
		"ec2=https://e (aws.endpoint of the policy)!\n",
		NULL},
	{"endpoints ignored by the profile",
		{.config = SERVICES "[profile x]\nignore_configured_endpoint_urls=true\n"
				    "endpoint_url=https://x\n",
			.environment = {{AWS_PROFILE, "x"}}},
		"profile=x (AWS_PROFILE)\n", NULL},
	{"services of another name", {.config = "[default]\nservices = s\n[services t]\n"}, NULL,
		"/c:2: services is \"s\", but there is no section [services s]"},

	{"no flag", {.environment = {{AWS_USE_FIPS_ENDPOINT, "yes"}}}, NULL,
		"AWS_USE_FIPS_ENDPOINT is \"yes\", but must be true or false"},
	{"no flag to ignore", {.environment = {{AWS_IGNORE_CONFIGURED_ENDPOINT_URLS, "1"}}}, NULL,
		"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS is \"1\", but must be true or false"},
	{"no number", {.config = "[default]\nmax_attempts=many\n"}, NULL,
		"/c:2 is \"many\", but must be a number from 1 to 1000"},
	{"no region", {.environment = {{AWS_REGION, "EU"}}}, NULL,
		"AWS_REGION is \"EU\", but must be a region like eu-central-1"},
	{"no such profile", {.policy_profile = "x"}, NULL,
		"aws.profile of the policy is \"x\", but neither /c nor /k has such a profile"},
	{"no format", {.config = "x\n"}, NULL, "/c:1: a [section] must come before the first key"},
};

static void run_case(void **state)
{
	const struct test_case *test = *state;
	_cleanup_(aws_settings_done) struct aws_settings settings = {0};
	_cleanup_(strbuf_done) struct strbuf out = {0};
	struct error error = {0};
	int err = fixture_settings(&test->fixture, &settings, &error);

	assert_string_equal(error.text, test->text ? test->text : "");
	assert_int_equal(err, test->text ? -EINVAL : 0);
	assert_int_equal(error.outcome, test->text ? OUTCOME_USAGE : OUTCOME_DONE);
	if (err)
		return;
	strbuf_printf(&out, "profile=%s (%s)%s\n", settings.profile.value, settings.profile.from,
		settings.is_profile_from_policy ? ", by policy" : "");
	show("region", &settings.region, &out);
	show("ca-bundle", &settings.ca_bundle, &out);
	show("fips", &settings.fips, &out);
	show("dualstack", &settings.dualstack, &out);
	for (unsigned i = 0; i < 2; i++) {
		if (!settings.endpoints[i].value)
			continue;
		strbuf_printf(&out, "%s=%s (%s)%s\n", endpoint_service_name((enum aws_service)i),
			settings.endpoints[i].value, settings.endpoints[i].from,
			settings.endpoint_is_explicit[i] ? "!" : "");
	}
	assert_string_equal(strbuf_text(&out), test->settings);
}

static void test_endpoint(void **state)
{
	const struct fixture fixture = {
		.environment = {{AWS_ENDPOINT_URL_EC2, "http://10.0.0.1:80"},
			{AWS_USE_FIPS_ENDPOINT, "true"}}};
	_cleanup_(aws_settings_done) struct aws_settings settings = {0};
	struct endpoint endpoint;
	struct error error = {0};

	(void)state;
	assert_int_equal(fixture_settings(&fixture, &settings, &error), 0);
	assert_int_equal(
		aws_settings_endpoint(&settings, AWS_SERVICE_STS, &endpoint, &error), -EINVAL);
	assert_string_equal(
		error.text, "no region is known: set AWS_REGION, or aws.region in the policy file");
	assert_int_equal(aws_settings_set_region(&settings, "no region", "IMDS", &error), -EINVAL);
	assert_string_equal(error.text, "IMDS reports \"no region\", which is not a region");
	assert_int_equal(aws_settings_set_region(&settings, "eu-west-1", "IMDS", NULL), 0);
	assert_string_equal(settings.region.from, "IMDS");
	assert_int_equal(aws_settings_endpoint(&settings, AWS_SERVICE_STS, &endpoint, NULL), 0);
	assert_string_equal(endpoint.url, "https://sts-fips.eu-west-1.amazonaws.com/");
	assert_int_equal(
		aws_settings_endpoint(&settings, AWS_SERVICE_EC2, &endpoint, &error), -EINVAL);
	assert_string_equal(error.text,
		"AWS_ENDPOINT_URL_EC2 sets an endpoint, so a FIPS endpoint cannot be selected: remove one of the two settings");
}

/* The real environment and real files. */
static void write_file(const char *path, const char *text, mode_t mode)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	assert_int_equal(chmod(path, mode), 0);
}

static void load(const char *wanted_region, const char *wanted_from, bool trusted)
{
	const struct policy_aws policy = {.fips = -1, .dualstack = -1};
	_cleanup_(aws_settings_done) struct aws_settings settings = {0};

	assert_int_equal(aws_settings_load(&policy, &settings, NULL), 0);
	assert_string_equal(settings.region.value, wanted_region);
	assert_string_equal(settings.region.from, wanted_from);
	assert_int_equal(settings.files.config.is_trusted, trusted);
	assert_false(settings.files.credentials.is_present);
	assert_string_equal(settings.files.credentials.absence_reason, "No such file or directory");
}

static void load_refused(const char *wanted)
{
	const struct policy_aws policy = {.fips = -1, .dualstack = -1};
	struct aws_settings settings = {0};
	struct error error = {0};

	assert_true(aws_settings_load(&policy, &settings, &error) < 0);
	assert_string_equal(error.text, wanted);
	assert_null(settings.profile.value);
}

static void test_load(void **state)
{
	char home[] = "/tmp/myha-test-XXXXXX";
	char folder[64], path[80], from[90], wanted[160];

	(void)state;
	assert_non_null(mkdtemp(home));
	for (int i = 0; i < AWS_HOME; i++)
		unsetenv(aws_variable_name((enum aws_variable)i));
	setenv("HOME", home, 1);
	snprintf(folder, sizeof(folder), "%s/.aws", home);
	snprintf(path, sizeof(path), "%s/config", folder);
	snprintf(from, sizeof(from), "%s:2", path);
	assert_int_equal(mkdir(folder, 0700), 0);
	write_file(path, "[default]\nregion = r-1\n", 0644);
	load("r-1", from, true);
	write_file(path, "[default]\nregion = r-1\n", 0664);
	load("r-1", from, false);
	setenv("AWS_CONFIG_FILE", "~/.aws/config", 1);
	load("r-1", from, false);
	setenv("AWS_CONFIG_FILE", "$HOME/.aws/config", 1);
	load("r-1", from, false);
	setenv("AWS_CONFIG_FILE", "${HOME}/.aws/config", 1);
	load("r-1", from, false);
	setenv("AWS_CONFIG_FILE", folder, 1);
	snprintf(wanted, sizeof(wanted),
		"AWS_CONFIG_FILE: %s: Is a directory: correct or unset the variable", folder);
	load_refused(wanted);
	setenv("AWS_CONFIG_FILE", "$MYHA_UNSET/config", 1);
	load_refused(
		"AWS_CONFIG_FILE: $MYHA_UNSET/config: No such file or directory: correct or unset the variable");
	setenv("AWS_CONFIG_FILE", path, 1);
	setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/zero/$HOME", 1);
	snprintf(wanted, sizeof(wanted),
		"AWS_SHARED_CREDENTIALS_FILE: /dev/zero/%s: Not a directory: correct or unset the variable",
		home);
	load_refused(wanted);
	unsetenv("AWS_SHARED_CREDENTIALS_FILE");
	setenv("AWS_CONFIG_FILE", path, 1);
	write_file(path, "[default]\nregion\n", 0600);
	snprintf(wanted, sizeof(wanted), "%s:2: neither a [section] nor NAME = VALUE", path);
	load_refused(wanted);
	unlink(path);
	setenv("AWS_CONFIG_FILE", "/dev/null", 1);
	setenv("AWS_REGION", "r-2", 1);
	setenv("AWS_PROFILE", "", 1);
	load("r-2", "AWS_REGION", false);
	setenv("AWS_REGION", "r-2\r", 1);
	load_refused(
		"AWS_REGION: character 4 is U+000D (CARRIAGE RETURN), which cannot be seen: set the variable again");
	unsetenv("AWS_REGION");
	setenv("AWS_SECRET_ACCESS_KEY", "k3y\302\240", 1);
	load_refused(
		"AWS_SECRET_ACCESS_KEY: character 4 is U+00A0 (NO-BREAK SPACE), which cannot be seen: set the variable again");
	unsetenv("AWS_SECRET_ACCESS_KEY");
	rmdir(folder);
	rmdir(home);
}

static void test_path_expand(void **state)
{
	static const struct {
		const char *path, *home, *wanted;
	} paths[] = {
		{"/a/b", "/h", "/a/b"},
		{"~", "/h", "/h"},
		{"~/a", "/h", "/h/a"},
		{"~/a", NULL, "~/a"},
		{"~root/a", "/h", "/root/a"},
		{"~no-such-user/a", "/h", "~no-such-user/a"},
		{"/~/a", "/h", "/~/a"},
		{"$V/a", "/h", "/v/a"},
		{"${V}/a", "/h", "/v/a"},
		{"/a$V${V}$V", "/h", "/a/v/v/v"},
		{"$VV/a", "/h", "$VV/a"},
		{"${VV}/a", "/h", "${VV}/a"},
		{"${V/a", "/h", "${V/a"},
		{"$/a$", "/h", "$/a$"},
		{"${}/a", "/h", "${}/a"},
		{"$EMPTY/a", "/h", "/a"},
		{"$T/a", "/h", "/h/a"}, /* the user comes after the variables */
		{"", "/h", ""},
	};

	(void)state;
	setenv("V", "/v", 1);
	setenv("T", "~", 1);
	setenv("EMPTY", "", 1);
	unsetenv("VV");
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		_cleanup_(cleanup_free) char *path = NULL;

		assert_int_equal(path_expand(paths[i].path, paths[i].home, &path), 0);
		assert_string_equal(path, paths[i].wanted);
	}
}

int main(void)
{
	struct CMUnitTest tests[ARRAY_SIZE(cases) + 3];
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		tests[count++] = (struct CMUnitTest){
			cases[i].name, run_case, NULL, NULL, (void *)&cases[i]};
	tests[count++] = (struct CMUnitTest)cmocka_unit_test(test_endpoint);
	tests[count++] = (struct CMUnitTest)cmocka_unit_test(test_load);
	tests[count++] = (struct CMUnitTest)cmocka_unit_test(test_path_expand);
	return _cmocka_run_group_tests("settings", tests, count, NULL, NULL);
}
