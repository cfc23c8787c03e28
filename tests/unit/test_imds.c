/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "aws/imds.h"
#include "base/clock.h"
#include "base/log.h"
#include "imds_server.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MACS "/latest/" MACS_KEY
#define MACS_KEY "meta-data/network/interfaces/macs/0a:1b:2c:3d:4e:5f/"
#define GET_KEY(key, token) GET_WITH(token, MACS_KEY key)
#define TOKEN OK("T1")
#define GET_DEVICE GET_KEY("device-number", "T1")

#define DEVICE FACT_BIT(FACT_DEVICE_NUMBER)
#define IPV4S FACT_BIT(FACT_LOCAL_IPV4S)
#define SUBNET_IPV4 FACT_BIT(FACT_SUBNET_IPV4)
#define IPV6S FACT_BIT(FACT_IPV6S)

#define DEVICE_1                                                                                   \
	{                                                                                          \
		RESPONSE, 200, "1", NULL                                                           \
	}

#define AT_DEVICE "metadata service: GET @" MACS "device-number: "
#define AT_TOKEN "metadata service: PUT @/latest/api/token: "
#define NO_RESPONSE "metadata service: no valid response from @ in 1.0 s, last error: "
#define OFF_403                                                                                    \
	"HTTP 403: instance metadata is disabled or forbidden: enable it with "                    \
	"aws ec2 modify-instance-metadata-options --instance-id ID --http-endpoint enabled"
#define BAD_TOKEN "the token must be 1 to 1024 printable characters without blanks"

/* On a machine with other work to do. */
#define SLACK_MSEC 10000

static const struct test_case {
	const char *name;
	struct reply script[SERVER_MAX_REPLIES];
	unsigned wanted; /* 0: the device number */
	uint64_t deadline_msec; /* 0: 5000 */
	int err;
	enum outcome outcome;
	const char *text; /* '@' stands for the server's URL; NULL: facts_set()'s words */
	unsigned known, absent;
	const char *requests; /* NULL: PUT, GET */
	unsigned connections; /* 0: any number, and the last request repeated at will */
	uint64_t at_least_msec; /* of -ETIME it is the deadline */
} cases[] = {
	{"all is well",
		{TOKEN, DEVICE_1, {RESPONSE, 200, "10.0.1.10\n10.0.1.11", NULL},
			{RESPONSE, 200, "10.0.1.0/24", NULL}, {RESPONSE, 404, "none", NULL}},
		.wanted = DEVICE | IPV4S | SUBNET_IPV4 | IPV6S,
		.known = DEVICE | IPV4S | SUBNET_IPV4, .absent = IPV6S, .connections = 1,
		.requests = PUT GET_DEVICE GET_KEY("local-ipv4s", "T1")
			GET_KEY("subnet-ipv4-cidr-block", "T1") GET_KEY("ipv6s", "T1")},
	{"the primary's MAC", {TOKEN, {RESPONSE, 200, "0a:00:00:00:00:01", NULL}},
		.wanted = FACT_BIT(FACT_PRIMARY_MAC), .known = FACT_BIT(FACT_PRIMARY_MAC),
		.requests = PUT "GET /latest/meta-data/mac X-aws-ec2-metadata-token: T1\n",
		.connections = 1},
	{"what came before a failure stays", {TOKEN, DEVICE_1, {RESPONSE, 418, NULL, NULL}},
		.wanted = DEVICE | IPV4S, .err = -EBADMSG, .outcome = OUTCOME_FAILED,
		.text = "metadata service: GET @" MACS
			"local-ipv4s: HTTP 418: unexpected status of a metadata service",
		.known = DEVICE, .requests = PUT GET_DEVICE GET_KEY("local-ipv4s", "T1"),
		.connections = 1},
	{"closed between requests",
		{TOKEN, {RESPONSE_AND_CLOSE, 200, "1", NULL}, {RESPONSE, 200, "10.0.1.10", NULL}},
		.wanted = DEVICE | IPV4S, .known = DEVICE | IPV4S,
		.requests = PUT GET_DEVICE GET_KEY("local-ipv4s", "T1"), .connections = 2},
	{"chunked",
		{TOKEN, {RAW, 200,
				"HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n"
				"1\r\n1\r\n0\r\n\r\n",
				NULL}},
		.known = DEVICE, .connections = 1},

	{"expired token",
		{TOKEN, {RESPONSE, 401, NULL, NULL}, {RESPONSE, 200, "T2", NULL}, DEVICE_1},
		.known = DEVICE, .connections = 1,
		.requests = PUT GET_DEVICE PUT GET_KEY("device-number", "T2")},
	{"two refused tokens",
		{TOKEN, {RESPONSE, 401, NULL, NULL}, {RESPONSE, 200, "T2", NULL},
			{RESPONSE, 401, NULL, NULL}},
		.err = -EACCES, .outcome = OUTCOME_FAILED,
		.text = AT_DEVICE "HTTP 401: the new token was refused", .connections = 1,
		.requests = PUT GET_DEVICE PUT GET_KEY("device-number", "T2")},
	{"token refused with 400", {{RESPONSE, 400, "bad", NULL}}, .requests = PUT, .err = -EBADMSG,
		.outcome = OUTCOME_FAILED, .connections = 1,
		.text = AT_TOKEN "HTTP 400: the request for a token was refused"},
	{"token refused with 403", {{RESPONSE, 403, NULL, NULL}}, .requests = PUT, .err = -EACCES,
		.outcome = OUTCOME_FAILED, .text = AT_TOKEN OFF_403, .connections = 1},
	{"key refused with 403", {TOKEN, {RESPONSE, 403, NULL, NULL}}, .err = -EACCES,
		.outcome = OUTCOME_FAILED, .text = AT_DEVICE OFF_403, .connections = 1},
	{"no version 2", {{RESPONSE, 404, NULL, NULL}}, .requests = PUT, .err = -EBADMSG,
		.outcome = OUTCOME_FAILED, .connections = 1,
		.text = AT_TOKEN "HTTP 404: the endpoint does not support IMDSv2"},
	{"no such key", {TOKEN, {RESPONSE, 404, "<html>no</html>", NULL}}, .absent = DEVICE,
		.connections = 1},
	{"redirect", {TOKEN, {RESPONSE, 302, NULL, "Location: http://127.0.0.1:1/\r\n"}},
		.err = -EBADMSG, .outcome = OUTCOME_FAILED, .connections = 1,
		.text = AT_DEVICE "HTTP 302: redirects are not followed"},
	{"redirect of the token", {{RESPONSE, 307, NULL, "Location: http://127.0.0.1:1/\r\n"}},
		.requests = PUT, .err = -EBADMSG, .outcome = OUTCOME_FAILED, .connections = 1,
		.text = AT_TOKEN "HTTP 307: redirects are not followed"},

	{"line end in the token", {{RESPONSE, 200, "T1\r\nX-Other: 1", NULL}}, .requests = PUT,
		.err = -EBADMSG, .outcome = OUTCOME_FAILED, .text = AT_TOKEN BAD_TOKEN,
		.connections = 1},
	{"empty token", {{RESPONSE, 200, "", NULL}}, .requests = PUT, .err = -EBADMSG,
		.outcome = OUTCOME_FAILED, .text = AT_TOKEN BAD_TOKEN, .connections = 1},
	{"HTML for a token", {{RESPONSE, 200, "<html>log in here</html>", NULL}}, .requests = PUT,
		.err = -EBADMSG, .outcome = OUTCOME_FAILED, .text = AT_TOKEN BAD_TOKEN,
		.connections = 1},
	{"HTML for a key", {TOKEN, {RESPONSE, 200, "<html>log in here</html>", NULL}},
		.err = -EBADMSG, .outcome = OUTCOME_FAILED, .connections = 1},
	{"empty response", {TOKEN, {RESPONSE, 200, "", NULL}}, .err = -EBADMSG,
		.outcome = OUTCOME_FAILED, .connections = 1},
	{"10 MiB", {TOKEN, {FLOOD, 200, NULL, NULL}}, .err = -EBADMSG, .outcome = OUTCOME_FAILED,
		.connections = 1, .text = AT_DEVICE "the response is longer than 65536 bytes"},
	{"no HTTP", {TOKEN, {RAW, 200, "SSH-2.0-OpenSSH_9.2\r\n", NULL}}, .err = -EBADMSG,
		.outcome = OUTCOME_FAILED, .connections = 1,
		.text = AT_DEVICE "the response is not HTTP"},

	{"throttled", {TOKEN, {RESPONSE, 429, NULL, NULL}, {RESPONSE, 503, NULL, NULL}, DEVICE_1},
		.known = DEVICE, .connections = 1,
		.requests = PUT GET_DEVICE GET_DEVICE GET_DEVICE},
	{"throttled token", {{RESPONSE, 503, NULL, NULL}, TOKEN, DEVICE_1}, .known = DEVICE,
		.connections = 1, .requests = PUT PUT GET_DEVICE},
	{"in trouble", {TOKEN, {RESPONSE, 500, NULL, NULL}, {RESPONSE, 502, NULL, NULL}, DEVICE_1},
		.known = DEVICE, .connections = 1,
		.requests = PUT GET_DEVICE GET_DEVICE GET_DEVICE},
	{"truncated once", {TOKEN, {CUT_OFF, 200, "1", NULL}, DEVICE_1}, .known = DEVICE,
		.connections = 2, .requests = PUT GET_DEVICE GET_DEVICE},
	{"reset once", {{RESET, 200, NULL, NULL}, TOKEN, DEVICE_1}, .known = DEVICE,
		.connections = 2, .requests = PUT PUT GET_DEVICE},
	{"hanging once", {TOKEN, {HANG, 200, NULL, NULL}, DEVICE_1}, .known = DEVICE,
		.connections = 2, .requests = PUT GET_DEVICE GET_DEVICE, .at_least_msec = 2000},

	{"always throttled", {TOKEN, {RESPONSE, 503, NULL, NULL}}, .deadline_msec = 1000,
		.err = -ETIME, .outcome = OUTCOME_TIMEOUT, .text = NO_RESPONSE "HTTP 503"},
	{"always in trouble", {{RESPONSE, 500, NULL, NULL}}, .deadline_msec = 1000, .err = -ETIME,
		.outcome = OUTCOME_TIMEOUT, .text = NO_RESPONSE "HTTP 500", .requests = PUT},
	{"always truncated", {TOKEN, {CUT_OFF, 200, "1", NULL}}, .deadline_msec = 1000,
		.err = -ETIME, .outcome = OUTCOME_TIMEOUT,
		.text = NO_RESPONSE "the response was cut off"},
	{"always closed", {{CLOSE, 200, NULL, NULL}}, .deadline_msec = 1000, .err = -ETIME,
		.outcome = OUTCOME_TIMEOUT, .requests = PUT,
		.text = NO_RESPONSE "the connection was closed without a response"},
	{"always reset", {{RESET, 200, NULL, NULL}}, .deadline_msec = 1000, .err = -ETIME,
		.outcome = OUTCOME_TIMEOUT, .text = NO_RESPONSE "the connection was lost",
		.requests = PUT},
	{"hanging", {{HANG, 200, NULL, NULL}}, .deadline_msec = 1000, .err = -ETIME,
		.outcome = OUTCOME_TIMEOUT, .text = NO_RESPONSE "no complete response in 1.0 s",
		.requests = PUT, .connections = 1},
	/* The complete response drips for a little less than a second. */
	{"slow by byte", {{DRIP, 200, "T1", NULL}}, .deadline_msec = 400, .err = -ETIME,
		.outcome = OUTCOME_TIMEOUT,
		.text = "metadata service: no valid response from @ in 0.4 s, last error: "
			"no complete response in 0.4 s",
		.requests = PUT, .connections = 1},
};

struct run {
	const struct test_case *test;
	struct server server;
	struct imds imds;
	struct facts facts;
};

static const struct mac mac = {{0x0a, 0x1b, 0x2c, 0x3d, 0x4e, 0x5f}};

static int start(void **state)
{
	struct run *run = calloc(1, sizeof(*run));
	const struct test_case *test = *state;
	static const struct reply well[SERVER_MAX_REPLIES] = {TOKEN, DEVICE_1};

	if (!run)
		return -1;
	*state = run;
	run->test = test;
	facts_init(&run->facts, &mac);
	return server_start(&run->server, test ? test->script : well);
}

static int finish(void **state)
{
	struct run *run = *state;

	imds_close(&run->imds);
	facts_done(&run->facts);
	server_done(&run->server);
	free(run);
	return 0;
}

static void open_at(struct run *run, const char *url)
{
	const struct imds_options options = {.endpoint = url};
	struct error error = {0};

	assert_int_equal(imds_open(&options, &run->imds, &error), 0);
	assert_string_equal(error.text, "");
}

/* The words with the server's URL in the place of '@', or those of facts_set() for that body. */
static void expect_words(const struct run *run, struct error *words)
{
	const struct test_case *test = run->test;
	const char *at = test->text ? strchr(test->text, '@') : NULL;
	struct facts facts;

	if (at) {
		error_set(words, test->outcome, 0, "%.*s%s%s", (int)(at - test->text), test->text,
			run->server.url, at + 1);
	} else if (test->err) {
		facts_init(&facts, &mac);
		facts_set(&facts, FACT_DEVICE_NUMBER, test->script[1].body,
			strlen(test->script[1].body), words);
		error_prefix(
			words, "metadata service: GET %s" MACS "device-number", run->server.url);
		facts_done(&facts);
	}
}

/* Leaves one of each line that is repeated. */
static void squeeze(char *lines)
{
	for (char *line = lines, *next; (next = strchr(line, '\n'));) {
		size_t length = (size_t)(++next - line);

		if (!strncmp(line, next, length))
			memmove(line, next, strlen(next) + 1);
		else
			line = next;
	}
}

static void run_case(void **state)
{
	struct run *run = *state;
	const struct test_case *test = run->test;
	uint64_t msec = test->deadline_msec ? test->deadline_msec : 5000;
	struct error error = {0}, words = {0};
	struct server_notes *notes = run->server.notes;
	uint64_t begin, took;
	struct deadline deadline;
	int err;

	open_at(run, run->server.url);
	begin = clock_now();
	deadline = deadline_after(begin, msec);
	err = imds_get_facts(
		&run->imds, test->wanted ? test->wanted : DEVICE, &deadline, &run->facts, &error);
	took = clock_now() - begin;
	server_stop(&run->server);

	assert_int_equal(err, test->err);
	assert_int_equal(error.outcome, test->outcome);
	expect_words(run, &words);
	assert_string_equal(error.text, words.text);
	assert_int_equal(run->facts.known, test->known);
	assert_int_equal(run->facts.absent, test->absent);
	assert_in_range(took, err == -ETIME ? msec : test->at_least_msec, msec + SLACK_MSEC);
	if (test->connections)
		assert_int_equal(notes->connections, test->connections);
	else
		squeeze(notes->requests_text);
	assert_string_equal(notes->requests_text, test->requests ? test->requests : PUT GET_DEVICE);
}

static int get_device(struct run *run, uint64_t msec, struct error *error)
{
	struct deadline deadline = deadline_after(clock_now(), msec);

	return imds_get_facts(&run->imds, DEVICE, &deadline, &run->facts, error);
}

/* A known value is not requested again, and a token is requested only once. */
static void test_known(void **state)
{
	struct run *run = *state;

	open_at(run, run->server.url);
	assert_int_equal(get_device(run, 2000, NULL), 0);
	assert_int_equal(get_device(run, 2000, NULL), 0);
	facts_clear(&run->facts);
	assert_int_equal(get_device(run, 2000, NULL), 0);
	server_stop(&run->server);
	assert_string_equal(run->server.notes->requests_text, PUT GET_DEVICE GET_DEVICE);
	assert_int_equal(run->server.notes->connections, 1);
}

static void test_refused(void **state)
{
	struct run *run = *state;
	struct error error = {0}, words = {0};

	server_stop(&run->server);
	open_at(run, run->server.url);
	assert_int_equal(get_device(run, 300, &error), -ETIME);
	error_set(&words, OUTCOME_TIMEOUT, 0,
		"metadata service: no valid response from %s in 0.3 s, last error: no connection: Connection refused",
		run->server.url);
	assert_string_equal(error.text, words.text);
	assert_int_equal(error.outcome, OUTCOME_TIMEOUT);
}

static void test_no_time(void **state)
{
	struct run *run = *state;
	struct error error = {0}, words = {0};

	open_at(run, run->server.url);
	assert_int_equal(get_device(run, 0, &error), -ETIME);
	error_set(&words, OUTCOME_TIMEOUT, 0,
		"metadata service: PUT %s/latest/api/token: not tried: no time was left",
		run->server.url);
	assert_string_equal(error.text, words.text);
	server_stop(&run->server);
	assert_int_equal(run->server.notes->requests, 0);
}

/* Everything that is logged of a run, with N for milliseconds. */
static void get_device_logged(struct run *run, char *text, size_t size)
{
	FILE *file = tmpfile();
	int saved = dup(STDERR_FILENO);
	int err;

	assert_non_null(file);
	log_set_level(LOG_DEBUG);
	dup2(fileno(file), STDERR_FILENO);
	err = get_device(run, 2000, NULL);
	dup2(saved, STDERR_FILENO);
	log_set_level(LOG_INFO);
	close(saved);
	rewind(file);
	text[fread(text, 1, size - 1, file)] = '\0';
	fclose(file);
	assert_int_equal(err, 0);
	for (char *at = text; (at = strchr(at, '(')); at++) {
		size_t digits = strspn(at + 1, "0123456789");

		assert_int_not_equal(digits, 0);
		at[1] = 'N';
		memmove(at + 2, at + 1 + digits, strlen(at + 1 + digits) + 1);
	}
}

/* Method, URL, status, size and time; never the token. */
static void test_log(void **state)
{
	struct run *run = *state;
	char text[1024], wanted[1024];

	open_at(run, run->server.url);
	get_device_logged(run, text, sizeof(text));
	snprintf(wanted, sizeof(wanted),
		"myha: PUT %s/latest/api/token: HTTP 200, 2 bytes (N ms)\n"
		"myha: GET %s" MACS "device-number: HTTP 200, 1 bytes (N ms)\n",
		run->server.url, run->server.url);
	assert_string_equal(text, wanted);
}

/* An endpoint that cannot be reached costs no wait, and is not tried again. */
static void test_other_endpoint(void **state)
{
	struct run *run = *state;
	char text[1024], wanted[1024];

	open_at(run, "http://127.0.0.1:1");
	strcpy(run->imds.endpoints.url[1], run->server.url);
	run->imds.endpoints.count = 2;
	get_device_logged(run, text, sizeof(text));
	snprintf(wanted, sizeof(wanted),
		"myha: PUT http://127.0.0.1:1/latest/api/token: "
		"no connection: Connection refused (N ms)\n"
		"myha: PUT %s/latest/api/token: HTTP 200, 2 bytes (N ms)\n"
		"myha: GET %s" MACS "device-number: HTTP 200, 1 bytes (N ms)\n",
		run->server.url, run->server.url);
	assert_string_equal(text, wanted);
	assert_int_equal(run->imds.endpoint, 1);
	server_stop(&run->server);
	assert_string_equal(run->server.notes->requests_text, PUT GET_DEVICE);
	assert_int_equal(run->server.notes->connections, 1);
}

static struct test_case refusing_at_first = {
	"refusing at first", {{RESPONSE, 403, NULL, NULL}, TOKEN, DEVICE_1}};

/* IPv6 is switched off, and IPv4 is only slow so far: the refusal is not the last word. */
static void test_other_endpoint_refuses(void **state)
{
	struct run *run = *state;
	struct error error = {0};

	open_at(run, "http://127.0.0.1:1");
	strcpy(run->imds.endpoints.url[1], run->server.url);
	run->imds.endpoints.count = 2;
	assert_int_equal(get_device(run, 5000 + SLACK_MSEC, &error), 0);
	server_stop(&run->server);
	assert_string_equal(run->server.notes->requests_text, PUT PUT GET_DEVICE);
}

static void test_no_endpoint(void **state)
{
	struct run *run = *state;
	struct error error = {0};

	open_at(run, "http://127.0.0.1:1");
	strcpy(run->imds.endpoints.url[1], "http://127.0.0.1:2");
	run->imds.endpoints.count = 2;
	assert_int_equal(get_device(run, 300, &error), -ETIME);
	assert_string_equal(error.text,
		"metadata service: no valid response from http://127.0.0.1:1 in 0.3 s, last error: no connection: Connection refused; nor from http://127.0.0.1:2, last error: no connection: Connection refused");
}

static void test_environment(void **state)
{
	static const char *const proxies[] = {
		"http_proxy", "all_proxy", "ALL_PROXY", "https_proxy", "HTTP_PROXY"};
	struct run *run = *state;
	const struct imds_options options = {0};
	struct error error = {0};

	for (size_t i = 0; i < ARRAY_SIZE(proxies); i++)
		setenv(proxies[i], "http://127.0.0.1:1", 1);
	setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", run->server.url, 1);
	assert_int_equal(imds_open(&options, &run->imds, &error), 0);
	assert_int_equal(get_device(run, 2000, &error), 0);
	server_stop(&run->server);
	assert_string_equal(run->server.notes->requests_text, PUT GET_DEVICE);
	for (size_t i = 0; i < ARRAY_SIZE(proxies); i++)
		unsetenv(proxies[i]);
	unsetenv("AWS_EC2_METADATA_SERVICE_ENDPOINT");
}

/* With AWS_EC2_METADATA_DISABLED there is no request, and nothing to close. */
static void test_disabled(void **state)
{
	struct run *run = *state;
	const struct imds_options options = {.endpoint = run->server.url};
	struct imds untouched = {0};
	struct error error = {0};

	setenv("AWS_EC2_METADATA_DISABLED", "True", 1);
	assert_int_equal(imds_open(&options, &run->imds, &error), -EACCES);
	unsetenv("AWS_EC2_METADATA_DISABLED");
	assert_memory_equal(&run->imds, &untouched, sizeof(untouched));
}

static void test_interface(void **state)
{
	struct run *run = *state;
	const struct imds_options bad = {.endpoint = run->server.url, .interface = "nosuch0"};
	const struct imds_options no_name = {.interface = "sixteen-letters-"};
	const struct imds_options good = {.endpoint = run->server.url, .interface = "lo"};
	struct error error = {0}, words = {0};

	assert_int_equal(imds_open(&no_name, &run->imds, &error), -EINVAL);
	assert_string_equal(error.text, "\"sixteen-letters-\" is not an interface name");
	assert_int_equal(error.outcome, OUTCOME_USAGE);
	assert_int_equal(imds_open(&bad, &run->imds, &error), 0);
	assert_int_equal(get_device(run, 200, &error), -ETIME);
	error_set(&words, OUTCOME_TIMEOUT, 0,
		"metadata service: no valid response from %s in 0.2 s, last error: cannot bind to the interface",
		run->server.url);
	assert_string_equal(error.text, words.text);
	imds_close(&run->imds);
	assert_int_equal(imds_open(&good, &run->imds, &error), 0);
	assert_int_equal(get_device(run, 2000, &error), 0);
}

int main(void)
{
	static const struct CMUnitTest others[] = {
		cmocka_unit_test_setup_teardown(test_known, start, finish),
		cmocka_unit_test_setup_teardown(test_refused, start, finish),
		cmocka_unit_test_setup_teardown(test_no_time, start, finish),
		cmocka_unit_test_setup_teardown(test_other_endpoint, start, finish),
		cmocka_unit_test_prestate_setup_teardown(
			test_other_endpoint_refuses, start, finish, &refusing_at_first),
		cmocka_unit_test_setup_teardown(test_no_endpoint, start, finish),
		cmocka_unit_test_setup_teardown(test_environment, start, finish),
		cmocka_unit_test_setup_teardown(test_disabled, start, finish),
		cmocka_unit_test_setup_teardown(test_interface, start, finish),
		cmocka_unit_test_setup_teardown(test_log, start, finish),
	};
	struct CMUnitTest tests[ARRAY_SIZE(cases) + ARRAY_SIZE(others)];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		tests[i] = (struct CMUnitTest){
			.name = cases[i].name,
			.test_func = run_case,
			.setup_func = start,
			.teardown_func = finish,
			.initial_state = (void *)&cases[i],
		};
	memcpy(tests + ARRAY_SIZE(cases), others, sizeof(others));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
