/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "iam/location.h"
#include "imds_server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define GET_DOCUMENT GET("dynamic/instance-identity/document")
#define GET_PARTITION GET("meta-data/services/partition")
#define GET_VPC                                                                                    \
	GET("meta-data/mac")                                                                       \
	GET("meta-data/network/interfaces/macs/0a:1b:2c:3d:4e:5f/vpc-id")
#define DOCUMENT                                                                                   \
	"{\"accountId\": \"123456789012\", \"region\": \"eu-central-1\", \"version\": \"2017\"}"

#define VPC OK("0a:1b:2c:3d:4e:5f"), OK("vpc-0123456789abcdef0")

static const struct {
	struct iam_location_options given;
	const char *aws_region; /* of the environment */
	struct reply script[SERVER_MAX_REPLIES];
	int err;
	const char *text; /* "PARTITION REGION ACCOUNT VPC", or the error with the URL as '@' */
	const char *requests;
} cases[] = {
	{{0}, NULL, {OK("T1"), OK(DOCUMENT), OK("aws"), VPC}, 0,
		"aws eu-central-1 123456789012 vpc-0123456789abcdef0",
		PUT GET_DOCUMENT GET_PARTITION GET_VPC},
	/* A partition that endpoint_partition() has never heard of. */
	{{0}, NULL, {OK("T1"), OK(DOCUMENT), OK("aws-new"), VPC}, 0,
		"aws-new eu-central-1 123456789012 vpc-0123456789abcdef0",
		PUT GET_DOCUMENT GET_PARTITION GET_VPC},
	{{0}, NULL, {OK("T1"), OK(DOCUMENT), NOT_FOUND, VPC}, 0,
		"aws eu-central-1 123456789012 vpc-0123456789abcdef0",
		PUT GET_DOCUMENT GET_PARTITION GET_VPC},
	{{.partition = "aws-iso", .vpc = "vpc-11111111"}, NULL, {OK("T1"), OK(DOCUMENT)}, 0,
		"aws-iso eu-central-1 123456789012 vpc-11111111", PUT GET_DOCUMENT},
	/* This instance, named by options. */
	{{.account = "123456789012"}, "eu-central-1", {OK("T1")}, 0,
		"aws eu-central-1 123456789012 -", ""},
	{{.region = "eu-central-1"}, NULL, {OK("T1"), OK(DOCUMENT), OK("aws"), VPC}, 0,
		"aws eu-central-1 123456789012 vpc-0123456789abcdef0",
		PUT GET_DOCUMENT GET_PARTITION GET_VPC},
	/* Elsewhere, where this instance's VPC is not. */
	{{.region = "cn-north-1"}, NULL, {OK("T1"), OK(DOCUMENT)}, 0,
		"aws-cn cn-north-1 123456789012 -", PUT GET_DOCUMENT},
	{{0}, "us-gov-west-1", {OK("T1"), OK(DOCUMENT)}, 0,
		"aws-us-gov us-gov-west-1 123456789012 -", PUT GET_DOCUMENT},
	{{.account = "999999999999"}, NULL, {OK("T1"), OK(DOCUMENT)}, 0,
		"aws eu-central-1 999999999999 -", PUT GET_DOCUMENT},
	/* No request is made. */
	{{.account = "999999999999", .region = "us-gov-west-1"}, NULL, {OK("T1")}, 0,
		"aws-us-gov us-gov-west-1 999999999999 -", ""},
	{{.role = "arn:aws:iam::210987654321:role/x", .region = "eu-west-1", .vpc = "vpc-22222222"},
		NULL, {OK("T1")}, 0, "aws eu-west-1  vpc-22222222", ""},
	{{.role = "arn:aws:iam::210987654321:role/x"}, NULL,
		{OK("T1"), OK(DOCUMENT), OK("aws"), VPC}, 0,
		"aws eu-central-1 123456789012 vpc-0123456789abcdef0",
		PUT GET_DOCUMENT GET_PARTITION GET_VPC},
	/* The metadata service has no document. */
	{{0}, NULL, {OK("T1"), NOT_FOUND}, -ENOENT,
		"metadata service: GET @/latest/dynamic/instance-identity/document: there is no "
		"such key: specify --account and --region",
		PUT GET_DOCUMENT},
	{{.role = "arn:aws:iam::210987654321:role/x"}, NULL, {OK("T1"), NOT_FOUND}, -ENOENT,
		"metadata service: GET @/latest/dynamic/instance-identity/document: there is no "
		"such key: specify --region",
		PUT GET_DOCUMENT},
	{{0}, NULL, {OK("T1"), OK("{\"accountId\": \"12345\", \"region\": \"eu-central-1\"}")},
		-EBADMSG,
		"metadata service: dynamic/instance-identity/document has no account and region: "
		"specify --account and --region",
		PUT GET_DOCUMENT},
	{{0}, NULL, {OK("T1"), OK("<html>")}, -EBADMSG,
		"metadata service: dynamic/instance-identity/document has no account and region: "
		"specify --account and --region",
		PUT GET_DOCUMENT},
	{{0}, NULL, {OK("T1"), OK(DOCUMENT), OK("gcp")}, -EBADMSG,
		"metadata service: meta-data/services/partition is \"gcp\", which is not a partition",
		PUT GET_DOCUMENT GET_PARTITION},
	/* Wrong. */
	{{.account = "12345678901"}, NULL, {OK("T1")}, -EINVAL,
		"--account 12345678901: not an account id of 12 digits", ""},
	{{.region = "EU"}, NULL, {OK("T1")}, -EINVAL, "--region EU: not a region like eu-central-1",
		""},
	{{.partition = "gcp"}, NULL, {OK("T1")}, -EINVAL,
		"--partition gcp: not a partition like aws or aws-cn", ""},
	{{.vpc = "subnet-01234567"}, NULL, {OK("T1")}, -EINVAL,
		"--vpc subnet-01234567: not an id like vpc-0123456789abcdef0", ""},
};

static void run(size_t i)
{
	_cleanup_(strbuf_done) struct strbuf wanted = {0}, got = {0};
	struct policy policy;
	struct operation operation = {
		.policy = &policy, .deadline = deadline_after(clock_now(), 5000)};
	struct iam_location place = {0};
	struct error error = {0};
	struct server server;
	int err;

	policy_init(&policy);
	assert_int_equal(server_start(&server, cases[i].script), 0);
	policy.imds.endpoint = strdup(server.url);
	if (cases[i].aws_region)
		setenv("AWS_REGION", cases[i].aws_region, 1);
	err = iam_location_find(&operation, &cases[i].given, &place, &error);
	unsetenv("AWS_REGION");
	server_expand(&server, cases[i].text, &wanted);
	if (err)
		strbuf_add_string(&got, error.text);
	else
		strbuf_printf(&got, "%s %s %s %s", place.partition, place.region, place.account,
			place.vpc[0] ? place.vpc : "-");
	assert_string_equal(strbuf_text(&got), strbuf_text(&wanted));
	assert_int_equal(err, cases[i].err);
	assert_string_equal(server.notes->requests_text, cases[i].requests);
	policy_done(&policy);
	server_done(&server);
}

static void test_find(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		run(i);
}

/*
 * Without a metadata service, the error names the options at once, and not after the command's
 * timeout.
 */
static void test_off_ec2(void **state)
{
	struct policy policy;
	struct operation operation = {
		.policy = &policy, .deadline = deadline_after(clock_now(), 60000)};
	const struct iam_location_options given = {0};
	struct iam_location place;
	struct error error = {0};
	uint64_t start = clock_now();

	(void)state;
	policy_init(&policy);
	setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
	assert_int_equal(iam_location_find(&operation, &given, &place, &error), -ENXIO);
	unsetenv("AWS_EC2_METADATA_DISABLED");
	assert_non_null(strstr(error.text, "AWS_EC2_METADATA_DISABLED"));
	assert_non_null(strstr(error.text, ": specify --account and --region"));

	/* Nothing listens on the discard port of loopback. */
	policy.imds.endpoint = strdup("http://127.0.0.1:9");
	assert_int_equal(iam_location_find(&operation, &given, &place, &error), -ETIME);
	assert_non_null(strstr(error.text, ": specify --account and --region"));
	assert_int_equal(error.outcome, OUTCOME_TIMEOUT);
	assert_true(clock_now() - start < 50000);
	policy_done(&policy);
}

int main(void)
{
	static const char *const variables[] = {"AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE",
		"AWS_EC2_METADATA_DISABLED", "AWS_EC2_METADATA_SERVICE_ENDPOINT",
		"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "AWS_ENDPOINT_URL"};
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_off_ec2),
	};

	for (size_t i = 0; i < ARRAY_SIZE(variables); i++)
		unsetenv(variables[i]);
	setenv("AWS_CONFIG_FILE", "/dev/null", 1);
	setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
