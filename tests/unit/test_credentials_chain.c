/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "aws/credentials_chain.h"
#include "aws_fixture.h"
#include "base/clock.h"
#include "base/log.h"
#include "credentials_times.h"
#include "imds_server.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Each secret contains one of these, so that a leak is found. */
#define SECRET "s3cr3t"
#define SESSION "t0k3n"

#define JSON_KEYS "\"AccessKeyId\":\"AKIAJ\",\"SecretAccessKey\":\"" SECRET "-j\""
#define JSON                                                                                       \
	"{\"Code\":\"Success\"," JSON_KEYS ",\"Token\":\"" SESSION "-j\",\"Expiration\":\"" LATER  \
	"\"}"
#define JSON_PLAN "AKIAJ " SECRET "-j " SESSION "-j 1769882400 "
#define PROCESS "credential_process = printf '{\"Version\":1," JSON_KEYS "}'\n"
#define KEYS(n) "aws_access_key_id=AKIA" n "\naws_secret_access_key=" SECRET "-" n "\n"
#define KEYS_PLAN(n) "AKIA" n " " SECRET "-" n " - 0 "

#define STATUS(status) RESPONDS(status, "no")
#define IMDS_TOKEN OK(SESSION "-imds")
#define IMDS_GET(path) GET_WITH(SESSION "-imds", "meta-data/" path)
#define ROLES "iam/security-credentials/"

#define NOTHING_BEFORE                                                                             \
	"no credentials: environment (AWS_ACCESS_KEY_ID is not set), profile (/k: No such file "   \
	"or directory), container (no AWS_CONTAINER_CREDENTIALS_FULL_URI or ..._RELATIVE_URI is "  \
	"set), "

static const struct test_case {
	const char *name;
	struct fixture fixture; /* '@' in a variable stands for the server's URL */
	struct reply script[SERVER_MAX_REPLIES];
	bool imds_error;
	bool untrusted; /* the configuration file */
	const char *plan; /* or what is wrong, '@' as above */
	int err;
	enum outcome outcome;
	const char *requests;
	uint64_t msec; /* 0: 5000 */
} cases[] = {
	{"keys of the environment",
		{.environment = {{AWS_ACCESS_KEY_ID, "AKIA1"}, {AWS_SECRET_ACCESS_KEY, SECRET}},
			.credentials = "[default]\n" KEYS("2")},
		.plan = "AKIA1 " SECRET " - 0 the environment\n"},
	{"session of the environment",
		{.environment = {{AWS_ACCESS_KEY_ID, "AKIA1"}, {AWS_SECRET_ACCESS_KEY, SECRET},
			 {AWS_SESSION_TOKEN, SESSION}, {AWS_SECURITY_TOKEN, "old"},
			 {AWS_CREDENTIAL_EXPIRATION, LATER}}},
		.plan = "AKIA1 " SECRET " " SESSION " 1769882400 the environment\n"},
	{"half of the environment", {.environment = {{AWS_ACCESS_KEY_ID, "AKIA1"}}}, .err = -EINVAL,
		.outcome = OUTCOME_USAGE,
		.plan = "AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not: set both or neither"},
	{"expired environment",
		{.environment = {{AWS_ACCESS_KEY_ID, "AKIA1"}, {AWS_SECRET_ACCESS_KEY, SECRET},
			 {AWS_CREDENTIAL_EXPIRATION, "2026-01-31T12:00:00Z"}}},
		.err = -EKEYEXPIRED, .outcome = OUTCOME_FAILED,
		.plan = "the credentials of the environment expired at 2026-01-31T12:00:00Z "
			"(AWS_CREDENTIAL_EXPIRATION): renew or unset them"},
	{"a line end in the environment",
		{.environment = {{AWS_ACCESS_KEY_ID, "AKIA1"},
			 {AWS_SECRET_ACCESS_KEY, SECRET "\n"}}},
		.err = -EINVAL, .outcome = OUTCOME_USAGE,
		.plan = "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY or AWS_SESSION_TOKEN contains invalid characters: only printable ASCII without blanks is valid"},
	{"a profile of the policy comes before the environment's keys",
		{.environment = {{AWS_ACCESS_KEY_ID, "AKIA1"}, {AWS_SECRET_ACCESS_KEY, SECRET}},
			.policy_profile = "x",
			.credentials = "[x]\n" KEYS("2")},
		.plan = KEYS_PLAN("2") "profile \"x\" of /k\n"},

	{"keys of the credentials file first",
		{.credentials = "[default]\n" KEYS("2") "aws_session_token=" SESSION "\n",
			.config = "[default]\n" KEYS("3") PROCESS},
		.plan = "AKIA2 " SECRET "-2 " SESSION " 0 profile \"default\" of /k\n"},
	{"then credential_process", {.config = "[default]\n" KEYS("3") PROCESS},
		.plan = "AKIAJ " SECRET "-j - 0 credential_process of /c:4\n"},
	{"then keys of the configuration file", {.config = "[default]\n" KEYS("3")},
		.plan = KEYS_PLAN("3") "profile \"default\" of /c\n"},
	{"half a profile", {.credentials = "[default]\n\naws_access_key_id=AKIA\n"}, .err = -EINVAL,
		.outcome = OUTCOME_USAGE,
		.plan = "/k:3: aws_access_key_id is set, but aws_secret_access_key is not: set both"},
	{"a sign-on", {.config = "[default]\nsso_account_id=1\n" KEYS("3")}, .err = -ENOTSUP,
		.outcome = OUTCOME_USAGE,
		.plan = "/c:2: sso_account_id: single sign-on requires an interactive login: use another profile"},
	{"a web identity",
		{.config = "[default]\nrole_arn=r\nweb_identity_token_file=/x\nsource_profile=y\n"},
		.err = -ENOTSUP, .outcome = OUTCOME_USAGE,
		.plan = "/c:3: web_identity_token_file: web identities are not supported: use another profile"},

	{"a process that fails", {.config = "[default]\ncredential_process = false\n"},
		.err = -EBADMSG, .outcome = OUTCOME_FAILED,
		.plan = "/c:2: credential_process: false exited with status 1"},
	{"a process of nonsense", {.config = "[default]\ncredential_process = echo " SECRET "\n"},
		.err = -EBADMSG, .outcome = OUTCOME_FAILED,
		.plan = "/c:2: credential_process: not a JSON object"},
	{"a process with an open quote", {.config = "[default]\ncredential_process = a 'b\n"},
		.err = -EINVAL, .outcome = OUTCOME_USAGE,
		.plan = "/c:2: credential_process: a quote is not closed"},
	{"a process that others may name", {.config = "[default]\n" PROCESS}, .untrusted = true,
		.err = -EPERM, .outcome = OUTCOME_USAGE,
		.plan = "/c:2: credential_process: not run: /c: others"},
	{"a process that hangs", {.config = "[default]\ncredential_process = sleep 60\n"},
		.err = -ETIME, .outcome = OUTCOME_TIMEOUT, .msec = 200,
		.plan = "/c:2: credential_process: sleep timed out and was killed"},

	{"a role",
		{.config = "[default]\nrole_arn=arn:r\nsource_profile=b\nrole_session_name=n\n"
			   "external_id=" SECRET "\nduration_seconds=900\n",
			.credentials = "[b]\n" KEYS("2")},
		.plan = KEYS_PLAN("2") "profile \"b\" of /k\narn:r n " SECRET " 900\n"},
	{"roles one after the other",
		{.config = "[default]\nrole_arn=arn:1\nsource_profile=b\n[profile b]\n"
			   "role_arn=arn:2\nsource_profile=c\n[profile c]\n" PROCESS},
		.plan = "AKIAJ " SECRET "-j - 0 credential_process of /c:8\narn:2 - - 0\n"
			"arn:1 - - 0\n"},
	{"a source with keys beside its role ends the way",
		{.config = "[default]\nrole_arn=arn:1\nsource_profile=b\n[profile b]\n"
			   "role_arn=arn:2\nsource_profile=default\n" KEYS("3")},
		.plan = KEYS_PLAN("3") "profile \"b\" of /c\narn:1 - - 0\n"},
	{"its own source",
		{.config = "[default]\nrole_arn=arn:1\nsource_profile=default\n" KEYS("3")},
		.plan = KEYS_PLAN("3") "profile \"default\" of /c\narn:1 - - 0\n"},
	{"its own source, without keys",
		{.config = "[default]\nrole_arn=arn:1\nsource_profile=default\n"}, .err = -ELOOP,
		.outcome = OUTCOME_USAGE,
		.plan = "/c:3: source_profile is \"default\", but the profiles refer to each other in a loop"},
	{"a circle",
		{.config = "[default]\nrole_arn=arn:1\nsource_profile=b\n[profile b]\n"
			   "role_arn=arn:2\nsource_profile=default\n"},
		.err = -ELOOP, .outcome = OUTCOME_USAGE,
		.plan = "/c:6: source_profile is \"default\", but the profiles refer to each other in a loop"},
	{"a source that is nowhere", {.config = "[default]\nrole_arn=arn:1\nsource_profile=b\n"},
		.err = -EINVAL, .outcome = OUTCOME_USAGE,
		.plan = "/c:3: source_profile is \"b\", but there is no such profile"},
	{"a source that has nothing",
		{.config = "[default]\nrole_arn=arn:1\nsource_profile=b\n[profile b]\nregion=r\n"},
		.err = -ENOKEY, .outcome = OUTCOME_USAGE,
		.plan = "profile \"default\" has a role_arn, but its source has no credentials"},
	{"no source", {.config = "[default]\nrole_arn=arn:1\n"}, .err = -EINVAL,
		.outcome = OUTCOME_USAGE,
		.plan = "/c:2: profile \"default\" has a role_arn: set either source_profile or credential_source"},
	{"two sources",
		{.config = "[default]\nrole_arn=arn:1\nsource_profile=b\n"
			   "credential_source=Environment\n"},
		.err = -EINVAL, .outcome = OUTCOME_USAGE,
		.plan = "/c:2: profile \"default\" has a role_arn: set either source_profile or credential_source"},
	{"a role that requires an MFA code",
		{.config = "[default]\nrole_arn=arn:1\nsource_profile=b\nmfa_serial=m\n"},
		.err = -ENOTSUP, .outcome = OUTCOME_USAGE,
		.plan = "/c:4: mfa_serial: MFA requires an interactive login: use another profile"},
	{"a bad duration",
		{.config = "[default]\nrole_arn=arn:1\nsource_profile=default\nduration_seconds="
			   "1h\n" KEYS("3")},
		.err = -EINVAL, .outcome = OUTCOME_USAGE,
		.plan = "/c:4: duration_seconds is \"1h\", but must be a number from 900 to 43200"},
	{"a role from the environment",
		{.config = "[profile x]\nrole_arn=arn:1\ncredential_source=Environment\n",
			.policy_profile = "x",
			.environment = {{AWS_ACCESS_KEY_ID, "AKIA1"},
				{AWS_SECRET_ACCESS_KEY, SECRET}}},
		.plan = "AKIA1 " SECRET " - 0 the environment\narn:1 - - 0\n"},
	{"a role from an empty environment",
		{.config = "[default]\nrole_arn=arn:1\ncredential_source=Environment\n"},
		.err = -ENOKEY, .outcome = OUTCOME_FAILED,
		.plan = "/c:3: credential_source is Environment: AWS_ACCESS_KEY_ID is not set"},
	{"a role from the instance",
		{.config = "[default]\nrole_arn=arn:1\ncredential_source=Ec2InstanceMetadata\n"},
		{IMDS_TOKEN, OK("web"), OK(JSON)},
		.plan = JSON_PLAN "role web of the instance\narn:1 - - 0\n",
		.requests = PUT IMDS_GET(ROLES) IMDS_GET(ROLES "web")},
	{"a role from a container",
		{.config = "[default]\nrole_arn=arn:1\ncredential_source=EcsContainer\n",
			.environment = {{AWS_CONTAINER_CREDENTIALS_FULL_URI, "@/x"}}},
		{OK(JSON)}, .plan = JSON_PLAN "the container endpoint\narn:1 - - 0\n",
		.requests = "GET /x\n"},
	{"a role from nowhere",
		{.config = "[default]\nrole_arn=arn:1\ncredential_source=EcsContainers\n"},
		.err = -EINVAL, .outcome = OUTCOME_USAGE,
		.plan = "/c:3: credential_source is \"EcsContainers\", but must be EcsContainer"},

	{"a container",
		{.environment = {{AWS_CONTAINER_CREDENTIALS_FULL_URI, "@/v1?a=b"},
			 {AWS_CONTAINER_AUTHORIZATION_TOKEN, "Basic " SECRET}}},
		{OK(JSON)}, .plan = JSON_PLAN "the container endpoint\n",
		.requests = "GET /v1?a=b Authorization: Basic " SECRET "\n"},
	{"a container that is late", {.environment = {{AWS_CONTAINER_CREDENTIALS_FULL_URI, "@/x"}}},
		{STATUS(503), STATUS(429), OK(JSON)}, .plan = JSON_PLAN "the container endpoint\n",
		.requests = "GET /x\nGET /x\nGET /x\n"},
	{"a container without a response",
		{.environment = {{AWS_CONTAINER_CREDENTIALS_FULL_URI, "@/x"}}}, {STATUS(500)},
		.err = -ECONNREFUSED, .outcome = OUTCOME_FAILED,
		.plan = "container credentials: GET @/x: HTTP 500",
		.requests = "GET /x\nGET /x\nGET /x\n"},
	{"a container that refuses", {.environment = {{AWS_CONTAINER_CREDENTIALS_FULL_URI, "@/x"}}},
		{STATUS(403)}, .err = -EBADMSG, .outcome = OUTCOME_FAILED,
		.plan = "container credentials: GET @/x: HTTP 403", .requests = "GET /x\n"},
	{"a container that sends elsewhere",
		{.environment = {{AWS_CONTAINER_CREDENTIALS_FULL_URI, "@/x"}}},
		{{RESPONSE, 302, NULL, "Location: http://127.0.0.1:1/\r\n"}}, .err = -EBADMSG,
		.outcome = OUTCOME_FAILED, .plan = "container credentials: GET @/x: HTTP 302",
		.requests = "GET /x\n"},
	{"a container that hangs", {.environment = {{AWS_CONTAINER_CREDENTIALS_FULL_URI, "@/x"}}},
		{{HANG, 200, NULL, NULL}}, .err = -ETIME, .outcome = OUTCOME_TIMEOUT, .msec = 300,
		.plan = "container credentials: GET @/x: no complete response in 0.3 s",
		.requests = "GET /x\n"},
	{"a container's nonsense", {.environment = {{AWS_CONTAINER_CREDENTIALS_FULL_URI, "@/x"}}},
		{OK("<html>" SECRET "</html>")}, .err = -EBADMSG, .outcome = OUTCOME_FAILED,
		.plan = "container credentials: GET @/x: not a JSON object",
		.requests = "GET /x\n"},
	{"a container's token with a line end",
		{.environment = {{AWS_CONTAINER_CREDENTIALS_FULL_URI, "@/x"},
			 {AWS_CONTAINER_AUTHORIZATION_TOKEN, SECRET "\r\nX-Other: 1"}}},
		.err = -EINVAL, .outcome = OUTCOME_USAGE,
		.plan = "AWS_CONTAINER_AUTHORIZATION_TOKEN: the token must be 1 to 16384 printable characters without a line end"},
	{"a container's token file, which is not there",
		{.environment = {{AWS_CONTAINER_CREDENTIALS_FULL_URI, "@/x"},
			 {AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE, "/nowhere"},
			 {AWS_CONTAINER_AUTHORIZATION_TOKEN, SECRET}}},
		.err = -ENOENT, .outcome = OUTCOME_FAILED,
		.plan = "/nowhere (AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE): No such file or "
			"directory"},

	{"the instance", {0}, {IMDS_TOKEN, OK("web\n"), OK(JSON)},
		.plan = JSON_PLAN "role web of the instance\n",
		.requests = PUT IMDS_GET(ROLES) IMDS_GET(ROLES "web")},
	{"an instance with credentials that seem expired", {0},
		{IMDS_TOKEN, OK("web"),
			OK("{" JSON_KEYS ",\"Token\":\"" SESSION "\",\"Expiration\":"
			   "\"2026-01-31T11:00:00Z\"}")},
		.plan = "AKIAJ " SECRET "-j " SESSION " 1769857200 role web of the instance\n",
		.requests = PUT IMDS_GET(ROLES) IMDS_GET(ROLES "web")},
	{"an instance without a role", {0}, {IMDS_TOKEN, STATUS(404)}, .err = -ENOKEY,
		.outcome = OUTCOME_FAILED,
		.plan = NOTHING_BEFORE "instance (the instance has no role: attach an instance "
				       "profile)",
		.requests = PUT IMDS_GET(ROLES)},
	{"an instance whose role may not be assumed", {0},
		{IMDS_TOKEN, OK("web"), OK("{\"Code\":\"AssumeRoleUnauthorizedAccess\"}")},
		.err = -EBADMSG, .outcome = OUTCOME_FAILED,
		.plan = NOTHING_BEFORE
		"instance (metadata service: credentials of role web: the response reports AssumeRoleUnauthorizedAccess)",
		.requests = PUT IMDS_GET(ROLES) IMDS_GET(ROLES "web")},
	{"an instance with an odd role", {0}, {IMDS_TOKEN, OK("../../x")}, .err = -EBADMSG,
		.outcome = OUTCOME_FAILED,
		.plan = NOTHING_BEFORE "instance (metadata service: the response for "
				       "meta-data/iam/security-credentials/ is not a role name)",
		.requests = PUT IMDS_GET(ROLES)},
	{"metadata that do not respond", {0}, {{HANG, 200, NULL, NULL}}, .err = -ETIME,
		.outcome = OUTCOME_TIMEOUT, .msec = 300,
		.plan = NOTHING_BEFORE
		"instance (metadata service: no valid response from @ in 0.3 s, last error: no complete response in 0.3 s)",
		.requests = PUT},
	{"no metadata", {.config = "[profile x]\n", .credentials = "[y]\n"}, .imds_error = true,
		.err = -ENOKEY, .outcome = OUTCOME_FAILED,
		.plan = "no credentials: environment (AWS_ACCESS_KEY_ID is not set), profile (/k "
			"has "
			"no profile \"default\"), container (no AWS_CONTAINER_CREDENTIALS_FULL_URI "
			"or "
			"..._RELATIVE_URI is set), instance (switched off)"},
	{"a profile of the policy that has nothing",
		{.config = "[profile x]\nregion=r\n", .policy_profile = "x"}, .imds_error = true,
		.err = -ENOKEY, .outcome = OUTCOME_FAILED,
		.plan = "no credentials: environment (not used: the policy sets aws.profile), "
			"profile (profile \"x\" has no credentials), container (no "
			"AWS_CONTAINER_CREDENTIALS_FULL_URI or ..._RELATIVE_URI is set), instance "
			"(switched off)"},
};

struct run {
	struct server server;
	struct aws_settings settings;
	struct imds imds;
	struct credentials_plan plan;
	struct deadline deadline;
	char url[128]; /* of a container */
};

static int start(struct run *run, const struct test_case *test)
{
	static const struct reply nobody[SERVER_MAX_REPLIES] = {STATUS(500)};
	const char **uri = &run->settings.environment.values[AWS_CONTAINER_CREDENTIALS_FULL_URI];
	struct imds_options options = {.endpoint = run->server.url};

	if (server_start(&run->server, test->script[0].status ? test->script : nobody) < 0)
		return -1;
	assert_int_equal(imds_open(&options, &run->imds, NULL), 0);
	assert_int_equal(fixture_settings(&test->fixture, &run->settings, NULL), 0);
	run->settings.files.config.is_trusted = !test->untrusted;
	if (*uri && **uri == '@') {
		snprintf(run->url, sizeof(run->url), "%s%s", run->server.url, *uri + 1);
		*uri = run->url;
	}
	run->deadline = deadline_after(clock_now(), test->msec ? test->msec : 5000);
	return 0;
}

static void finish(struct run *run)
{
	imds_close(&run->imds);
	aws_settings_done(&run->settings);
	credentials_plan_done(&run->plan);
	server_done(&run->server);
}

/* All log lines at level debug, and the output of a child. */
static int find_logged(
	struct run *run, const struct test_case *test, char *log, size_t size, struct error *error)
{
	const struct credentials_search search = {
		.settings = &run->settings,
		.imds = test->imds_error ? NULL : &run->imds,
		.imds_error = "switched off",
		.deadline = &run->deadline,
		.now = NOW,
	};
	FILE *file = tmpfile();
	int saved = dup(STDERR_FILENO), err;

	assert_non_null(file);
	log_set_level(LOG_DEBUG);
	dup2(fileno(file), STDERR_FILENO);
	err = credentials_find(&search, &run->plan, error);
	dup2(saved, STDERR_FILENO);
	log_set_level(LOG_INFO);
	close(saved);
	rewind(file);
	log[fread(log, 1, size - 1, file)] = '\0';
	fclose(file);
	return err;
}

static const char *or_dash(const char *text)
{
	return text ? text : "-";
}

static void show_plan(const struct credentials_plan *plan, struct strbuf *out)
{
	strbuf_printf(out, "%s %s %s %llu %s\n", plan->base.access_key, plan->base.secret_key,
		or_dash(plan->base.session_token), (unsigned long long)plan->base.expires,
		plan->base.source);
	for (size_t i = 0; i < plan->count; i++)
		strbuf_printf(out, "%s %s %s %u\n", plan->roles[i].arn,
			or_dash(plan->roles[i].session_name), or_dash(plan->roles[i].external_id),
			plan->roles[i].duration_seconds);
}

static void run_case(void **state)
{
	const struct test_case *test = *state;
	_cleanup_(strbuf_done) struct strbuf wanted = {0}, got = {0};
	static char log[16384];
	struct error error = {0};
	struct run run = {0};
	int err;

	assert_int_equal(start(&run, test), 0);
	err = find_logged(&run, test, log, sizeof(log), &error);
	server_stop(&run.server);
	server_expand(&run.server, test->plan, &wanted);
	if (err)
		strbuf_add_string(&got, error.text);
	else
		show_plan(&run.plan, &got);
	assert_string_equal(strbuf_text(&got), strbuf_text(&wanted));
	assert_int_equal(err, test->err);
	assert_int_equal(error.outcome, test->outcome);
	/* The server marks a request with a header that the metadata service would not get. */
	assert_string_equal(run.server.notes->requests_text, test->requests ? test->requests : "");
	if (err) {
		assert_null(run.plan.base.secret_key);
		assert_int_equal(run.plan.count, 0);
	}
	assert_null(strstr(log, SECRET));
	assert_null(strstr(log, SESSION));
	assert_null(strstr(error.text, SECRET));
	assert_null(strstr(error.text, SESSION));
	finish(&run);
}

/* Beats the variable, and is read anew each time. */
static void test_token_file(void **state)
{
	static const struct test_case test = {
		.fixture = {.environment = {{AWS_CONTAINER_CREDENTIALS_FULL_URI, "@/x"},
				    {AWS_CONTAINER_AUTHORIZATION_TOKEN, "other"},
				    {AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE, "changed below"}}},
		.script = {OK(JSON)},
	};
	char path[] = "/tmp/myha-test-XXXXXX";
	static char log[4096];
	struct error error = {0};
	struct run run = {0};
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, SECRET, 6), 6);
	assert_int_equal(start(&run, &test), 0);
	run.settings.environment.values[AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE] = path;
	assert_int_equal(find_logged(&run, &test, log, sizeof(log), &error), 0);
	credentials_plan_done(&run.plan);
	assert_int_equal(write(fd, "\n", 1), 1);
	assert_int_equal(find_logged(&run, &test, log, sizeof(log), &error), -EINVAL);
	server_stop(&run.server);
	assert_string_equal(run.server.notes->requests_text, "GET /x Authorization: " SECRET "\n");
	assert_null(strstr(log, SECRET));
	close(fd);
	unlink(path);
	finish(&run);
}

int main(void)
{
	struct CMUnitTest tests[ARRAY_SIZE(cases) + 1];
	size_t count = 0;

	for (int i = 0; i < AWS_VARIABLE_COUNT_; i++)
		if (i != AWS_HOME)
			unsetenv(aws_variable_name((enum aws_variable)i));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		tests[count++] = (struct CMUnitTest){
			cases[i].name, run_case, NULL, NULL, (void *)&cases[i]};
	tests[count++] = (struct CMUnitTest)cmocka_unit_test(test_token_file);
	return _cmocka_run_group_tests("credentials_chain", tests, count, NULL, NULL);
}
