/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "aws/imds_endpoint.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define OTHER_URL "http://127.0.0.1:1338"

static void test_choices(void **state)
{
	static const struct {
		const char *policy;
		struct imds_environment environment;
		const char *first, *second;
	} cases[] = {
		{NULL, {NULL, NULL, NULL}, IMDS_ENDPOINT_IPV4, IMDS_ENDPOINT_IPV6},
		{NULL, {"", "", ""}, IMDS_ENDPOINT_IPV4, IMDS_ENDPOINT_IPV6},
		{NULL, {"false", NULL, NULL}, IMDS_ENDPOINT_IPV4, IMDS_ENDPOINT_IPV6},
		{NULL, {NULL, NULL, "ipv4"}, IMDS_ENDPOINT_IPV4, NULL},
		{NULL, {NULL, NULL, "IPV6"}, IMDS_ENDPOINT_IPV6, NULL},
		{NULL, {NULL, OTHER_URL, "IPv6"}, OTHER_URL, NULL},
		{NULL, {NULL, OTHER_URL, "nonsense"}, OTHER_URL, NULL},
		{OTHER_URL, {NULL, "http://10.0.0.1", "IPv6"}, OTHER_URL, NULL},
		{"http://10.0.0.1/", {NULL, NULL, NULL}, "http://10.0.0.1", NULL},
		{"http://[fd00:ec2::254]", {NULL, NULL, NULL}, "http://[fd00:ec2::254]", NULL},
		{"http://[::1]:65535/", {NULL, NULL, NULL}, "http://[::1]:65535", NULL},
		{"http://imds.example.com:1", {NULL, NULL, NULL}, "http://imds.example.com:1",
			NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct imds_endpoints endpoints = {0};
		struct error error = {0};

		assert_int_equal(imds_endpoints_choose(cases[i].policy, &cases[i].environment,
					 &endpoints, &error),
			0);
		assert_int_equal(endpoints.count, cases[i].second ? 2 : 1);
		assert_string_equal(endpoints.url[0], cases[i].first);
		if (cases[i].second)
			assert_string_equal(endpoints.url[1], cases[i].second);
		assert_int_equal(error.outcome, OUTCOME_DONE);
	}
}

static void test_bad_endpoints(void **state)
{
	static const char *const cases[] = {
		"",
		"/",
		"169.254.169.254",
		"https://169.254.169.254",
		"HTTP://169.254.169.254",
		"http://",
		"http:///",
		"http://169.254.169.254//",
		"http://169.254.169.254/latest",
		"http://169.254.169.254:",
		"http://169.254.169.254:0",
		"http://169.254.169.254:65536",
		"http://169.254.169.254:+80",
		"http://169.254.169.254:80:80",
		"http://user@169.254.169.254",
		"http://a b",
		"http://a?b",
		"http://a\r\nb",
		"http://[fd00:ec2::254",
		"http://[]",
		"http://[169.254.169.254]",
		"http://[fe80::1%eth0]",
		"http://[fd00:ec2::254]80",
		"http://[fd00:ec2:fd00:ec2:fd00:ec2:fd00:ec2:fd00:ec2:fd00:ec2:fd00:ec2]",
	};
	const struct imds_environment none = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct imds_endpoints endpoints = {0};
		struct error error = {0}, wanted = {0};

		error_set(&wanted, OUTCOME_USAGE, EINVAL,
			"imds.endpoint is \"%s\", but must be http://HOST or http://HOST:PORT",
			cases[i]);
		assert_int_equal(
			imds_endpoints_choose(cases[i], &none, &endpoints, &error), -EINVAL);
		assert_string_equal(error.text, wanted.text);
		assert_int_equal(error.outcome, OUTCOME_USAGE);
		assert_int_equal(endpoints.count, 0);
		assert_string_equal(endpoints.url[0], "");
	}
}

static void test_long_endpoint(void **state)
{
	const struct imds_environment none = {0};
	struct imds_endpoints endpoints;
	char text[300] = "http://";

	(void)state;
	memset(text + 7, 'a', 248);
	assert_int_equal(imds_endpoints_choose(text, &none, &endpoints, NULL), 0);
	assert_string_equal(endpoints.url[0], text);
	text[255] = 'a';
	assert_int_equal(imds_endpoints_choose(text, &none, &endpoints, NULL), -EINVAL);
}

static void test_refusals(void **state)
{
	static const struct {
		struct imds_environment environment;
		int err;
		enum outcome outcome;
		const char *text;
	} cases[] = {
		{{"true", NULL, NULL}, -EACCES, OUTCOME_FAILED,
			"the metadata service is disabled: AWS_EC2_METADATA_DISABLED is \"true\": unset this variable"},
		{{"TRUE", OTHER_URL, NULL}, -EACCES, OUTCOME_FAILED,
			"the metadata service is disabled: AWS_EC2_METADATA_DISABLED is \"TRUE\": unset this variable"},
		{{NULL, "ftp://a", "IPv4"}, -EINVAL, OUTCOME_USAGE,
			"AWS_EC2_METADATA_SERVICE_ENDPOINT is \"ftp://a\", "
			"but must be http://HOST or http://HOST:PORT"},
		{{NULL, NULL, "IPv5"}, -EINVAL, OUTCOME_USAGE,
			"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE is \"IPv5\", "
			"but must be IPv4 or IPv6"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct imds_endpoints endpoints = {0};
		struct error error = {0};

		assert_int_equal(
			imds_endpoints_choose(NULL, &cases[i].environment, &endpoints, &error),
			cases[i].err);
		assert_string_equal(error.text, cases[i].text);
		assert_int_equal(error.outcome, cases[i].outcome);
		assert_int_equal(endpoints.count, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_choices),
		cmocka_unit_test(test_bad_endpoints),
		cmocka_unit_test(test_long_endpoint),
		cmocka_unit_test(test_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
